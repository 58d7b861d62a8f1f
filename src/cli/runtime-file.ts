import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { RuntimeFile } from '../server/views.ts';
import { readStat } from '../supervisor/proc.ts';

/** The runtime file of the orchestrator that runs on this state directory; undefined where none runs. */
export function readRuntimeFile(stateDir: string): RuntimeFile | undefined {
  let file: RuntimeFile;
  try {
    file = JSON.parse(readFileSync(join(stateDir, 'runtime.json'), 'utf8')) as RuntimeFile;
  } catch {
    return undefined;
  }
  return isRunning(file) ? file : undefined;
}

/** Whether the very process that wrote the file still runs: a pid alone may have gone to another. */
export function isRunning(file: Pick<RuntimeFile, 'pid' | 'startTicks'>): boolean {
  const stat = readStat(file.pid);
  return stat !== undefined && stat.startTicks === file.startTicks && stat.state !== 'Z';
}
