import { afterEach, describe, expect, it } from 'vitest';

import type { Profile } from '../../../src/profiles/profile.ts';
import type { Settings } from '../../../src/server/settings.ts';
import { StoreDesk } from '../../../src/server/store-desk.ts';
import type { Store } from '../../../src/store/contract.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { newMemory } from '../../store/people-parts.ts';

const OFF = { enabled: false };
const NOTHING = { knowledge: OFF, memory: OFF, conversations: OFF, feedback: OFF, security: { auth: 'none' } };

describe('the desk where the store is copied', () => {
  const stores: Store[] = [];
  afterEach(() => Promise.all(stores.splice(0).map((store) => store.close())));
  const open = (change: object) => {
    const store = openStore({ place: { kind: 'memory' } });
    stores.push(store);
    const log: string[] = [];
    const profile = { ...NOTHING, ...change } as unknown as Profile;
    const desk = new StoreDesk({
      settings: () => ({ profile }) as Settings,
      stores: () => {
        log.push('load');
        const use = {
          open: () => Promise.resolve(store),
          close: () => Promise.resolve(void log.push('close')),
        };
        return Promise.resolve({ use: () => use });
      },
      onRestored: () => Promise.resolve(void log.push('restored')),
    });
    return { desk, log, store };
  };

  it('loads nothing where the profile keeps nothing, and says so', async () => {
    const { desk, log } = open({});
    await expect(desk.with(() => Promise.resolve())).rejects.toMatchObject({ code: 'knowledge_off' });
    await expect(desk.backup(undefined).next()).rejects.toMatchObject({ code: 'knowledge_off' });
    expect(log).toEqual([]);
  });

  it.each([
    ['knowledge', { knowledge: { enabled: true } }],
    ['memory', { memory: { enabled: true } }],
    ['conversations', { conversations: { enabled: true } }],
    ['feedback', { feedback: { enabled: true } }],
    ['accounts', { security: { auth: 'users' } }],
  ])('copies what is kept where %s alone are on, and lets the store go', async (_what, change) => {
    const { desk, log, store } = open({ knowledge: OFF, ...change });
    await store.people.memories.apply('ana', { add: [newMemory({ text: 'canario' })] });
    const lines: string[] = [];
    for await (const line of desk.backup('ana')) lines.push(line);
    expect(lines.join('')).toContain('canario');
    await store.people.erase('ana');
    expect(await desk.restore(from(lines))).toMatchObject({ added: 1 });
    expect(await store.people.memories.count('ana')).toBe(1);
    await expect(desk.restore(from(lines.slice(0, 1)))).rejects.toThrow(/cut off/);
    expect(log).toEqual(['load', 'close', 'load', 'close', 'restored', 'load', 'close', 'restored']);
  });
});

async function* from(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines;
}
