/** So many are remembered: a conversation asks the same twice within one request, and once more when it is tried again. */
const MOST = 32;

interface Asked {
  readonly vector: Promise<Float32Array>;
  readonly stop: AbortController;
  waiting: number;
  isThere: boolean;
}

/** Vectors of the last questions: documents and memories are looked for with the same one at the same time. */
export class Questions {
  readonly #asked = new Map<string, Asked>();

  /** Whoever asks the same shares the answer, and the work ends where nobody waits for it any more. A failure is not remembered. */
  async ask(
    key: string,
    signal: AbortSignal,
    make: (signal: AbortSignal) => Promise<Float32Array>,
  ): Promise<Float32Array> {
    signal.throwIfAborted();
    const asked = this.#asked.get(key) ?? this.#begin(key, make);
    asked.waiting += 1;
    const aborted = Promise.withResolvers<never>();
    const leave = () => aborted.reject(signal.reason);
    signal.addEventListener('abort', leave, { once: true });
    try {
      return await Promise.race([asked.vector, aborted.promise]);
    } finally {
      signal.removeEventListener('abort', leave);
      asked.waiting -= 1;
      if (asked.waiting === 0 && !asked.isThere) this.#end(key, asked);
    }
  }

  #begin(key: string, make: (signal: AbortSignal) => Promise<Float32Array>): Asked {
    const stop = new AbortController();
    const asked: Asked = { vector: make(stop.signal), stop, waiting: 0, isThere: false };
    this.#asked.set(key, asked);
    for (const [oldest] of this.#asked) {
      if (this.#asked.size <= MOST) break;
      this.#asked.delete(oldest);
    }
    asked.vector.then(
      () => (asked.isThere = true),
      () => this.#end(key, asked),
    );
    return asked;
  }

  #end(key: string, asked: Asked): void {
    asked.stop.abort();
    if (this.#asked.get(key) === asked) this.#asked.delete(key);
  }
}
