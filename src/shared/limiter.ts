/** Lets so many pieces of work run at the same time; the others wait in the order in which they came. */
export class Limiter {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(slots: number) {
    this.#free = slots;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      // The slot goes from hand to hand.
      if (next) next();
      else this.#free += 1;
    }
  }
}

/**
 * All of them, as far as the limiter lets them; the first that fails stops those that run and those that wait.
 * @throws what the first one threw, when all have ended.
 */
export async function forEachLimited<T>(
  items: readonly T[],
  { limiter, signal }: { readonly limiter: Limiter; readonly signal?: AbortSignal | undefined },
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failed = new AbortController();
  const either = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal;
  const failures: unknown[] = [];
  const one = (item: T) =>
    limiter.run(async () => {
      try {
        either.throwIfAborted();
        await work(item, either);
      } catch (error) {
        failures.push(error);
        failed.abort(error);
      }
    });
  await Promise.all(items.map(one));
  if (failures.length > 0) throw failures[0];
}
