/** An engine that begins to write nonsense in the best of health (bitnet.cpp: engines.md 2.6). */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { expect, it, onTestFinished } from 'vitest';

import { buildGguf } from '../../scripts/build-gguf.ts';
import { startOrchestrator } from '../support/orchestrator.ts';
import { profileOf } from '../support/profile.ts';
import { until } from '../support/wait.ts';

const SALAD = resolve(import.meta.dirname, '../fixtures/salad-engine.mjs');

/** A program by a path of its own: an engine's environment leads to no Node. */
async function parts(): Promise<{ binary: string; model: string }> {
  const directory = mkdtempSync(join(tmpdir(), 'salad-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const [binary, model] = [join(directory, 'llama-server'), join(directory, 'tiny.gguf')];
  writeFileSync(binary, `#!/bin/sh\nexec "${process.execPath}" "${SALAD}" "$@"\n`);
  chmodSync(binary, 0o755);
  await buildGguf({ path: model });
  return { binary, model };
}

it('is found between two requests, replaced, and given up when its successor is no better', async () => {
  const { binary, model } = await parts();
  const start = (soundFor: number) =>
    startOrchestrator({
      profile: profileOf({
        [`b-${soundFor}`]: {
          engine: 'bitnet',
          model: { path: model },
          bitnet: { binary, outputCheck: { every: 3 } },
        },
      }),
    });
  {
    // Sound for the first proof, three answers, and nothing after them.
    await using orchestrator = await start(4);
    const { pid } = await orchestrator.load('b-4');
    for (let asked = 0; asked < 3; asked += 1) expect((await orchestrator.chat('Hi')).status).toBe(200);
    const found = await until('it was found out', async () => (await orchestrator.expert('b-4')).lastFailure, 10_000);
    expect(found).toMatchObject({ class: 'degenerate_output' });
    expect(await (await orchestrator.request('/api/experts/b-4/logs')).text()).toContain('a single character');
    // It was sound when it started: another may be.
    const another = await until(
      'another serves',
      async () => {
        const answer = await orchestrator.chat('Hi');
        return answer.ok ? await orchestrator.expert('b-4') : undefined;
      },
      15_000,
      200,
    );
    expect(another.pid).not.toBe(pid);
  }
  await using hopeless = await start(0);
  expect((await hopeless.chat('Hi')).status).toBe(503);
  expect(await hopeless.expert('b-0')).toMatchObject({
    state: 'failed',
    retryAt: null,
    starts: 1,
    lastFailure: { class: 'degenerate_output' },
  });
});
