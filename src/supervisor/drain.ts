/** A wait for running requests: ends when they have ended, when its time is over, or when somebody has less patience. */
export class Drain {
  readonly done: Promise<void>;
  /** Ends the wait now. */
  readonly finish: () => void;
  #endsAtMs: number;
  #timer: NodeJS.Timeout;

  constructor(drainMs: number) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.done = promise;
    this.finish = () => {
      clearTimeout(this.#timer);
      resolve();
    };
    this.#endsAtMs = performance.now() + drainMs;
    this.#timer = setTimeout(resolve, drainMs);
  }

  /** Milliseconds from now; a longer wait than the one under way changes nothing. */
  shorten(drainMs: number): void {
    const endsAtMs = performance.now() + drainMs;
    if (endsAtMs >= this.#endsAtMs) return;
    this.#endsAtMs = endsAtMs;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.finish, Math.max(0, drainMs));
  }
}
