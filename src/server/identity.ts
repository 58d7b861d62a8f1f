import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

import { AppError } from '../shared/errors.ts';

/** Who a request speaks for. */
export interface Identity {
  readonly user: string;
  readonly admin: boolean;
  /** What its key says of documents in answers, in place of the profile; undefined: nothing. */
  readonly knowledge?: boolean | undefined;
}

export interface KnownKey {
  readonly key: string;
  readonly user: string;
  readonly admin: boolean;
  readonly knowledge?: boolean | undefined;
}

/** Who asks without a key, or with the key of this run. */
export const LOCAL_USER = 'local';
const USER_NAME = /^[\w.@-]{1,64}$/;

/** Keys are looked up by digest: neither the table nor the time of a look-up says anything about a key. */
export class Authenticator {
  readonly #required: boolean;
  readonly #keys = new Map<string, Identity>();
  readonly #anonymous: Identity = { user: LOCAL_USER, admin: true };
  readonly #ofRun: Identity = { user: LOCAL_USER, admin: true };

  constructor(options: { required: boolean; keys: readonly KnownKey[]; runToken: string }) {
    this.#required = options.required;
    for (const { key, user, admin, knowledge } of options.keys) this.#keys.set(digest(key), { user, admin, knowledge });
    this.#keys.set(digest(options.runToken), this.#ofRun);
  }

  /** Whether a key is needed at all. */
  get required(): boolean {
    return this.#required;
  }

  /**
   * The identity of a request. Without authentication (`auth: none`, which binds loopback alone) every client key is ignored and
   * `x-orchestrator-user` may name the user; with it, the user is the key's, and nothing else counts. The token of the run alone,
   * which only who started the orchestrator can read, may name any user: that is the person at the machine with the command line.
   */
  identify(headers: IncomingHttpHeaders, fromLoopback: boolean): Identity {
    if (!this.#required) return (fromLoopback ? namedUser(headers) : undefined) ?? this.#anonymous;
    const presented = presentedKey(headers);
    const identity = presented === undefined ? undefined : this.#keys.get(digest(presented));
    if (identity) return (identity === this.#ofRun ? namedUser(headers) : undefined) ?? identity;
    throw new AppError(
      'unauthorized',
      presented === undefined
        ? 'A key is needed: send it as "Authorization: Bearer KEY" or "x-api-key: KEY".'
        : 'This key is not known here.',
    );
  }
}

/** Whom `x-orchestrator-user` names, where it is there. */
function namedUser(headers: IncomingHttpHeaders): Identity | undefined {
  const named = headers['x-orchestrator-user'];
  if (typeof named !== 'string') return undefined;
  if (USER_NAME.test(named)) return { user: named, admin: true };
  throw new AppError('invalid_request', 'x-orchestrator-user takes letters, digits and . _ @ -, at most 64.', {
    param: 'x-orchestrator-user',
  });
}

/** The key that a request brings, in either header. */
export function presentedKey(headers: IncomingHttpHeaders): string | undefined {
  const bearer = /^bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
  if (bearer !== undefined) return bearer;
  const key = headers['x-api-key'];
  return typeof key === 'string' && key !== '' ? key : undefined;
}

function digest(key: string): string {
  return createHash('sha256').update(key).digest('base64');
}
