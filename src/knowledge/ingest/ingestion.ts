import type { Chunk, Store, StoredDocument, User } from '../../store/contract.ts';
import { delay } from '../../shared/clock.ts';
import { AppError, messageOf, toAppError } from '../../shared/errors.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Extracted } from '../contract.ts';
import { documentsOf } from '../documents-of.ts';
import { FairQueue, type Queued } from './fair-queue.ts';
import type { Spool } from './spool.ts';
import type { UserLocks } from './user-locks.ts';

/** Reads a file of the spool. Rejects with what is to be told; ends soon after the signal. `onProgress`: 0 to 1. */
export type ReadDocument = (
  path: string,
  document: StoredDocument,
  options: { readonly signal: AbortSignal; readonly onProgress: (done: number) => void },
) => Promise<Extracted>;

export interface IngestionOptions {
  readonly store: Store;
  readonly spool: Spool;
  readonly locks: UserLocks;
  readonly logger: Logger;
  readonly read: ReadDocument;
  readonly chunksPerUser: () => number;
  /** Whether what came from the web waits for approval. */
  readonly quarantine: () => boolean;
  /** Called for each slice as soon as it is stored. */
  readonly onChunks: (user: User, document: string, chunks: readonly Chunk[]) => void;
  /** Called, under the user's lock, before what `onChunks` told of is taken away again. */
  readonly onClear: (user: User, document: string) => void;
  /** Called, under the user's lock, when it is ready, quarantined or failed. */
  readonly onSettled: (user: User, document: StoredDocument) => void;
}

interface Job extends Queued {
  readonly stop: AbortController;
  readonly ended: Promise<void>;
  progress: number | null;
}

/** Documents read at the same time. */
const JOBS = 2;
/** The part of the work that reading is; the rest is storing. */
const READING = 0.5;
const FIRST_RETRY_MS = 2_000;
const LONGEST_RETRY_MS = 60_000;
/** What this machine has is read; what it never had cannot be. */
const NO_BYTES =
  'Its bytes are not on this machine: a backup has none of what was not read yet when it was made. Add it once more.';
/** It was accepted, and is read when the store takes it again. */
const NOT_ITS_FAULT = new Set(['knowledge_unavailable', 'storage_full']);

/**
 * Reads what is queued: from the spool into passages, then `ready`, `quarantined` or `failed`. The row says what is to be done and the
 * spool has the bytes until it is: whatever ends this process, the next one clears what was half written and reads it again.
 */
export class Ingestion {
  readonly #options: IngestionOptions;
  readonly #queue = new FairQueue();
  readonly #jobs = new Map<string, Job>();
  /** Passages of the users of whom something is being read. */
  readonly #counts = new Map<User, number>();
  #retryMs = FIRST_RETRY_MS;
  #pausedUntil: Promise<void> | undefined;
  readonly #closing = new AbortController();

  constructor(options: IngestionOptions) {
    this.#options = options;
  }

  /** Being read or waiting. */
  get queued(): number {
    return this.#queue.length + this.#jobs.size;
  }

  /** 0 to 1; null: not begun, or not known. */
  progress(id: string): number | null {
    return this.#jobs.get(id)?.progress ?? null;
  }

  enqueue(user: User, id: string): void {
    this.#queue.push({ user, id });
    this.#pump();
  }

  /** Resolves when nothing of it is being read any more. */
  async cancel(user: User, id: string): Promise<void> {
    this.#queue.remove({ user, id });
    const job = this.#jobs.get(id);
    if (job?.user !== user) return;
    job.stop.abort();
    await job.ended;
  }

  /** Queues again what an earlier process has left, and takes away the bytes of nobody. Only before anything new is accepted. */
  async recover(): Promise<void> {
    const { spool, logger } = this.#options;
    const found = await this.#allQueued();
    await spool.retain(found.map(({ user, document }) => [user, document.sha256] as const));
    for (const { user, document } of found) this.#queue.push({ user, id: document.id });
    if (found.length > 0) logger.info('documents that were not read yet are read again', { documents: found.length });
    this.#pump();
  }

  /** Queues what the store says is queued: rows have come from elsewhere. */
  async requeue(): Promise<void> {
    for (const { user, document } of await this.#allQueued()) this.#queue.push({ user, id: document.id });
    this.#pump();
  }

  /** What is being read stops where it is, and is read again at the next start. */
  async close(): Promise<void> {
    this.#closing.abort();
    const jobs = [...this.#jobs.values()];
    for (const job of jobs) job.stop.abort();
    await Promise.all(jobs.map(({ ended }) => ended));
  }

  async #allQueued(): Promise<{ user: User; document: StoredDocument }[]> {
    const { store } = this.#options;
    const found: { user: User; document: StoredDocument }[] = [];
    for (const user of await store.users())
      for await (const document of documentsOf(store, user, { states: ['queued'] })) found.push({ user, document });
    return found;
  }

  #pump(): void {
    while (!this.#closing.signal.aborted && !this.#pausedUntil && this.#jobs.size < JOBS) {
      const next = this.#queue.shift(new Set([...this.#jobs.values()].map(({ user }) => user)));
      if (!next) return;
      // Queued once more while it is being read: it is read already.
      if (!this.#jobs.has(next.id)) this.#begin(next);
    }
  }

  #begin({ user, id }: Queued): void {
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    const job: Job = { user, id, stop: new AbortController(), ended, progress: null };
    this.#jobs.set(id, job);
    void this.#run(job).finally(() => {
      this.#jobs.delete(id);
      if (![...this.#jobs.values()].some((other) => other.user === user)) this.#counts.delete(user);
      resolve();
      this.#pump();
    });
  }

  /** Never rejects. */
  async #run(job: Job): Promise<void> {
    const { logger } = this.#options;
    try {
      await this.#read(job);
      this.#retryMs = FIRST_RETRY_MS;
    } catch (error) {
      if (job.stop.signal.aborted) return;
      logger.warn('a document could not be stored; it is tried again', { document: job.id, reason: messageOf(error) });
      this.#queue.push(job);
      this.#pause();
    }
  }

  /** Rejects only for reasons that are not the document's: the store is away, or it was told to stop. */
  async #read(job: Job): Promise<void> {
    const { store, spool, read } = this.#options;
    const { user, id } = job;
    const { signal } = job.stop;
    const document = await store.documents.get(user, id);
    if (document?.state !== 'queued') return;
    if (document.chunks > 0) await this.#clear(job);
    try {
      if (!spool.has(user, document.sha256)) throw new AppError('document_not_found', NO_BYTES);
      const onProgress = (done: number) => (job.progress = done * READING);
      const extracted = await read(spool.pathOf(user, document.sha256), document, { signal, onProgress });
      await this.#write(job, extracted);
      signal.throwIfAborted();
      const quarantine = this.#options.quarantine();
      await this.#settle(job, document, (now) => settledOf(now, extracted, quarantine));
    } catch (error) {
      if (signal.aborted || NOT_ITS_FAULT.has(toAppError(error).code)) throw error;
      // What is no fault of the document is a defect, of the reader or of ours.
      if (toAppError(error).code === 'internal')
        this.#options.logger.error('a document met a defect', { document: id, error });
      await this.#clear(job);
      await this.#settle(job, document, () => ({ state: 'failed', error: reasonOf(error), characters: 0 }));
    }
  }

  async #write(job: Job, { chunks, characters }: Extracted): Promise<void> {
    const { store, onChunks, chunksPerUser } = this.#options;
    const { user, id } = job;
    let count = this.#counts.get(user) ?? (await store.chunks.count(user));
    for await (const slice of chunks) {
      job.stop.signal.throwIfAborted();
      // Another document of the same user may be read meanwhile.
      count = (this.#counts.get(user) ?? count) + slice.length;
      this.#counts.set(user, count);
      if (count > chunksPerUser()) {
        this.#counts.delete(user);
        const message = `With it you would have more than ${chunksPerUser()} passages (knowledge.limits.chunksPerUser). Delete other documents first.`;
        throw new AppError('body_too_large', message);
      }
      await store.chunks.write(user, id, slice);
      onChunks(user, id, slice);
      const written = Math.min(1, (slice.at(-1)?.end ?? 0) / Math.max(1, characters));
      job.progress = READING + (1 - READING) * written;
    }
  }

  #clear({ user, id }: Queued): Promise<void> {
    const { locks, store, onClear } = this.#options;
    return locks.run(user, async () => {
      onClear(user, id);
      await store.chunks.clear(user, id);
    });
  }

  /** The bytes go when the row says that they are not needed any more, never before. */
  async #settle(
    { user, id }: Queued,
    { sha256 }: StoredDocument,
    change: (document: StoredDocument) => Partial<StoredDocument>,
  ): Promise<void> {
    const { locks, store, spool, onSettled } = this.#options;
    await locks.run(user, async () => {
      // It may have got another title while it was read.
      const document = await store.documents.get(user, id);
      const settled = document && (await store.documents.change(user, id, change(document)));
      if (settled) onSettled(user, settled);
      await spool.remove(user, sha256);
    });
  }

  #pause(): void {
    this.#pausedUntil = delay(this.#retryMs, this.#closing.signal).then(() => {
      this.#pausedUntil = undefined;
      this.#pump();
    });
    this.#retryMs = Math.min(LONGEST_RETRY_MS, this.#retryMs * 2);
  }
}

function settledOf(document: StoredDocument, extracted: Extracted, quarantine: boolean): Partial<StoredDocument> {
  const isFetched = document.origin === 'url' || document.origin === 'learned';
  const waits = isFetched && (quarantine || extracted.suspicion !== null);
  const isUntitled = document.title === '' || document.title === document.uri;
  const reasons = [extracted.suspicion, extracted.warning].filter((reason) => reason !== null);
  return {
    state: waits ? 'quarantined' : 'ready',
    error: reasons.length > 0 ? reasons.join(' ') : null,
    title: isUntitled ? (extracted.title ?? document.title) : document.title,
    mime: extracted.mime,
    language: extracted.language,
    characters: extracted.characters,
  };
}

function reasonOf(error: unknown): string {
  const known = toAppError(error);
  return known.code === 'internal' ? `It could not be read: ${messageOf(error)}` : known.message;
}
