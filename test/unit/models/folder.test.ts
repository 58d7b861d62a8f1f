import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { folderProblem, locateFolder } from '../../../src/models/folder.ts';

function setUp() {
  const home = mkdtempSync(join(tmpdir(), 'folder-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const write = (path: string, text: string) => {
    mkdirSync(join(home, path, '..'), { recursive: true });
    writeFileSync(join(home, path), text);
  };
  const locate = (model: Parameters<typeof locateFolder>[0], environment: NodeJS.ProcessEnv = { HOME: home }) =>
    locateFolder(model, { profileDirectory: home, environment });
  return { home, write, locate };
}

describe('a model folder', () => {
  it('is found relative to the profile, when it is whole', () => {
    const { home, write, locate } = setUp();
    expect(locate({ path: 'm' })).toBeUndefined();
    write('m/model.safetensors', 'weights');
    expect(locate({ path: 'm' })).toBeUndefined();
    write('m/config.json', '{}');
    expect(locate({ path: 'm' })).toEqual({ path: join(home, 'm'), bytes: 7 });
  });

  it('is not whole while a file that its index names is missing', () => {
    const { home, write, locate } = setUp();
    write('m/config.json', '{}');
    write('m/a.safetensors', 'aa');
    write('m/model.safetensors.index.json', '{"weight_map":{"x":"a.safetensors","y":"b.safetensors"}}');
    expect(locate({ path: 'm' })).toBeUndefined();
    write('m/b.safetensors', 'bbb');
    expect(locate({ path: 'm' })).toEqual({ path: join(home, 'm'), bytes: 5 });
    write('m/model.safetensors.index.json', 'no JSON');
    expect(locate({ path: 'm' })).toBeUndefined();
  });

  it('is found in the hub’s cache by branch and by commit, through its links', () => {
    const { home, write, locate } = setUp();
    const repository = '.cache/huggingface/hub/models--a--b';
    write(`${repository}/refs/main`, 'c0ffee\n');
    write(`${repository}/blobs/1`, 'weights');
    write(`${repository}/snapshots/c0ffee/config.json`, '{}');
    symlinkSync('../../blobs/1', join(home, repository, 'snapshots/c0ffee/model.safetensors'));
    const found = { path: join(home, repository, 'snapshots/c0ffee'), bytes: 7 };
    expect(locate({ hf: 'a/b' })).toEqual(found);
    expect(locate({ hf: 'a/b', revision: 'c0ffee' })).toEqual(found);
    expect(locate({ hf: 'a/b', revision: 'v2' })).toBeUndefined();
    expect(locate({ hf: 'a/b' }, { HF_HUB_CACHE: join(home, '.cache/huggingface/hub') })).toEqual(found);
    expect(locate({ hf: 'a/b' }, { HF_HOME: join(home, 'elsewhere') })).toBeUndefined();
  });

  it('may be that of a LoRA adapter, whose rank is the largest of its matrices', () => {
    const { home, write, locate } = setUp();
    write('l/adapter_model.safetensors', 'weights');
    write('l/adapter_config.json', '{"r": 8, "rank_pattern": {"q_proj": 32, "k_proj": 4}}');
    const found = { path: join(home, 'l'), bytes: 7 };
    expect(locate({ path: 'l' })).toEqual({ ...found, rank: 32 });
    write('l/adapter_config.json', '{"r": 8}');
    expect(locate({ path: 'l' })).toEqual({ ...found, rank: 8 });
    write('l/adapter_config.json', '{}');
    expect(locate({ path: 'l' })).toEqual(found);
  });

  it('of the user’s own says what it lacks', () => {
    expect(folderProblem({ path: 'm' }, { profileDirectory: '/p', environment: {} })).toMatch(
      /^\/p\/m lacks config\.json/,
    );
  });
});
