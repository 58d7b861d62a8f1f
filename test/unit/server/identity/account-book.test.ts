import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { FakeAccounts } from './fake-accounts.ts';
import { peopleHouse, RUN } from './people-house.ts';

/** What is waited for comes by timers of the book alone. */
beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

/** A store with one user and one key of theirs. */
async function filled() {
  const store = new FakeAccounts();
  await using people = peopleHouse({ store });
  await pass(0);
  await people.accounts.create(RUN, { user: 'ana' });
  const { key, id } = await people.accounts.keys.create(RUN, 'ana', {});
  return { store, key, id };
}

describe('while the accounts are not read yet', () => {
  it('keys of the profile count, and others wait for them', async () => {
    const { store, key } = await filled();
    const gate = Promise.withResolvers<void>();
    store.slow = gate.promise;
    await using people = peopleHouse({ store });
    expect(people.authenticator.identify({ 'x-api-key': 'the-key-of-the-profile' }, false)).toMatchObject({
      user: 'pat',
    });
    const waiting = people.as(key);
    await pass(1_000);
    gate.resolve();
    expect(await waiting).toMatchObject({ user: 'ana' });
  });

  it('nobody waits for ever: 503 with the time to try again', async () => {
    const { store, key } = await filled();
    store.isAway = true;
    await using people = peopleHouse({ store });
    const waiting = people.as(key).catch((error: unknown) => error);
    await pass(5_000);
    expect(await waiting).toMatchObject({ code: 'identity_unavailable', status: 503, retryAfterSeconds: 2 });
    store.isAway = false;
    await pass(10_000);
    expect(await people.outcome(key)).toBe('let in');
  });
});

describe('L2 a store that is away', () => {
  it('locks nobody out who is known, and what is changed meanwhile is refused', async () => {
    const { store, key } = await filled();
    await using people = peopleHouse({ store, isShared: true });
    await pass(0);
    store.isAway = true;
    await pass(600_000);
    expect(await people.outcome(key)).toBe('let in');
    await expect(people.accounts.keys.create(RUN, 'ana', {})).rejects.toMatchObject({ status: 503 });
    expect(people.accounts.view()).toMatchObject({ state: 'ready', reason: 'the store is away' });
    const warnings = people.logged.filter((line) => line.includes('cannot be read'));
    expect(warnings, 'it is told once').toHaveLength(1);
  });

  it('is waited for within a bounded window, where others may have revoked what counts here', async () => {
    const { store, key } = await filled();
    await using shared = peopleHouse({ store, isShared: true });
    await using own = peopleHouse({ store, isShared: false });
    await pass(0);
    store.isAway = true;
    await pass(3_610_000);
    expect(await shared.outcome(key)).toBe('identity_unavailable');
    expect(await own.outcome(key), 'nobody else writes to it').toBe('let in');
    expect(shared.authenticator.identify({ 'x-api-key': 'the-key-of-the-profile' }, false)).toBeDefined();
    store.isAway = false;
    await pass(10_000);
    expect(await shared.outcome(key)).toBe('let in');
  });

  it('what was restored into it counts as soon as it is read again, also where nobody else writes to it', async () => {
    const { store, key } = await filled();
    const empty = new FakeAccounts();
    await using people = peopleHouse({ store: empty });
    await pass(0);
    expect(await people.outcome(key)).toBe('unauthorized');
    for (const [name, account] of store.held) empty.held.set(name, account);
    for (const [id, held] of store.heldKeys) empty.heldKeys.set(id, held);
    await pass(60_000);
    expect(await people.outcome(key)).toBe('unauthorized');
    await people.book.reread();
    expect(await people.outcome(key)).toBe('let in');
  });

  it('H6 what another orchestrator revokes there is dead here within seconds', async () => {
    const { store, key, id } = await filled();
    await using here = peopleHouse({ store, isShared: true });
    await using there = peopleHouse({ store, isShared: true });
    await pass(0);
    const identity = await here.as(key);
    const { count } = here.revocations;
    await there.accounts.keys.revoke(RUN, id);
    await pass(5_100);
    expect(here.revocations.count).toBeGreaterThan(count);
    expect(here.authenticator.counts(identity)).toBe(false);
    expect(await here.outcome(key)).toBe('unauthorized');
  });
});

describe('reading and writing', () => {
  it('what is revoked while the store is read stays revoked', async () => {
    const { store, key, id } = await filled();
    await using people = peopleHouse({ store, isShared: true });
    await pass(4_999);
    const gate = Promise.withResolvers<void>();
    store.slow = gate.promise;
    await pass(1);
    const revoked = people.accounts.keys.revoke(RUN, id);
    gate.resolve();
    await revoked;
    await pass(0);
    expect(await people.outcome(key)).toBe('unauthorized');
  });

  it('a request asks the store nothing, and when a key was used is written down later', async () => {
    const { store, key, id } = await filled();
    await using people = peopleHouse({ store });
    await pass(0);
    const { asked } = store;
    for (let index = 0; index < 10; index += 1) await people.as(key);
    expect(store.asked).toBe(asked);
    expect(store.heldKeys.get(id)?.lastUsed).toBeNull();
    expect(people.book.keysOf('ana')[0]?.lastUsed).toBe(Date.now());
    await pass(60_000);
    expect(store.heldKeys.get(id)?.lastUsed).toBeGreaterThan(0);
    expect(store.asked).toBe(asked + 1);
  });

  it('keeps the identity of a key the same object: what is worked out for its scopes is so once', async () => {
    const { store, key } = await filled();
    await using people = peopleHouse({ store, isShared: true });
    await pass(0);
    const { scopes } = await people.as(key);
    await pass(11_000);
    expect((await people.as(key)).scopes).toBe(scopes);
  });
});
