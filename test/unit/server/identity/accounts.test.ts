import { describe, expect, it, vi } from 'vitest';

import { LOCAL_USER } from '../../../../src/server/identity/authenticator.ts';
import type { Identity } from '../../../../src/server/identity/contract.ts';
import { FakeAccounts } from './fake-accounts.ts';
import { CALLER, outcomeOf, PASSWORD, peopleHouse, RUN } from './people-house.ts';

const nothingKept = () => Promise.resolve(false);

async function house(options: Parameters<typeof peopleHouse>[0] = {}) {
  const people = peopleHouse(options);
  await people.book.opened;
  return people;
}

describe('accounts', () => {
  it('the first one, made on this machine, is an administrator’s; no other is by itself', async () => {
    await using people = await house();
    expect(await people.accounts.create(RUN, { user: 'ana' })).toMatchObject({ admin: true, password: null });
    expect(await people.accounts.create(RUN, { user: 'ben' })).toMatchObject({ admin: false });
    const remote: Identity = { ...RUN, credential: { kind: 'profile-key', id: 'KEY' } };
    await using others = await house();
    expect(await others.accounts.create(remote, { user: 'ana' })).toMatchObject({ admin: false });
  });

  it.each(['', 'a/b', 'a b', '..', 'ñandú', 'x'.repeat(65), 7, null, undefined])('%j is no name', async (user) => {
    await using people = await house();
    expect(await outcomeOf(() => people.accounts.create(RUN, { user }))).toBe('invalid_request');
  });

  it('the last administrator stays one, but for who sits at the machine', async () => {
    await using people = await house();
    await people.add('ana', { admin: true });
    const ana: Identity = { user: 'ana', admin: true, credential: { kind: 'token', id: 'x' }, scopes: {} };
    for (const change of [{ admin: false }, { suspended: true }])
      expect(await outcomeOf(() => people.accounts.change(ana, 'ana', change))).toBe('conflict');
    expect(await outcomeOf(() => people.accounts.remove(ana, 'ana'))).toBe('conflict');
    expect(await people.accounts.change(RUN, 'ana', { suspended: true })).toMatchObject({ name: 'ana' });
  });

  it('a key with restrictions makes nobody who has fewer', async () => {
    await using people = await house();
    await people.add('eva', { admin: true });
    const by = (scopes: Identity['scopes']): Identity => ({ ...RUN, credential: { kind: 'key', id: 'x' }, scopes });
    const onRoutes = by({ routes: ['/api/users/*'] });
    const make = (identity: Identity, admin: boolean) =>
      outcomeOf(() => people.accounts.create(identity, { user: `u${Math.random()}`.slice(0, 12), admin }));
    expect([await make(onRoutes, false), await make(onRoutes, true)]).toEqual(['let in', 'forbidden']);
    expect(await make(by({ experts: ['a'] }), false)).toBe('forbidden');
    const change = (wanted: object) => outcomeOf(() => people.accounts.change(onRoutes, 'eva', wanted));
    expect([await change({ password: PASSWORD }), await change({ admin: true })]).toEqual(['forbidden', 'forbidden']);
  });

  it('who registers takes no name that means somebody already', async () => {
    const keys = [{ env: 'KEY', user: 'pat', admin: false }];
    await using people = await house({ security: { keys } });
    await people.add('ana');
    const register = (user: unknown, isKept = nothingKept) =>
      outcomeOf(() => people.accounts.logins.register(CALLER, user, PASSWORD, isKept));
    for (const name of ['ana', 'pat', LOCAL_USER]) expect(await register(name), name).toBe('conflict');
    expect(await register('eva', () => Promise.resolve(true)), 'of whom something is kept').toBe('conflict');
    expect(await register('eva')).toBe('let in');
    expect(people.book.account('eva')).toMatchObject({ admin: false });
  });

  it('nobody registers where that is closed, and not many from one address', async () => {
    await using closed = await house({ security: { registration: 'closed' } });
    const closedTo = () => closed.accounts.logins.register(CALLER, 'eva', PASSWORD, nothingKept);
    expect(await outcomeOf(closedTo)).toBe('forbidden');
    await using people = await house();
    const outcomes: string[] = [];
    for (let index = 0; index < 11; index += 1)
      outcomes.push(await outcomeOf(() => people.accounts.logins.register(CALLER, `u${index}`, 'short', nothingKept)));
    expect(outcomes.at(-2)).toBe('invalid_request');
    expect(outcomes.at(-1)).toBe('rate_limited');
  });
});

describe('logins', () => {
  it('take the password however a keyboard writes it, and no other', async () => {
    await using people = await house();
    const password = 'contraseña-año';
    await people.add('ana', { password: password.normalize('NFD') });
    const login = (word: unknown, user: unknown = 'ana') =>
      outcomeOf(() => people.accounts.logins.login(CALLER, user, word));
    expect(await login(password.normalize('NFC'))).toBe('let in');
    expect(await login('contrasena-ano')).toBe('unauthorized');
    expect(await login(password, 'nobody')).toBe('unauthorized');
    expect(await login('', 'ana')).toBe('unauthorized');
    expect(await login(7, 'ana')).toBe('invalid_request');
    expect(people.book.account('ana')?.password).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  });

  it('an account without a password has none', async () => {
    await using people = await house();
    await people.accounts.create(RUN, { user: 'bot' });
    expect(await outcomeOf(() => people.accounts.logins.login(CALLER, 'bot', ''))).toBe('unauthorized');
    expect(await outcomeOf(() => people.accounts.logins.login(CALLER, 'bot', PASSWORD))).toBe('unauthorized');
  });

  it('are throttled by name, from wherever they come, and by address, whoever is meant', async () => {
    await using people = await house();
    await people.add('ana');
    const wrong = (user: string, address: string) =>
      outcomeOf(() => people.accounts.logins.login({ ...CALLER, address }, user, 'wrong password'));
    const byName: string[] = [];
    for (let index = 0; index < 11; index += 1) byName.push(await wrong('ana', `198.51.100.${index}`));
    expect([...new Set(byName)]).toEqual(['unauthorized', 'rate_limited']);
    const byAddress: string[] = [];
    for (let index = 0; index < 31; index += 1) byAddress.push(await wrong(`u${index}`, `2001:db8::${index}`));
    expect(byAddress.at(-1), 'one network of IPv6').toBe('rate_limited');
  });

  it('a refresh token counts once; who shows it again ends the login', async () => {
    await using people = await house();
    await people.add('ana');
    const { logins } = people.accounts;
    const first = await logins.login(CALLER, 'ana', PASSWORD);
    const second = await logins.refresh(first.refresh_token);
    expect(await people.outcome(second.access_token)).toBe('let in');
    expect(await outcomeOf(() => logins.refresh(first.refresh_token))).toBe('unauthorized');
    expect(await people.outcome(second.access_token)).toBe('unauthorized');
    expect(await outcomeOf(() => logins.refresh(second.refresh_token))).toBe('unauthorized');
  });

  it('of two who show the same refresh token at once, one is a thief: the login ends', async () => {
    await using people = await house();
    await people.add('ana');
    const { logins } = people.accounts;
    const { refresh_token: token } = await logins.login(CALLER, 'ana', PASSWORD);
    const outcomes = await Promise.all([
      outcomeOf(() => logins.refresh(token)),
      outcomeOf(() => logins.refresh(token)),
    ]);
    expect(outcomes.sort()).toEqual(['let in', 'unauthorized']);
    expect(people.book.loginsOf('ana')).toEqual([]);
  });

  it('end by their token or their refresh token, and with a changed password all others do', async () => {
    await using people = await house();
    await people.add('ana');
    const { logins } = people.accounts;
    const [one, two, three] = [
      await logins.login(CALLER, 'ana', PASSWORD),
      await logins.login(CALLER, 'ana', PASSWORD),
      await logins.login(CALLER, 'ana', PASSWORD),
    ];
    await logins.logout(await people.as(one.access_token), undefined);
    expect(await people.outcome(one.access_token)).toBe('unauthorized');
    const two_ = await people.as(two.access_token);
    expect(await outcomeOf(() => logins.changePassword(CALLER, two_, 'not this one', 'otra contraseña'))).toBe(
      'unauthorized',
    );
    await logins.changePassword(CALLER, two_, PASSWORD, 'otra contraseña');
    expect([await people.outcome(two.access_token), await people.outcome(three.access_token)]).toEqual([
      'let in',
      'unauthorized',
    ]);
    await logins.logout({ ...RUN, user: '', credential: { kind: 'local', id: '' } }, two.refresh_token);
    expect(await people.outcome(two.access_token)).toBe('unauthorized');
    expect(await outcomeOf(() => logins.logout(RUN, 'rt-orc-nobody'))).toBe('unauthorized');
  });
});

describe('keys made at run time', () => {
  it('H4 are kept as a digest, recognised by their prefix, and shown once', async () => {
    await using people = await house();
    await people.add('ana');
    const { key, ...view } = await people.accounts.keys.create(RUN, 'ana', { name: 'laptop' });
    expect(key).toMatch(/^sk-orc-[\w-]{43}$/);
    expect(await people.as(key)).toMatchObject({ user: 'ana', credential: { kind: 'key', id: view.id } });
    const kept = JSON.stringify([...people.store.heldKeys.values()]);
    expect(kept).not.toContain(key);
    expect(kept).not.toContain(key.slice(view.prefix.length));
    expect([...people.store.heldKeys.values()]).toMatchObject([
      { digest: expect.stringMatching(/^[0-9a-f]{64}$/), prefix: key.slice(0, 11) },
    ]);
    // The look-up is by digest alone: a key that begins right is as unknown as any other.
    for (const end of [1, 10, 40])
      expect(await people.outcome(`${key.slice(0, -end)}${'A'.repeat(end)}`)).toBe('unauthorized');
  });

  it('may no more than who made them', async () => {
    await using people = await house();
    await people.add('ana');
    await people.add('eva', { admin: true });
    const { keys } = people.accounts;
    const ana: Identity = { user: 'ana', admin: false, credential: { kind: 'token', id: 'x' }, scopes: {} };
    const make = (by: Identity, wanted: object, user = 'ana') => outcomeOf(() => keys.create(by, user, wanted));
    expect(await make(ana, {})).toBe('let in');
    expect(await make(ana, { scopes: { experts: ['a'], knowledge: true } })).toBe('let in');
    for (const scopes of [{ actAs: true }, { rateLimit: { requestsPerMinute: 9 } }, { budget: { tokensPerDay: 9 } }])
      expect(await make(ana, { scopes })).toBe('forbidden');
    expect(await make(ana, { admin: true })).toBe('forbidden');
    expect(await make(RUN, { admin: true }), 'ana is none').toBe('forbidden');
    expect(await make(RUN, { admin: true }, 'eva')).toBe('let in');
    for (const scopes of [{ experts: ['a'] }, { routes: ['/v1/*'] }, { budget: { tokensPerDay: 9 } }])
      expect(await make({ ...ana, scopes }, {}), JSON.stringify(scopes)).toBe('forbidden');
    expect(await make(RUN, {}, 'nobody')).toBe('user_not_found');
  });

  it('of a key that ends, outlive it not', async () => {
    const own = { env: 'KEY', user: 'ana', admin: false, expires: '2998-12-31' };
    await using people = await house({ security: { keys: [own] } });
    await people.add('ana');
    const { keys } = people.accounts;
    const { key } = await keys.create(RUN, 'ana', { expires: '2998-12-31' });
    const ofProfile: Identity = {
      user: 'ana',
      admin: false,
      credential: { kind: 'profile-key', id: 'KEY' },
      scopes: {},
    };
    for (const by of [await people.as(key), ofProfile]) {
      expect(await outcomeOf(() => keys.create(by, 'ana', {})), by.credential.kind).toBe('forbidden');
      expect(await outcomeOf(() => keys.create(by, 'ana', { expires: '2999-01-01' }))).toBe('forbidden');
      expect(await outcomeOf(() => keys.create(by, 'ana', { expires: '2998-12-31' }))).toBe('let in');
    }
  });

  it.each([
    { scopes: { experts: ['c'] } },
    { scopes: { experts: [] } },
    { scopes: { routes: ['v1'] } },
    { scopes: { superpowers: true } },
    { expires: '2001-01-01' },
    { expires: 'soon' },
    { name: 'a\nb' },
    { admin: 'yes' },
  ])('%j is refused', async (wanted) => {
    await using people = await house();
    await people.add('ana');
    expect(await outcomeOf(() => people.accounts.keys.create(RUN, 'ana', wanted))).toBe('invalid_request');
  });

  it('end with their day, and are an administrator’s as long as their user is', async () => {
    await using people = await house();
    await people.add('eva', { admin: true });
    const { key } = await people.accounts.keys.create(RUN, 'eva', { admin: true, expires: '2999-01-01' });
    expect((await people.as(key)).admin).toBe(true);
    await people.accounts.change(RUN, 'eva', { admin: false });
    expect((await people.as(key)).admin).toBe(false);
    vi.useFakeTimers({ now: Date.parse('2999-01-02T00:00:00Z'), toFake: ['Date'] });
    try {
      expect(await people.outcome(key)).toBe('unauthorized');
    } finally {
      vi.useRealTimers();
    }
  });

  it('are revoked by their user or an administrator, and by nobody else', async () => {
    await using people = await house();
    await people.add('ana');
    await people.add('ben');
    const { keys } = people.accounts;
    const { key, id } = await keys.create(RUN, 'ana', {});
    const ben: Identity = { user: 'ben', admin: false, credential: { kind: 'token', id: 'x' }, scopes: {} };
    expect(await outcomeOf(() => keys.revoke(ben, id))).toBe('user_not_found');
    expect(await outcomeOf(() => keys.revoke(ben, 'key_00000000000000000000'))).toBe('user_not_found');
    expect(await people.outcome(key)).toBe('let in');
    await keys.revoke(RUN, id);
    expect(await people.outcome(key)).toBe('unauthorized');
  });

  it('whose scopes are not understood do not count', async () => {
    const store = new FakeAccounts();
    await using before = await house({ store });
    await before.add('ana');
    const { key, id } = await before.accounts.keys.create(RUN, 'ana', {});
    const kept = store.heldKeys.get(id);
    if (kept) store.heldKeys.set(id, { ...kept, scopes: { of: 'tomorrow' } });
    await using people = await house({ store });
    expect(await people.outcome(key)).toBe('unauthorized');
  });
});

describe('what is revoked', () => {
  it('H6 every kind of credential of a suspended user is dead at once, and alive again afterwards', async () => {
    await using people = await house();
    await people.add('ana');
    const { key } = await people.accounts.keys.create(RUN, 'ana', {});
    const { access_token: token, refresh_token: refresh } = await people.accounts.logins.login(CALLER, 'ana', PASSWORD);
    const identities = [await people.as(key), await people.as(token)];
    const counts = () => identities.map((identity) => people.authenticator.counts(identity));
    expect(counts()).toEqual([true, true]);
    const { count } = people.revocations;
    await people.accounts.change(RUN, 'ana', { suspended: true });
    expect(people.revocations.count, 'whoever is under way is looked at').toBeGreaterThan(count);
    expect(counts()).toEqual([false, false]);
    expect([await people.outcome(key), await people.outcome(token)]).toEqual(['unauthorized', 'unauthorized']);
    expect(await outcomeOf(() => people.accounts.logins.refresh(refresh))).toBe('unauthorized');
    expect(await outcomeOf(() => people.accounts.logins.login(CALLER, 'ana', PASSWORD))).toBe('forbidden');
    await people.accounts.change(RUN, 'ana', { suspended: false });
    expect([await people.outcome(key), await people.outcome(token)]).toEqual(['let in', 'let in']);
  });

  it('a user who is gone has no credentials, and a new one of the name has none of them', async () => {
    await using people = await house();
    await people.add('ana');
    const { key } = await people.accounts.keys.create(RUN, 'ana', {});
    const { access_token: token } = await people.accounts.logins.login(CALLER, 'ana', PASSWORD);
    expect(await people.accounts.remove(RUN, 'ana')).toEqual({ accounts: 1 });
    expect(await outcomeOf(() => people.accounts.remove(RUN, 'ana'))).toBe('user_not_found');
    await people.add('ana');
    expect([await people.outcome(key), await people.outcome(token)]).toEqual(['unauthorized', 'unauthorized']);
  });

  it('who has no account is erased with what is kept of them, and is not there where nothing is', async () => {
    await using people = await house();
    const erase = vi.spyOn(people.store, 'erase');
    erase.mockResolvedValueOnce({ accounts: 0, memories: 3 });
    expect(await people.accounts.remove(RUN, 'webui/ana')).toEqual({ accounts: 0, memories: 3 });
    expect(erase).toHaveBeenLastCalledWith('webui/ana');
    expect(await outcomeOf(() => people.accounts.remove(RUN, 'webui/ana'))).toBe('user_not_found');
  });

  it('where the erasing fails the user stays suspended, and it can be asked for again', async () => {
    await using people = await house();
    await people.add('ana');
    const { key } = await people.accounts.keys.create(RUN, 'ana', {});
    const erase = vi.spyOn(people.store, 'erase').mockRejectedValueOnce(new Error('no room'));
    await expect(people.accounts.remove(RUN, 'ana')).rejects.toThrow('no room');
    expect(await people.outcome(key)).toBe('unauthorized');
    await people.accounts.remove(RUN, 'ana');
    expect(erase).toHaveBeenCalledTimes(2);
    expect(people.book.account('ana')).toBeUndefined();
  });
});
