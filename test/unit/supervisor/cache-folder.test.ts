import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { CacheFolder, type KeptCache } from '../../../src/supervisor/cache-folder.ts';
import { promptMark } from '../../../src/supervisor/prompt-mark.ts';

let root: string;
let path: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cache-folder-'));
  path = join(root, 'kv', 'a-1');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

let minute = 0;
/** Saves a prompt of one user as the engine would: a file of some bytes. */
function save(
  folder: CacheFolder,
  { user = 'ana', text = 'x'.repeat(2_000), bytes = 100, build = 'b', maxBytes = 1_000 } = {},
): KeptCache | undefined {
  const name = folder.begin();
  writeFileSync(join(folder.path, name), Buffer.alloc(bytes));
  const savedAt = new Date(Date.UTC(2026, 0, 1, 0, (minute += 1))).toISOString();
  return folder.commit(name, { user, build, mark: promptMark(text), promptTokens: 9, tokens: 10, savedAt }, maxBytes);
}

describe('the kept caches of an expert', () => {
  it('are read by nobody else, and found again by the next run', () => {
    const folder = new CacheFolder(path);
    const kept = save(folder);
    for (const name of readdirSync(path)) expect(statSync(join(path, name)).mode & 0o777, name).toBe(0o600);
    for (const one of [path, join(root, 'kv')]) expect(statSync(one).mode & 0o777, one).toBe(0o700);
    expect(new CacheFolder(path).kept).toEqual([kept]);
    expect(readdirSync(path)).toHaveLength(2);
  });

  it('may be removed by hand while an engine runs', () => {
    const folder = new CacheFolder(path);
    const kept = save(folder);
    rmSync(path, { recursive: true });
    folder.sweep();
    if (kept) folder.used(kept, new Date(Date.UTC(2027, 0, 1)));
    expect(folder.kept).toMatchObject([{ usedAt: '2027-01-01T00:00:00.000Z' }]);
    rmSync(path, { recursive: true, force: true });
    folder.keepOnly('b');
    expect(existsSync(path), 'for the next engine').toBe(true);
  });

  it('are found by user and beginning', () => {
    const folder = new CacheFolder(path);
    const [one, two] = ['one '.repeat(600), 'two '.repeat(600)];
    save(folder, { text: one });
    const wanted = save(folder, { text: two });
    save(folder, { text: `${two}${two}`, user: 'ben' });
    expect(folder.find('ana', promptMark(`${two} and on`))).toMatchObject({ kept: wanted, chars: 2_048 });
    expect(folder.find('cid', promptMark(two))).toBeUndefined();
    expect(folder.find('ana', promptMark('three '.repeat(600)))).toBeUndefined();
  });

  it('are one for each conversation: the later takes the place of the earlier, of the same user', () => {
    const folder = new CacheFolder(path);
    const text = 'one '.repeat(600);
    save(folder, { text });
    const others = save(folder, { text, user: 'ben' });
    const later = save(folder, { text: `${text}${'two '.repeat(600)}` });
    expect(folder.kept).toEqual([others, later]);
    expect(readdirSync(path)).toHaveLength(4);
  });

  it('do not outgrow their bound: those that rested longest go', () => {
    const folder = new CacheFolder(path);
    const saved = ['a', 'b', 'c'].map((user) => save(folder, { user, bytes: 300 }));
    const [oldest] = saved;
    if (oldest) folder.used(oldest, new Date(Date.UTC(2026, 0, 2)));
    save(folder, { user: 'd', bytes: 300 });
    expect(folder.kept.map(({ user }) => user).sort()).toEqual(['a', 'c', 'd']);
    expect(folder.bytes).toBe(900);
    expect(save(folder, { user: 'e', bytes: 1_001 })).toBeUndefined();
    expect(folder.kept).toHaveLength(3);
    expect(readdirSync(path)).toHaveLength(6);
  });

  it('of another build, of no known owner, or never finished are removed', () => {
    const folder = new CacheFolder(path);
    save(folder, { user: 'old', build: 'old' });
    save(folder, { user: 'new', build: 'new' });
    writeFileSync(join(path, 'stray.kv'), 'of nobody');
    writeFileSync(join(path, 'bad.kv'), 'of nobody');
    writeFileSync(join(path, 'bad.json'), '{"user":');
    folder.begin();
    const again = new CacheFolder(path);
    expect(again.keepOnly('new').map(({ user }) => user)).toEqual(['old']);
    expect(again.kept.map(({ user }) => user)).toEqual(['new']);
    expect(readdirSync(path)).toHaveLength(2);
  });

  it('are erased for one user or for all, and those with copies are told', () => {
    const folder = new CacheFolder(path);
    const told: (string | undefined)[] = [];
    folder.onErase = (user) => told.push(user);
    for (const user of ['ana', 'ben']) save(folder, { user });
    expect(folder.erase('ana').map(({ user }) => user)).toEqual(['ana']);
    expect(folder.erase()).toHaveLength(1);
    expect(told).toEqual(['ana', undefined]);
    expect(readdirSync(path)).toEqual([]);
  });

  it('cannot be added to a folder that was closed meanwhile', () => {
    const folder = new CacheFolder(path);
    const name = folder.begin();
    folder.close();
    expect(existsSync(path)).toBe(false);
    expect(folder.commit(name, {} as never, 1_000)).toBeUndefined();
    expect(folder.kept).toEqual([]);
  });
});
