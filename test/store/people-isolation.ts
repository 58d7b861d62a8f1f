import { beforeAll, describe, expect, it } from 'vitest';

import type { Store, User } from '../../src/store/contract.ts';
import type { StoredFeedback } from '../../src/store/people-contract.ts';
import { ZOO } from './isolation.ts';
import { all, MODEL, newUser, newVectors } from './parts.ts';
import { digestOf, newFeedback, newMemory, newTurn } from './people-parts.ts';

export function peopleIsolationTests(opened: () => Store): void {
  describe('nobody, of people,', () => {
    let store: Store;
    beforeAll(() => {
      store = opened();
    });

    it('sees, changes or removes what is another user’s: as if it were not there', async () => {
      const [owner, thief] = [newUser(), newUser()];
      const theirs = await settle(store, owner, 'canario');
      const before = await pictureOf(store, owner);
      const never = {
        key: 'key_none',
        login: 'login_none',
        memory: 'mem_none',
        hash: digestOf(),
        conversation: 'none',
        feedback: 'fb_none',
        loginDigest: digestOf(),
      };
      const attempted = await attempts(store, thief, theirs);
      expect(attempted).toEqual(await attempts(store, thief, never));
      expect(JSON.stringify(attempted)).not.toContain('canario');
      expect(await pictureOf(store, owner)).toEqual(before);
      expect(await store.people.erase(thief)).toMatchObject({ memories: 0, conversations: 0 });
      expect(await pictureOf(store, owner)).toEqual(before);
    });

    it('changes anything by what a text says (L1)', async () => {
      const canary = newUser();
      await settle(store, canary, 'canario');
      const before = await pictureOf(store, canary);
      for (const text of ZOO) await useEverywhere(store, text);
      expect(await pictureOf(store, canary)).toEqual(before);
    }, 60_000);
  });
}

interface Belongings {
  readonly key: string;
  readonly login: string;
  readonly loginDigest: string;
  readonly memory: string;
  readonly hash: string;
  readonly conversation: string;
  readonly feedback: string;
}

async function settle(store: Store, user: User, text: string): Promise<Belongings> {
  const { accounts, keys, logins, memories, conversations, feedback } = store.people;
  await accounts.create({ name: user, admin: false, password: text });
  const scopes = { experts: [text] };
  const key = await keys.create({
    user,
    name: text,
    prefix: text,
    digest: digestOf(),
    scopes,
    admin: false,
    expires: null,
  });
  const login = await logins.create({ user, digest: digestOf(), expires: Date.now() + 60_000, agent: text });
  const [memory] = await memories.apply(user, {
    add: [newMemory({ text, attribute: text, value: text, subject: text })],
  });
  await memories.vectors.write(user, MODEL, [{ id: memory!.id, vector: newVectors('', 1)[0]!.vector }]);
  await conversations.append(user, 'secret-chat', [newTurn({ text })], text);
  const judged = await feedback.put(newFeedback(user, { comment: text, ideal: text, answer: text }));
  return {
    key: key.id,
    login: login.id,
    loginDigest: login.digest,
    memory: memory!.id,
    hash: memory!.hash,
    conversation: 'secret-chat',
    feedback: judged.id,
  };
}

/** Every method that takes an id. */
async function attempts(store: Store, user: User, ids: Belongings): Promise<unknown[]> {
  const { accounts, keys, logins, memories, conversations, feedback } = store.people;
  const vectors = [{ id: ids.memory, vector: newVectors('', 1)[0]!.vector }];
  await memories.vectors.write(user, MODEL, vectors);
  await memories.vectors.retain(user, 'another');
  return [
    await accounts.find(user),
    await accounts.change(user, { admin: true }),
    await accounts.remove(user),
    await keys.list(user),
    await keys.change(user, ids.key, { name: 'mine' }),
    await keys.remove(user, ids.key),
    await logins.list(user),
    await logins.refresh(user, ids.login, { was: ids.loginDigest, now: digestOf(), expires: Date.now() + 9_000 }),
    await logins.revoke(user, ids.login),
    await memories.get(user, [ids.memory]),
    await memories.byHash(user, ids.hash),
    await memories.list(user, { which: 'all' }),
    await memories.list(user, { after: ids.memory }),
    await memories.list(user, { text: 'canario' }),
    await memories.count(user),
    await all(memories.each(user)),
    await memories.apply(user, { change: [{ id: ids.memory, text: 'mine', retracted: 1 }] }),
    await memories.erase(user, [ids.memory]),
    await memories.erase(user, 'all'),
    await memories.vectors.missing(user, MODEL, 9),
    await memories.vectors.count(user, MODEL),
    await all(memories.vectors.each(user, MODEL)),
    await conversations.list(user),
    await conversations.list(user, { after: ids.conversation }),
    await conversations.get(user, ids.conversation),
    await conversations.change(user, ids.conversation, { title: 'mine', private: true }),
    await conversations.turns(user, ids.conversation),
    await conversations.search(user, ['canario'], 9),
    await conversations.remove(user, ids.conversation),
    await feedback.list({ user }),
    await feedback.list({ user, after: ids.feedback }),
    await feedback.remove(user, ids.feedback),
  ];
}

/** In every place that takes a text; each keeps it as it is. */
async function useEverywhere(store: Store, text: string): Promise<void> {
  const user = `${newUser()} ${text}`.slice(0, 500);
  const { accounts, keys, logins, memories, conversations, feedback } = store.people;
  const ids = await settle(store, user, text);
  expect(await accounts.find(user)).toMatchObject({ name: user, password: text });
  expect(await accounts.find(text)).toBeUndefined();
  expect(await accounts.change(user, { password: `${text}.` })).toMatchObject({ password: `${text}.` });
  expect(await keys.list(user)).toMatchObject([{ name: text, prefix: text, scopes: { experts: [text] } }]);
  expect(await keys.change(user, text, { name: text })).toBeUndefined();
  expect(await keys.change(user, ids.key, { name: `${text}.` })).toMatchObject({ name: `${text}.` });
  expect(await keys.remove(text, text)).toBe(false);
  expect(await logins.list(user)).toMatchObject([{ agent: text }]);
  expect(await logins.revoke(user, text)).toBe(false);
  const swap = { was: text, now: digestOf(), expires: Date.now() + 9_000 };
  expect(await logins.refresh(user, ids.login, swap)).toBeUndefined();
  const [memory] = await memories.get(user, [ids.memory, text]);
  expect(memory).toMatchObject({ text, attribute: text, value: text, subject: text });
  expect(await memories.byHash(user, text)).toBeUndefined();
  expect(await memories.list(user, { text, subject: text, attribute: text })).toEqual([memory]);
  expect(await memories.list(user, { kinds: [text as 'fact'] })).toEqual([]);
  expect(await memories.list(user, { which: text as 'all' })).toEqual([]);
  expect((await memories.list(user, { after: text })).length).toBeLessThanOrEqual(1);
  const evidence = [{ quote: text, at: 1, conversation: text, request: text }];
  await memories.apply(user, {
    change: [{ id: ids.memory, value: `${text}.`, language: text, supersededBy: text, evidence }],
  });
  const changed = { value: `${text}.`, language: text, supersededBy: text, evidence };
  expect(await memories.get(user, [ids.memory])).toMatchObject([changed]);
  await memories.apply(user, { change: [{ id: text, text }] });
  await memories.vectors.write(user, text, [{ id: ids.memory, vector: newVectors('', 1)[0]!.vector }]);
  expect(await memories.vectors.missing(user, text, 9)).toEqual([]);
  expect(await all(memories.vectors.each(user, text))).toMatchObject([{ id: ids.memory }]);
  await memories.vectors.retain(user, text);
  expect(await memories.vectors.count(user, text)).toBe(1);
  expect(await memories.erase(user, [text])).toBe(0);
  const turn = newTurn({ text, request: text, expert: text });
  expect(await conversations.append(user, text, [turn], text)).toMatchObject({ id: text, title: text });
  expect(await conversations.turns(user, text)).toEqual([{ ...turn, ord: 0 }]);
  expect(await conversations.change(user, text, { title: `${text}.` })).toMatchObject({ title: `${text}.` });
  expect((await conversations.search(user, [text], 9)).length).toBeLessThanOrEqual(2);
  expect((await conversations.list(user, { after: text })).length).toBeLessThanOrEqual(1);
  expect(await conversations.remove(user, text)).toBe(true);
  const said: Omit<StoredFeedback, 'id' | 'at'> = {
    ...newFeedback(user, { request: text, comment: text, expert: text, route: text }),
    messages: [{ role: text, content: text }],
  };
  expect(await feedback.put(said)).toMatchObject(said);
  expect((await feedback.list({ user }))[0]).toMatchObject(said);
  expect(await feedback.list({ user, rating: text as 'up' })).toEqual([]);
  expect(await feedback.remove(user, text)).toBe(false);
  await store.people.erase(user);
  expect(await store.users()).not.toContain(user);
}

async function pictureOf(store: Store, user: User) {
  const { accounts, keys, logins, memories, conversations, feedback } = store.people;
  return {
    account: await accounts.find(user),
    keys: await keys.list(user),
    logins: await logins.list(user),
    memories: await memories.list(user, { which: 'all' }),
    vectors: await all(memories.vectors.each(user, MODEL)),
    conversations: await conversations.list(user),
    turns: await conversations.turns(user, 'secret-chat'),
    feedback: await feedback.list({ user }),
  };
}
