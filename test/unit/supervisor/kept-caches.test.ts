import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { ProcessAdapter, SlotProtocol } from '../../../src/engines/contract.ts';
import { CacheFolder } from '../../../src/supervisor/cache-folder.ts';
import { type CacheOwner, type CachePlan, KeptCaches } from '../../../src/supervisor/kept-caches.ts';
import type { Prepared } from '../../../src/supervisor/launcher.ts';
import { promptMark } from '../../../src/supervisor/prompt-mark.ts';
import { expertWith, fakeAdapter, ManualClock } from './house.ts';

let stateDir: string;
let told: string[];
beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'kept-caches-'));
  told = [];
});
afterEach(() => rmSync(stateDir, { recursive: true, force: true }));

const adapter: ProcessAdapter = {
  ...fakeAdapter,
  launch: (expert) => ({ command: 'fake', args: [String(expert.context)], env: {} }),
  slots: () => ({ protocol: {} as SlotProtocol, maxBytes: 1_000 }),
};
const owner = (id: string, context = 1_024): CacheOwner => ({ expert: expertWith({ id, context }), adapter });
const open = () =>
  new KeptCaches({
    stateDir,
    clock: new ManualClock(),
    report: (expert, { action, reason }) => told.push(`${expert} ${action}: ${reason}`),
  });

/** A model file, and what is looked up of it. */
function prepared(content = 'a model'): Prepared {
  const model = join(stateDir, 'model.gguf');
  writeFileSync(model, content);
  return { program: undefined, files: { model }, modelBytes: content.length, cores: 1 };
}

function planned(caches: KeptCaches, one: CacheOwner, facts = prepared()): CachePlan {
  const plan = caches.plan(one, facts);
  if (!plan) throw new Error('nothing is kept');
  return plan;
}

/** A cache of this user as an engine of this plan would leave it. */
function leave({ dir }: CachePlan, user: string, build: string): void {
  const folder = new CacheFolder(dir);
  const name = folder.begin();
  writeFileSync(join(dir, name), 'slot');
  const savedAt = new Date(5_000).toISOString();
  folder.commit(name, { user, build, mark: promptMark(user), promptTokens: 1, tokens: 2, savedAt }, 1_000);
}

describe('the caches of a house', () => {
  it('belong to one expert with one set of settings: others find none, and a reload erases them', () => {
    const caches = open();
    const [one, two, other] = [owner('a'), owner('b'), owner('a', 2_048)];
    const dirs = [one, two, other].map((each) => planned(caches, each).dir);
    expect(new Set(dirs).size).toBe(3);
    mkdirSync(join(stateDir, 'kv', 'of-an-expert-of-old'));
    open().retain([one, two]);
    expect(readdirSync(join(stateDir, 'kv'))).toHaveLength(2);
    caches.retain([two, { ...one, adapter: fakeAdapter }]);
    expect(dirs.map((dir) => existsSync(dir))).toEqual([false, true, false]);
  });

  it('of another program or another model file are erased before an engine starts', () => {
    const caches = open();
    leave(planned(caches, owner('a')), 'ana', 'of-another');
    const next = open();
    planned(next, owner('a'));
    expect(next.list()).toEqual([]);
    expect(told).toEqual(['a erased: the engine or the model file is another']);
  });

  it('go with their user, on demand or when he has no key any more', () => {
    for (const id of ['a', 'b']) {
      const plan = planned(open(), owner(id));
      for (const user of ['ana', 'ben']) leave(plan, user, 'x');
    }
    const caches = open();
    caches.retain([owner('a'), owner('b')]);
    const held = () =>
      caches
        .list()
        .map(({ expert, kept }) => `${expert}/${kept.user}`)
        .sort();
    expect(held()).toEqual(['a/ana', 'a/ben', 'b/ana', 'b/ben']);
    expect(caches.erase({ expert: 'a', user: 'ana' })).toEqual({ caches: 1, bytes: 4 });
    expect(caches.erase({ user: 'nobody' })).toEqual({ caches: 0, bytes: 0 });
    caches.retain([owner('a'), owner('b')], (user) => user === 'ben');
    expect(held()).toEqual(['a/ben', 'b/ben']);
    expect(told).toEqual(['a erased: asked for', 'b erased: its user is no more']);
    expect(caches.erase({})).toEqual({ caches: 2, bytes: 8 });
  });

  it('are none where the engine keeps none', () => {
    const caches = open();
    expect(caches.plan({ expert: expertWith(), adapter: fakeAdapter }, prepared())).toBeUndefined();
    caches.retain([{ expert: expertWith(), adapter: fakeAdapter }]);
    expect(existsSync(join(stateDir, 'kv'))).toBe(false);
  });
});
