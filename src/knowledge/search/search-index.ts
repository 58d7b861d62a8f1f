import { delay } from '../../shared/clock.ts';
import { messageOf } from '../../shared/errors.ts';
import type { StoredVector, User } from '../../store/contract.ts';
import { packVectors } from './pack.ts';
import type { DocumentFacts, Found, IndexedChunk, SliceQuery, SliceSize } from './protocol.ts';
import { type Held, SliceKeeper, type SliceKeeperOptions } from './slice-keeper.ts';
import { nearestInStore } from './store-nearest.ts';
import { ThreadEnded } from './worker-link.ts';

/** A search waits so long for a slice that is being read from the store. */
const FILL_WAIT_MS = 3_000;
/** Of a search whose slice is lost under it. */
const MOST_ATTEMPTS = 3;

export interface SearchIndexOptions extends SliceKeeperOptions {
  /** Milliseconds; what a search waits for a slice that is being read. */
  readonly fillWaitMs?: number;
}

export interface IndexQuery extends Omit<SliceQuery, 'near'> {
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

/**
 * Finds passages of one user. The store is the truth: a user's slice is read from it when it is first asked, and let go when memory is
 * short. Changes are told after they are in the store; of a user whose slice is not here they need not be.
 */
export class SearchIndex {
  readonly #options: SearchIndexOptions;
  readonly #keeper: SliceKeeper;

  constructor(options: SearchIndexOptions) {
    this.#options = options;
    this.#keeper = new SliceKeeper(options);
  }

  /** Rejects only where the signal aborts: what is amiss is said by `degraded`. */
  async search(user: User, { signal, ...query }: IndexQuery): Promise<IndexAnswer> {
    signal?.throwIfAborted();
    const until = performance.now() + (this.#options.fillWaitMs ?? FILL_WAIT_MS);
    for (let attempt = 1; ; attempt += 1) {
      const held = this.#keeper.hold(user);
      held.lastUsed = performance.now();
      held.searches += 1;
      try {
        if (held.state === 'filling') await settled(held.filled, until - performance.now(), signal);
        signal?.throwIfAborted();
        // The thread ended meanwhile, or the slice was let go: there is another one by now.
        if (!this.#keeper.isCurrent(user, held) && attempt < MOST_ATTEMPTS) continue;
        const answer = await this.#ask(user, held, query);
        signal?.throwIfAborted();
        return answer;
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
  warm(users: Iterable<User>): Promise<void> {
    return this.#keeper.warm(users);
  }

  setDocument(user: User, id: string, facts: DocumentFacts): void {
    const { title, collections, created, searchable } = facts;
    this.#keeper.tell(user, { kind: 'document', id, facts: { title, collections, created, searchable } });
  }

  addChunks(user: User, id: string, chunks: readonly IndexedChunk[]): void {
    const wanted = chunks.map(({ ord, text, headings }) => ({ ord, text, headings }));
    this.#keeper.tell(user, { kind: 'chunks', id, chunks: wanted });
  }

  /** Vectors of another model than the one in force are passed over. */
  setVectors(user: User, model: string, vectors: readonly StoredVector[]): void {
    if (model !== this.#keeper.model) return;
    for (const { id, ords, packed } of packVectors(vectors))
      this.#keeper.tell(user, { kind: 'vectors', id, ords, packed }, [packed.buffer]);
  }

  /** Its passages are about to be read anew. */
  clearChunks(user: User, id: string): void {
    this.#keeper.tell(user, { kind: 'clear', id });
  }

  removeDocument(user: User, id: string): void {
    this.#keeper.tell(user, { kind: 'remove', id });
  }

  /** Lets go of a user's slice; it is read again when it is asked for. */
  forgetUser(user: User): void {
    this.#keeper.forget(user);
  }

  /** Another embedding: slices are read again with its vectors. */
  useModel(model: string | null): void {
    this.#keeper.useModel(model);
  }

  /** Another `knowledge.searchMemory`, bytes. */
  resize(memory: number): void {
    this.#keeper.resize(memory);
  }

  stats(): SliceSize & { readonly users: number } {
    return this.#keeper.stats();
  }

  close(): Promise<void> {
    return this.#keeper.close();
  }

  async #ask(user: User, held: Held, query: SliceQuery): Promise<IndexAnswer> {
    const { model } = this.#keeper;
    const degraded = degradedBy(held);
    if (!held.byStore || !query.vector || model === null)
      return { ...(await this.#keeper.ask({ do: 'search', user, query })), degraded };
    const { vector, ...words } = query;
    const asked = { source: this.#options.source, user, model, vector };
    const eligible = await this.#keeper.ask({ do: 'eligible', user, query: words });
    const found = await nearestInStore(asked, { limit: query.limit, ...eligible });
    const answer = await this.#keeper.ask({ do: 'search', user, query: { ...words, near: found.near } });
    return { ...answer, degraded: degraded ?? found.degraded };
  }
}

/** Until it settles, the time is up or the signal aborts. */
async function settled(work: Promise<void>, ms: number, signal: AbortSignal | undefined): Promise<void> {
  const enough = new AbortController();
  const either = signal ? AbortSignal.any([signal, enough.signal]) : enough.signal;
  await Promise.race([work, delay(Math.max(0, ms), either)]);
  enough.abort();
}

function degradedBy({ state, failure, size }: Held): string | null {
  if (state === 'ready') return null;
  if (failure) return `The documents could not be read from the store: ${failure.reason}.`;
  return `The search index is still being read (${size.chunks} passages so far): there may be more.`;
}
