import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { delay } from '../shared/clock.ts';
import { findFamily } from './proc.ts';

/** How long a whole family may need to vanish after SIGKILL before it is reported as left over. */
const KILL_DEADLINE_MS = 5_000;

/** Signals every process of the family by pid and its group as one; a process that is gone already is no error. */
export function signalFamily(leader: number, marker: string | undefined, signal: NodeJS.Signals): number[] {
  const family = findFamily(leader, marker);
  trySignal(-leader, signal);
  for (const pid of family) trySignal(pid, signal);
  return family;
}

/** SIGTERM to the group alone: engines end their own workers in order. */
export function askToEnd(leader: number): void {
  trySignal(-leader, 'SIGTERM');
}

/** SIGKILL to the group, the session, the descendants and everything marked, until nothing is left. Answers who survived. */
export async function killFamily(
  leader: number,
  marker: string | undefined,
  cgroup: string | undefined,
): Promise<number[]> {
  const deadline = performance.now() + KILL_DEADLINE_MS;
  for (let pause = 5; ; pause = Math.min(100, pause * 2)) {
    if (cgroup !== undefined) killCgroup(cgroup);
    const left = signalFamily(leader, marker, 'SIGKILL');
    if (left.length === 0 || performance.now() > deadline) return left;
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

function killCgroup(path: string): void {
  const file = join(path, 'cgroup.kill');
  try {
    if (existsSync(file)) writeFileSync(file, '1');
  } catch {
    // The signals that follow do the same, one process at a time.
  }
}
