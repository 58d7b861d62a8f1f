import type { ExpertBase } from '../engines/contract.ts';
import { arrayOf, objectOf } from '../proxy/json.ts';
import { domainsNear, type Example } from '../router/neighbours.ts';
import { delay } from '../shared/clock.ts';
import { messageOf } from '../shared/errors.ts';
import { unitOf } from '../shared/unit-vector.ts';
import type { Fleet } from '../supervisor/fleet.ts';
import type { Lease } from '../supervisor/lease.ts';
import type { Logger } from '../telemetry/logger.ts';
import { lessonsOf, readBackground } from './lessons.ts';
import type { Settings } from './settings.ts';

export interface SecondOpinionOptions {
  readonly fleet: Fleet;
  readonly logger: Logger;
}

/** Examples are embedded so many at a time, with a rest in between: requests go first. */
const BATCH = 8;
const REST_MS = 50;
const BATCH_TIMEOUT_MS = 20_000;
/** A batch that fails so often goes without. */
const MOST_FAILURES = 3;
/** Embedding models read a few hundred tokens; what a request is about stands at its beginning. */
const MOST_CHARACTERS = 800;

/** What is known for one embedding expert and the examples of one profile. */
interface Book {
  readonly key: string;
  /** What is embedded, in this order. */
  readonly wanted: readonly { readonly text: string; readonly domain: string }[];
  readonly examples: Example[];
  /** The next one of `wanted`. */
  next: number;
  failures: number;
  filling: boolean;
}

/**
 * Asks an embedding expert, where the classifier is not sure and the expert happens to be loaded, which examples are nearest in meaning.
 * Never a reason to load anything: the examples too are embedded only while it is there anyhow, a few at a time.
 */
export class SecondOpinion {
  readonly #options: SecondOpinionOptions;
  #book: Book | undefined;
  #settings: Settings | undefined;

  constructor(options: SecondOpinionOptions) {
    this.#options = options;
  }

  /**
   * Probabilities by domain. Undefined, at once or in the end: nobody can be asked now, or nobody answers within `router.embedding.timeout`.
   * Never rejects.
   */
  ask(
    settings: Settings,
    text: string,
    language: string | undefined,
  ): Promise<Readonly<Record<string, number>> | undefined> | undefined {
    const { embedding } = settings.profile.router;
    const expert = embedding && settings.directory.find(embedding.expert)?.expert;
    if (!embedding || !expert || !speaks(expert, language)) return undefined;
    const book = this.#bookFor(settings, expert);
    if (book.next < book.wanted.length) {
      void this.#fill(book, settings, expert);
      return undefined;
    }
    const lease = this.#options.fleet.borrow(expert.id);
    if (!lease) return undefined;
    return this.#embed(settings, expert, lease, [text], embedding.timeout).then((vectors) => {
      const [vector] = vectors ?? [];
      return vector && domainsNear(book.examples, vector);
    });
  }

  /** What was embedded stays good through reloads that change neither the expert nor the examples. */
  #bookFor(settings: Settings, expert: ExpertBase): Book {
    if (this.#book && this.#settings === settings) return this.#book;
    this.#settings = settings;
    const wanted = [...lessonsOf(settings.profile), ...readBackground(expert.languages)];
    const key = JSON.stringify([expert, wanted]);
    if (this.#book?.key !== key) this.#book = { key, wanted, examples: [], next: 0, failures: 0, filling: false };
    return this.#book;
  }

  /** As far as the expert is loaded; goes on where it was when it is asked again. */
  async #fill(book: Book, settings: Settings, expert: ExpertBase): Promise<void> {
    if (book.filling) return;
    book.filling = true;
    while (book.next < book.wanted.length && book === this.#book) {
      const lease = this.#options.fleet.borrow(expert.id);
      if (!lease) break;
      const batch = book.wanted.slice(book.next, book.next + BATCH);
      const texts = batch.map(({ text }) => text);
      const vectors = await this.#embed(settings, expert, lease, texts, BATCH_TIMEOUT_MS);
      if (!vectors) {
        book.failures += 1;
        if (book.failures < MOST_FAILURES) break;
      }
      for (const [index, vector] of (vectors ?? []).entries())
        book.examples.push({ domain: batch[index]?.domain ?? 'general', vector });
      book.next += batch.length;
      book.failures = 0;
      await delay(REST_MS);
    }
    book.filling = false;
    if (book.next < book.wanted.length) return;
    const { logger } = this.#options;
    logger.info('the router can ask for a second opinion', { expert: expert.id, examples: book.examples.length });
  }

  /** Vectors of length 1, in order; undefined where they are not all there in time. */
  async #embed(
    { serving }: Settings,
    expert: ExpertBase,
    lease: Lease,
    texts: readonly string[],
    timeoutMs: number,
  ): Promise<readonly Float32Array[] | undefined> {
    let ok = false;
    try {
      const served = serving.find(expert, '/v1/embeddings');
      if (!served) return undefined;
      const { upstream } = lease;
      const answer = await upstream.dispatcher.request({
        origin: upstream.origin,
        path: served.path,
        method: 'POST',
        headers: { ...upstream.headers, 'content-type': 'application/json' },
        body: JSON.stringify({ ...served.set, input: texts.map((text) => text.slice(0, MOST_CHARACTERS)) }),
        signal: AbortSignal.timeout(timeoutMs),
      });
      const body: unknown = await answer.body.json();
      const vectors = arrayOf(objectOf(body)['data']).map((entry) => unitOf(arrayOf(objectOf(entry)['embedding'])));
      ok = answer.statusCode === 200;
      const all = vectors.filter((vector) => vector !== undefined);
      return ok && all.length === texts.length ? all : undefined;
    } catch (error) {
      this.#options.logger.debug('no second opinion', { expert: expert.id, reason: messageOf(error) });
      return undefined;
    } finally {
      lease.release(ok);
    }
  }
}

function speaks({ languages }: ExpertBase, language: string | undefined): boolean {
  return languages.length === 0 || (language !== undefined && languages.includes(language));
}
