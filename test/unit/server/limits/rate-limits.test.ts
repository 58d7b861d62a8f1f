import { describe, expect, it } from 'vitest';

import type { Identity } from '../../../../src/server/identity/contract.ts';
import { spelled } from '../../../../src/server/limits/limit-headers.ts';
import { type Admission, type Asker, RateLimits } from '../../../../src/server/limits/rate-limits.ts';
import { AppError } from '../../../../src/shared/errors.ts';

const identity = (user: string, key: string, scopes: Identity['scopes'] = {}): Identity => ({
  user,
  admin: false,
  credential: { kind: 'key', id: key },
  scopes,
});

const from = (who: Identity, rateLimit: Asker['rateLimit'], address = '10.0.0.1'): Asker => ({
  identity: who,
  address,
  rateLimit,
});

function house() {
  let now = 1_000;
  const reasons: string[] = [];
  const limits = new RateLimits({ now: () => now, onRefusal: (reason) => reasons.push(reason) });
  let headers: Record<string, string> = {};
  const tell = (list: readonly string[]) => {
    headers = {};
    for (let at = 0; at < list.length; at += 2) headers[list[at] ?? ''] = list[at + 1] ?? '';
  };
  return {
    reasons,
    headers: () => headers,
    pass: (ms: number) => void (now += ms),
    settle: (admission: Admission, used: number) => limits.settle(admission, used),
    admit: (asker: Asker, tokens = 0) => limits.admit(asker, { tokens }, tell),
    admitAlso: (admission: ReturnType<RateLimits['admit']>, asker: Asker) => limits.admitAlso(admission, asker, tell),
    /** The error that refuses it; undefined: it is let in, and stays. */
    refusal: (asker: Asker, tokens = 0): AppError | undefined => {
      try {
        limits.admit(asker, { tokens }, tell);
        return undefined;
      } catch (error) {
        if (error instanceof AppError) return error;
        throw error;
      }
    },
  };
}

describe('limits', () => {
  it('without any set nothing is counted', () => {
    const { admit, headers } = house();
    expect(admit(from(identity('ana', 'k1'), undefined))).toBeUndefined();
    expect(headers()).toEqual({});
  });

  it('requests a minute: a burst, then 429 with the seconds to wait, and on when they have passed', () => {
    const { refusal, pass, headers, reasons } = house();
    const ana = from(identity('ana', 'k1'), { requestsPerMinute: 3 });
    expect(refusal(ana)).toBeUndefined();
    expect(headers()).toEqual({
      'x-ratelimit-limit-requests': '3',
      'x-ratelimit-remaining-requests': '2',
      'x-ratelimit-reset-requests': '20s',
    });
    refusal(ana);
    refusal(ana);
    const error = refusal(ana);
    expect(error).toMatchObject({ code: 'rate_limited', status: 429, retryAfterSeconds: 20 });
    expect(error?.message).toBe(
      'This key may have 3 requests a minute (security.rateLimit of the profile, or rateLimit of the key). Try again in 20 s.',
    );
    expect(headers()['x-ratelimit-remaining-requests']).toBe('0');
    expect(headers()['x-ratelimit-reset-requests']).toBe('1m0s');
    expect(reasons).toEqual(['requests']);
    pass(19_000);
    expect(refusal(ana)?.retryAfterSeconds).toBe(1);
    pass(1_000);
    expect(refusal(ana)).toBeUndefined();
  });

  it('counts each key, and each user over all keys', () => {
    const { refusal } = house();
    const rateLimit = { requestsPerMinute: 2 };
    expect(refusal(from(identity('ana', 'k1'), rateLimit))).toBeUndefined();
    expect(refusal(from(identity('ana', 'k2'), rateLimit))).toBeUndefined();
    expect(refusal(from(identity('ana', 'k3'), rateLimit))?.message).toContain('This user may have');
    expect(refusal(from(identity('ben', 'k4'), rateLimit))).toBeUndefined();
  });

  it('a key with limits of its own has these, more or fewer, and takes nothing from its user', () => {
    const { refusal } = house();
    const rateLimit = { requestsPerMinute: 1 };
    const batch = from(identity('ana', 'batch', { rateLimit: { requestsPerMinute: 3 } }), rateLimit);
    for (let index = 0; index < 3; index += 1) expect(refusal(batch)).toBeUndefined();
    expect(refusal(batch)?.message).toContain('3 requests a minute');
    expect(refusal(from(identity('ana', 'k1'), rateLimit))).toBeUndefined();
  });

  it('whom a key speaks for is a user with the limit of everybody, one apart from the other', () => {
    const { refusal } = house();
    const rateLimit = { requestsPerMinute: 1 };
    const as = (user: string) => from(identity(user, 'web', { rateLimit: { requestsPerMinute: 100 } }), rateLimit);
    expect(refusal(as('web/u1'))).toBeUndefined();
    expect(refusal(as('web/u1'))?.message).toContain('This user may have 1 requests a minute');
    expect(refusal(as('web/u2'))).toBeUndefined();
  });

  it('a user that only the body names is counted as well', () => {
    const { admit, admitAlso, settle } = house();
    const rateLimit = { requestsPerMinute: 1, concurrent: 5 };
    const scopes = { rateLimit: { requestsPerMinute: 100 } };
    const first = admit(from(identity('web', 'web', scopes), rateLimit), 10);
    admitAlso(first, from(identity('web/u1', 'web', scopes), rateLimit));
    const second = admit(from(identity('web', 'web', scopes), rateLimit), 10);
    expect(() => admitAlso(second, from(identity('web/u1', 'web', scopes), rateLimit))).toThrow(AppError);
    for (const one of [first, second]) if (one) settle(one, 0);
    expect(first?.counted.map(({ subject }) => subject.active)).toEqual([0, 0]);
  });

  it('an address has its requests, whoever asks from it', () => {
    const { refusal, reasons } = house();
    const rateLimit = { perAddress: 2 };
    expect(refusal(from(identity('ana', 'k1'), rateLimit))).toBeUndefined();
    expect(refusal(from(identity('ben', 'k2'), rateLimit))).toBeUndefined();
    expect(refusal(from(identity('eva', 'k3'), rateLimit))?.message).toContain('One address may have 2');
    expect(refusal(from(identity('eva', 'k3'), rateLimit, '10.0.0.2'))).toBeUndefined();
    expect(reasons).toEqual(['address']);
  });

  it('who is refused by one limit has used nothing of another', () => {
    const { refusal, pass } = house();
    const rateLimit = { requestsPerMinute: 60, perAddress: 1 };
    const ana = from(identity('ana', 'k1'), rateLimit);
    refusal(ana);
    for (let index = 0; index < 100; index += 1) refusal(ana);
    pass(60_000);
    for (let index = 0; index < 60; index += 1)
      expect(refusal(from(identity('ana', 'k1'), rateLimit, `10.0.1.${index}`))).toBeUndefined();
  });

  it('tokens: the prompt is taken beforehand, the answer afterwards, and debt is paid off by waiting', () => {
    const { admit, settle, refusal, headers, pass } = house();
    const ana = from(identity('ana', 'k1'), { tokensPerMinute: 600 });
    const admission = admit(ana, 100);
    expect(headers()).toEqual({
      'x-ratelimit-limit-tokens': '600',
      'x-ratelimit-remaining-tokens': '500',
      'x-ratelimit-reset-tokens': '10s',
    });
    if (admission) settle(admission, 1_200);
    expect(refusal(ana, 10)).toMatchObject({ code: 'rate_limited', retryAfterSeconds: 61 });
    pass(61_000);
    expect(refusal(ana, 10)).toBeUndefined();
  });

  it('what was not used of the estimate comes back', () => {
    const { admit, settle, headers } = house();
    const ana = from(identity('ana', 'k1'), { tokensPerMinute: 600 });
    const admission = admit(ana, 500);
    if (admission) settle(admission, 0);
    admit(ana, 0);
    expect(headers()['x-ratelimit-remaining-tokens']).toBe('600');
  });

  it('a prompt that is estimated larger than a minute holds gets in when the bucket is full', () => {
    const { refusal, pass } = house();
    const ana = from(identity('ana', 'k1'), { tokensPerMinute: 100 });
    expect(refusal(ana, 4_096)).toBeUndefined();
    expect(refusal(ana, 1)).toBeDefined();
    pass(10 * 60_000 * 4.096);
    expect(refusal(ana, 4_096)).toBeUndefined();
  });

  it('requests at the same time: the next one gets in when one has ended', () => {
    const { admit, settle, refusal, reasons } = house();
    const ana = from(identity('ana', 'k1'), { concurrent: 2 });
    const first = admit(ana);
    admit(ana);
    expect(refusal(ana)).toMatchObject({ code: 'rate_limited', retryAfterSeconds: 1 });
    expect(reasons).toEqual(['concurrent']);
    if (first) settle(first, 0);
    expect(refusal(ana)).toBeUndefined();
  });

  it('tells of several limits the one that is nearest', () => {
    const { admit, headers } = house();
    admit(from(identity('ana', 'k1'), { requestsPerMinute: 60, perAddress: 2 }));
    expect(headers()).toMatchObject({ 'x-ratelimit-limit-requests': '2', 'x-ratelimit-remaining-requests': '1' });
  });

  it('nobody who asks without a key has a key that could be limited', () => {
    const { refusal } = house();
    const local: Identity = { user: 'local', admin: true, credential: { kind: 'local', id: 'local' }, scopes: {} };
    const rateLimit = { requestsPerMinute: 1 };
    expect(refusal(from(local, rateLimit))).toBeUndefined();
    expect(refusal(from({ ...local, user: 'other' }, rateLimit))).toBeUndefined();
    expect(refusal(from(local, rateLimit))?.message).toContain('This user');
  });
});

describe('the time until all is there again', () => {
  it.each([
    [0, '0ms'],
    [19.2, '20ms'],
    [1_000, '1s'],
    [1_500, '1.5s'],
    [60_000, '1m0s'],
    [359_999.5, '6m0s'],
    [3_723_000, '1h2m3s'],
  ])('%f ms is %s', (ms, text) => {
    expect(spelled(ms)).toBe(text);
  });
});
