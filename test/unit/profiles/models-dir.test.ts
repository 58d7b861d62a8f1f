import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { resolveProfile } from '../../../src/profiles/load.ts';
import type { ProcessExpert } from '../../../src/profiles/profile.ts';
import { describeProfile } from '../../../src/profiles/show.ts';
import { Sandbox } from './sandbox.ts';

function houseOf(...files: string[]): Sandbox {
  const sandbox = new Sandbox();
  for (const file of files) sandbox.write(join('models', file), 'GGUF');
  return sandbox;
}

async function experts(sandbox: Sandbox, text = 'modelsDir: models\n', file = 'p.yaml'): Promise<ProcessExpert[]> {
  return (await sandbox.load(sandbox.write(file, text))).experts as ProcessExpert[];
}

const idsOf = (list: readonly { id: string }[]) => list.map(({ id }) => id);

describe('modelsDir', () => {
  it('makes each GGUF file an expert with its name, and nothing else', async () => {
    const sandbox = houseOf(
      'b-Q4_K_M.gguf',
      'a.gguf',
      'notes.txt',
      'a.gguf.part',
      '.hidden.gguf',
      'a-lora.gguf',
      'imatrix.gguf',
    );
    sandbox.write('models/empty.gguf', '');
    const list = await experts(sandbox);
    expect(list).toMatchObject([
      { id: 'a', engine: 'llama-server', model: { path: join(sandbox.directory, 'models/a.gguf') }, task: 'generate' },
      { id: 'b-Q4_K_M', vision: false },
    ]);
    expect(list).toHaveLength(2);
  });

  it('takes a split file once and looks one folder down', async () => {
    const sandbox = houseOf(
      'big-00001-of-00002.gguf',
      'big-00002-of-00002.gguf',
      'lost-00002-of-00002.gguf',
      'split/x-Q8_0-00001-of-00002.gguf',
      'split/x-Q8_0-00002-of-00002.gguf',
      'split/deeper/y.gguf',
    );
    expect((await experts(sandbox)).map(({ id, model }) => [id, model?.path])).toEqual([
      ['big', join(sandbox.directory, 'models/big-00001-of-00002.gguf')],
      ['x-Q8_0', join(sandbox.directory, 'models/split/x-Q8_0-00001-of-00002.gguf')],
    ]);
  });

  it('gives a projector to its model: by name, or to the only one in the folder', async () => {
    const sandbox = houseOf(
      'gemma-3-4b-it-Q4_K_M.gguf',
      'mmproj-gemma-3-4b-it-F16.gguf',
      'phi-4.gguf',
      'qwen/Qwen2-VL-Q4_K_M.gguf',
      'qwen/Qwen2-VL-Q8_0.gguf',
      'qwen/mmproj-F16.gguf',
    );
    expect(
      (await experts(sandbox)).map(({ id, model, vision }) => [
        id,
        model?.mmproj?.slice(sandbox.directory.length),
        vision,
      ]),
    ).toEqual([
      ['gemma-3-4b-it-Q4_K_M', '/models/mmproj-gemma-3-4b-it-F16.gguf', true],
      ['phi-4', undefined, false],
      ['Qwen2-VL-Q4_K_M', '/models/qwen/mmproj-F16.gguf', true],
      ['Qwen2-VL-Q8_0', '/models/qwen/mmproj-F16.gguf', true],
    ]);
  });

  it('knows embedding models and rerankers by their names', async () => {
    const sandbox = houseOf(
      'nomic-embed-text-v1.5.Q8_0.gguf',
      'bge-reranker-v2-m3.gguf',
      'all-MiniLM-L6-v2.gguf',
      'degetel.gguf',
    );
    expect((await experts(sandbox)).map(({ id, task, context }) => [id, task, context])).toEqual([
      ['all-MiniLM-L6-v2', 'embed', 512],
      ['bge-reranker-v2-m3', 'rerank', 512],
      ['degetel', 'generate', 8_192],
      ['nomic-embed-text-v1.5.Q8_0', 'embed', 512],
    ]);
  });

  it('lets an expert that is written out win over a file of its name, and over the file that it uses', async () => {
    const sandbox = houseOf('a.gguf', 'b.gguf', 'c.gguf', 'd.gguf');
    const list = await experts(
      sandbox,
      `modelsDir: models
defaults: { context: 4096, idleUnload: never }
experts:
  a: { model: { path: elsewhere.gguf } }
  mine: { model: { path: models/b.gguf }, aliases: [c] }
`,
    );
    expect(idsOf(list)).toEqual(['a', 'mine', 'd']);
    expect(list[2]).toMatchObject({ context: 4_096, idleUnload: 'never' });
  });

  it('makes names that can be names', async () => {
    const sandbox = houseOf(
      'Mein Modell (neu).gguf',
      '_x.gguf',
      'auto.gguf',
      `${'y'.repeat(80)}.gguf`,
      'one/same.gguf',
      'two/same.gguf',
    );
    expect(idsOf(await experts(sandbox))).toEqual(['Mein-Modell-neu', 'x', 'auto-2', 'y'.repeat(64), 'same', 'same-2']);
  });

  it('is read at every load, is relative to the file that says it, and may be in the home directory', async () => {
    const sandbox = houseOf('a.gguf');
    sandbox.write('base/p.yaml', 'modelsDir: ../models\n');
    const load = () => experts(sandbox, 'extends: ./base/p.yaml\n', 'over.yaml');
    expect(idsOf(await load())).toEqual(['a']);
    sandbox.write('models/b.gguf', 'GGUF');
    expect(idsOf(await load())).toEqual(['a', 'b']);
    sandbox.write('home/more/c.gguf', 'GGUF');
    expect(idsOf(await experts(sandbox, 'modelsDir: ~/more\n'))).toEqual(['c']);
  });

  it('is shown with its experts, and what is shown reads as the same profile', async () => {
    const sandbox = houseOf('a.gguf', 'gemma.gguf', 'mmproj-gemma.gguf');
    const file = sandbox.write('p.yaml', 'modelsDir: models\n');
    const shown = describeProfile(await resolveProfile(file, { environment: sandbox.environment }));
    expect(shown['modelsDir']).toBe(join(sandbox.directory, 'models'));
    const again = await sandbox.load(sandbox.write('shown.yaml', JSON.stringify(shown)));
    expect(again.experts).toEqual((await sandbox.load(file)).experts);
  });

  it('leaves the engine of the defaults alone where that takes files', async () => {
    const sandbox = houseOf('a.gguf');
    const engineOf = async (engine: string) =>
      (await experts(sandbox, `modelsDir: models\ndefaults: { engine: ${engine} }\n`))[0]?.engine;
    expect([await engineOf('bitnet'), await engineOf('vllm'), await engineOf('command')]).toEqual([
      'bitnet',
      'llama-server',
      'llama-server',
    ]);
  });

  it('that is not there, or has nothing, is a problem with its place', async () => {
    const sandbox = new Sandbox();
    expect(await sandbox.refuse('modelsDir: nowhere\nexperts: { a: { model: { path: x.gguf } } }\n')).toMatchObject([
      { path: 'modelsDir', line: 1, column: 12, message: 'there is no such folder' },
    ]);
    sandbox.write('models/readme.txt', '');
    expect(await sandbox.refuse('modelsDir: models\n')).toMatchObject([
      { path: 'experts', message: 'a profile has at least one expert, and `modelsDir` has no GGUF file' },
    ]);
    expect(await sandbox.refuse('modelsDir: 5\nexperts: { a: { model: { path: x.gguf } } }\n')).toMatchObject([
      { path: 'modelsDir' },
    ]);
  });
});
