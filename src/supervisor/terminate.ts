import { spawn } from 'node:child_process';

import { delay } from '../shared/clock.ts';
import type { Logger } from '../telemetry/logger.ts';
import { killCgroup } from './cgroup.ts';
import { findFamily } from './proc.ts';
import { removeSegments, segmentsOf } from './shared-memory.ts';

/** How long a whole family may need to vanish after SIGKILL before it is reported as left over. */
const KILL_DEADLINE_MS = 5_000;
/** How long an engine's own stop command may take: `docker stop` gives a container ten seconds. */
const STOP_COMMAND_MS = 15_000;

/** By leader: the shared memory of families, until `killFamily` has seen the last of them. */
const segments = new Map<number, Set<string>>();

/** Signals every process of the family by pid and its group as one; a process that is gone already is no error. */
export function signalFamily(leader: number, marker: string | undefined, signal: NodeJS.Signals): number[] {
  const family = findFamily(leader, marker);
  if (signal === 'SIGKILL') noteSegments(leader, family);
  trySignal(-leader, signal);
  for (const pid of family) trySignal(pid, signal);
  return family;
}

/** SIGTERM to the group alone: engines end their own workers in order. */
export function askToEnd(leader: number): void {
  trySignal(-leader, 'SIGTERM');
}

/** Remembers the shared memory of a family, for `killFamily` to remove. */
export function noteSegments(leader: number, family: readonly number[]): void {
  const known = segments.get(leader) ?? new Set();
  for (const path of segmentsOf(family)) known.add(path);
  segments.set(leader, known);
}

/**
 * SIGKILL to the group, the session, the descendants and everything marked, until nothing is left, not even the shared memory that
 * killed workers leave. Answers who survived.
 */
export async function killFamily(
  leader: number,
  marker: string | undefined,
  cgroup: string | undefined,
): Promise<number[]> {
  const deadline = performance.now() + KILL_DEADLINE_MS;
  if (cgroup !== undefined) noteSegments(leader, findFamily(leader, marker));
  for (let pause = 5; ; pause = Math.min(100, pause * 2)) {
    if (cgroup !== undefined) killCgroup(cgroup);
    const left = signalFamily(leader, marker, 'SIGKILL');
    if (left.length === 0 || performance.now() > deadline) {
      removeSegments([...(segments.get(leader) ?? [])]);
      segments.delete(leader);
      return left;
    }
    await delay(pause);
  }
}

export function trySignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}

/**
 * Runs the argv that ends an engine which is no descendant of ours (a container). Resolves when the command has ended, or after a
 * deadline; never rejects.
 */
export function runStopCommand(
  [command = '', ...args]: readonly string[],
  environment: NodeJS.ProcessEnv,
  logger: Logger,
): Promise<void> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: 'ignore', detached: true, cwd: '/', env: environment });
    const timer = setTimeout(() => {
      logger.warn('the stop command of an engine does not end', { command, pid: child.pid });
      resolve();
    }, STOP_COMMAND_MS);
    const settle = () => {
      clearTimeout(timer);
      resolve();
    };
    child.once('exit', settle);
    child.once('error', (error) => {
      logger.warn('the stop command of an engine cannot be executed', { command, error });
      settle();
    });
  });
}
