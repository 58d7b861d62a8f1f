import type { PeopleStore } from '../store/people-contract.ts';
import { runningNow } from '../shared/clock.ts';
import { messageOf } from '../shared/errors.ts';
import type { Logger } from '../telemetry/logger.ts';

export interface SweepOptions {
  readonly people: { peek(): PeopleStore | undefined };
  readonly logger: Logger;
  /** Milliseconds since 1970, and monotonic ones. */
  readonly wallNow?: () => number;
  readonly now?: () => number;
}

const LOOK_MS = 10 * 60_000;
const BETWEEN_SWEEPS_MS = 6 * 60 * 60_000;
/** A clock that has jumped by more than this is not believed at once: what is erased does not come back when it is set right. */
const JUMP_MS = 60 * 60_000;
const DISTRUST_MS = 24 * 60 * 60_000;

/** Erases conversations that had their last turn too long ago (`conversations.keep`). */
export class ConversationSweep {
  readonly #options: SweepOptions;
  readonly #now: () => number;
  readonly #wallNow: () => number;
  #timer: NodeJS.Timeout | undefined;
  #keepMs = 0;
  /** Monotonic: no sweep before. */
  #nextAt: number;
  /** Wall clock less monotonic clock: changes when somebody sets the clock. */
  #offset: number;

  constructor(options: SweepOptions) {
    this.#options = options;
    this.#now = options.now ?? runningNow;
    this.#wallNow = options.wallNow ?? Date.now;
    this.#nextAt = this.#now();
    this.#offset = this.#wallNow() - this.#now();
  }

  /** Undefined: nothing is erased. A look every ten minutes, however long conversations are kept: timers end at 24.8 days. */
  apply(keepMs: number | undefined): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (keepMs === undefined) return;
    this.#keepMs = keepMs;
    this.#timer = setInterval(() => void this.look(), LOOK_MS).unref();
  }

  /** Sweeps, where it is time to. Never rejects. */
  async look(): Promise<void> {
    const [now, wall] = [this.#now(), this.#wallNow()];
    const offset = wall - now;
    if (Math.abs(offset - this.#offset) > JUMP_MS) this.#nextAt = now + DISTRUST_MS;
    this.#offset = offset;
    const store = this.#options.people.peek();
    if (now < this.#nextAt || !store || wall <= this.#keepMs) return;
    this.#nextAt = now + BETWEEN_SWEEPS_MS;
    const { logger } = this.#options;
    try {
      const erased = await store.conversations.sweep(wall - this.#keepMs);
      if (erased > 0) logger.info('conversations were erased that had their last turn too long ago', { erased });
    } catch (error) {
      logger.warn('old conversations could not be erased', { reason: messageOf(error) });
    }
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
