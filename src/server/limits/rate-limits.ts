import { AppError } from '../../shared/errors.ts';
import type { Identity } from '../identity/contract.ts';
import { charged, waitMs } from './bucket.ts';
import { type Counted, limitHeaders } from './limit-headers.ts';
import { type Limit, limitsOf, type RateLimit } from './limits-of.ts';
import { Subjects } from './subjects.ts';

export type LimitReason = 'requests' | 'tokens' | 'concurrent' | 'address' | 'budget';

/** What a request was let in with, to be given back or paid for at its end. */
export interface Admission {
  readonly counted: Counted[];
  /** Tokens that were taken beforehand. */
  readonly estimate: number;
  /** Counts among those under way. */
  readonly isHeld: boolean;
}

/** Whose limits are asked about, from where. */
export interface Asker {
  readonly identity: Identity;
  readonly address: string;
  readonly rateLimit: RateLimit | undefined;
}

/** What of a request is counted; `tokens`: an estimate of its prompt. Undefined: a request that no engine computes. */
export interface Load {
  readonly tokens: number;
}

/** Requests and tokens a minute, and requests at the same time, of every key, user and address. */
export class RateLimits {
  readonly #now: () => number;
  readonly #onRefusal: (reason: LimitReason) => void;
  readonly #subjects: Subjects;

  /** `now`: monotonic milliseconds. */
  constructor(options: {
    readonly now: () => number;
    readonly onRefusal: (reason: LimitReason) => void;
    readonly subjects?: Subjects;
  }) {
    this.#now = options.now;
    this.#onRefusal = options.onRefusal;
    this.#subjects = options.subjects ?? new Subjects();
  }

  /**
   * Takes a request from every bucket, or from none. Undefined: no limit is set for it.
   * @throws AppError `rate_limited`.
   */
  admit(asker: Asker, load: Load | undefined, tell: (headers: readonly string[]) => void): Admission | undefined {
    const limits = limitsOf(asker.identity, asker.address, asker.rateLimit);
    if (limits.length === 0) return undefined;
    return this.#take(limits, load, tell);
  }

  /** The body has said for whom its key speaks: that user's limits are kept from here on. @throws AppError `rate_limited`. */
  admitAlso(admission: Admission | undefined, asker: Asker, tell: (headers: readonly string[]) => void): void {
    const limits = limitsOf(asker.identity, asker.address, asker.rateLimit).filter(({ whose }) => whose === 'user');
    if (limits.length === 0 || !admission) return;
    admission.counted.push(...this.#take(limits, { tokens: admission.estimate }, tell).counted);
  }

  /** The end of a request: what it took beforehand becomes what it has used. */
  settle({ counted, estimate, isHeld }: Admission, usedTokens: number): void {
    const now = this.#now();
    for (const { limit, subject } of counted) {
      if (isHeld) subject.active -= 1;
      const { tokensPerMinute } = limit;
      if (tokensPerMinute !== undefined)
        subject.tokensFullAtMs = charged(subject.tokensFullAtMs, tokensPerMinute, usedTokens - estimate, now);
    }
  }

  #take(limits: readonly Limit[], load: Load | undefined, tell: (headers: readonly string[]) => void): Admission {
    const now = this.#now();
    const counted = limits.map((limit): Counted => ({ limit, subject: this.#subjects.of(limit.subject, now) }));
    for (const one of counted) {
      const refusal = refusalOf(one, load, now);
      if (!refusal) continue;
      tell(limitHeaders(counted, now));
      this.#onRefusal(one.limit.whose === 'address' ? 'address' : refusal.reason);
      throw refusal.error;
    }
    const estimate = load?.tokens ?? 0;
    for (const { limit, subject } of counted) {
      if (load) subject.active += 1;
      const { requestsPerMinute, tokensPerMinute } = limit;
      if (requestsPerMinute !== undefined)
        subject.requestsFullAtMs = charged(subject.requestsFullAtMs, requestsPerMinute, 1, now);
      if (tokensPerMinute !== undefined && load)
        subject.tokensFullAtMs = charged(subject.tokensFullAtMs, tokensPerMinute, estimate, now);
    }
    tell(limitHeaders(counted, now));
    return { counted, estimate, isHeld: load !== undefined };
  }
}

const WHOSE = {
  key: 'This key may have',
  user: 'This user may have',
  address: 'One address may have',
} as const;
const SET_BY = {
  key: 'security.rateLimit of the profile, or rateLimit of the key',
  user: 'security.rateLimit of the profile',
  address: 'security.rateLimit.perAddress of the profile',
} as const;

function refusalOf(
  { limit, subject }: Counted,
  load: Load | undefined,
  now: number,
): { readonly reason: LimitReason; readonly error: AppError } | undefined {
  const { whose, requestsPerMinute, tokensPerMinute, concurrent } = limit;
  const refused = (reason: LimitReason, what: string, wait: number) => {
    const retryAfterSeconds = Math.max(1, Math.ceil(wait / 1_000));
    const message = `${WHOSE[whose]} ${what} (${SET_BY[whose]}). Try again in ${retryAfterSeconds} s.`;
    return { reason, error: new AppError('rate_limited', message, { retryAfterSeconds }) };
  };
  if (load && concurrent !== undefined && subject.active >= concurrent)
    return refused('concurrent', `${concurrent} requests under way at the same time`, 0);
  const requestWait = requestsPerMinute === undefined ? 0 : waitMs(subject.requestsFullAtMs, requestsPerMinute, 1, now);
  if (requestWait > 0) return refused('requests', `${requestsPerMinute} requests a minute`, requestWait);
  const tokenWait =
    tokensPerMinute === undefined || !load
      ? 0
      : waitMs(subject.tokensFullAtMs, tokensPerMinute, Math.max(1, load.tokens), now);
  if (tokenWait > 0) return refused('tokens', `${tokensPerMinute} tokens a minute`, tokenWait);
  return undefined;
}
