import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

import type { KeyScopes } from '../../profiles/security-section.ts';
import { AppError } from '../../shared/errors.ts';
import { actingFor } from './act-as.ts';
import type { Identity } from './contract.ts';
import { isUserOrSpokenFor } from './user-name.ts';

/** A key that the profile names. */
export interface KnownKey {
  readonly key: string;
  /** Its environment variable. */
  readonly id: string;
  readonly user: string;
  readonly admin: boolean;
  readonly scopes: KeyScopes;
  /** Milliseconds since 1970: from then on it does not count. */
  readonly expires?: number | undefined;
}

/** Who else is known than the keys of the profile. */
export interface People {
  /** Later, where somebody has to be waited for. @throws AppError `unauthorized`, `identity_unavailable`. */
  identify(presented: string, digest: string): Identity | Promise<Identity>;
  /** Whether what was let in once would be let in still. */
  counts(identity: Identity): boolean;
}

interface ProfileKey {
  readonly identity: Identity;
  readonly expires: number;
}

/** Who asks without a key, or with the key of this run. */
export const LOCAL_USER = 'local';
const NO_SCOPES: KeyScopes = {};
/** Until it is known who asks, and where nobody does. */
export const NOBODY: Identity = { user: '', admin: false, credential: { kind: 'local', id: '' }, scopes: NO_SCOPES };

/**
 * Keys are looked up by digest: neither the table nor the time of a look-up says anything about a key. Cookies and query parameters are
 * never looked at.
 */
export class Authenticator {
  readonly #required: boolean;
  readonly #keys = new Map<string, ProfileKey>();
  readonly #people: People | undefined;
  readonly #anonymous = localIdentity('local');
  readonly #ofRun = localIdentity('run');
  readonly #runDigest: string;

  constructor(options: {
    required: boolean;
    keys: readonly KnownKey[];
    runToken: string;
    people?: People | undefined;
  }) {
    this.#required = options.required;
    this.#people = options.people;
    this.#runDigest = digestOf(options.runToken);
    for (const { key, id, user, admin, scopes, expires } of options.keys) {
      const identity: Identity = { user, admin, credential: { kind: 'profile-key', id }, scopes };
      this.#keys.set(digestOf(key), { identity, expires: expires ?? Infinity });
    }
  }

  /**
   * The identity of a request; later, where it has to be waited for. Without authentication (`auth: none`, which binds loopback alone)
   * every client key is ignored and `x-orchestrator-user` may name the user; with it, the user is the key's, and what front ends say of
   * theirs counts with the scope `actAs` alone. The token of the run, which only who started the orchestrator can read, may name any
   * user: that is the person at the machine with the command line.
   * @throws AppError `unauthorized`, `identity_unavailable`, or `invalid_request` for a name that is none.
   */
  identify(headers: IncomingHttpHeaders, fromLoopback: boolean): Identity | Promise<Identity> {
    if (!this.#required) return fromLoopback ? namedBy(headers, this.#anonymous) : this.#anonymous;
    const presented = presentedKey(headers);
    if (presented === undefined)
      throw new AppError(
        'unauthorized',
        'A key is needed: send it as "Authorization: Bearer KEY" or "x-api-key: KEY".',
      );
    const digest = digestOf(presented);
    if (digest === this.#runDigest) return namedBy(headers, this.#ofRun);
    const known = this.#keys.get(digest);
    if (known) {
      if (Date.now() < known.expires) return actingFor(known.identity, headers);
      throw new AppError('unauthorized', 'This key has expired (security.keys).');
    }
    if (!this.#people) throw new AppError('unauthorized', 'This key is not known here.');
    const found = this.#people.identify(presented, digest);
    return found instanceof Promise
      ? found.then((identity) => actingFor(identity, headers))
      : actingFor(found, headers);
  }

  /** The same for a route that answers everyone, and tells more to those it knows. */
  tryIdentify(headers: IncomingHttpHeaders, fromLoopback: boolean): Identity | Promise<Identity> {
    try {
      const found = this.identify(headers, fromLoopback);
      return found instanceof Promise ? found.catch(() => NOBODY) : found;
    } catch {
      return NOBODY;
    }
  }

  /** Whether an identity that was let in by an earlier look would be let in still: what it was shown may have been revoked. */
  counts(identity: Identity): boolean {
    const { kind, id } = identity.credential;
    if (!this.#required || kind === 'run') return true;
    if (kind === 'key' || kind === 'token') return this.#people?.counts(identity) ?? false;
    return kind === 'profile-key' && [...this.#keys.values()].some((known) => known.identity.credential.id === id);
  }
}

function localIdentity(kind: 'local' | 'run'): Identity {
  return { user: LOCAL_USER, admin: true, credential: { kind, id: kind }, scopes: NO_SCOPES };
}

/** Whom `x-orchestrator-user` names, where it is there. */
function namedBy(headers: IncomingHttpHeaders, identity: Identity): Identity {
  const named = headers['x-orchestrator-user'];
  if (typeof named !== 'string') return identity;
  if (isUserOrSpokenFor(named)) return { ...identity, user: named };
  throw new AppError(
    'invalid_request',
    'x-orchestrator-user takes letters, digits and . _ @ -, at most 64; USER/NAME for whom a key speaks.',
    { param: 'x-orchestrator-user' },
  );
}

/** The key that a request brings, in either header. */
export function presentedKey(headers: IncomingHttpHeaders): string | undefined {
  const bearer = /^bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
  if (bearer !== undefined) return bearer;
  const key = headers['x-api-key'];
  return typeof key === 'string' && key !== '' ? key : undefined;
}

/** SHA-256, hexadecimal: the form in which keys and tokens are kept. */
export function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
