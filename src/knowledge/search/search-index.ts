import { delay } from '../../shared/clock.ts';
import { messageOf } from '../../shared/errors.ts';
import type { Store, StoredVector, User } from '../../store/contract.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { fillFrom } from './fill.ts';
import { packVectors } from './pack.ts';
import type { Change, DocumentFacts, Found, IndexedChunk, SliceQuery, SliceSize } from './protocol.ts';
import { ThreadEnded, WorkerLink } from './worker-link.ts';

/** A search waits so long for a slice that is being read from the store. */
const FILL_WAIT_MS = 3_000;
/** What could not be read is not tried again sooner. */
const RETRY_MS = 2_000;
/** Of a search whose slice is lost under it. */
const MOST_ATTEMPTS = 3;
/** Slices are read ahead of the first question while they leave so much of the memory free. */
const WARM_SHARE = 0.8;
/** Each has a piece of address space, of which a process has some tens of thousands. */
const MOST_SLICES = 4_000;

export interface SearchIndexOptions {
  readonly store: Store;
  readonly logger: Logger;
  /** Of the embedding in force; null: words alone. */
  readonly model: string | null;
  /** `knowledge.searchMemory`, bytes. */
  readonly memory: number;
  /** Milliseconds; what a search waits for a slice that is being read. */
  readonly fillWaitMs?: number;
}

export interface IndexQuery extends SliceQuery {
  readonly signal?: AbortSignal | undefined;
}

export interface IndexAnswer {
  /** The best first. */
  readonly hits: readonly Found[];
  /** Whether vectors took part. */
  readonly compared: boolean;
  /** Why this may not be all, for a person. */
  readonly degraded: string | null;
}

interface Held {
  state: 'filling' | 'ready' | 'failed';
  /** Settles when the slice is ready, or why it is not is known. */
  filled: Promise<void>;
  readonly stop: AbortController;
  size: SliceSize;
  lastUsed: number;
  /** Under way: it is not let go meanwhile. */
  searches: number;
  failure: { readonly reason: string; readonly at: number } | undefined;
}

const NOTHING: SliceSize = { bytes: 0, documents: 0, chunks: 0, vectors: 0 };

/**
 * Finds passages of one user. The store is the truth: a user's slice is read from it when it is first asked, and let go when memory is
 * short. Changes are told after they are in the store; of a user whose slice is not here they need not be.
 */
export class SearchIndex {
  readonly #options: SearchIndexOptions;
  readonly #link: WorkerLink;
  readonly #held = new Map<User, Held>();
  #model: string | null;
  #closed = false;

  constructor(options: SearchIndexOptions) {
    this.#options = options;
    this.#model = options.model;
    this.#link = new WorkerLink({ now: () => performance.now(), onEnd: (reason) => this.#threadEnded(reason) });
  }

  /** Rejects only where the signal aborts: what is amiss is said by `degraded`. */
  async search(user: User, { signal, ...query }: IndexQuery): Promise<IndexAnswer> {
    signal?.throwIfAborted();
    const until = performance.now() + (this.#options.fillWaitMs ?? FILL_WAIT_MS);
    for (let attempt = 1; ; attempt += 1) {
      const held = this.#hold(user);
      held.lastUsed = performance.now();
      held.searches += 1;
      try {
        if (held.state === 'filling') await settled(held.filled, until - performance.now(), signal);
        signal?.throwIfAborted();
        // The thread ended meanwhile, or the slice was let go: there is another one by now.
        if (this.#held.get(user) !== held && attempt < MOST_ATTEMPTS) continue;
        const answer = await this.#link.ask({ do: 'search', user, query });
        signal?.throwIfAborted();
        return { ...answer, degraded: degradedBy(held) };
      } catch (error) {
        signal?.throwIfAborted();
        if (error instanceof ThreadEnded && attempt < MOST_ATTEMPTS) continue;
        return { hits: [], compared: false, degraded: `The search index did not answer: ${messageOf(error)}.` };
      } finally {
        held.searches -= 1;
      }
    }
  }

  /** Reads the slices of these users ahead, one after the other, while there is room. Never rejects. */
  async warm(users: Iterable<User>): Promise<void> {
    for (const user of users) {
      if (this.#closed || this.#bytes() > WARM_SHARE * this.#options.memory) return;
      await this.#hold(user).filled;
    }
  }

  setDocument(user: User, id: string, facts: DocumentFacts): void {
    const { collections, created, searchable } = facts;
    this.#tell(user, { kind: 'document', id, facts: { collections, created, searchable } });
  }

  addChunks(user: User, id: string, chunks: readonly IndexedChunk[]): void {
    const wanted = chunks.map(({ ord, text, headings }) => ({ ord, text, headings }));
    this.#tell(user, { kind: 'chunks', id, chunks: wanted });
  }

  /** Vectors of another model than the one in force are passed over. */
  setVectors(user: User, model: string, vectors: readonly StoredVector[]): void {
    if (model !== this.#model) return;
    for (const { id, ords, packed } of packVectors(vectors))
      this.#tell(user, { kind: 'vectors', id, ords, packed }, [packed.buffer]);
  }

  /** Its passages are about to be read anew. */
  clearChunks(user: User, id: string): void {
    this.#tell(user, { kind: 'clear', id });
  }

  removeDocument(user: User, id: string): void {
    this.#tell(user, { kind: 'remove', id });
  }

  /** Lets go of a user's slice; it is read again when it is asked for. */
  forgetUser(user: User): void {
    const held = this.#held.get(user);
    if (!held) return;
    held.stop.abort();
    this.#held.delete(user);
    this.#link.ask({ do: 'forget', user }).catch(() => undefined);
  }

  /** Another embedding: slices are read again with its vectors. */
  useModel(model: string | null): void {
    if (model === this.#model) return;
    this.#model = model;
    for (const user of this.#held.keys()) this.forgetUser(user);
  }

  stats(): SliceSize & { readonly users: number } {
    const total = { ...NOTHING, users: this.#held.size };
    for (const { size } of this.#held.values()) {
      total.bytes += size.bytes;
      total.documents += size.documents;
      total.chunks += size.chunks;
      total.vectors += size.vectors;
    }
    return total;
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const { stop } of this.#held.values()) stop.abort();
    this.#held.clear();
    await this.#link.close();
  }

  #hold(user: User): Held {
    const known = this.#held.get(user);
    if (known && !mayTryAgain(known)) return known;
    const held: Held = {
      state: 'filling',
      filled: Promise.resolve(),
      stop: new AbortController(),
      size: NOTHING,
      lastUsed: performance.now(),
      searches: 0,
      failure: undefined,
    };
    this.#held.set(user, held);
    held.filled = this.#fill(user, held);
    return held;
  }

  async #fill(user: User, held: Held): Promise<void> {
    const startedAt = performance.now();
    const { store, logger } = this.#options;
    try {
      await this.#link.ask({ do: 'forget', user });
      for await (const { changes, transfer } of fillFrom(store, user, this.#model)) {
        if (held.stop.signal.aborted) return;
        await this.#change(user, held, changes, transfer);
      }
      await this.#change(user, held, [{ kind: 'filled' }]);
      held.state = 'ready';
      const ms = Math.round(performance.now() - startedAt);
      logger.debug('the search index of a user is read', { ms, chunks: held.size.chunks, vectors: held.size.vectors });
    } catch (error) {
      if (held.stop.signal.aborted) return;
      held.state = 'failed';
      held.failure = { reason: messageOf(error), at: performance.now() };
      logger.warn('a search index could not be read from the store', { reason: messageOf(error) });
    }
  }

  /** What is told of a user whose slice is not here is in the store when it is read. */
  #tell(user: User, change: Change, transfer: readonly ArrayBuffer[] = []): void {
    const held = this.#held.get(user);
    if (!held || held.state === 'failed') return;
    this.#change(user, held, [change], transfer).catch((error: unknown) => {
      if (error instanceof ThreadEnded) return;
      // A slice that missed a change is wrong for good: better none.
      this.#options.logger.error('a change did not reach the search index; it is read again', { error });
      if (this.#held.get(user) === held) this.forgetUser(user);
    });
  }

  async #change(
    user: User,
    held: Held,
    changes: readonly Change[],
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<void> {
    const size = await this.#link.ask({ do: 'change', user, changes }, transfer);
    held.size = size;
    this.#makeRoom(user);
  }

  #bytes(): number {
    let bytes = 0;
    for (const { size } of this.#held.values()) bytes += size.bytes;
    return bytes;
  }

  /** Who was not there longest goes first; who is being served never. */
  #makeRoom(user: User): void {
    while (this.#bytes() > this.#options.memory || this.#held.size > MOST_SLICES) {
      let longest: { user: User; lastUsed: number } | undefined;
      for (const [other, { lastUsed, size, searches }] of this.#held)
        if (other !== user && searches === 0 && size.bytes > 0 && (!longest || lastUsed < longest.lastUsed))
          longest = { user: other, lastUsed };
      if (!longest) return;
      this.forgetUser(longest.user);
    }
  }

  #threadEnded(reason: string): void {
    for (const { stop } of this.#held.values()) stop.abort();
    this.#held.clear();
    this.#options.logger.error('the search thread ended; its indexes are read again from the store', { reason });
  }
}

/** Until it settles, the time is up or the signal aborts. */
async function settled(work: Promise<void>, ms: number, signal: AbortSignal | undefined): Promise<void> {
  const enough = new AbortController();
  const either = signal ? AbortSignal.any([signal, enough.signal]) : enough.signal;
  await Promise.race([work, delay(Math.max(0, ms), either)]);
  enough.abort();
}

function mayTryAgain({ failure }: Held): boolean {
  return failure !== undefined && performance.now() - failure.at > RETRY_MS;
}

function degradedBy({ state, failure, size }: Held): string | null {
  if (state === 'ready') return null;
  if (failure) return `The documents could not be read from the store: ${failure.reason}.`;
  return `The search index is still being read (${size.chunks} passages so far): there may be more.`;
}
