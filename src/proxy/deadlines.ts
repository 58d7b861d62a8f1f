/** Something that must not last for ever. */
export interface Bounded {
  /** Monotonic milliseconds; Infinity: no deadline now. */
  deadlineMs: number;
  onDeadline(): void;
}

const TICK_MS = 100;

/** Deadlines of many requests on one coarse timer: a request costs a set entry and a number, not timers of its own. */
export class Deadlines {
  readonly #active = new Set<Bounded>();
  #timer: NodeJS.Timeout | undefined;

  add(bounded: Bounded): void {
    this.#active.add(bounded);
    if (!this.#timer) {
      this.#timer = setInterval(() => this.#tick(), TICK_MS);
      this.#timer.unref();
    }
  }

  remove(bounded: Bounded): void {
    this.#active.delete(bounded);
  }

  #tick(): void {
    if (this.#active.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      return;
    }
    const now = performance.now();
    for (const bounded of this.#active) if (now >= bounded.deadlineMs) bounded.onDeadline();
  }
}
