import type { Account } from '../../store/people-contract.ts';
import { AppError } from '../../shared/errors.ts';
import type { AccountBook } from './account-book.ts';
import { AccessTokens } from './access-tokens.ts';
import type { People } from './authenticator.ts';
import { flag, nameOf } from './fields.ts';
import type { Identity } from './contract.ts';
import { Logins, type LoginSettings } from './logins.ts';
import { ManagedKeys, refuseRestricted } from './managed-keys.ts';
import { Passwords } from './passwords.ts';
import type { SigningKeys } from './signing-keys.ts';
import { unavailable } from './unavailable.ts';
import { type IdentityJson, moment } from './views.ts';

export interface AccountsOptions {
  readonly book: AccountBook;
  readonly signing: SigningKeys;
  readonly settings: () => LoginSettings;
  /** Erases all that is kept of a user, the account too; answers how much it was, by what it was. */
  readonly erase: (user: string) => Promise<Readonly<Record<string, number>>>;
}

/** A request waits so long for the accounts to be read. */
const LONGEST_WAIT_MS = 5_000;

/** Fields of a body, as they came. */
type Wanted<Field extends string> = { readonly [Key in Field]?: unknown };

/** Everybody who has an account: whose key or token it is, and the changes to it. */
export class Accounts implements People {
  readonly book: AccountBook;
  readonly logins: Logins;
  readonly keys: ManagedKeys;
  readonly #signing: SigningKeys;
  readonly #tokens: AccessTokens;
  readonly #passwords = new Passwords();
  readonly #options: AccountsOptions;

  constructor(options: AccountsOptions) {
    this.#options = options;
    this.book = options.book;
    this.#signing = options.signing;
    this.#tokens = new AccessTokens(options.signing);
    const { book, settings } = options;
    this.logins = new Logins({ book, settings, tokens: this.#tokens, passwords: this.#passwords });
    this.keys = new ManagedKeys({ book, settings });
  }

  identify(presented: string, digest: string): Identity | Promise<Identity> {
    const { state } = this.book;
    if (state === 'ready') return this.#find(presented, digest);
    if (state === 'stale') throw unavailable(this.book.failure);
    return this.opened().then(() => this.#find(presented, digest));
  }

  /** Resolves when the accounts have been read. @throws AppError `identity_unavailable` after a while. */
  async opened(): Promise<void> {
    if (this.book.state !== 'opening') return;
    const { promise, resolve } = Promise.withResolvers<'late'>();
    const timer = setTimeout(() => resolve('late'), LONGEST_WAIT_MS).unref();
    const outcome = await Promise.race([this.book.opened, promise]);
    clearTimeout(timer);
    if (outcome === 'late') throw unavailable(this.book.failure);
  }

  counts(identity: Identity): boolean {
    return this.book.counts(identity);
  }

  view(): Pick<IdentityJson, 'state' | 'reason' | 'accounts' | 'administrators' | 'signingKeys'> {
    const accounts = this.book.accounts();
    return {
      state: this.book.state,
      reason: this.book.failure ?? null,
      accounts: accounts.length,
      administrators: accounts.filter(isAdministrator).length,
      signingKeys: this.#signing.list().map(({ kid, created, until }) => ({
        kid,
        created: moment(created),
        until: until === null ? null : moment(until),
      })),
    };
  }

  rotate(): void {
    this.#signing.rotate();
  }

  /** @throws AppError `user_not_found`. */
  user(name: string): Account {
    const account = this.book.account(name);
    if (account) return account;
    throw new AppError('user_not_found', `There is no account "${name.slice(0, 64)}".`, { param: 'user' });
  }

  /**
   * Makes an account; the first one, made on this machine, is an administrator's where nothing else is said.
   * @throws AppError `invalid_request`, `conflict` where the name is taken.
   */
  async create(by: Identity, wanted: Wanted<'user' | 'password' | 'admin'>): Promise<Account> {
    const name = nameOf(wanted.user);
    const isFirst = this.book.accounts().length === 0 && by.credential.kind === 'run';
    const admin = flag(wanted.admin, 'admin') ?? isFirst;
    refuseEscape(by, admin);
    const password = wanted.password === undefined ? null : await this.#passwords.hash(name, wanted.password);
    const account = await this.book.createAccount({ name, admin, password });
    if (account) return account;
    throw new AppError('conflict', `The name "${name}" is taken.`, { param: 'user' });
  }

  /** @throws AppError `user_not_found`, `invalid_request`, `conflict` for the last administrator. */
  async change(by: Identity, name: string, wanted: Wanted<'suspended' | 'admin' | 'password'>): Promise<Account> {
    const account = this.user(name);
    const admin = flag(wanted.admin, 'admin');
    const suspended = flag(wanted.suspended, 'suspended');
    refuseEscape(by, admin === true || (wanted.password !== undefined && account.admin));
    if (admin === false || suspended === true) this.#keepAnAdministrator(by, account);
    const password = wanted.password === undefined ? undefined : await this.#passwords.hash(name, wanted.password);
    const changed = await this.book.changeAccount(name, {
      ...(admin !== undefined && { admin }),
      ...(suspended !== undefined && { suspended: suspended ? (account.suspended ?? Date.now()) : null }),
      ...(password !== undefined && { password }),
    });
    if (!changed) return this.user(name);
    // Whoever knew the old one is logged in no more.
    if (password !== undefined) await this.logins.endAll(name);
    return changed;
  }

  /**
   * Suspended first, so that nothing of this user is under way or begins; then all that is kept is erased. Where that fails, the
   * account stays suspended, and this can be asked for again. Who has no account (a user of the profile's keys, or `USER/NAME` of a
   * front end's key) may have something here all the same: that is erased.
   * @throws AppError `user_not_found`, `conflict`, and whatever the erasing throws.
   */
  async remove(by: Identity, name: string): Promise<Readonly<Record<string, number>>> {
    if (!this.book.account(name)) {
      const erased = await this.#options.erase(name);
      if (Object.values(erased).some((count) => count > 0)) return erased;
    }
    const account = this.user(name);
    this.#keepAnAdministrator(by, account);
    if (account.suspended === null) await this.book.changeAccount(name, { suspended: Date.now() });
    return this.book.removeAccount(name, () => this.#options.erase(name));
  }

  #find(presented: string, digest: string): Identity | Promise<Identity> {
    const known = this.book.byKey(digest);
    if (known) return known;
    if (!AccessTokens.looksLike(presented))
      throw new AppError('unauthorized', 'This key is not known here, or counts no more.');
    const claims = this.#tokens.recall(digest);
    if (claims) return this.#loginOf(claims);
    return this.#tokens.verify(presented, digest).then((verified) => this.#loginOf(verified));
  }

  #loginOf({ login, user }: { readonly login: string; readonly user: string }): Identity {
    const identity = this.book.byLogin(login);
    if (identity?.user === user) return identity;
    throw new AppError('unauthorized', 'This login has ended: log in again.');
  }

  /** The command line on this machine can always make another one. */
  #keepAnAdministrator(by: Identity, account: Account): void {
    if (!isAdministrator(account) || by.credential.kind === 'run') return;
    if (this.book.accounts().filter(isAdministrator).length > 1) return;
    throw new AppError('conflict', `${account.name} is the only administrator: make another account one first.`);
  }
}

/** Whoever is restricted makes nobody who is not: no administrators, and with `experts` no accounts at all. */
function refuseEscape(by: Identity, makesAdministrator: boolean): void {
  if (makesAdministrator || by.scopes.experts) refuseRestricted(by);
}

function isAdministrator({ admin, suspended }: Account): boolean {
  return admin && suspended === null;
}
