import type { Security } from '../../profiles/security-section.ts';
import type { z } from 'zod';
import type { Identity } from '../identity/contract.ts';
import { addressGroup } from './address-group.ts';

export type RateLimit = NonNullable<z.output<typeof Security>['rateLimit']>;

/** One limit that a request has to keep. */
export interface Limit {
  readonly whose: 'key' | 'user' | 'address';
  /** Under which its subject is counted. */
  readonly subject: string;
  readonly requestsPerMinute?: number | undefined;
  readonly tokensPerMinute?: number | undefined;
  readonly concurrent?: number | undefined;
}

/**
 * The limits of a request: those of its key, those of its user, those of its address. A key with limits of its own has these in place of
 * `security.rateLimit`, for itself and for its own user; whom it speaks for is a user of `security.rateLimit` all the same.
 */
export function limitsOf(
  { user, credential, scopes }: Identity,
  address: string,
  rateLimit: RateLimit | undefined,
): Limit[] {
  const limits: Limit[] = [];
  const own = scopes.rateLimit;
  const hasKey = credential.kind !== 'local' && credential.kind !== 'run';
  const ofKey = own ?? rateLimit;
  if (hasKey && ofKey) limits.push({ ...ratesOf(ofKey), whose: 'key', subject: `key ${credential.id}` });
  if (rateLimit && (!own || user.includes('/')))
    limits.push({ ...ratesOf(rateLimit), whose: 'user', subject: `user ${user}` });
  if (rateLimit?.perAddress !== undefined)
    limits.push({
      whose: 'address',
      subject: `address ${addressGroup(address)}`,
      requestsPerMinute: rateLimit.perAddress,
    });
  return limits;
}

function ratesOf({ requestsPerMinute, tokensPerMinute, concurrent }: Omit<RateLimit, 'perAddress'>) {
  return { requestsPerMinute, tokensPerMinute, concurrent };
}
