import { join } from 'node:path';

import { writeFileAtomic } from '../shared/atomic-file.ts';
import { systemClock } from '../shared/clock.ts';
import { VERSION } from '../shared/version.ts';
import { readStat } from '../supervisor/proc.ts';
import type { RuntimeFile } from './views.ts';

/** Tells the command line where the orchestrator of this state directory is, and the key to it. */
export function writeRuntimeFile(
  stateDir: string,
  facts: Pick<RuntimeFile, 'url' | 'token' | 'profile' | 'profileFile'>,
): void {
  const file: RuntimeFile = {
    pid: process.pid,
    startTicks: readStat(process.pid)?.startTicks ?? 0,
    ...facts,
    version: VERSION,
    startedAt: systemClock.wallTime().toISOString(),
  };
  writeFileAtomic(join(stateDir, 'runtime.json'), `${JSON.stringify(file)}\n`);
}

/** A host of a URL that a client on this machine can use. */
export function reachableHost(host: string): string {
  if (host.includes(':')) return `[${host}]`;
  return host === '0.0.0.0' ? '127.0.0.1' : host;
}
