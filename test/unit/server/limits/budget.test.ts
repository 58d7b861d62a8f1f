import { describe, expect, it } from 'vitest';

import type { Identity } from '../../../../src/server/identity/contract.ts';
import { budgetRefusal } from '../../../../src/server/limits/budget.ts';
import { estimatedPrompt, usedTokens } from '../../../../src/server/limits/used-tokens.ts';
import { AppError } from '../../../../src/shared/errors.ts';
import type { ForwardResult } from '../../../../src/proxy/forward.ts';

const withBudget = (budget: Identity['scopes']['budget']): Identity => ({
  user: 'ana',
  admin: false,
  credential: { kind: 'key', id: 'k1' },
  scopes: { budget },
});

describe('the budget of a day', () => {
  it('of requests counts those under way', () => {
    const ana = withBudget({ requestsPerDay: 3 });
    expect(budgetRefusal(ana, { requests: 1, tokens: 1e9 }, 1, 1_000)).toBeUndefined();
    expect(budgetRefusal(ana, { requests: 1, tokens: 0 }, 2, 3_600_500)).toMatchObject({
      code: 'budget_exhausted',
      status: 429,
      retryAfterSeconds: 3_601,
    });
  });

  it('of tokens ends with the request that reaches it', () => {
    const ana = withBudget({ tokensPerDay: 100 });
    expect(budgetRefusal(ana, { requests: 1e6, tokens: 99 }, 5, 1_000)).toBeUndefined();
    expect(budgetRefusal(ana, { requests: 0, tokens: 100 }, 0, 0)?.message).toContain('100 tokens a day');
    expect(budgetRefusal(ana, { requests: 0, tokens: 100 }, 0, 0)?.retryAfterSeconds).toBe(1);
  });
});

describe('tokens that were used', () => {
  const result = (more: Partial<ForwardResult>): ForwardResult => ({
    status: 200,
    error: undefined,
    clientLeft: false,
    firstByteAt: 1,
    usage: { promptTokens: 0, generatedTokens: 0 },
    streamedEvents: 0,
    ...more,
  });

  it('are those that the engine counted', () => {
    const usage = { promptTokens: 7, generatedTokens: 3 };
    expect(usedTokens('/v1/chat/completions', result({ usage, streamedEvents: 9 }), 100)).toBe(usage);
  });

  it('of a stream that broke off are the estimate of its prompt and the events that came', () => {
    expect(usedTokens('/v1/chat/completions', result({ clientLeft: true, streamedEvents: 9 }), 100)).toEqual({
      promptTokens: 100,
      generatedTokens: 9,
    });
  });

  it('are none where an engine refuses, and where nothing is generated', () => {
    expect(usedTokens('/v1/chat/completions', result({ status: 400 }), 100).promptTokens).toBe(0);
    const error = new AppError('engine_unreachable', 'gone');
    expect(usedTokens('/v1/chat/completions', result({ status: 502, error }), 100).promptTokens).toBe(0);
    expect(usedTokens('/v1/messages/count_tokens', result({}), 100).promptTokens).toBe(0);
    expect(usedTokens('/v1/audio/transcriptions', result({}), 0).promptTokens).toBe(0);
  });

  it('of a prompt are estimated by its length, of a large body as far as text may be', () => {
    expect(estimatedPrompt('/v1/chat/completions', '400')).toBe(100);
    expect(estimatedPrompt('/v1/chat/completions', '5000000')).toBe(4_096);
    expect(estimatedPrompt('/v1/chat/completions', undefined)).toBe(0);
    expect(estimatedPrompt('/v1/chat/completions', 'x')).toBe(0);
    expect(estimatedPrompt('/v1/audio/transcriptions', '400')).toBe(0);
  });
});
