import { randomBytes } from 'node:crypto';

import type { Profile } from '../../profiles/profile.ts';
import type { StoredLogin } from '../../store/people-contract.ts';
import { AppError } from '../../shared/errors.ts';
import type { AccessTokens } from './access-tokens.ts';
import type { AccountBook } from './account-book.ts';
import { digestOf, LOCAL_USER } from './authenticator.ts';
import type { Identity } from './contract.ts';
import { addressGroup } from '../limits/address-group.ts';
import { nameOf } from './fields.ts';
import type { Passwords } from './passwords.ts';
import { Throttle } from './throttle.ts';
import type { LoginJson } from './views.ts';

/** What of the settings in force logins and keys go by. */
export interface LoginSettings {
  readonly security: Pick<Profile['security'], 'registration' | 'accessToken' | 'refreshToken' | 'keys'>;
  /** Ids. */
  readonly experts: readonly string[];
}

export interface LoginsOptions {
  readonly book: AccountBook;
  readonly settings: () => LoginSettings;
  readonly tokens: AccessTokens;
  readonly passwords: Passwords;
}

/** Where a login comes from. */
export interface Caller {
  readonly address: string | undefined;
  /** `User-Agent`. */
  readonly agent: string;
}

const MINUTE_MS = 60_000;
/** Wrong passwords. Many people may share an address; nobody types so many for one name. */
const PER_ADDRESS = 30;
const PER_NAME = 10;
const REGISTRATIONS_PER_ADDRESS = 10;
const MOST_ACCOUNTS = 10_000;
const MOST_LOGINS = 50;
const LONGEST_AGENT = 200;

/** Logins: a password for a token of minutes and a refresh token, which is used once for the next of both. */
export class Logins {
  readonly #options: LoginsOptions;
  readonly #byAddress = new Throttle(PER_ADDRESS, MINUTE_MS);
  readonly #byName = new Throttle(PER_NAME, MINUTE_MS);
  readonly #registrations = new Throttle(REGISTRATIONS_PER_ADDRESS, 60 * MINUTE_MS);

  constructor(options: LoginsOptions) {
    this.#options = options;
  }

  /**
   * An account by whoever comes, where the profile opens that; never under a name that means somebody already.
   * @throws AppError `forbidden`, `invalid_request`, `conflict`, `rate_limited`.
   */
  async register(caller: Caller, user: unknown, password: unknown, isKept: (name: string) => Promise<boolean>) {
    const { book, passwords } = this.#options;
    const { security } = this.#options.settings();
    if (security.registration !== 'open')
      throw new AppError(
        'forbidden',
        'Accounts are made by an administrator here (orchestrator user add); security.registration: open lets anyone.',
      );
    const name = nameOf(user);
    const wait = this.#registrations.take(addressGroup(caller.address ?? ''));
    if (wait !== undefined) throw tooMany('accounts from your address', wait);
    if (book.accounts().length >= MOST_ACCOUNTS)
      throw new AppError('forbidden', `There are ${MOST_ACCOUNTS} accounts; an administrator makes more.`);
    const hashed = await passwords.hash(name, password);
    const isTaken = name === LOCAL_USER || security.keys.some((key) => key.user === name) || (await isKept(name));
    const account = isTaken ? undefined : await book.createAccount({ name, admin: false, password: hashed });
    if (!account) throw new AppError('conflict', `The name "${name}" is taken.`, { param: 'user' });
    return this.#begin(name, caller);
  }

  /** @throws AppError `unauthorized`, `forbidden` for who is suspended, `rate_limited`. */
  async login(caller: Caller, user: unknown, password: unknown): Promise<LoginJson> {
    if (typeof user !== 'string' || typeof password !== 'string')
      throw new AppError('invalid_request', '`user` and `password` are texts.', { param: 'user' });
    await this.#prove(caller, user.slice(0, 64), password);
    if (this.#options.book.account(user)?.suspended !== null)
      throw new AppError('forbidden', `The account ${user} is suspended; an administrator can say why.`);
    return this.#begin(user, caller);
  }

  /** @throws AppError `unauthorized`; a token that was used before ends its login. */
  async refresh(token: unknown): Promise<LoginJson> {
    const { book, settings } = this.#options;
    const digest = typeof token === 'string' ? digestOf(token) : '';
    const found = book.byRefreshToken(digest);
    if (!found || book.byLogin(found.login.id) === undefined) throw ended();
    const next = newRefreshToken();
    const { refreshToken } = settings().security;
    const swap = { was: digest, now: digestOf(next), expires: Date.now() + refreshToken };
    const refreshed = found.counts ? await book.refreshLogin(found.login, swap) : undefined;
    if (refreshed) return this.#answer(refreshed, next);
    // Somebody else has used it, or uses it now.
    await book.revokeLogin(found.login);
    throw new AppError('unauthorized', 'This refresh token was used before, and its login has ended: log in again.');
  }

  /** By the token of the login, or by its refresh token. @throws AppError `unauthorized`. */
  async logout({ credential, user }: Identity, refreshToken: unknown): Promise<void> {
    const { book } = this.#options;
    const shown = typeof refreshToken === 'string' ? book.byRefreshToken(digestOf(refreshToken)) : undefined;
    if (shown) await book.revokeLogin(shown.login);
    if (credential.kind === 'token') await book.revokeLogin({ user, id: credential.id });
    else if (!shown) throw ended();
  }

  /** Every other login of this user ends. @throws AppError `unauthorized`, `invalid_request`, `rate_limited`. */
  async changePassword(caller: Caller, { user, credential }: Identity, old: unknown, next: unknown): Promise<void> {
    const { book, passwords } = this.#options;
    if (typeof old !== 'string') throw new AppError('invalid_request', '`old` is a text.', { param: 'old' });
    const password = await passwords.hash(user, next);
    await this.#prove(caller, user, old);
    await book.changeAccount(user, { password });
    await this.endAll(user, credential.id);
  }

  async endAll(user: string, except?: string): Promise<void> {
    const { book } = this.#options;
    for (const login of book.loginsOf(user)) if (login.id !== except) await book.revokeLogin(login);
  }

  /** Counts the attempt before it is known whether it succeeds: many at once are no way around. */
  async #prove(caller: Caller, user: string, password: string): Promise<void> {
    const address = addressGroup(caller.address ?? '');
    const wait = this.#byAddress.take(address) ?? this.#byName.take(user);
    if (wait !== undefined) throw tooMany('attempts to log in', wait);
    const { book, passwords } = this.#options;
    if (!(await passwords.verify(book.account(user)?.password, password)))
      throw new AppError('unauthorized', 'The user or the password is wrong.');
    this.#byAddress.giveBack(address);
    this.#byName.giveBack(user);
  }

  async #begin(user: string, { agent }: Caller): Promise<LoginJson> {
    const { book, settings } = this.#options;
    const token = newRefreshToken();
    const expires = Date.now() + settings().security.refreshToken;
    const digest = digestOf(token);
    const login = await book.createLogin({ user, digest, expires, agent: agent.slice(0, LONGEST_AGENT) });
    for (const old of book.loginsOf(user).slice(MOST_LOGINS)) await book.revokeLogin(old);
    return this.#answer(login, token);
  }

  async #answer({ user, id }: StoredLogin, refreshToken: string): Promise<LoginJson> {
    const { accessToken } = this.#options.settings().security;
    return {
      user,
      access_token: await this.#options.tokens.sign(user, id, accessToken),
      token_type: 'Bearer',
      expires_in: Math.max(1, Math.floor(accessToken / 1_000)),
      refresh_token: refreshToken,
    };
  }
}

/** Says nothing about itself; known by its prefix where it has got loose. */
function newRefreshToken(): string {
  return `rt-orc-${randomBytes(32).toString('base64url')}`;
}

function ended(): AppError {
  return new AppError('unauthorized', 'This login has ended, or never was: log in again.');
}

function tooMany(what: string, retryAfterSeconds: number): AppError {
  return new AppError('rate_limited', `Too many ${what}; try again in ${retryAfterSeconds} s.`, { retryAfterSeconds });
}
