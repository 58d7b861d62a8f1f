import { afterRunning, runningNow } from '../shared/clock.ts';

/** A wait for running requests: ends when they have ended, when its time is over, or when somebody has less patience. */
export class Drain {
  readonly done: Promise<void>;
  /** Ends the wait now. */
  readonly finish: () => void;
  #endsAtMs: number;
  #cancel: () => void;

  constructor(drainMs: number) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.done = promise;
    this.finish = () => {
      this.#cancel();
      resolve();
    };
    this.#endsAtMs = runningNow() + drainMs;
    this.#cancel = afterRunning(drainMs, resolve);
  }

  /** Milliseconds from now; a longer wait than the one under way changes nothing. */
  shorten(drainMs: number): void {
    const endsAtMs = runningNow() + drainMs;
    if (endsAtMs >= this.#endsAtMs) return;
    this.#endsAtMs = endsAtMs;
    this.#cancel();
    this.#cancel = afterRunning(Math.max(0, drainMs), this.finish);
  }
}
