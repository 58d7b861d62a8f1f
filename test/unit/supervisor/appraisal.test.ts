import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it, onTestFinished } from 'vitest';

import { buildGguf } from '../../../scripts/build-gguf.ts';
import { llamaServer } from '../../../src/engines/llama-server.ts';
import { LearnedFootprints } from '../../../src/models/learned.ts';
import { resolvePaths } from '../../../src/shared/paths.ts';
import { appraise } from '../../../src/supervisor/appraisal.ts';
import type { AppraiseOptions } from '../../../src/supervisor/appraisal.ts';
import type { ProcessExpert } from '../../../src/supervisor/launcher.ts';

const MiB = 2 ** 20;

/** A machine with two GPUs, and a build for them with its oracle; both are scripts. */
async function machine(settings: object = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'orchestrator-appraisal-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const script = (name: string, text: string) => {
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    return join(folder, name);
  };
  const binary = script(
    'llama-server',
    `case "$1" in
    --version) echo 'version: 1 (x)' ;;
    --list-devices) printf 'Available devices:\\n  CUDA0: One (1 MiB, 1 MiB free)\\n  CUDA1: Two (1 MiB, 1 MiB free)\\n' ;;
    *) printf -- '-m, --model FNAME\\n-c, --ctx-size N\\n-np, --parallel N\\n-ngl, --n-gpu-layers N\\n--list-devices\\n' ;;
    esac`,
  );
  script(
    'llama-fit-params',
    `echo "$CUDA_VISIBLE_DEVICES $*" >>'${folder}/asked'; printf 'CUDA0 500 20 30 \\nHost 1 0 4 \\n'`,
  );
  const model = join(folder, 'model.gguf');
  await buildGguf({ path: model });
  const parsed = llamaServer.settings.parse({
    engine: 'llama-server',
    model: { path: model },
    gpuLayers: 'all',
    gpus: ['gpu1'],
    'llama-server': { binary },
    ...settings,
  });
  const paths = resolvePaths({ ORCHESTRATOR_CACHE_DIR: join(folder, 'cache'), ORCHESTRATOR_STATE_DIR: folder });
  const options: AppraiseOptions = {
    paths,
    environment: process.env,
    profileDirectory: folder,
    gpus: ['gpu0', 'gpu1'].map((id) => ({ id, capacity: 8 * 2 ** 30 })),
    learned: new LearnedFootprints(join(folder, 'learned.json')),
    askEngine: true,
    askOracle: true,
  };
  const expert = { id: 'one', ...parsed } as unknown as ProcessExpert;
  const look = (changes: Partial<AppraiseOptions> = {}) => appraise(expert, llamaServer, { ...options, ...changes });
  const asked = () => readFileSync(join(folder, 'asked'), 'utf8').trim().split('\n');
  return { look, asked, learned: options.learned };
}

it('what the engine’s own oracle counts decides on a GPU, and what a run took decides more', async () => {
  const { look, asked, learned } = await machine();
  const [own] = (await look({ askOracle: false })).placements;
  const { placements, learnedKey } = await look();
  const [best] = placements;
  expect(best?.name).toBe('gpu1');
  const context = best?.parts.find(({ name }) => name === 'GPU context')?.bytes ?? 0;
  // Of each of the two slots the cache.
  expect(best?.footprint['gpu1']).toBe((501 + 2 * 21 + 31) * MiB + context);
  expect(best?.footprint['gpu1']).not.toBe(own?.footprint['gpu1']);
  expect(asked()).toEqual([expect.stringMatching(/^1 .*--ctx-size 8192 --n-gpu-layers 999 --fit off --fit-print on$/)]);
  // What is kept is known without another question.
  expect((await look({ askOracle: false })).placements).toEqual(placements);
  learned?.record(learnedKey('gpu1') ?? { files: [], engine: '', settings: {} }, { gpu1: 2_000 * MiB }, new Date());
  expect((await look()).placements[0]).toMatchObject({ learned: true, footprint: { gpu1: 2_000 * MiB } });
  expect(asked()).toHaveLength(1);
});

it('an expert on the CPU is predicted without it', async () => {
  const { look, asked } = await machine({ gpuLayers: 0, gpus: 'auto' });
  expect((await look()).placements).toHaveLength(1);
  expect(asked).toThrow(/ENOENT/);
});
