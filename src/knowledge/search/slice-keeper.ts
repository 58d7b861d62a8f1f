import type { Worker } from 'node:worker_threads';

import { messageOf } from '../../shared/errors.ts';
import type { User } from '../../store/contract.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Piece, SliceSource } from './fill.ts';
import type { Answer, Change, Order, SliceSize } from './protocol.ts';
import { ThreadEnded, WorkerLink } from './worker-link.ts';

/** What could not be read is not tried again sooner. */
const RETRY_MS = 2_000;
/** Slices are read ahead of the first question while they leave so much of the memory free. */
const WARM_SHARE = 0.8;
/** Each has a piece of address space, of which a process has some tens of thousands. */
const MOST_SLICES = 4_000;
/**
 * Of more passages than that, an index of the store is asked in place of comparing every vector. Not because it would be quicker: measured
 * with `bench:knowledge --server --sizes 200000` (SurrealDB 3.3.5, two quiet cores), its nearest of 200,000 passages took 44 ms (p50),
 * comparing all of them 13.6 ms. But so many vectors are 300 MiB and more of `knowledge.searchMemory`.
 */
const TURN_OVER = 200_000;

export interface SliceKeeperOptions {
  readonly source: SliceSource;
  readonly logger: Logger;
  /** Of the embedding in force; null: words alone. */
  readonly model: string | null;
  /** `knowledge.searchMemory`, bytes. */
  readonly memory: number;
  /** Passages from which on an index of the store is asked, where it has one. */
  readonly turnOver?: number;
  readonly startThread?: () => Worker;
}

/** One user's slice on the search thread. */
export interface Held {
  state: 'filling' | 'ready' | 'failed';
  /** Settles when the slice is ready, or why it is not is known. */
  filled: Promise<void>;
  readonly stop: AbortController;
  size: SliceSize;
  lastUsed: number;
  /** Under way: it is not let go meanwhile. */
  searches: number;
  /** Its vectors stay in the store, whose index is asked. */
  byStore: boolean;
  failure: { readonly reason: string; readonly at: number } | undefined;
}

const NOTHING: SliceSize = { bytes: 0, documents: 0, chunks: 0, vectors: 0 };

/** Reads slices from the store to the search thread, tells them what changes, and lets go of them when memory is short. */
export class SliceKeeper {
  readonly #options: SliceKeeperOptions;
  readonly #link: WorkerLink;
  readonly #held = new Map<User, Held>();
  #model: string | null;
  #memory: number;
  #closed = false;

  constructor(options: SliceKeeperOptions) {
    this.#options = options;
    this.#memory = options.memory;
    this.#model = options.model;
    this.#link = new WorkerLink({
      now: () => performance.now(),
      onEnd: (reason) => this.#threadEnded(reason),
      start: options.startThread,
    });
  }

  get model(): string | null {
    return this.#model;
  }

  /** Of a user, begun to be read where it is not here. */
  hold(user: User): Held {
    const known = this.#held.get(user);
    if (known && !mayTryAgain(known)) return known;
    known?.stop.abort();
    const held: Held = {
      state: 'filling',
      filled: Promise.resolve(),
      stop: new AbortController(),
      size: NOTHING,
      lastUsed: performance.now(),
      searches: 0,
      byStore: false,
      failure: undefined,
    };
    this.#held.set(user, held);
    held.filled = this.#fill(user, held);
    return held;
  }

  /** Whether this is still what is held of the user. */
  isCurrent(user: User, held: Held): boolean {
    return this.#held.get(user) === held;
  }

  ask<O extends Order>(order: O): Promise<Answer<O>> {
    return this.#link.ask(order);
  }

  /** Reads the slices of these users, one after the other, while there is room. Never rejects. */
  async warm(users: Iterable<User>): Promise<void> {
    for (const user of users) {
      if (this.#closed || this.#bytes() > WARM_SHARE * this.#memory) return;
      await this.hold(user).filled;
    }
  }

  /** Bytes; what is held beyond is let go with the next change. */
  resize(memory: number): void {
    this.#memory = memory;
  }

  /** What is told of a user whose slice is not here is in the store when it is read. */
  tell(user: User, change: Change, transfer: readonly ArrayBuffer[] = []): void {
    const held = this.#held.get(user);
    if (!held || held.state === 'failed' || (change.kind === 'vectors' && held.byStore)) return;
    this.#change(user, held, [change], transfer).catch((error: unknown) => {
      if (error instanceof ThreadEnded) return;
      // A slice that missed a change is wrong for good: better none.
      this.#options.logger.error('a change did not reach the search index; it is read again', { error });
      if (this.isCurrent(user, held)) this.forget(user);
    });
  }

  forget(user: User): void {
    const held = this.#held.get(user);
    if (!held) return;
    held.stop.abort();
    this.#held.delete(user);
    this.#link.ask({ do: 'forget', user }).catch(() => undefined);
  }

  useModel(model: string | null): void {
    if (model === this.#model) return;
    this.#model = model;
    for (const user of this.#held.keys()) this.forget(user);
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

  /** Documents, then passages, then vectors: each after what it belongs to. */
  async #fill(user: User, held: Held): Promise<void> {
    const startedAt = performance.now();
    const { source, logger, turnOver = TURN_OVER } = this.#options;
    const { signal } = held.stop;
    const take = async (pieces: AsyncIterable<Piece>) => {
      for await (const { changes, transfer } of pieces) {
        signal.throwIfAborted();
        await this.#change(user, held, changes, transfer);
      }
      signal.throwIfAborted();
    };
    try {
      await this.#link.ask({ do: 'forget', user });
      await take(source.documents(user));
      await take(source.passages(user));
      held.byStore = source.nearest !== undefined && held.size.chunks > turnOver;
      if (this.#model !== null && !held.byStore) await take(source.vectors(user, this.#model));
      await this.#change(user, held, [{ kind: 'filled' }]);
      held.state = 'ready';
      const ms = Math.round(performance.now() - startedAt);
      logger.debug('the search index of a user is read', { ms, chunks: held.size.chunks, vectors: held.size.vectors });
    } catch (error) {
      if (signal.aborted) return;
      held.state = 'failed';
      held.failure = { reason: messageOf(error), at: performance.now() };
      logger.warn('a search index could not be read from the store', { reason: messageOf(error) });
    }
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
    while (this.#bytes() > this.#memory || this.#held.size > MOST_SLICES) {
      let longest: { user: User; lastUsed: number } | undefined;
      for (const [other, { lastUsed, size, searches }] of this.#held)
        if (other !== user && searches === 0 && size.bytes > 0 && (!longest || lastUsed < longest.lastUsed))
          longest = { user: other, lastUsed };
      if (!longest) return;
      this.forget(longest.user);
    }
  }

  #threadEnded(reason: string): void {
    for (const { stop } of this.#held.values()) stop.abort();
    this.#held.clear();
    this.#options.logger.error('the search thread ended; its indexes are read again from the store', { reason });
  }
}

function mayTryAgain({ failure }: Held): boolean {
  return failure !== undefined && performance.now() - failure.at > RETRY_MS;
}
