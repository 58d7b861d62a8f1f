import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import type { Model } from '../../../src/engines/settings.ts';
import { locateModel } from '../../../src/models/locate.ts';
import type { Progress } from '../../../src/models/progress.ts';
import { pullModel } from '../../../src/models/pull.ts';
import { readRecord } from '../../../src/models/record.ts';
import { filesOf } from '../../../src/models/sources.ts';
import { AppError } from '../../../src/shared/errors.ts';
import { fakeHub, sha256 } from '../../support/fake-hub.ts';
import { temporaryFolder } from './support.ts';

const PARTS = [randomBytes(900_000), randomBytes(40_000), randomBytes(1_200_000)] as const;
const SPLIT = {
  'q4/big-00001-of-00003.gguf': PARTS[0],
  'q4/big-00002-of-00003.gguf': PARTS[1],
  'q4/big-00003-of-00003.gguf': PARTS[2],
  'mmproj-big-f16.gguf': randomBytes(2_000),
};
const MODEL: Model = { hf: 'owner/name', file: 'q4/big-00001-of-00003.gguf', mmproj: 'mmproj-big-f16.gguf' };

function optionsFor(hub: string) {
  const lines: string[] = [];
  const stages: Progress[] = [];
  return {
    paths: { modelsDir: temporaryFolder() },
    environment: { HF_ENDPOINT: hub },
    log: (line: string) => lines.push(line),
    onProgress: (progress: Progress) => stages.push(progress),
    lines,
    stages,
  };
}

describe('pulling GGUF files from a hub', () => {
  it('brings all parts and the projector of one commit, side by side, with one progress and the licence told first', async () => {
    const hub = await fakeHub('owner/name');
    hub.card = { license: 'other', license_name: 'gemma', license_link: 'https://licence.example/gemma' };
    const commit = hub.push(SPLIT);
    hub.pair(/big/);
    const options = optionsFor(hub.url);
    const { path, mmproj } = await pullModel(MODEL, options);
    expect([path, mmproj].map((file) => readFileSync(file ?? '').length)).toEqual([900_000, 2_000]);
    expect(hub.most()).toBeGreaterThan(1);
    expect(hub.asked.filter((line) => line.includes('/resolve/')).every((line) => line.includes(commit))).toBe(true);
    expect(options.lines.filter((line) => line.startsWith('comes under'))).toEqual([
      'comes under: gemma (https://licence.example/gemma)',
    ]);
    expect(options.stages.every(({ bytesTotal }) => bytesTotal === 2_142_000)).toBe(true);
    expect(options.stages.at(-1)?.bytesDone).toBe(2_142_000);
    expect(readRecord(path)).toMatchObject({
      verified: 'hub',
      sha256: sha256(PARTS[0]),
      revision: commit,
      licence: { name: 'gemma' },
    });
  });

  it('locks size and digest at the first pull, and finds the locked file again when the branch has moved on', async () => {
    const hub = await fakeHub('owner/name');
    const first = hub.push(SPLIT);
    const options = optionsFor(hub.url);
    const { path } = await pullModel(MODEL, options);
    hub.push({ ...SPLIT, 'q4/big-00001-of-00003.gguf': randomBytes(60_000) });
    rmSync(path);
    expect(locateModel(MODEL, options)).toBeUndefined();
    await pullModel(MODEL, options);
    expect(readFileSync(path)).toEqual(PARTS[0]);
    expect(hub.asked.at(-1)).toBe(`/owner/name/resolve/${first}/q4/big-00001-of-00003.gguf`);
    expect(readRecord(path)).toMatchObject({ sha256: sha256(PARTS[0]), revision: first });
  });

  it('refuses a part of another digest, says which, and keeps the parts that are right', async () => {
    const hub = await fakeHub('owner/name');
    hub.push(SPLIT);
    hub.corrupt('q4/big-00002-of-00003.gguf', 1);
    const options = optionsFor(hub.url);
    const error: unknown = await pullModel(MODEL, options).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(AppError);
    expect((error as AppError).message).toMatch(
      /big-00002-of-00003\.gguf could not be fetched:\n.*sha256 .* is stated by the hub/,
    );
    expect(locateModel(MODEL, options)).toBeUndefined();
    await pullModel(MODEL, options);
    expect(locateModel(MODEL, options)).toBeDefined();
  });

  it('refuses a file that is not the pinned one before its first byte', async () => {
    const hub = await fakeHub('owner/name');
    hub.push(SPLIT);
    const options = optionsFor(hub.url);
    const pinned = { hf: 'owner/name', file: 'mmproj-big-f16.gguf', sha256: 'a'.repeat(64) };
    await expect(pullModel(pinned, options)).rejects.toThrow(/the hub has another file: .* where a{64} is wanted/);
    expect(hub.asked.filter((line) => line.includes('/resolve/'))).toEqual([]);
  });

  it('goes on in every part where it was interrupted', async () => {
    const hub = await fakeHub('owner/name');
    hub.push(SPLIT);
    hub.cut('q4/big-00001-of-00003.gguf', 400_000);
    hub.cut('q4/big-00003-of-00003.gguf', 400_000, 300_000);
    const options = optionsFor(hub.url);
    await pullModel(MODEL, options);
    for (const [index, { path }] of filesOf(MODEL, options).weights.entries())
      expect(readFileSync(path)).toEqual(PARTS[index]);
    expect(hub.asked.filter((line) => / bytes=\d+-$/.test(line))).toHaveLength(3);
  });

  it('refuses before the first byte when the disk has no room for all parts together', async () => {
    const hub = await fakeHub('owner/name');
    hub.push(SPLIT);
    const options = { ...optionsFor(hub.url), freeBytes: () => Promise.resolve(16 * 2 ** 20 + 2_000_000) };
    const error: unknown = await pullModel(MODEL, options).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'storage_full' });
    expect(hub.asked.filter((line) => line.includes('/resolve/'))).toEqual([]);
  });

  it('works with a mirror that has no API, and says what it does not have', async () => {
    const hub = await fakeHub('owner/name');
    hub.push(SPLIT);
    hub.api = false;
    const options = optionsFor(hub.url);
    const { path } = await pullModel(MODEL, options);
    expect(readRecord(path)).toMatchObject({ verified: 'hub', sha256: sha256(PARTS[0]) });
    await expect(pullModel({ hf: 'owner/name', file: 'other.gguf' }, options)).rejects.toThrow(
      'the hub has no other.gguf in owner/name at main',
    );
  });
});
