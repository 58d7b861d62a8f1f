import { randomBytes } from 'node:crypto';

import { KeyScopes } from '../../profiles/security-section.ts';
import type { StoredKey } from '../../store/people-contract.ts';
import { AppError } from '../../shared/errors.ts';
import type { AccountBook } from './account-book.ts';
import { digestOf } from './authenticator.ts';
import type { Identity } from './contract.ts';
import { endOfDay, flag } from './fields.ts';
import type { LoginSettings } from './logins.ts';
import { keyJson, type MadeKeyJson, type NewKeyJson } from './views.ts';

export interface ManagedKeysOptions {
  readonly book: AccountBook;
  readonly settings: () => LoginSettings;
}

const PREFIX = 'sk-orc-';
/** So much of it is shown later on: enough to tell keys apart, and nothing to guess the rest by. */
const SHOWN = PREFIX.length + 4;
const MOST_KEYS = 100;
const LONGEST_NAME = 100;
const DATE = /^\d{4}-\d{2}-\d{2}$/;

/** Keys that are made at run time: 256 bits, shown once, kept as a digest. */
export class ManagedKeys {
  readonly #options: ManagedKeysOptions;

  constructor(options: ManagedKeysOptions) {
    this.#options = options;
  }

  /**
   * Makes a key of this user. What a key may do more than its user would without one is an administrator's to give; a key that is
   * restricted makes none, and one that expires makes none that outlives it.
   * @throws AppError `forbidden`, `user_not_found`, `invalid_request`, `conflict`.
   */
  async create(
    by: Identity,
    user: string,
    wanted: { readonly [Key in keyof NewKeyJson]?: unknown },
  ): Promise<MadeKeyJson> {
    const { book, settings } = this.#options;
    refuseRestricted(by);
    const account = book.account(user);
    if (!account)
      throw new AppError('user_not_found', `"${user.slice(0, 64)}" has no account: orchestrator user add makes one.`);
    const scopes = scopesOf(wanted.scopes ?? {}, settings().experts);
    const admin = flag(wanted.admin, 'admin') ?? false;
    if (!by.admin && (scopes.actAs !== undefined || scopes.rateLimit || scopes.budget))
      throw new AppError('forbidden', 'actAs, rateLimit and budget of a key are an administrator’s to give.');
    if (admin && !(by.admin && account.admin))
      throw new AppError(
        'forbidden',
        `A key of ${user} cannot be an administrator's: ${user} is none, or you are not.`,
      );
    if (book.keysOf(user).filter(({ revoked }) => revoked === null).length >= MOST_KEYS)
      throw new AppError('conflict', `${user} has ${MOST_KEYS} keys; revoke one first.`);
    const expires = expiryOf(wanted.expires);
    const end = this.#endOf(by);
    if (end !== null && (expires ?? Infinity) > end)
      throw new AppError(
        'forbidden',
        `Your own key ends ${new Date(end).toISOString()}: set \`expires\` to no later, or log in for more.`,
        { param: 'expires' },
      );
    const key = `${PREFIX}${randomBytes(32).toString('base64url')}`;
    const stored = await book.createKey({
      user,
      name: labelOf(wanted.name),
      prefix: key.slice(0, SHOWN),
      digest: digestOf(key),
      scopes,
      admin,
      expires,
    });
    return { ...keyJson(stored), key };
  }

  /** When what somebody is let in by counts no more; null: it does not end by itself, or is renewed by its user (a login). */
  #endOf({ user, credential: { kind, id } }: Identity): number | null {
    const { book, settings } = this.#options;
    if (kind === 'key') return book.keysOf(user).find((key) => key.id === id)?.expires ?? null;
    const known = kind === 'profile-key' ? settings().security.keys.find(({ env }) => env === id) : undefined;
    return known?.expires === undefined ? null : endOfDay(known.expires);
  }

  /** Of its own user, or by an administrator. @throws AppError `user_not_found`. */
  async revoke(by: Identity, id: string): Promise<StoredKey> {
    const { book } = this.#options;
    const owner = by.admin ? (book.key(id)?.user ?? by.user) : by.user;
    const revoked = await book.revokeKey(owner, id);
    if (revoked) return revoked;
    throw new AppError('user_not_found', `There is no key "${id.slice(0, 64)}" of yours.`, { param: 'id' });
  }
}

/**
 * What would undo a restriction is not done with what is restricted.
 * @throws AppError `forbidden`.
 */
export function refuseRestricted({ scopes, admin }: Identity): void {
  const { experts, routes, rateLimit, budget } = scopes;
  if (!experts && !routes && (admin || (!rateLimit && !budget))) return;
  throw new AppError('forbidden', 'A key with restrictions changes neither keys nor passwords: log in for that.');
}

function scopesOf(value: unknown, experts: readonly string[]): KeyScopes {
  const parsed = KeyScopes.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const param = ['scopes', ...(issue?.path ?? [])].join('.');
    throw new AppError('invalid_request', `\`${param}\`: ${issue?.message ?? 'it is not understood'}.`, { param });
  }
  const unknown = parsed.data.experts?.find((id) => !experts.includes(id));
  if (unknown === undefined) return parsed.data;
  throw new AppError(
    'invalid_request',
    `There is no expert "${unknown.slice(0, 100)}". Known: ${experts.join(', ')}.`,
    { param: 'scopes.experts' },
  );
}

function labelOf(value: unknown): string {
  if (value === undefined) return '';
  // eslint-disable-next-line no-control-regex -- what a terminal would obey is no name
  if (typeof value === 'string' && value.length <= LONGEST_NAME && !/[\u0000-\u001f\u007f-\u009f]/.test(value))
    return value;
  throw new AppError('invalid_request', `\`name\` is a text of at most ${LONGEST_NAME} characters, in one line.`, {
    param: 'name',
  });
}

function expiryOf(value: unknown): number | null {
  if (value === undefined || value === null) return null;
  const text = typeof value === 'string' ? value : '';
  const at = DATE.test(text) ? endOfDay(text) : Date.parse(text);
  if (at > Date.now()) return at;
  throw new AppError('invalid_request', '`expires` is a date to come, like 2027-01-31 (its last day, UTC).', {
    param: 'expires',
  });
}
