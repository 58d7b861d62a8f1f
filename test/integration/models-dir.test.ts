/** `modelsDir` of a running orchestrator: files that come and go are experts that come and go with the next reload. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { DIRECTORY, fakeExpert } from '../support/fake-expert.ts';
import { startOrchestrator } from '../support/orchestrator.ts';

describe('a folder of models', () => {
  it('is read again at every reload, and leaves the others alone', async () => {
    await using orchestrator = await startOrchestrator({
      profile: { modelsDir: `${DIRECTORY}/home`, experts: { own: fakeExpert() } },
    });
    const { pid } = await orchestrator.load('own');
    const models = join(orchestrator.directory, 'home');
    mkdirSync(models, { recursive: true });
    const reload = async () => (await orchestrator.post('/api/reload')).json();
    writeFileSync(join(models, 'new-Q8_0.gguf'), 'GGUF');
    expect(await reload()).toMatchObject({ kept: ['own'], added: ['new-Q8_0'] });
    expect(await orchestrator.expert('new-Q8_0')).toMatchObject({ engine: 'llama-server', state: 'stopped' });
    rmSync(join(models, 'new-Q8_0.gguf'));
    expect(await reload()).toMatchObject({ kept: ['own'], removed: ['new-Q8_0'] });
    expect((await orchestrator.expert('own')).pid).toBe(pid);
  });
});
