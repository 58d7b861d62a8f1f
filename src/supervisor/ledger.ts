import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { z } from 'zod';

import { writeFileAtomic } from '../shared/atomic-file.ts';
import type { Logger } from '../telemetry/logger.ts';
import { baseEnvironment } from './base-environment.ts';
import { killCgroup, removeCgroup } from './cgroup.ts';
import { RUN_VARIABLE } from './guardian.ts';
import { allPids, bootId, hasEnvironment, readStat } from './proc.ts';
import { killFamily, runStopCommand } from './terminate.ts';

const Child = z.object({
  expert: z.string(),
  pid: z.int().positive(),
  startTicks: z.int(),
  cgroup: z.string().optional(),
  stop: z.array(z.string()).min(1).optional(),
});
const Run = z.object({ run: z.string().regex(/^[0-9a-f]{16,64}$/), bootId: z.string(), children: z.array(Child) });
const LedgerFile = z.object({ runs: z.array(Run) });
type Run = z.infer<typeof Run>;

export interface LedgerChild {
  readonly expert: string;
  readonly pid: number;
  readonly startTicks: number;
  readonly cgroup?: string | undefined;
  /** The argv that ends it where a signal to the process does not (a container). */
  readonly stop?: readonly string[] | undefined;
}

/** `<stateDir>/children.json`: what this run and earlier ones started, so that a start can end what an earlier one left. */
export class Ledger {
  readonly #stateDir: string;
  readonly #path: string;
  readonly #logger: Logger;
  readonly #own: Run;
  #earlier: Run[];

  constructor(stateDir: string, run: string, logger: Logger) {
    this.#stateDir = stateDir;
    this.#path = join(stateDir, 'children.json');
    this.#logger = logger;
    this.#own = { run, bootId: bootId(), children: [] };
    this.#earlier = this.#read();
    this.#write();
  }

  add(child: LedgerChild): void {
    this.#own.children.push({ ...child, stop: child.stop && [...child.stop] });
    this.#write();
  }

  remove(pid: number): void {
    this.#own.children = this.#own.children.filter((child) => child.pid !== pid);
    this.#write();
  }

  /**
   * Ends what earlier runs left behind. A process is theirs when it carries the run's marker in its environment, or when pid and
   * start time are the ones written down: never by name, never by pid alone.
   */
  async reap(): Promise<number> {
    if (this.#earlier.length === 0) return 0;
    const environment = baseEnvironment(process.env, this.#stateDir);
    let reaped = 0;
    for (const { run, bootId: boot, children } of this.#earlier) {
      const marker = `${RUN_VARIABLE}=${run}`;
      const known = boot === this.#own.bootId ? children : [];
      const leaders = new Set(allPids().filter((pid) => hasEnvironment(pid, marker)));
      for (const child of known) {
        if (this.#isStillThere(child, leaders)) leaders.add(child.pid);
      }
      const stops = known.flatMap(({ stop }) => (stop ? [stop] : []));
      await Promise.all(stops.map((stop) => runStopCommand(stop, environment, this.#logger)));
      for (const leader of leaders) {
        this.#logger.warn('ending an engine that an earlier run left behind', { pid: leader });
        const cgroup = known.find(({ pid }) => pid === leader)?.cgroup;
        const left = await killFamily(leader, marker, cgroup);
        if (left.length > 0) this.#logger.error('processes of an earlier run do not end', { pids: left });
        reaped += 1;
      }
      for (const { cgroup } of known) {
        if (cgroup === undefined) continue;
        killCgroup(cgroup);
        removeCgroup(cgroup);
      }
    }
    this.#earlier = [];
    this.#write();
    return reaped;
  }

  #isStillThere(child: LedgerChild, marked: ReadonlySet<number>): boolean {
    const stat = readStat(child.pid);
    // A zombie has ended; only its parent has not looked yet.
    if (!stat || stat.state === 'Z') return false;
    if (stat.startTicks === child.startTicks) return true;
    if (!marked.has(child.pid)) {
      this.#logger.info('a pid of an earlier run belongs to another process now; left alone', {
        pid: child.pid,
        expert: child.expert,
      });
    }
    return false;
  }

  #read(): Run[] {
    let text: string;
    try {
      text = readFileSync(this.#path, 'utf8');
    } catch {
      return [];
    }
    try {
      return LedgerFile.parse(JSON.parse(text)).runs;
    } catch (error) {
      this.#logger.warn('the list of children of earlier runs is unreadable; starting a new one', {
        path: this.#path,
        error,
      });
      return [];
    }
  }

  #write(): void {
    try {
      writeFileAtomic(this.#path, JSON.stringify({ runs: [...this.#earlier, this.#own] }));
    } catch (error) {
      // A full disk must not stop inference: the guardian still knows every child.
      this.#logger.error('the list of children cannot be written', { path: this.#path, error });
    }
  }
}
