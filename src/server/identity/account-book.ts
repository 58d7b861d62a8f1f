import type { Account, PeopleStore, StoredKey, StoredLogin } from '../../store/people-contract.ts';
import { runningNow } from '../../shared/clock.ts';
import { messageOf } from '../../shared/errors.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { AccountMirror } from './account-mirror.ts';
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
export class AccountBook extends AccountMirror {
  readonly #options: AccountBookOptions;
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
    super(options.logger);
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

  /** Undefined: the name is taken. */
  createAccount(account: Parameters<AccountStore['accounts']['create']>[0]): Promise<Account | undefined> {
    return this.#change(async (store) => {
      const created = await store.accounts.create(account);
      if (created) this.holdAccount(created);
      return created;
    });
  }

  changeAccount(name: string, change: Parameters<AccountStore['accounts']['change']>[1]): Promise<Account | undefined> {
    return this.#change(async (store) => {
      const changed = await store.accounts.change(name, change);
      if (changed) this.holdAccount(changed);
      else this.drop(name);
      return changed;
    });
  }

  /** `erase` takes the account and all else of this user out of the store. That may take a while, which nobody else waits for. */
  async removeAccount<T>(name: string, erase: () => Promise<T>): Promise<T> {
    const erased = await erase();
    await this.#change(async () => this.drop(name));
    return erased;
  }

  createKey(key: Parameters<AccountStore['keys']['create']>[0]): Promise<StoredKey> {
    return this.#change(async (store) => {
      const created = await store.keys.create(key);
      this.holdKey(created);
      return created;
    });
  }

  /** Undefined: this user has no such key. */
  revokeKey(user: string, id: string): Promise<StoredKey | undefined> {
    return this.#change(async (store) => {
      const known = this.key(id);
      if (known?.user === user && known.revoked !== null) return known;
      const revoked = await store.keys.change(user, id, { revoked: Date.now() });
      if (revoked) this.holdKey(revoked);
      return revoked;
    });
  }

  createLogin(login: Parameters<AccountStore['logins']['create']>[0]): Promise<StoredLogin> {
    return this.#change(async (store) => {
      const created = await store.logins.create(login);
      this.holdLogin(created);
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
      if (refreshed) this.holdLogin(refreshed);
      return refreshed;
    });
  }

  revokeLogin({ user, id }: Pick<StoredLogin, 'user' | 'id'>): Promise<boolean> {
    return this.#change(async (store) => {
      const revoked = await store.logins.revoke(user, id);
      const known = this.login(id);
      if (known) this.holdLogin({ ...known, revoked: known.revoked ?? Date.now() });
      return revoked;
    });
  }

  /** Records have come into the store from elsewhere. Never rejects: where it is away, it is read when it is there. */
  async reread(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#read();
  }

  /** Writes down what is to be kept; nothing is read any more. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const timer of this.#timers) clearInterval(timer);
    await this.#noteUses().catch(() => undefined);
    await this.#tail;
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
        this.take(await Promise.all([from.accounts.list(), from.keys.list(), from.logins.list()]));
        this.#readAtMs = runningNow();
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
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const begun = work();
      if (!begun) this.#again(ms, work);
    }, ms).unref();
  }

  /** When a key was used last is written down now and then: nobody waits for it. */
  async #noteUses(): Promise<void> {
    for (const { user, id, lastUsed } of this.usedSince()) {
      await this.#inTurn(async () => {
        const noted = await this.#options.store().keys.change(user, id, { lastUsed });
        if (noted) this.holdKey(noted);
      });
    }
  }

  async #sweep(): Promise<void> {
    const before = Date.now() - KEEP_ENDED_MS;
    await this.#inTurn(async () => {
      await this.#options.store().logins.sweep(before);
      this.dropEnded(before);
    });
  }
}
