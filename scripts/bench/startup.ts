import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

import { startOrchestrator } from './orchestrator.ts';
import type { BenchContext } from './report.ts';
import { median } from './statistics.ts';

const REPETITIONS = 10;
const WARM_UPS = 2;
const IDLE_MS = 5_000;

export interface Startup {
  /** Milliseconds from the spawn of `orchestrator up --profile demo` to its first answer. */
  readonly upMs: number;
  /** Of the process, five seconds later, in bytes. */
  readonly idleRss: number;
  readonly idlePss: number;
}

export async function measureStartup({ folder, say }: BenchContext): Promise<Startup> {
  say('start-up and idle memory');
  const directory = folder('startup');
  const times: number[] = [];
  for (let index = 0; index < WARM_UPS + REPETITIONS; index += 1) {
    const { upMs, program } = await startOrchestrator({ directory, profile: 'demo' });
    // The first ones build the bundle and fill the compile cache where that has not happened yet.
    if (index >= WARM_UPS) times.push(upMs);
    await program.stop();
  }
  const { program } = await startOrchestrator({ directory, profile: 'demo' });
  await delay(IDLE_MS);
  const rollup = readFileSync(`/proc/${program.pid}/smaps_rollup`, 'utf8');
  const bytes = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(rollup)?.[1] ?? NaN) * 1_024;
  await program.stop();
  return { upMs: median(times), idleRss: bytes('Rss'), idlePss: bytes('Pss') };
}
