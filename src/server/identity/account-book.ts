import { isDeepStrictEqual } from 'node:util';

import { KeyScopes } from '../../profiles/security-section.ts';
import type { Account, PeopleStore, StoredKey, StoredLogin } from '../../store/people-contract.ts';
import { runningNow } from '../../shared/clock.ts';
import { messageOf } from '../../shared/errors.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Identity } from './contract.ts';
import { unavailable } from './unavailable.ts';

export type AccountStore = Pick<PeopleStore, 'accounts' | 'keys' | 'logins'>;

export interface AccountBookOptions {
  /** @throws AppError while it is away. */
  readonly store: () => AccountStore;
  /** Others write to the same store: it is read again and again, and what was read counts for `LONGEST_UNREAD_MS`. */
  readonly isShared: () => boolean;
  readonly logger: Logger;
  /** Something may count no more that counted before. */
  readonly onRevoked: () => void;
}

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

const REREAD_MS = 5_000;
const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 5_000;
/** Of a shared store that is away: whoever is known stays known for so long, and what others revoke there meanwhile is not seen. */
const LONGEST_UNREAD_MS = 3_600_000;
const NOTE_USE_MS = 60_000;
const SWEEP_MS = 3_600_000;
const KEEP_ENDED_MS = 24 * 3_600_000;

/**
 * Accounts, keys and logins in memory, as the store has them: a request costs a look-up, a store that goes away locks nobody out, and what
 * is revoked is dead at once. The one writer: every change goes to the store and then in here, one after the other.
 */
export class AccountBook {
  readonly #options: AccountBookOptions;
  #accounts = new Map<string, Account>();
  #keys = new Map<string, HeldKey>();
  #keyIds = new Map<string, HeldKey>();
  #logins = new Map<string, HeldLogin>();
  /** By digests of refresh tokens: those that count, and those before them. */
  #refresh = new Map<string, string>();
  #tail: Promise<unknown> = Promise.resolve();
  #readAtMs: number | undefined;
  /** Another one is there after a reload that names another place. */
  #readFrom: AccountStore | undefined;
  #failure: string | undefined;
  readonly #firstRead = Promise.withResolvers<void>();
  #timer: NodeJS.Timeout | undefined;
  #retryMs = FIRST_RETRY_MS;
  readonly #timers: NodeJS.Timeout[];
  #closed = false;

  constructor(options: AccountBookOptions) {
    this.#options = options;
    this.#timers = [
      setInterval(() => void this.#noteUses().catch(() => undefined), NOTE_USE_MS).unref(),
      setInterval(() => void this.#sweep().catch(() => undefined), SWEEP_MS).unref(),
    ];
    void this.#read();
  }

  /** Resolves when it has been read for the first time. */
  get opened(): Promise<void> {
    return this.#firstRead.promise;
  }

  /** `stale`: it has been read too long ago to be believed. */
  get state(): 'opening' | 'ready' | 'stale' {
    if (this.#readAtMs === undefined) return 'opening';
    return this.#options.isShared() && runningNow() - this.#readAtMs > LONGEST_UNREAD_MS ? 'stale' : 'ready';
  }

  /** Why it could not be read of late; undefined: it could. */
  get failure(): string | undefined {
    return this.#failure;
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

  /** Of a key. */
  ownerOf(id: string): string | undefined {
    return this.#keyIds.get(id)?.key.user;
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

  /** Undefined: the name is taken. */
  createAccount(account: Parameters<AccountStore['accounts']['create']>[0]): Promise<Account | undefined> {
    return this.#change(async (store) => {
      const created = await store.accounts.create(account);
      if (created) this.#accounts.set(created.name, created);
      return created;
    });
  }

  changeAccount(name: string, change: Parameters<AccountStore['accounts']['change']>[1]): Promise<Account | undefined> {
    return this.#change(async (store) => {
      const changed = await store.accounts.change(name, change);
      if (changed) this.#accounts.set(name, changed);
      else this.#drop(name);
      this.#forgetIdentities(name);
      return changed;
    });
  }

  /** `erase` takes the account and all else of this user out of the store. */
  removeAccount<T>(name: string, erase: () => Promise<T>): Promise<T> {
    return this.#change(async () => {
      const erased = await erase();
      this.#drop(name);
      return erased;
    });
  }

  createKey(key: Parameters<AccountStore['keys']['create']>[0]): Promise<StoredKey> {
    return this.#change(async (store) => {
      const created = await store.keys.create(key);
      this.#holdKey(created, undefined);
      return created;
    });
  }

  /** Undefined: this user has no such key. */
  revokeKey(user: string, id: string): Promise<StoredKey | undefined> {
    return this.#change(async (store) => {
      const known = this.#keyIds.get(id);
      if (known?.key.user === user && known.key.revoked !== null) return known.key;
      const revoked = await store.keys.change(user, id, { revoked: Date.now() });
      if (revoked) this.#holdKey(revoked, known);
      return revoked;
    });
  }

  createLogin(login: Parameters<AccountStore['logins']['create']>[0]): Promise<StoredLogin> {
    return this.#change(async (store) => {
      const created = await store.logins.create(login);
      this.#holdLogin(created);
      return created;
    });
  }

  /** Undefined: the token that was shown is not the one that counts any more. */
  refreshLogin(
    { user, id }: StoredLogin,
    swap: Parameters<AccountStore['logins']['refresh']>[2],
  ): Promise<StoredLogin | undefined> {
    return this.#change(async (store) => {
      const refreshed = await store.logins.refresh(user, id, swap);
      if (refreshed) this.#holdLogin(refreshed);
      return refreshed;
    });
  }

  revokeLogin({ user, id }: Pick<StoredLogin, 'user' | 'id'>): Promise<boolean> {
    return this.#change(async (store) => {
      const revoked = await store.logins.revoke(user, id);
      const held = this.#logins.get(id);
      if (held) this.#holdLogin({ ...held.login, revoked: held.login.revoked ?? Date.now() });
      return revoked;
    });
  }

  /** Writes down what is to be kept; nothing is read any more. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const timer of this.#timers) clearInterval(timer);
    await this.#noteUses().catch(() => undefined);
    await this.#tail;
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

  /** Whatever comes, comes after this; requests that something let in which counts no more are ended then. */
  #change<T>(work: (store: AccountStore) => Promise<T>): Promise<T> {
    const changed = this.#inTurn(async () => {
      if (this.#readAtMs === undefined || this.#isElsewhere()) throw unavailable(this.#failure);
      return work(this.#options.store());
    });
    void changed.then(this.#options.onRevoked, () => undefined);
    return changed;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#tail.then(work);
    this.#tail = done.catch(() => undefined);
    return done;
  }

  /** Again and again, until it could be read; of a shared store from then on too. */
  async #read(): Promise<void> {
    const { isShared, logger, onRevoked, store } = this.#options;
    const isFirst = this.#readAtMs === undefined;
    try {
      await this.#inTurn(async () => {
        const from = store();
        this.#take(await Promise.all([from.accounts.list(), from.keys.list(), from.logins.list()]));
        this.#readFrom = from;
      });
      if (this.#failure !== undefined && !isFirst) logger.info('the accounts can be read again');
      this.#failure = undefined;
      this.#retryMs = FIRST_RETRY_MS;
      this.#firstRead.resolve();
      onRevoked();
      this.#again(REREAD_MS, () => (isShared() || this.#isElsewhere() ? this.#read() : undefined));
    } catch (error) {
      const reason = messageOf(error);
      if (this.#failure === undefined && !isFirst)
        logger.warn('the accounts cannot be read now; who is known stays known', { reason });
      this.#failure = reason;
      this.#again(this.#retryMs, () => this.#read());
      this.#retryMs = Math.min(LONGEST_RETRY_MS, this.#retryMs * 1.2);
    }
  }

  #isElsewhere(): boolean {
    try {
      return this.#options.store() !== this.#readFrom;
    } catch {
      return false;
    }
  }

  #again(ms: number, work: () => Promise<void> | undefined): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => {
      const begun = work();
      if (!begun) this.#again(ms, work);
    }, ms).unref();
  }

  #take([accounts, keys, logins]: [readonly Account[], readonly StoredKey[], readonly StoredLogin[]]): void {
    const before = this.#keyIds;
    this.#accounts = new Map(accounts.map((account) => [account.name, account]));
    [this.#keys, this.#keyIds, this.#logins, this.#refresh] = [new Map(), new Map(), new Map(), new Map()];
    for (const key of keys) this.#holdKey(key, before.get(key.id));
    for (const login of logins) this.#holdLogin(login);
    this.#readAtMs = runningNow();
  }

  /** The scopes stay the same object as long as they say the same. */
  #holdKey(key: StoredKey, before: HeldKey | undefined): void {
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
    this.#options.logger.warn('a key does not count: its scopes are of another version', { key: id });
    return undefined;
  }

  #holdLogin(login: StoredLogin): void {
    const { id, digest, before } = login;
    const known = this.#logins.get(id)?.login;
    for (const old of [known?.digest, known?.before]) if (old) this.#refresh.delete(old);
    this.#logins.set(id, { login, identity: undefined });
    this.#refresh.set(digest, id);
    if (before !== null) this.#refresh.set(before, id);
  }

  #drop(user: string): void {
    this.#accounts.delete(user);
    for (const [id, { key }] of this.#keyIds) {
      if (key.user !== user) continue;
      this.#keyIds.delete(id);
      this.#keys.delete(key.digest);
    }
    for (const [id, { login }] of this.#logins) if (login.user === user) this.#dropLogin(id, login);
  }

  #dropLogin(id: string, { digest, before }: StoredLogin): void {
    this.#logins.delete(id);
    this.#refresh.delete(digest);
    if (before !== null) this.#refresh.delete(before);
  }

  /** When a key was used last is written down now and then: nobody waits for it. */
  async #noteUses(): Promise<void> {
    const used = [...this.#keyIds.values()].filter(({ key, lastUsed }) => lastUsed !== key.lastUsed);
    for (const held of used) {
      await this.#inTurn(async () => {
        const { lastUsed, key } = held;
        const changed = await this.#options.store().keys.change(key.user, key.id, { lastUsed });
        if (changed && held.key === key) held.key = { ...key, lastUsed: changed.lastUsed };
      });
    }
  }

  async #sweep(): Promise<void> {
    const before = Date.now() - KEEP_ENDED_MS;
    await this.#inTurn(async () => {
      await this.#options.store().logins.sweep(before);
      for (const [id, { login }] of this.#logins)
        if (Math.min(login.expires, login.revoked ?? Infinity) < before) this.#dropLogin(id, login);
    });
  }
}

function isOpen({ revoked, expires }: StoredLogin): boolean {
  return revoked === null && expires > Date.now();
}
