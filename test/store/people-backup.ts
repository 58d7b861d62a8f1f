import { beforeAll, describe, expect, it } from 'vitest';

import type { Store } from '../../src/store/contract.ts';
import { from, linesOf } from './backup.ts';
import { all, MODEL, newDocument, newUser, newVectors } from './parts.ts';
import { digestOf, newFeedback, newMemory, newTurn } from './people-parts.ts';

export function peopleBackupTests(opened: () => Store): void {
  describe('a backup of people', () => {
    let store: Store;
    beforeAll(() => {
      store = opened();
    });

    it('comes back whole where nothing of it was left, but for logins', async () => {
      const user = newUser();
      await fill(store, user);
      const before = await everythingOf(store, user);
      expect(before.memories).toHaveLength(302);
      const lines = await linesOf(store.backup(user));
      const parts = {
        account: 1,
        key: 1,
        memory: 302,
        'memory-vector': 299,
        conversation: 2,
        turn: 301,
        feedback: 1,
        document: 1,
      };
      expect(JSON.parse(lines.at(-1) ?? '')).toEqual({ type: 'end', records: lines.length - 2, parts });
      expect(lines.join('')).not.toContain('of-the-login');
      await store.people.erase(user);
      expect(await store.users()).not.toContain(user);
      expect(await store.restore(from(lines))).toEqual({ added: lines.length - 2, kept: 0, parts });
      expect(await everythingOf(store, user)).toEqual({ ...before, logins: [] });
      expect(await store.restore(from(lines))).toEqual({ added: 0, kept: lines.length - 2, parts: {} });
      expect(await store.people.conversations.search(user, ['ultimo'], 5)).toHaveLength(1);
      expect(await store.users()).toContain(user);
      expect(await store.people.memories.users()).toContain(user);
    });

    it('is none where it is of documents alone, and never of another user', async () => {
      const [user, other] = [newUser(), newUser()];
      await fill(store, user);
      await fill(store, other);
      const documents = (await linesOf(store.backup(user, { people: false }))).map(
        (line) => JSON.parse(line) as object,
      );
      expect(documents).toMatchObject([{ version: 2 }, { type: 'document' }, { type: 'end', parts: { document: 1 } }]);
      expect((await linesOf(store.backup(user))).join('\n')).not.toContain(other);
    });

    it('leaves what is there as it is, and what is known under another id', async () => {
      const user = newUser();
      await fill(store, user);
      const { memories, accounts, conversations } = store.people;
      const lines = await linesOf(store.backup(user));
      const [first] = await memories.list(user, { limit: 1 });
      await memories.erase(user, 'all');
      const [again] = await memories.apply(user, { add: [{ ...first!, text: 'newer' }] });
      await accounts.change(user, { suspended: 8 });
      await conversations.change(user, 'long', { title: 'newer' });
      await conversations.remove(user, 'short');
      const { parts } = await store.restore(from(lines));
      expect(parts).toMatchObject({ memory: 301, conversation: 1, turn: 1 });
      expect(await memories.get(user, [again!.id, first!.id])).toEqual([again]);
      expect((await accounts.find(user))?.suspended).toBe(8);
      expect(await conversations.get(user, 'long')).toMatchObject({ title: 'newer', turns: 300 });
    });

    it('that is cut off adds no half conversation', async () => {
      const user = newUser();
      await fill(store, user);
      const lines = await linesOf(store.backup(user));
      await store.people.erase(user);
      const at = lines.findIndex((line) => line.includes('"id":"long"'));
      await expect(store.restore(from(lines.slice(0, at + 280)))).rejects.toThrow(/cut off after line/);
      expect(await store.people.conversations.get(user, 'long')).toBeUndefined();
      expect(await store.people.memories.count(user, { which: 'all' })).toBe(302);
      await store.restore(from(lines));
      expect(await store.people.conversations.turns(user, 'long')).toHaveLength(300);
      const turn = lines.find((line) => line.includes('"turn"')) ?? '';
      await expect(store.restore(from([lines[0] ?? '', turn]))).rejects.toThrow(/belongs to no conversation/);
    });
  });
}

async function fill(store: Store, user: string): Promise<void> {
  const { accounts, keys, logins, memories, conversations, feedback } = store.people;
  await accounts.create({ name: user, admin: true, password: '$argon2id$of-somebody' });
  await keys.create({
    user,
    name: 'n',
    prefix: 'ok_1',
    digest: digestOf(),
    scopes: { actAs: true },
    admin: false,
    expires: null,
  });
  await logins.create({ user, digest: digestOf('of-the-login'), expires: 9, agent: 'of-the-login' });
  const added = await memories.apply(user, { add: Array.from({ length: 300 }, () => newMemory()) });
  const [correction] = await memories.apply(user, {
    add: [newMemory({ text: 'corrected' }), newMemory({ state: 'quarantined', evidence: [] })],
    change: [{ id: added[0]!.id, retracted: 4, supersededBy: 0 }],
  });
  expect(correction?.text).toBe('corrected');
  const vectors = newVectors('', added.length).map(({ vector }, index) => ({ id: added[index]!.id, vector }));
  await memories.vectors.write(user, MODEL, vectors);
  const turns = Array.from({ length: 299 }, (_, index) => newTurn({ text: `turn ${index}`, at: 500 }));
  await conversations.append(user, 'long', [...turns, newTurn({ text: 'el último', at: 600, expert: 'tiny' })], 'Long');
  await conversations.append(user, 'short', [newTurn()], 'Short');
  await conversations.change(user, 'long', { summarized: 7 });
  await feedback.put(newFeedback(user, { ideal: 'Mejor así.' }));
  await store.documents.create(user, newDocument());
}

async function everythingOf(store: Store, user: string) {
  const { accounts, keys, logins, memories, conversations, feedback } = store.people;
  return {
    account: await accounts.find(user),
    keys: await keys.list(user),
    logins: await logins.list(user),
    memories: await memories.list(user, { which: 'all' }),
    vectors: await all(memories.vectors.each(user, MODEL)),
    conversations: await conversations.list(user),
    turns: await conversations.turns(user, 'long'),
    feedback: await feedback.list({ user }),
    documents: await store.documents.list(user),
  };
}
