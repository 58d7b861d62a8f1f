import { AppError } from '../../shared/errors.ts';
import type { SigningKeys } from './signing-keys.ts';

/** What a token says of whom it is for. */
export interface TokenClaims {
  readonly user: string;
  readonly login: string;
  /** Milliseconds since 1970. */
  readonly expires: number;
}

const ALGORITHM = 'HS256';
const TYPE = 'at+jwt';
/** Of whom and for whom: no token of another program with the same key would do. */
const [ISSUER, AUDIENCE] = ['orchestrator', 'orchestrator-api'];
const LONGEST_TOKEN = 4_096;
/** Three parts, none of them empty. */
const FORM = /^[\w-]+\.[\w-]+\.[\w-]+$/;
const MOST_REMEMBERED = 10_000;
/** A clock that was set back by a moment has signed nothing in the future. */
const TOLERANCE_SECONDS = 5;

/** Tokens of logins, signed here. One that has been verified is remembered until it ends: from then on it costs a look-up. */
export class AccessTokens {
  readonly #keys: SigningKeys;
  readonly #verified = new Map<string, TokenClaims>();

  constructor(keys: SigningKeys) {
    this.#keys = keys;
  }

  static looksLike(presented: string): boolean {
    return presented.length <= LONGEST_TOKEN && FORM.test(presented);
  }

  async sign(user: string, login: string, lifetimeMs: number): Promise<string> {
    const { SignJWT } = await import('jose');
    const { kid, secret } = this.#keys.signing(lifetimeMs);
    const now = Math.floor(Date.now() / 1_000);
    return new SignJWT({ sid: login })
      .setProtectedHeader({ alg: ALGORITHM, kid, typ: TYPE })
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setSubject(user)
      .setIssuedAt(now)
      .setNotBefore(now)
      .setExpirationTime(now + Math.max(1, Math.floor(lifetimeMs / 1_000)))
      .sign(secret);
  }

  /** Those of one that was verified before; undefined: it has to be. */
  recall(digest: string): TokenClaims | undefined {
    const claims = this.#verified.get(digest);
    if (!claims || claims.expires > Date.now()) return claims;
    this.#verified.delete(digest);
    return undefined;
  }

  /** The algorithm is ours, whatever the token says; the key is one of ours by its id. @throws AppError `unauthorized`. */
  async verify(token: string, digest: string): Promise<TokenClaims> {
    const { jwtVerify, errors } = await import('jose');
    try {
      const { payload } = await jwtVerify(
        token,
        ({ kid }) => {
          const secret = typeof kid === 'string' ? this.#keys.find(kid) : undefined;
          if (!secret) throw new errors.JWSInvalid('no key of this id');
          return secret;
        },
        {
          algorithms: [ALGORITHM],
          typ: TYPE,
          issuer: ISSUER,
          audience: AUDIENCE,
          requiredClaims: ['exp', 'nbf', 'iat', 'sub', 'sid'],
          clockTolerance: TOLERANCE_SECONDS,
        },
      );
      const { sub, sid, exp } = payload;
      if (sub === undefined || typeof sid !== 'string' || exp === undefined) throw new errors.JWTInvalid('no login');
      // The tolerance is for its beginning alone.
      if (exp * 1_000 <= Date.now()) throw new errors.JWTExpired('it has ended', payload);
      return this.#remember(digest, { user: sub, login: sid, expires: exp * 1_000 });
    } catch (error) {
      const hasExpired = error instanceof errors.JWTExpired;
      throw new AppError(
        'unauthorized',
        hasExpired ? 'This token has expired: POST /auth/refresh gives a new one.' : 'This token does not count here.',
        { cause: error },
      );
    }
  }

  #remember(digest: string, claims: TokenClaims): TokenClaims {
    if (this.#verified.size >= MOST_REMEMBERED) {
      const [oldest] = this.#verified.keys();
      if (oldest !== undefined) this.#verified.delete(oldest);
    }
    this.#verified.set(digest, claims);
    return claims;
  }
}
