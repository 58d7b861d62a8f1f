import type { Upstream } from '../../supervisor/host.ts';
import type { Fleet } from '../../supervisor/fleet.ts';
import type { Lease } from '../../supervisor/lease.ts';
import { runningTimeout } from '../../shared/clock.ts';
import { AppError, messageOf } from '../../shared/errors.ts';
import { averageOf, unitOf } from '../../shared/unit-vector.ts';
import type { Embedder } from '../contract.ts';
import type { HelperExpert } from '../setup.ts';
import { type Dimensions, UNKNOWN_DIMENSION } from './dimensions.ts';
import { type ModelIdentity, keyOf } from './model-identity.ts';
import { Questions } from './questions.ts';

export interface ExpertEmbedderOptions {
  readonly fleet: Pick<Fleet, 'acquire' | 'plan' | 'processes'>;
  readonly helper: HelperExpert;
  readonly identity: ModelIdentity;
  readonly dimensions: Dimensions;
  /** Milliseconds that a question may wait, a load included. */
  readonly queryTimeoutMs?: number;
}

/** After that a search goes on by words alone. */
const QUERY_TIMEOUT_MS = 4_000;
/** For one batch of passages, once the expert is there. */
const BATCH_TIMEOUT_MS = 120_000;
/** A piece that the engine finds too long is halved down to this many characters. */
const LEAST_CHARACTERS = 64;
const TOO_LONG = /too (?:large|long)|exceed|context (?:size|length|window)|maximum|batch size/i;

/** The engine has answered, and refuses the text: asking again changes nothing. */
class TextRefused extends Error {}

/** Vectors from an embedding expert, for which it may be loaded: a question as any request, passages in the background. */
export class ExpertEmbedder implements Embedder {
  readonly #options: ExpertEmbedderOptions;
  readonly #questions = new Questions();
  #model: string;

  constructor(options: ExpertEmbedderOptions) {
    this.#options = options;
    const { identity, dimensions } = options;
    this.#model = keyOf(identity, dimensions.of(identity));
  }

  /** Until the first vector has shown the dimension, a key under which nothing is. */
  get model(): string {
    return this.#model;
  }

  get expert(): string {
    return this.#options.helper.expert.id;
  }

  async passages(texts: readonly string[], signal: AbortSignal): Promise<readonly (Float32Array | undefined)[]> {
    const { fleet, identity } = this.#options;
    const lease = await fleet.acquire(this.expert, signal, true);
    const limit = AbortSignal.any([signal, runningTimeout(BATCH_TIMEOUT_MS)]);
    const prefixed = texts.map((text) => identity.prefixes.passage + text);
    return this.#withLease(lease, (upstream) => this.#each(upstream, prefixed, limit));
  }

  /** Whether a question would be answered without a load before it. */
  get isLoaded(): boolean {
    const { fleet, helper } = this.#options;
    if (helper.expert.engine === 'remote') return true;
    for (const { id, state } of fleet.processes) if (id === this.expert) return state === 'ready';
    return false;
  }

  question(text: string, signal: AbortSignal): Promise<Float32Array> {
    return this.#questions.ask(`${this.#model} ${text}`, signal, (stop) => this.#question(text, stop));
  }

  async #question(text: string, signal: AbortSignal): Promise<Float32Array> {
    const { fleet, identity, queryTimeoutMs = QUERY_TIMEOUT_MS } = this.#options;
    const timeout = runningTimeout(queryTimeoutMs);
    const limit = AbortSignal.any([signal, timeout]);
    try {
      const lease = await fleet.acquire(this.expert, limit, this.#wouldEmptyTheHouse());
      const asked = [identity.prefixes.query + text];
      const [vector] = await this.#withLease(lease, (upstream) => this.#each(upstream, asked, limit));
      if (vector) return vector;
    } catch (error) {
      if (!timeout.aborted || signal.aborted) throw error;
      const message = `${this.expert} was not ready to answer within ${queryTimeoutMs / 1_000} s.`;
      throw new AppError('first_byte_timeout', message, { cause: error });
    }
    throw this.#invalid('makes no vector of this text');
  }

  /** A question never unloads the last expert that could answer it: it would have to be loaded again at once. */
  #wouldEmptyTheHouse(): boolean {
    const { plan } = this.#options.fleet.plan(this.expert);
    if (plan.action !== 'evict') return false;
    const victims = new Set(plan.victims.map(({ id }) => id));
    const answering = [...this.#options.fleet.processes].filter(
      ({ expert, state }) => expert.task === 'generate' && state === 'ready',
    );
    return answering.length > 0 && answering.every(({ id }) => victims.has(id));
  }

  async #withLease<T>(lease: Lease, work: (upstream: Upstream) => Promise<T>): Promise<T> {
    let ok = false;
    try {
      const result = await work(lease.upstream);
      ok = true;
      return result;
    } finally {
      lease.release(ok);
    }
  }

  /** All at once; where the engine refuses that, one by one, so that one text does not keep the others from theirs. */
  async #each(
    upstream: Upstream,
    texts: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly (Float32Array | undefined)[]> {
    try {
      return await this.#ask(upstream, texts, signal);
    } catch (error) {
      if (!(error instanceof TextRefused)) throw error;
      const [only] = texts;
      if (texts.length === 1 && only !== undefined) return [await this.#halved(upstream, only, error, signal)];
      const vectors: (Float32Array | undefined)[] = [];
      for (const text of texts) vectors.push(...(await this.#each(upstream, [text], signal)));
      return vectors;
    }
  }

  /** What is too long for the model is what its halves say together. */
  async #halved(
    upstream: Upstream,
    text: string,
    refusal: TextRefused,
    signal: AbortSignal,
  ): Promise<Float32Array | undefined> {
    if (!TOO_LONG.test(refusal.message) || text.length < 2 * LEAST_CHARACTERS) return undefined;
    const middle = middleOf(text);
    const halves = [text.slice(0, middle), text.slice(middle)];
    const vectors: (Float32Array | undefined)[] = [];
    for (const half of halves) vectors.push(...(await this.#each(upstream, [half], signal)));
    return averageOf(vectors.filter((vector) => vector !== undefined));
  }

  async #ask(
    upstream: Upstream,
    texts: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly (Float32Array | undefined)[]> {
    const { path, set } = this.#options.helper;
    const answer = await upstream.dispatcher.request({
      origin: upstream.origin,
      path,
      method: 'POST',
      headers: { ...upstream.headers, 'content-type': 'application/json' },
      body: JSON.stringify({ ...set, input: texts }),
      signal,
    });
    const text = await answer.body.text();
    // 4xx, and llama-server's 500 for what does not fit its batch; anything else is the engine's own trouble.
    if (answer.statusCode >= 400 && (answer.statusCode < 500 || TOO_LONG.test(text)) && !isPassing(answer.statusCode))
      throw new TextRefused(text.slice(0, 300));
    if (answer.statusCode !== 200) throw this.#invalid(`answered ${answer.statusCode}: ${text.slice(0, 200)}`);
    const vectors = readVectors(text);
    if (vectors?.length !== texts.length) throw this.#invalid('answered with something that is not a list of vectors');
    return vectors.map((vector) => this.#checked(vector));
  }

  /** Of length 1 and of the dimension of all the others; undefined: zeros, or not numbers. */
  #checked(values: readonly unknown[]): Float32Array | undefined {
    const { identity, dimensions } = this.#options;
    const vector = unitOf(values);
    if (!vector) return undefined;
    const known = dimensions.of(identity);
    if (known === vector.length) return vector;
    // Another dimension under the same name is another model, whatever the profile says.
    dimensions.learn(identity, vector.length);
    this.#model = keyOf(identity, vector.length);
    if (known === UNKNOWN_DIMENSION) return vector;
    throw this.#invalid(`makes vectors of ${vector.length} numbers now, not of ${known}: everything is embedded anew`);
  }

  #invalid(what: string): AppError {
    return new AppError('engine_answer_invalid', `${this.expert} ${what}.`);
  }
}

/** Not now, rather than not this. */
function isPassing(status: number): boolean {
  return status === 401 || status === 403 || status === 404 || status === 408 || status === 429;
}

function readVectors(text: string): readonly (readonly unknown[])[] | undefined {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    throw new AppError('engine_answer_invalid', `The vectors are not JSON: ${messageOf(error)}.`, { cause: error });
  }
  const data = (body as { data?: unknown } | null)?.data;
  if (!Array.isArray(data)) return undefined;
  const entries = data as readonly { readonly embedding?: unknown; readonly index?: unknown }[];
  const sorted = entries.toSorted((one, other) => Number(one?.index ?? 0) - Number(other?.index ?? 0));
  const vectors = sorted.map((entry) => entry?.embedding);
  return vectors.every((vector) => Array.isArray(vector)) ? vectors : undefined;
}

/** At a space near the middle, where there is one, and never within a character. */
function middleOf(text: string): number {
  const middle = Math.floor(text.length / 2);
  const space = text.indexOf(' ', middle);
  const at = space > 0 && space - middle < text.length / 8 ? space : middle;
  const code = text.charCodeAt(at);
  return code >= 0xdc00 && code <= 0xdfff ? at + 1 : at;
}
