import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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
  /** Of the process, five seconds later: one expert; with the router as well; with an open store besides. */
  readonly idle: Readonly<Record<keyof typeof PROFILES, Idle>>;
}

/** Bytes. */
export interface Idle {
  readonly rss: number;
  readonly pss: number;
}

const WITHOUT_STORE = `extends: demo\n${['knowledge', 'memory', 'conversations', 'feedback'].map((part) => `${part}: { enabled: false }\n`).join('')}`;
/** What each part adds is seen by the demo without it. */
const PROFILES = {
  core: `${WITHOUT_STORE.replace('}', ', embedding: null }')}experts: { coder: null, spanish: null, minilm: null }\n`,
  router: WITHOUT_STORE,
  knowledge: 'extends: demo\n',
} as const;

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
  const idle = {
    core: await idleOf(directory, 'core'),
    router: await idleOf(directory, 'router'),
    knowledge: await idleOf(directory, 'knowledge'),
  };
  return { upMs: median(times), idle };
}

async function idleOf(directory: string, part: keyof typeof PROFILES): Promise<Idle> {
  const profile = join(directory, `${part}.yaml`);
  mkdirSync(directory, { recursive: true });
  writeFileSync(profile, PROFILES[part]);
  const { program } = await startOrchestrator({ directory, profile });
  await delay(IDLE_MS);
  const rollup = readFileSync(`/proc/${program.pid}/smaps_rollup`, 'utf8');
  const bytes = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(rollup)?.[1] ?? NaN) * 1_024;
  await program.stop();
  return { rss: bytes('Rss'), pss: bytes('Pss') };
}
