import { beforeAll, describe, expect, it } from 'vitest';

import type { Store } from '../../src/store/contract.ts';
import type { PeopleStore } from '../../src/store/people-contract.ts';
import { newUser } from './parts.ts';
import { digestOf } from './people-parts.ts';

export function accountTests(opened: () => Store): void {
  describe('accounts, keys and logins', () => {
    let people: PeopleStore;
    beforeAll(() => {
      people = opened().people;
    });
    const newKey = (user: string) => ({
      user,
      name: 'laptop',
      prefix: 'ok_abc',
      digest: digestOf(),
      admin: false,
      expires: 9,
      scopes: {
        experts: ['a'],
        rateLimit: { requestsPerMinute: 5 },
        actAs: true,
      },
    });

    it('an account is made once for a name, changes, and goes with its keys and logins', async () => {
      const name = newUser();
      const made = await people.accounts.create({ name, admin: false, password: '$argon2id$x' });
      expect(made).toEqual({
        name,
        admin: false,
        password: '$argon2id$x',
        suspended: null,
        created: expect.any(Number),
        updated: expect.any(Number),
      });
      expect(await people.accounts.create({ name, admin: true, password: null })).toBeUndefined();
      expect(await people.accounts.find(name)).toEqual(made);
      expect(await people.accounts.find(name.toUpperCase())).toBeUndefined();
      expect(await people.accounts.list()).toContainEqual(made);
      expect(await people.accounts.change(name, { suspended: 7, admin: true, password: null })).toMatchObject({
        name,
        admin: true,
        password: null,
        suspended: 7,
        created: made!.created,
      });
      expect(await people.accounts.change(newUser(), { admin: true })).toBeUndefined();
      await people.keys.create(newKey(name));
      await people.logins.create({ user: name, digest: digestOf(), expires: 5, agent: '' });
      expect((await opened().users()).includes(name)).toBe(true);
      expect(await people.accounts.remove(name)).toBe(true);
      expect(await people.accounts.remove(name)).toBe(false);
      expect([await people.keys.list(name), await people.logins.list(name)]).toEqual([[], []]);
      expect((await opened().users()).includes(name)).toBe(false);
    });

    it('of many who make an account of one name at the same time one has it', async () => {
      const name = newUser();
      const made = await Promise.all(
        Array.from({ length: 10 }, (_, index) => people.accounts.create({ name, admin: false, password: `${index}` })),
      );
      expect(made.filter(Boolean)).toHaveLength(1);
      expect(await people.accounts.find(name)).toEqual(made.find(Boolean));
    });

    it('a key is kept by its digest alone, once, and changes', async () => {
      const user = newUser();
      const given = newKey(user);
      const key = await people.keys.create(given);
      expect(key).toEqual({
        ...given,
        id: expect.stringMatching(/^key_/),
        created: expect.any(Number),
        revoked: null,
        lastUsed: null,
      });
      await expect(people.keys.create({ ...newKey(newUser()), digest: given.digest })).rejects.toMatchObject({
        code: 'conflict',
      });
      await expect(people.keys.create({ ...given, digest: 'the key itself' })).rejects.toThrow(/digest/);
      const second = await people.keys.create({ ...newKey(user), scopes: {}, expires: null });
      expect(await people.keys.list(user)).toEqual([second, key]);
      const others = (await people.keys.list()).filter((each) => each.user === user);
      expect(others).toEqual([second, key]);
      expect(await people.keys.change(user, key.id, { revoked: 5, lastUsed: 6, name: 'n' })).toEqual({
        ...key,
        revoked: 5,
        lastUsed: 6,
        name: 'n',
      });
      expect(await people.keys.change(user, 'key_none', { revoked: 5 })).toBeUndefined();
      expect(await people.keys.remove(user, key.id)).toBe(true);
      expect(await people.keys.remove(user, key.id)).toBe(false);
      expect(await people.keys.list(user)).toEqual([second]);
    });

    it('a login changes its token once for each, knows the one before, and ends', async () => {
      const user = newUser();
      const [first, second, third] = [digestOf(), digestOf(), digestOf()];
      const expires = Date.now() + 60_000;
      const login = await people.logins.create({ user, digest: first, expires, agent: 'curl' });
      expect(login).toMatchObject({ user, digest: first, before: null, expires, revoked: null, agent: 'curl' });
      const swaps = await Promise.all(
        Array.from({ length: 10 }, () =>
          people.logins.refresh(user, login.id, { was: first, now: second, expires: expires + 1 }),
        ),
      );
      expect(swaps.filter(Boolean)).toEqual([
        expect.objectContaining({ digest: second, before: first, expires: expires + 1 }),
      ]);
      expect(await people.logins.list(user)).toEqual(swaps.filter(Boolean));
      expect(await people.logins.refresh(user, login.id, { was: first, now: third, expires })).toBeUndefined();
      expect(await people.logins.revoke(user, login.id)).toBe(true);
      expect(await people.logins.refresh(user, login.id, { was: second, now: third, expires })).toBeUndefined();
      expect(await people.logins.revoke(user, 'login_none')).toBe(false);
      const old = await people.logins.create({ user, digest: digestOf(), expires: 5, agent: '' });
      expect(await people.logins.refresh(user, old.id, { was: old.digest, now: third, expires })).toBeUndefined();
      const kept = await people.logins.create({ user, digest: digestOf(), expires, agent: '' });
      await people.logins.sweep(1_000);
      expect((await people.logins.list(user)).map(({ id }) => id)).toEqual([kept.id, login.id]);
      await people.logins.sweep(Date.now() + 1_000);
      expect((await people.logins.list()).filter((each) => each.user === user)).toEqual([kept]);
    });
  });
}
