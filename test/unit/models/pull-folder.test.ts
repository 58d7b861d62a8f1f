import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { listFolders, removeFolder } from '../../../src/models/folder-cache.ts';
import { locateFolder } from '../../../src/models/folder.ts';
import type { Progress } from '../../../src/models/progress.ts';
import { pullFolder } from '../../../src/models/pull-folder.ts';
import { AppError } from '../../../src/shared/errors.ts';
import { Limiter } from '../../../src/shared/limiter.ts';
import { fakeHub, gitDigest, sha256 } from '../../support/fake-hub.ts';
import { serve, temporaryFolder } from './support.ts';

const SHARDS = [randomBytes(1_200_000), randomBytes(300_000)] as const;
const INDEX = JSON.stringify({
  weight_map: { a: 'model-00001-of-00002.safetensors', b: 'model-00002-of-00002.safetensors' },
});
const CONFIG = '{"model_type":"llama"}';
const FILES = {
  '.gitattributes': 'x',
  'README.md': '# A model',
  'config.json': CONFIG,
  'model-00001-of-00002.safetensors': SHARDS[0],
  'model-00002-of-00002.safetensors': SHARDS[1],
  'model.safetensors.index.json': INDEX,
  'consolidated.safetensors': randomBytes(5_000),
  'pytorch_model.bin': randomBytes(5_000),
  'original/params.json': '{}',
  'onnx/model.onnx': randomBytes(2_000),
  'tokenizer.json': '{"model":{}}',
  'tokenizer_config.json': '{"model":{}}',
  'nested/modules.json': '[]',
};
const MODEL = { hf: 'owner/name' };

function optionsFor(hub: string, more: NodeJS.ProcessEnv = {}) {
  const home = temporaryFolder();
  const lines: string[] = [];
  const stages: Progress[] = [];
  return {
    environment: { HOME: home, HF_ENDPOINT: hub, ...more },
    profileDirectory: home,
    log: (line: string) => lines.push(line),
    onProgress: (progress: Progress) => stages.push(progress),
    lines,
    stages,
    folder: join(home, '.cache/huggingface/hub/models--owner--name'),
  };
}

async function failureOf(promise: Promise<unknown>): Promise<AppError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(AppError);
  return error as AppError;
}

describe('pulling a repository', () => {
  it('names the licence of the profile before that of the hub', async () => {
    const hub = await fakeHub('owner/name');
    hub.push(FILES);
    const options = optionsFor(hub.url);
    await pullFolder({ ...MODEL, licence: { name: 'House Rules', url: 'https://example.com/rules' } }, options);
    expect(options.lines.filter((line) => line.startsWith('comes under'))).toEqual([
      'comes under: House Rules (https://example.com/rules)',
    ]);
  });

  it('fills the cache of the hub’s own tools with what an engine needs, and asks no network the next time', async () => {
    const hub = await fakeHub('owner/name');
    const commit = hub.push(FILES);
    const options = optionsFor(hub.url);
    expect(locateFolder(MODEL, options)).toBeUndefined();
    const { path, bytes } = await pullFolder(MODEL, options);
    expect({ path, bytes }).toEqual({ path: join(options.folder, 'snapshots', commit), bytes: 1_500_000 });
    expect(readFileSync(join(options.folder, 'refs/main'), 'utf8')).toBe(commit);
    expect(readdirSync(path, { recursive: true, encoding: 'utf8' }).toSorted()).toEqual([
      'config.json',
      'model-00001-of-00002.safetensors',
      'model-00002-of-00002.safetensors',
      'model.safetensors.index.json',
      'nested',
      'nested/modules.json',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    expect(readlinkSync(join(path, 'config.json'))).toBe(`../../blobs/${gitDigest(Buffer.from(CONFIG))}`);
    expect(readlinkSync(join(path, 'nested/modules.json'))).toMatch(/^\.\.\/\.\.\/\.\.\/blobs\//);
    expect(readlinkSync(join(path, 'model-00001-of-00002.safetensors'))).toBe(`../../blobs/${sha256(SHARDS[0])}`);
    expect(readFileSync(join(path, 'model-00002-of-00002.safetensors'))).toEqual(SHARDS[1]);
    expect(options.lines).toContain(`comes under: apache-2.0 (${hub.url}/owner/name)`);
    expect(options.stages.at(-1)?.bytesTotal).toBe(
      1_500_000 + [CONFIG, INDEX, '{"model":{}}', '{"model":{}}', '[]'].reduce((sum, text) => sum + text.length, 0),
    );
    const asked = hub.asked.length;
    expect(await pullFolder(MODEL, options)).toEqual({ path, bytes });
    expect(hub.asked).toHaveLength(asked);
  });

  it('fetches several files at once, and no more than it may', async () => {
    const hub = await fakeHub('owner/name');
    const many = Object.fromEntries(
      Array.from({ length: 12 }, (_, index) => [`part-${index}.json`, randomBytes(3_000)]),
    );
    hub.push({ ...FILES, ...many });
    hub.pair(/^part-/);
    await pullFolder(MODEL, { ...optionsFor(hub.url), limiter: new Limiter(2) });
    expect(hub.most()).toBe(2);
  });

  it('goes on where a cut connection stopped', async () => {
    const hub = await fakeHub('owner/name');
    const commit = hub.push(FILES);
    hub.cut('model-00001-of-00002.safetensors', 400_000, 300_000);
    const options = optionsFor(hub.url);
    const { path } = await pullFolder(MODEL, options);
    expect(readFileSync(join(path, 'model-00001-of-00002.safetensors'))).toEqual(SHARDS[0]);
    const resumed = hub.asked.filter((line) => line.includes('model-00001') && line.includes(' bytes='));
    expect(resumed).toHaveLength(2);
    expect(resumed[0]).toMatch(
      new RegExp(`^/owner/name/resolve/${commit}/model-00001-of-00002.safetensors bytes=\\d+-$`),
    );
  });

  it('keeps to the commit that it began with when the branch moves on, until it is removed', async () => {
    const hub = await fakeHub('owner/name');
    const first = hub.push(FILES);
    const options = optionsFor(hub.url);
    const stop = new AbortController();
    const onProgress = ({ bytesDone }: Progress) => bytesDone > 200_000 && stop.abort(new Error('stopped'));
    await expect(pullFolder(MODEL, { ...options, onProgress, signal: stop.signal })).rejects.toThrow('stopped');
    expect(await listFolders(options.environment)).toMatchObject([{ repository: 'owner/name', state: 'partial' }]);
    const second = hub.push({ ...FILES, 'config.json': '{"model_type":"other"}' });
    const { path } = await pullFolder(MODEL, options);
    expect(path).toBe(join(options.folder, 'snapshots', first));
    expect(readFileSync(join(path, 'config.json'), 'utf8')).toBe(CONFIG);
    const [cached] = await listFolders(options.environment);
    expect(cached).toMatchObject({ repository: 'owner/name', state: 'whole', snapshot: path });
    expect(cached?.bytes).toBeGreaterThan(1_500_000);
    await removeFolder({ path: cached?.path ?? '' });
    expect((await pullFolder(MODEL, options)).path).toBe(join(options.folder, 'snapshots', second));
  });

  it('refuses a file of another digest, large or small, deletes it, and keeps the rest', async () => {
    for (const path of ['model-00002-of-00002.safetensors', 'tokenizer.json', 'config.json']) {
      const hub = await fakeHub('owner/name');
      hub.push(FILES);
      hub.corrupt(path, 1);
      const options = optionsFor(hub.url);
      const error = await failureOf(pullFolder(MODEL, { ...options, limiter: new Limiter(1) }));
      expect(error.code).toBe('model_unavailable');
      expect(error.message).toContain(path);
      expect(error.message).toMatch(/the hub states .*; it was deleted/);
      expect(locateFolder(MODEL, options)).toBeUndefined();
      expect(readdirSync(join(options.folder, 'blobs')).filter((name) => name.includes('.part'))).toEqual([]);
      await pullFolder(MODEL, options);
      expect(hub.asked.filter((line) => line.includes('model-00001'))).toHaveLength(1);
    }
  });

  it('takes what the hub’s own tools have fetched already', async () => {
    const hub = await fakeHub('owner/name');
    hub.push(FILES);
    const options = optionsFor(hub.url);
    const { path } = await pullFolder(MODEL, options);
    rmSync(path, { recursive: true });
    const before = hub.asked.length;
    await pullFolder(MODEL, options);
    expect(hub.asked.slice(before)).toHaveLength(1);
  });

  it('asks with the token, and says what a gated repository needs', async () => {
    const hub = await fakeHub('owner/name');
    hub.push(FILES);
    hub.gate('hf_secret');
    const refused = optionsFor(hub.url);
    expect((await failureOf(pullFolder(MODEL, refused))).message).toContain(
      'Accept its licence on the hub and set HF_TOKEN',
    );
    expect(existsSync(refused.folder)).toBe(false);
    await pullFolder(MODEL, optionsFor(hub.url, { HF_TOKEN: 'hf_secret' }));
  });

  it('refuses before the first byte when the disk has no room for all of it', async () => {
    const hub = await fakeHub('owner/name');
    hub.push(FILES);
    const options = { ...optionsFor(hub.url), freeBytes: () => Promise.resolve(18_200_000) };
    const error = await failureOf(pullFolder(MODEL, options));
    expect(error.code).toBe('storage_full');
    expect(error.message).toMatch(/are needed in .*models--owner--name, and 18\.2 MB are free/);
    expect(hub.asked.filter((line) => line.includes('resolve'))).toEqual([]);
  });

  it('says what a repository without safetensors has instead', async () => {
    const hub = await fakeHub('owner/name');
    hub.push({ 'a-Q4_K_M.gguf': 'x', 'README.md': 'y' });
    expect((await failureOf(pullFolder(MODEL, optionsFor(hub.url)))).message).toContain(
      'It has GGUF files, which llama-server reads: a-Q4_K_M.gguf',
    );
  });

  it('says so when the hub has no such repository, revision, or list of files', async () => {
    const hub = await fakeHub('owner/name');
    hub.push(FILES);
    const options = optionsFor(hub.url);
    expect((await failureOf(pullFolder({ hf: 'owner/name', revision: 'v2' }, options))).message).toContain(
      'the hub has no owner/name at v2',
    );
    const html = await serve((_request, response) => response.end('<html>'));
    expect((await failureOf(pullFolder(MODEL, optionsFor(html)))).message).toContain(
      'is no list of its files at a commit',
    );
  });

  it('never writes outside the cache, whatever the hub names', async () => {
    const hub = await fakeHub('owner/name');
    hub.push({ ...FILES, '../../../../evil.json': '{}', '/etc/evil.json': '{}' });
    const options = optionsFor(hub.url);
    await pullFolder(MODEL, options);
    const names = readdirSync(options.profileDirectory, { recursive: true, encoding: 'utf8' });
    expect(names.filter((name) => name.includes('evil'))).toEqual([]);
  });

  it('is done once when two pull the same repository at the same time', async () => {
    const hub = await fakeHub('owner/name');
    hub.push(FILES);
    const options = optionsFor(hub.url);
    const [one, other] = await Promise.all([pullFolder(MODEL, options), pullFolder(MODEL, options)]);
    expect(one).toEqual(other);
    expect(hub.asked.filter((line) => line.includes('/config.json'))).toHaveLength(1);
  });
});
