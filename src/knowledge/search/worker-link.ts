import { Worker } from 'node:worker_threads';

import { messageOf } from '../../shared/errors.ts';
import type { Answer, Order, Reply, Request } from './protocol.ts';

/** Of JavaScript's own heap; vectors and postings lie outside it and are bounded by `knowledge.searchMemory`. */
const HEAP_MB = 512;
/** Nothing that the thread is asked takes so long: it is stuck. */
const STUCK_MS = 30_000;
/** A thread that ends so often within a minute is left alone for another. */
const MOST_ENDS = 3;
const MINUTE_MS = 60_000;

/** The thread ended before it had answered: everything it held is gone. */
export class ThreadEnded extends Error {
  override readonly name = 'ThreadEnded';
}

export interface WorkerLinkOptions {
  readonly now: () => number;
  /** Everything the thread held is gone. */
  readonly onEnd: (reason: string) => void;
  /** Default: the search thread. */
  readonly start?: (() => Worker) | undefined;
}

interface Pending {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

/** The thread with the slices: started at the first order, and again at the first one after it ended. */
export class WorkerLink {
  readonly #options: WorkerLinkOptions;
  readonly #pending = new Map<number, Pending>();
  readonly #ends: number[] = [];
  #worker: Worker | undefined;
  #watchdog: NodeJS.Timeout | undefined;
  #number = 0;
  #closed = false;

  constructor(options: WorkerLinkOptions) {
    this.#options = options;
  }

  /** Orders are carried out one after the other. Rejects with `ThreadEnded` where no answer will come. */
  ask<O extends Order>(order: O, transfer: readonly ArrayBuffer[] = []): Promise<Answer<O>> {
    const worker = this.#open();
    if (!worker) return Promise.reject(new ThreadEnded('the search thread ended again and again'));
    this.#number += 1;
    const request: Request = { number: this.#number, order };
    return new Promise((resolve, reject) => {
      this.#pending.set(request.number, { resolve, reject });
      // Who waits for an answer is not left alone with it.
      worker.ref();
      this.#watch();
      worker.postMessage(request, transfer);
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#worker?.terminate();
  }

  #open(): Worker | undefined {
    if (this.#closed) return undefined;
    if (this.#worker) return this.#worker;
    const now = this.#options.now();
    if (this.#ends.length >= MOST_ENDS && now - (this.#ends.at(-MOST_ENDS) ?? 0) < MINUTE_MS) return undefined;
    const worker = (this.#options.start ?? startSearchThread)();
    this.#worker = worker;
    let reason = 'it ended';
    worker.on('message', (reply: Reply) => this.#answered(reply));
    worker.once('error', (error) => (reason = messageOf(error)));
    worker.once('exit', () => this.#ended(worker, reason));
    return worker;
  }

  #answered(reply: Reply): void {
    const pending = this.#pending.get(reply.number);
    this.#pending.delete(reply.number);
    this.#watch();
    if ('error' in reply) pending?.reject(new Error(reply.error));
    else pending?.resolve(reply.value as never);
    if (this.#pending.size === 0) this.#worker?.unref();
  }

  #ended(worker: Worker, reason: string): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    this.#ends.push(this.#options.now());
    clearTimeout(this.#watchdog);
    const unanswered = [...this.#pending.values()];
    this.#pending.clear();
    if (!this.#closed) this.#options.onEnd(reason);
    for (const { reject } of unanswered) reject(new ThreadEnded(`the search thread ended: ${reason}`));
  }

  /** From the last sign of life on. */
  #watch(): void {
    clearTimeout(this.#watchdog);
    if (this.#pending.size === 0) return;
    this.#watchdog = setTimeout(() => void this.#worker?.terminate(), STUCK_MS).unref();
  }
}

export function startSearchThread(): Worker {
  const file = import.meta.url.endsWith('.ts') ? './search-worker.ts' : './search-worker.mjs';
  const resourceLimits = { maxOldGenerationSizeMb: HEAP_MB };
  return new Worker(new URL(file, import.meta.url), { name: 'search', resourceLimits });
}
