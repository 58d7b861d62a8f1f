import { runningTimeout } from '../../shared/clock.ts';
import { messageOf } from '../../shared/errors.ts';
import type { Fleet } from '../../supervisor/fleet.ts';
import type { Lease } from '../../supervisor/lease.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Reranker } from '../contract.ts';
import type { HelperExpert } from '../setup.ts';
import { readRanks } from './rerank-answer.ts';

export interface ExpertRerankerOptions {
  readonly fleet: Pick<Fleet, 'acquire'>;
  readonly helper: HelperExpert;
  /** Milliseconds for one ranking, loading the expert included. */
  readonly timeoutMs: number;
  readonly logger: Logger;
}

/** Question and passage together have to fit what a reranker reads at once, 512 tokens for many. */
const MOST_QUESTION = 400;
const MOST_PASSAGE = 1_400;
const LEAST_PASSAGE = 200;
const TOO_LONG = /too (?:large|long)|exceed|context (?:size|length|window)|maximum|batch size/i;

/**
 * Which passage answers is plain to anybody. Some conversions of models answer with scores that mean nothing (llama.cpp #16407), and
 * nothing but the order shows it.
 */
const KNOWN: readonly { readonly question: string; readonly right: string; readonly wrong: string }[] = [
  {
    question: 'What is the capital of France?',
    wrong: 'Bananas are rich in potassium and grow in the tropics.',
    right: 'Paris is the capital and largest city of France.',
  },
  {
    question: 'How do I reset my password?',
    right: 'To reset your password, open the settings and choose "Forgot password".',
    wrong: 'The museum is closed on Mondays and on public holidays.',
  },
  {
    question: '¿A qué temperatura hierve el agua?',
    wrong: 'La bicicleta tiene dos ruedas y un manillar.',
    right: 'El agua hierve a una temperatura de 100 grados a nivel del mar.',
  },
];

/** Has an expert order passages: tried out first, never waited for longer than allowed, and never at the cost of another expert. */
export class ExpertReranker implements Reranker {
  readonly #options: ExpertRerankerOptions;
  #trust: 'untried' | 'tried' | 'wrong' = 'untried';
  #mostPassage = MOST_PASSAGE;

  constructor(options: ExpertRerankerOptions) {
    this.#options = options;
  }

  async rank(query: string, texts: readonly string[], signal: AbortSignal): Promise<readonly number[] | undefined> {
    if (this.#trust === 'wrong' || texts.length === 0) return undefined;
    const { fleet, helper, timeoutMs, logger } = this.#options;
    const limit = AbortSignal.any([signal, runningTimeout(timeoutMs)]);
    let lease: Lease | undefined;
    let ok = false;
    try {
      lease = await fleet.acquire(helper.expert.id, limit, true);
      if (this.#trust === 'untried') await this.#tryOut(lease, limit);
      const ranks = this.#trust === 'tried' ? await this.#ask(lease, query, texts, limit) : undefined;
      ok = true;
      return ranks;
    } catch (error) {
      logger.debug('passages were not ordered once more', { expert: helper.expert.id, reason: messageOf(error) });
      return undefined;
    } finally {
      lease?.release(ok);
    }
  }

  async #tryOut(lease: Lease, signal: AbortSignal): Promise<void> {
    for (const { question, right, wrong } of KNOWN) {
      const [first = 0, second = 0] = await this.#ask(lease, question, [right, wrong], signal);
      if (first > second) continue;
      this.#trust = 'wrong';
      this.#options.logger.warn(
        `${this.#options.helper.expert.id} does not order passages as it should, so it is not asked (knowledge.rerank). ` +
          'Some conversions of reranking models are known for that: try another file of the model, or another model.',
        { question, right: first, wrong: second },
      );
      return;
    }
    this.#trust = 'tried';
  }

  async #ask(lease: Lease, query: string, texts: readonly string[], signal: AbortSignal): Promise<readonly number[]> {
    const { path, set } = this.#options.helper;
    for (;;) {
      const documents = texts.map((text) => text.slice(0, this.#mostPassage));
      const body = { ...set, query: query.slice(0, MOST_QUESTION), documents, top_n: documents.length };
      const answer = await lease.upstream.dispatcher.request({
        origin: lease.upstream.origin,
        path,
        method: 'POST',
        headers: { ...lease.upstream.headers, 'content-type': 'application/json' },
        body: JSON.stringify(body),
        signal,
      });
      const text = await answer.body.text();
      const ranks = answer.statusCode === 200 ? readRanks(text, texts.length) : undefined;
      if (ranks) return ranks;
      if (!TOO_LONG.test(text) || this.#mostPassage <= LEAST_PASSAGE)
        throw new Error(`answered ${answer.statusCode}: ${text.slice(0, 200)}`);
      // The engine reads less at once than most: from now on it gets less.
      this.#mostPassage = Math.max(LEAST_PASSAGE, Math.floor(this.#mostPassage / 2));
    }
  }
}
