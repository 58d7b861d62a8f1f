/** Accounts, keys and logins as a store keeps them, in memory; it can be away, and it counts what it is asked. */
import { randomBytes } from 'node:crypto';

import type { AccountStore } from '../../../../src/server/identity/account-book.ts';
import { AppError } from '../../../../src/shared/errors.ts';
import type { Account, StoredKey, StoredLogin } from '../../../../src/store/people-contract.ts';

export class FakeAccounts implements AccountStore {
  readonly held = new Map<string, Account>();
  readonly heldKeys = new Map<string, StoredKey>();
  readonly heldLogins = new Map<string, StoredLogin>();
  isAway = false;
  asked = 0;
  /** While it is set, whoever asks waits for it. */
  slow: Promise<void> | undefined;

  readonly accounts: AccountStore['accounts'] = {
    list: () => this.#answer(() => [...this.held.values()]),
    find: (name) => this.#answer(() => this.held.get(name)),
    create: (account) =>
      this.#answer(() => {
        if (this.held.has(account.name)) return undefined;
        const made = { ...account, suspended: null, created: Date.now(), updated: Date.now() };
        this.held.set(account.name, made);
        return made;
      }),
    change: (name, change) =>
      this.#answer(() => {
        const known = this.held.get(name);
        if (!known) return undefined;
        const changed = { ...known, ...change, updated: Date.now() };
        this.held.set(name, changed);
        return changed;
      }),
    remove: (name) => this.#answer(() => this.#erase(name)),
  };

  readonly keys: AccountStore['keys'] = {
    list: (user) => this.#answer(() => [...this.heldKeys.values()].filter((key) => (user ?? key.user) === key.user)),
    create: (key) =>
      this.#answer(() => {
        const made = { ...key, id: id('key'), created: Date.now(), revoked: null, lastUsed: null };
        this.heldKeys.set(made.id, made);
        return made;
      }),
    change: (user, key, change) =>
      this.#answer(() => {
        const known = this.heldKeys.get(key);
        if (known?.user !== user) return undefined;
        const changed = { ...known, ...change };
        this.heldKeys.set(key, changed);
        return changed;
      }),
    remove: (user, key) => this.#answer(() => this.heldKeys.get(key)?.user === user && this.heldKeys.delete(key)),
  };

  readonly logins: AccountStore['logins'] = {
    list: (user) => this.#answer(() => [...this.heldLogins.values()].filter((one) => (user ?? one.user) === one.user)),
    create: (login) =>
      this.#answer(() => {
        const now = Date.now();
        const made = { ...login, id: id('login'), before: null, created: now, refreshed: now, revoked: null };
        this.heldLogins.set(made.id, made);
        return made;
      }),
    refresh: (user, login, { was, now, expires }) =>
      this.#answer(() => {
        const known = this.heldLogins.get(login);
        if (known?.user !== user || known.digest !== was || known.revoked !== null) return undefined;
        const swapped = { ...known, digest: now, before: was, expires, refreshed: Date.now() };
        this.heldLogins.set(login, swapped);
        return swapped;
      }),
    revoke: (user, login) =>
      this.#answer(() => {
        const known = this.heldLogins.get(login);
        if (known?.user !== user || known.revoked !== null) return false;
        this.heldLogins.set(login, { ...known, revoked: Date.now() });
        return true;
      }),
    sweep: (before) =>
      this.#answer(() => {
        for (const [one, { expires }] of this.heldLogins) if (expires < before) this.heldLogins.delete(one);
      }),
  };

  erase(user: string): Promise<Readonly<Record<string, number>>> {
    return this.#answer(() => ({ accounts: this.#erase(user) ? 1 : 0 }));
  }

  #erase(user: string): boolean {
    for (const [one, key] of this.heldKeys) if (key.user === user) this.heldKeys.delete(one);
    for (const [one, login] of this.heldLogins) if (login.user === user) this.heldLogins.delete(one);
    return this.held.delete(user);
  }

  async #answer<T>(work: () => T): Promise<T> {
    this.asked += 1;
    await this.slow;
    if (this.isAway) throw new AppError('knowledge_unavailable', 'the store is away');
    return work();
  }
}

const id = (kind: string) => `${kind}_${randomBytes(10).toString('hex')}`;
