/** The invariants of faults.md that hold at every moment, watched from outside while a scenario runs. */
import { monitorEventLoopDelay } from 'node:perf_hooks';

import { expect } from 'vitest';

import type { Orchestrator } from './orchestrator.ts';
import { openFilesOf, processesMarked, rssOf } from './processes.ts';
import { percentile, timed } from './wait.ts';

const LOOK_EVERY_MS = 200;

export interface InvariantCaps {
  rssBytes?: number;
  openFiles?: number;
  /** Engines of all experts together, at once. */
  engines?: number;
}

export interface InvariantWatch {
  /** Ends the watch and asserts I3, I4 and I8 over all that was seen. */
  check(caps?: InvariantCaps): Promise<void>;
}

/** Looks five times a second; `experts` are those that run the fake engine. */
export function watchInvariants(orchestrator: Orchestrator, experts: readonly string[] = ['a']): InvariantWatch {
  const health: number[] = [];
  const statuses = new Set<number>();
  // A machine that keeps this process waiting keeps the other one waiting as well.
  const wait = monitorEventLoopDelay({ resolution: 5 });
  wait.enable();
  const most = new Map<string, number>();
  let together = 0;
  let rss = 0;
  let files = 0;
  let busy: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    busy = look().catch(() => void statuses.add(0));
  }, LOOK_EVERY_MS);

  async function look(): Promise<void> {
    const engines = processesMarked(`${orchestrator.directory}/`);
    let now = 0;
    for (const id of experts) {
      // The engine itself, not the shell around it: only one of the two has the program as its second argument.
      const own = engines.filter(
        ({ argv }) => argv[1]?.endsWith('fake-engine.mjs') && argv.some((part) => part.endsWith(`/${id}.ledger`)),
      );
      most.set(id, Math.max(most.get(id) ?? 0, own.length));
      now += own.length;
    }
    together = Math.max(together, now);
    rss = Math.max(rss, rssOf(orchestrator.pid));
    files = Math.max(files, openFilesOf(orchestrator.pid));
    const { value, ms } = await timed(() => fetch(`${orchestrator.url}/healthz`));
    statuses.add(value.status);
    await value.body?.cancel();
    health.push(ms);
  }

  return {
    async check({ rssBytes = 256 * 2 ** 20, openFiles = 1_000, engines = Infinity } = {}) {
      clearInterval(timer);
      await busy;
      wait.disable();
      expect(health.length, 'the watch saw something').toBeGreaterThan(0);
      for (const [id, count] of most) expect(count, `I3: engines of ${id} at once`).toBeLessThanOrEqual(1);
      expect(together, 'engines at once').toBeLessThanOrEqual(engines);
      expect(rss / 2 ** 20, 'I4: MiB of memory').toBeLessThan(rssBytes / 2 ** 20);
      expect(files, 'I4: descriptors').toBeLessThan(openFiles);
      expect([...statuses], 'I8: health answers').toEqual([200]);
      const waited = wait.percentile(99) / 1e6;
      expect(percentile(health, 0.99), 'I8: p99 of health, ms').toBeLessThan(200 + 2 * waited);
    },
  };
}
