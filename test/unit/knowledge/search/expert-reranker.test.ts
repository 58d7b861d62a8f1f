import type { Dispatcher } from 'undici';
import { describe, expect, it, vi } from 'vitest';

import { ExpertReranker } from '../../../../src/knowledge/search/expert-reranker.ts';
import { readRanks } from '../../../../src/knowledge/search/rerank-answer.ts';
import type { HelperExpert } from '../../../../src/knowledge/setup.ts';
import { Lease } from '../../../../src/supervisor/lease.ts';
import { silentLogger } from '../../supervisor/house.ts';

interface Asked {
  readonly query: string;
  readonly documents: readonly string[];
}

/** A reranker in memory: a passage is as good as the words that it shares with the question. */
class Expert {
  readonly asked: Asked[] = [];
  readonly released: boolean[] = [];
  score = (query: string, text: string) => query.split(/\W+/).filter((word) => text.includes(word)).length;
  longest = Infinity;
  silent = false;
  background: boolean | undefined;

  acquire(_id: string, signal: AbortSignal, background?: boolean): Promise<Lease> {
    this.background = background;
    if (signal.aborted) return Promise.reject(signal.reason as Error);
    const owner = { leave: (_lease: Lease, ok: boolean) => void this.released.push(ok), silent: () => undefined };
    const request = (options: { body: string; signal: AbortSignal }) => this.#request(options);
    const dispatcher = { request } as unknown as Dispatcher;
    return Promise.resolve(new Lease(owner, { dispatcher, origin: 'http://x', headers: {} }));
  }

  #request({ body, signal }: { body: string; signal: AbortSignal }): Promise<unknown> {
    const asked = JSON.parse(body) as Asked;
    this.asked.push(asked);
    const answer = (statusCode: number, value: unknown) =>
      Promise.resolve({ statusCode, body: { text: () => Promise.resolve(JSON.stringify(value)) } });
    if (this.silent)
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    if (asked.documents.some((text) => text.length > this.longest))
      return answer(500, { error: { message: 'input is too large to process. increase the physical batch size' } });
    const results = asked.documents.map((text, index) => ({ index, relevance_score: this.score(asked.query, text) }));
    return answer(200, { results: results.toReversed() });
  }
}

function rerankerOf(expert: Expert, timeoutMs = 5_000) {
  const warn = vi.fn<(message: string) => void>();
  const helper = { expert: { id: 'judge' }, path: '/v1/rerank', set: { model: 'm' } } as unknown as HelperExpert;
  return {
    warn,
    reranker: new ExpertReranker({ fleet: expert, helper, timeoutMs, logger: { ...silentLogger, warn } }),
  };
}

const never = new AbortController().signal;

describe('an expert that orders passages', () => {
  it('is tried out once, and then asked', async () => {
    const expert = new Expert();
    const { reranker } = rerankerOf(expert);
    expect(await reranker.rank('red kite', ['a cat', 'a red kite', 'a kite'], never)).toEqual([0, 2, 1]);
    expect(await reranker.rank('cat', ['a cat'], never)).toEqual([1]);
    expect(expert.asked).toHaveLength(3 + 2);
    expect(expert.asked.at(-1)).toMatchObject({ model: 'm', top_n: 1 });
    expect(expert.background).toBe(true);
    expect(expert.released).toEqual([true, true]);
  });

  it('is not asked again where it orders what is known the wrong way round', async () => {
    const expert = new Expert();
    expert.score = () => 0.5;
    const { reranker, warn } = rerankerOf(expert);
    expect(await reranker.rank('cat', ['a cat'], never)).toBeUndefined();
    expect(await reranker.rank('cat', ['a cat'], never)).toBeUndefined();
    expect(expert.asked).toHaveLength(1);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]?.[0]).toContain('judge does not order passages as it should');
  });

  it('gets less of each passage from when it said that it was too much', async () => {
    const expert = new Expert();
    expert.longest = 500;
    const { reranker } = rerankerOf(expert);
    const text = 'cat '.repeat(500);
    expect(await reranker.rank('cat', [text], never)).toEqual([1]);
    expect(await reranker.rank('cat', [text], never)).toEqual([1]);
    const lengths = expert.asked.slice(3).map(({ documents: [only = ''] }) => only.length);
    expect(lengths).toEqual([1_400, 700, 350, 350]);
  });

  it('that says everything is too much is given up', async () => {
    const expert = new Expert();
    expert.longest = 100;
    const { reranker } = rerankerOf(expert);
    expect(await reranker.rank('cat', ['cat '.repeat(500)], never)).toBeUndefined();
    expect(expert.released).toEqual([false]);
    // Not for good: that was no wrong order.
    expert.longest = Infinity;
    expect(await reranker.rank('cat', ['a cat'], never)).toEqual([1]);
  });

  it('is waited for no longer than allowed, and tried out another time', async () => {
    const expert = new Expert();
    expert.silent = true;
    const { reranker } = rerankerOf(expert, 20);
    expect(await reranker.rank('cat', ['a cat'], never)).toBeUndefined();
    expect(expert.released).toEqual([false]);
    expert.silent = false;
    const { reranker: patient } = rerankerOf(expert);
    expect(await patient.rank('cat', ['a cat'], never)).toEqual([1]);
  });

  it('leaves with who asked', async () => {
    const { reranker } = rerankerOf(new Expert());
    expect(await reranker.rank('cat', ['a cat'], AbortSignal.abort())).toBeUndefined();
  });
});

describe('the answer of a reranker', () => {
  it('is read whole or not at all', () => {
    const answer = (results: unknown) => readRanks(JSON.stringify({ results }), 2);
    expect(
      answer([
        { index: 1, relevance_score: -3 },
        { index: 0, relevance_score: 2 },
      ]),
    ).toEqual([2, -3]);
    expect(answer([{ index: 0, relevance_score: 2 }])).toBeUndefined();
    expect(
      answer([
        { index: 0, relevance_score: null },
        { index: 1, relevance_score: 1 },
      ]),
    ).toBeUndefined();
    expect(answer('no')).toBeUndefined();
    expect(readRanks('null', 1)).toBeUndefined();
    expect(readRanks('<html>', 1)).toBeUndefined();
  });
});
