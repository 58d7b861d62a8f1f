/** An expert that asks for a GPU runs on one, or does not start and says what to do. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { installEngine } from '../../src/binaries/install.ts';
import { resolvePaths } from '../../src/shared/paths.ts';
import { startOrchestrator } from '../support/orchestrator.ts';
import { hasGpu, realEnvironment, tinyExpert } from '../support/real-parts.ts';
import { available } from '../support/skip.ts';

it('an expert with gpuLayers: all never starts on a build that lists no GPU; the error names the command that mends it', async () => {
  await using orchestrator = await startOrchestrator({
    profile: { experts: { tiny: tinyExpert({ gpuLayers: 'all' }) } },
    env: realEnvironment(),
  });
  const response = await orchestrator.chat('hello');
  expect(response.status).toBe(503);
  const { error } = (await response.json()) as { error: { code: string; message: string } };
  expect(error.code).toBe('gpu_unavailable');
  expect(error.message).toContain('orchestrator engine install llama-server --backend cuda');
  const view = await orchestrator.expert('tiny');
  expect(view).toMatchObject({ state: 'stopped', pid: null });
  expect(view.lastFailure?.sentence).toContain('gpuLayers');
});

it.runIf(available(hasGpu, 'needs an NVIDIA GPU with its driver'))(
  'an expert with gpuLayers: all answers from the GPU',
  async () => {
    const enginesDir = mkdtempSync(join(tmpdir(), 'orchestrator-gpu-engines-'));
    const paths = { ...resolvePaths(process.env), enginesDir };
    await installEngine('llama-server', { backend: 'cuda', paths, environment: process.env });
    await using orchestrator = await startOrchestrator({
      profile: { experts: { tiny: tinyExpert({ gpuLayers: 'all' }) } },
      env: { ...realEnvironment(), ORCHESTRATOR_ENGINES_DIR: enginesDir },
    });
    expect((await orchestrator.chat('hello', { max_tokens: 4 })).status).toBe(200);
    const logs = await (await orchestrator.request('/api/experts/tiny/logs?n=2000')).text();
    expect(logs).toMatch(/offloaded (\d+)\/\1 layers to GPU/);
  },
);
