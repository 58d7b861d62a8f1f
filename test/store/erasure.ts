import { beforeAll, describe, expect, it } from 'vitest';

import type { Store } from '../../src/store/contract.ts';
import { MODEL, newUser, newVectors, twoDocuments } from './parts.ts';
import { digestOf, newFeedback, newMemory, newTurn } from './people-parts.ts';

export function erasureTests(opened: () => Store): void {
  describe('erasing a user', () => {
    let store: Store;
    beforeAll(() => {
      store = opened();
    });

    it('takes everything of that user away, tells what it was, and nothing of anybody else', async () => {
      const [gone, stays] = [newUser(), newUser()];
      await give(store, gone);
      await give(store, stays);
      const before = await countsOf(store, stays);
      expect(await store.people.erase(gone)).toEqual({
        accounts: 1,
        keys: 1,
        logins: 1,
        memories: 3,
        conversations: 2,
        feedback: 1,
        documents: 2,
        collections: 1,
      });
      expect(await countsOf(store, gone)).toEqual(before.map(() => 0));
      expect(await store.users()).not.toContain(gone);
      expect(await countsOf(store, stays)).toEqual(before);
      const again = await store.people.erase(gone);
      expect(Object.values(again)).toEqual(Array(8).fill(0));
      await give(store, gone);
      expect(await countsOf(store, gone)).toEqual(before);
    });

    it('takes away what is written meanwhile, too', async () => {
      const user = newUser();
      await give(store, user);
      const { memories, conversations } = store.people;
      const writing = Array.from({ length: 20 }, (_, index) => [
        memories.apply(user, { add: [newMemory()] }),
        conversations.append(user, `c${index}`, [newTurn()], ''),
      ]).flat();
      const [counts] = await Promise.all([store.people.erase(user), ...writing]);
      const left = await countsOf(store, user);
      // What came after the end of it is there, whole, and its user is named.
      expect((counts['memories'] ?? 0) + (left[2] ?? 0)).toBe(23);
      expect((await store.users()).includes(user)).toBe(left.some((count) => count > 0));
    });
  });
}

/** A little of everything. */
async function give(store: Store, user: string): Promise<void> {
  const { accounts, keys, logins, memories, conversations, feedback } = store.people;
  await accounts.create({ name: user, admin: false, password: null });
  await keys.create({ user, name: '', prefix: '', digest: digestOf(), scopes: {}, admin: false, expires: null });
  await logins.create({ user, digest: digestOf(), expires: 5, agent: '' });
  const added = await memories.apply(user, { add: [newMemory(), newMemory(), newMemory({ retracted: 1 })] });
  const vectors = newVectors('', 2).map(({ vector }, index) => ({ id: added[index]!.id, vector }));
  await memories.vectors.write(user, MODEL, vectors);
  await conversations.append(user, 'a', [newTurn(), newTurn()], '');
  await conversations.append(user, 'b', [newTurn()], '');
  await conversations.change(user, 'b', { private: true });
  await feedback.put(newFeedback(user));
  await store.collections.ensure(user, 'laws');
  await twoDocuments(store, user);
}

async function countsOf(store: Store, user: string): Promise<number[]> {
  const { accounts, keys, logins, memories, conversations, feedback } = store.people;
  return [
    (await accounts.find(user)) === undefined ? 0 : 1,
    (await keys.list(user)).length,
    await memories.count(user, { which: 'all' }),
    await memories.vectors.count(user, MODEL),
    (await logins.list(user)).length,
    (await conversations.list(user)).length,
    (await conversations.turns(user, 'a')).length,
    (await feedback.list({ user })).length,
    (await store.collections.list(user)).length,
    (await store.documents.list(user)).length,
    await store.chunks.count(user),
    await store.vectors.count(user, MODEL),
  ];
}
