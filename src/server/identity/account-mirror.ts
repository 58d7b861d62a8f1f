import { isDeepStrictEqual } from 'node:util';

import { KeyScopes } from '../../profiles/security-section.ts';
import type { Account, StoredKey, StoredLogin } from '../../store/people-contract.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Identity } from './contract.ts';

interface HeldKey {
  key: StoredKey;
  readonly scopes: KeyScopes | undefined;
  /** Undefined: to be worked out anew. */
  identity: Identity | undefined;
  lastUsed: number | null;
}

interface HeldLogin {
  login: StoredLogin;
  identity: Identity | undefined;
}

/** Accounts, keys and logins in memory: whose a key or a login is costs a look-up. Knows nothing of where they come from. */
export class AccountMirror {
  #accounts = new Map<string, Account>();
  #keys = new Map<string, HeldKey>();
  #keyIds = new Map<string, HeldKey>();
  #logins = new Map<string, HeldLogin>();
  /** By digests of refresh tokens: those that count, and those before them. */
  #refresh = new Map<string, string>();
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  accounts(): readonly Account[] {
    return [...this.#accounts.values()];
  }

  account(name: string): Account | undefined {
    return this.#accounts.get(name);
  }

  keysOf(user: string): readonly StoredKey[] {
    const own = [...this.#keyIds.values()].filter(({ key }) => key.user === user);
    return own.map(({ key, lastUsed }) => ({ ...key, lastUsed })).sort((one, other) => other.created - one.created);
  }

  key(id: string): StoredKey | undefined {
    return this.#keyIds.get(id)?.key;
  }

  login(id: string): StoredLogin | undefined {
    return this.#logins.get(id)?.login;
  }

  loginsOf(user: string): readonly StoredLogin[] {
    const own = [...this.#logins.values()].map(({ login }) => login).filter((login) => login.user === user);
    return own.filter(isOpen).sort((one, other) => other.refreshed - one.refreshed);
  }

  /** Whose key this is; undefined: nobody's, or it counts no more. */
  byKey(digest: string): Identity | undefined {
    const held = this.#keys.get(digest);
    const identity = held && this.#identityOfKey(held);
    if (identity) held.lastUsed = Date.now();
    return identity;
  }

  byLogin(id: string): Identity | undefined {
    const held = this.#logins.get(id);
    return held && this.#identityOfLogin(held);
  }

  /** Whether what this identity was let in with still counts. */
  counts({ credential: { kind, id } }: Identity): boolean {
    if (kind === 'token') return this.byLogin(id) !== undefined;
    const held = this.#keyIds.get(id);
    return kind === 'key' && held !== undefined && this.#identityOfKey(held) !== undefined;
  }

  /** The login that a refresh token belongs to, and whether it is the one that counts or one that was used before. */
  byRefreshToken(digest: string): { readonly login: StoredLogin; readonly counts: boolean } | undefined {
    const held = this.#logins.get(this.#refresh.get(digest) ?? '');
    return held && { login: held.login, counts: held.login.digest === digest };
  }

  /** All that there is, in place of what was here. */
  protected take([accounts, keys, logins]: [readonly Account[], readonly StoredKey[], readonly StoredLogin[]]): void {
    const before = this.#keyIds;
    this.#accounts = new Map(accounts.map((account) => [account.name, account]));
    [this.#keys, this.#keyIds, this.#logins, this.#refresh] = [new Map(), new Map(), new Map(), new Map()];
    for (const key of keys) this.holdKey(key, before.get(key.id));
    for (const login of logins) this.holdLogin(login);
  }

  protected holdAccount(account: Account): void {
    this.#accounts.set(account.name, account);
    this.#forgetIdentities(account.name);
  }

  /** The scopes stay the same object as long as they say the same. */
  protected holdKey(key: StoredKey, before = this.#keyIds.get(key.id)): void {
    const lastUsed = Math.max(key.lastUsed ?? 0, before?.lastUsed ?? 0) || null;
    const isSame = before !== undefined && isDeepStrictEqual(before.key.scopes, key.scopes);
    const held = { key, scopes: isSame ? before.scopes : this.#scopesOf(key), identity: undefined, lastUsed };
    this.#keys.set(key.digest, held);
    this.#keyIds.set(key.id, held);
  }

  /** A restriction that is not understood is not passed over: such a key does not count. */
  #scopesOf({ id, scopes }: StoredKey): KeyScopes | undefined {
    const parsed = KeyScopes.safeParse(scopes);
    if (parsed.success) return parsed.data;
    this.#logger.warn('a key does not count: its scopes are of another version', { key: id });
    return undefined;
  }

  protected holdLogin(login: StoredLogin): void {
    const { id, digest, before } = login;
    const known = this.#logins.get(id)?.login;
    for (const old of [known?.digest, known?.before]) if (old) this.#refresh.delete(old);
    this.#logins.set(id, { login, identity: undefined });
    this.#refresh.set(digest, id);
    if (before !== null) this.#refresh.set(before, id);
  }

  protected drop(user: string): void {
    this.#accounts.delete(user);
    for (const [id, { key }] of this.#keyIds) {
      if (key.user !== user) continue;
      this.#keyIds.delete(id);
      this.#keys.delete(key.digest);
    }
    for (const [id, { login }] of this.#logins) if (login.user === user) this.#dropLogin(id, login);
  }

  /** What `noteUses` of the book has to write down. */
  protected usedSince(): readonly StoredKey[] {
    const used = [...this.#keyIds.values()].filter(({ key, lastUsed }) => lastUsed !== key.lastUsed);
    return used.map(({ key, lastUsed }) => ({ ...key, lastUsed }));
  }

  /** Logins that ended before this time. */
  protected dropEnded(before: number): void {
    for (const [id, { login }] of this.#logins)
      if (Math.min(login.expires, login.revoked ?? Infinity) < before) this.#dropLogin(id, login);
  }

  #dropLogin(id: string, { digest, before }: StoredLogin): void {
    this.#logins.delete(id);
    this.#refresh.delete(digest);
    if (before !== null) this.#refresh.delete(before);
  }

  #identityOfKey(held: HeldKey): Identity | undefined {
    const { key, scopes } = held;
    if (key.revoked !== null || scopes === undefined || (key.expires !== null && key.expires <= Date.now()))
      return undefined;
    const account = this.#accounts.get(key.user);
    if (!account || account.suspended !== null) return undefined;
    const { user, id, admin } = key;
    return (held.identity ??= { user, admin: admin && account.admin, credential: { kind: 'key', id }, scopes });
  }

  #identityOfLogin(held: HeldLogin): Identity | undefined {
    const account = this.#accounts.get(held.login.user);
    if (!isOpen(held.login) || !account || account.suspended !== null) return undefined;
    const { user, id } = held.login;
    return (held.identity ??= { user, admin: account.admin, credential: { kind: 'token', id }, scopes: {} });
  }

  #forgetIdentities(user: string): void {
    for (const held of this.#keyIds.values()) if (held.key.user === user) held.identity = undefined;
    for (const held of this.#logins.values()) if (held.login.user === user) held.identity = undefined;
  }
}

function isOpen({ revoked, expires }: StoredLogin): boolean {
  return revoked === null && expires > Date.now();
}
