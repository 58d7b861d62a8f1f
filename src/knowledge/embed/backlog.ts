import type { ChunkRef, StoredVector, User, VectorRepository } from '../../store/contract.ts';
import { delay } from '../../shared/clock.ts';
import { AppError, messageOf } from '../../shared/errors.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Embedder } from '../contract.ts';
import type { UserLocks } from '../ingest/user-locks.ts';
import { BATCH_LOOK, type Embeddable, embeddedText, firstBatch, nextSize } from './batch.ts';
import { Pending } from './pending.ts';

/** What lacks vectors, and takes them: a `Store` is one. */
export interface BacklogStore {
  users(): Promise<readonly User[]>;
  readonly chunks: { get(user: User, refs: readonly ChunkRef[]): Promise<readonly Embeddable[]> };
  readonly vectors: Pick<VectorRepository, 'write' | 'missing' | 'count' | 'retain'>;
}

export interface BacklogOptions {
  readonly store: BacklogStore;
  readonly locks: UserLocks;
  readonly logger: Logger;
  /** Whether requests wait or are being served just now. */
  readonly isBusy: () => boolean;
  readonly onVectors: (user: User, model: string, vectors: readonly StoredVector[]) => void;
  /** Another model's vectors count from now on; null: nobody's. */
  readonly onModel: (model: string | null) => void;
}

/** Requests go first, but a machine that is never idle gets there all the same: a batch every so often. */
const LONGEST_PAUSE_MS = 2_000;
const LOOK_AGAIN_MS = 100;
/** So long a look at a document waits for what is known of its user. */
const LOOK_MS = 300;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 60_000;
/** All there are. */
const EVERYTHING = 10_000_000;

/**
 * Gives every passage a vector of the model in force, in the background: new ones, those that an interruption left without, and all of
 * them after a change of the model, whose vectors go when the new ones are complete. Nothing is noted down: the store knows what lacks.
 */
export class Backlog {
  readonly #options: BacklogOptions;
  readonly #pending = new Pending();
  /** Of a user whose lack is known. */
  readonly #known = new Map<User, Promise<void>>();
  /** Users who may still have vectors of other models. */
  readonly #unswept = new Set<User>();
  /** Documents of which the expert makes no vectors: how many passages. */
  readonly #refused = new Map<string, number>();
  /** Documents that were cleared or removed, while a batch is under way. */
  #dropped = new Set<string>();
  #embedder: Embedder | undefined;
  #model: string | null = null;
  #round = new AbortController();
  #running: Promise<void> | undefined;
  #problem: string | null = null;
  /** Texts of a batch at most. */
  #size = BATCH_LOOK;
  #wake: (() => void) | undefined;
  /** Something has come since the loop looked. */
  #stirred = false;
  #closed = false;

  constructor(options: BacklogOptions) {
    this.#options = options;
  }

  /** Passages that wait. */
  get waiting(): number {
    return this.#pending.length;
  }

  /** Why it does not get on, for a person. */
  get problem(): string | null {
    return this.#problem;
  }

  get model(): string | null {
    return this.#model;
  }

  /** Another embedder, or none. What is under way is left where it is. */
  use(embedder: Embedder | undefined): void {
    this.#embedder = embedder;
    this.#begin(embedder?.model ?? null);
  }

  /** How many passages of a document have a vector; null: nobody makes any. */
  async embedded(user: User, document: string, chunks: number): Promise<number | null> {
    if (!this.#embedder) return null;
    // Of a large corpus without vectors it takes a while to learn that: until then it has none.
    const learned = this.#learn(user).then(() => true);
    if (!(await Promise.race([learned, delay(LOOK_MS).then(() => false)]))) return 0;
    return Math.max(0, chunks - this.#pending.of(user, document) - (this.#refused.get(document) ?? 0));
  }

  added(user: User, document: string, ords: Iterable<number>): void {
    if (!this.#embedder) return;
    // Whose lack is not known yet has these in it when it is.
    if (!this.#known.has(user)) void this.#learn(user);
    this.#pending.add(user, document, ords);
    this.#wakeUp();
  }

  /** Its passages are no more, or will be others. Under the user's lock, before the store is told. */
  dropped(user: User, document: string): void {
    this.#dropped.add(document);
    this.#refused.delete(document);
    this.#pending.removeDocument(user, document);
  }

  /** What users lack is asked anew: passages have come from elsewhere. */
  lookAgain(): void {
    this.#begin(this.#model);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#round.abort();
    this.#wakeUp();
    await this.#running;
  }

  #begin(model: string | null): void {
    const changed = model !== this.#model;
    this.#model = model;
    this.#round.abort();
    this.#round = new AbortController();
    this.#pending.clear();
    this.#known.clear();
    this.#refused.clear();
    this.#unswept.clear();
    this.#problem = null;
    if (changed) this.#options.onModel(model);
    if (!this.#embedder || this.#closed) return;
    void this.#learnAll(this.#round.signal);
    this.#running ??= this.#run();
    this.#wakeUp();
  }

  async #learnAll(signal: AbortSignal): Promise<void> {
    try {
      for (const user of await this.#options.store.users()) {
        if (signal.aborted) return;
        this.#unswept.add(user);
        await this.#learn(user);
      }
      this.#wakeUp();
    } catch (error) {
      if (signal.aborted) return;
      this.#options.logger.warn('what lacks a vector is not known yet', { reason: messageOf(error) });
      await delay(FIRST_RETRY_MS, signal);
      if (!signal.aborted) void this.#learnAll(signal);
    }
  }

  #learn(user: User): Promise<void> {
    const model = this.#model;
    if (model === null) return Promise.resolve();
    const known = this.#known.get(user);
    if (known) return known;
    const { signal } = this.#round;
    const learned = this.#options.store.vectors.missing(user, model, EVERYTHING).then((refs) => {
      if (signal.aborted) return;
      for (const { document, ord } of refs) this.#pending.add(user, document, [ord]);
      this.#wakeUp();
    });
    this.#known.set(user, learned);
    learned.catch(() => this.#known.delete(user));
    return learned;
  }

  async #run(): Promise<void> {
    let retryMs = FIRST_RETRY_MS;
    while (!this.#closed) {
      this.#stirred = false;
      const { signal } = this.#round;
      const user = this.#embedder && this.#pending.nextUser();
      try {
        if (user === undefined) {
          if (await this.#sweep(signal)) continue;
          await this.#rest();
          continue;
        }
        await this.#untilIdle(signal);
        await this.#embedSome(user, signal);
        this.#problem = null;
        retryMs = FIRST_RETRY_MS;
      } catch (error) {
        if (signal.aborted) continue;
        const reason = messageOf(error);
        const isEnding = error instanceof AppError && error.code === 'shutting_down';
        if (reason !== this.#problem && !isEnding)
          this.#options.logger.warn('passages wait for their vectors', { reason });
        this.#problem = reason;
        await delay(retryMs, signal);
        retryMs = Math.min(LONGEST_RETRY_MS, retryMs * 2);
      }
    }
  }

  async #embedSome(user: User, signal: AbortSignal): Promise<void> {
    const { store, locks, onVectors } = this.#options;
    const embedder = this.#embedder;
    if (!embedder || signal.aborted) return;
    this.#dropped = new Set();
    const dropped = this.#dropped;
    const refs = this.#pending.first(user, BATCH_LOOK);
    const chunks = await store.chunks.get(user, refs);
    if (chunks.length === 0) return this.#pending.remove(user, refs);
    const batch = firstBatch(chunks, this.#size);
    const startedAt = performance.now();
    const made = await embedder.passages(batch.map(embeddedText), signal);
    // The first one may have waited for a load; what follows makes up for it.
    this.#size = nextSize(this.#size, { texts: batch.length, ms: performance.now() - startedAt });
    if (this.#embedder !== embedder) return;
    // The first vector has shown what the model is called: everything lacks one by that name.
    if (embedder.model !== this.#model) this.#begin(embedder.model);
    const { model } = embedder;
    await locks.run(user, async () => {
      const isThere = ({ document }: Embeddable) => !dropped.has(document);
      const vectors = batch.flatMap((chunk, index) => {
        const vector = made[index];
        return vector && isThere(chunk) ? [{ document: chunk.document, ord: chunk.ord, vector }] : [];
      });
      if (vectors.length > 0) await store.vectors.write(user, model, vectors);
      onVectors(user, model, vectors);
      this.#pending.remove(user, vectors);
      // A passage that vanished between the list and the look.
      const gone = absent(refs, chunks).filter(({ document }) => !dropped.has(document));
      this.#pending.remove(user, gone);
      const refused = batch.filter((chunk, index) => !made[index] && isThere(chunk));
      this.#pending.remove(user, refused);
      for (const { document } of refused) this.#refused.set(document, (this.#refused.get(document) ?? 0) + 1);
    });
  }

  /** Takes away the vectors of other models where those of this one are complete. True: there was something to do. */
  async #sweep(signal: AbortSignal): Promise<boolean> {
    const { store, locks } = this.#options;
    const model = this.#model;
    const [user] = this.#unswept;
    // Where nothing was embedded yet the old ones are all there is.
    if (user === undefined || model === null) return false;
    await this.#learn(user);
    if (signal.aborted || this.#pending.has(user)) return true;
    this.#unswept.delete(user);
    await locks.run(user, async () => {
      if (signal.aborted || this.#pending.has(user)) return void this.#unswept.add(user);
      if ((await store.vectors.count(user, model)) > 0) await store.vectors.retain(user, model);
    });
    return true;
  }

  async #untilIdle(signal: AbortSignal): Promise<void> {
    const { isBusy } = this.#options;
    for (let waited = 0; waited < LONGEST_PAUSE_MS && isBusy() && !signal.aborted; waited += LOOK_AGAIN_MS)
      await delay(LOOK_AGAIN_MS, signal);
  }

  async #rest(): Promise<void> {
    if (this.#closed || this.#stirred) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    await promise;
    this.#wake = undefined;
  }

  #wakeUp(): void {
    this.#stirred = true;
    this.#wake?.();
  }
}

function absent(refs: readonly { document: string; ord: number }[], chunks: readonly ChunkRef[]) {
  const there = new Set(chunks.map(({ document, ord }) => `${document} ${ord}`));
  return refs.filter(({ document, ord }) => !there.has(`${document} ${ord}`));
}
