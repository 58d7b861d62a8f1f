import { queryGpus } from '../binaries/nvidia-smi.ts';
import type { GpuAnswer, GpuQueryOptions } from '../binaries/nvidia-smi.ts';
import { runningNow } from '../shared/clock.ts';

export interface GpuPollerOptions extends GpuQueryOptions {
  /** Milliseconds from the end of one question to the next; default 2,000. */
  readonly everyMs?: number | undefined;
  /** After a failure, and at most; doubled each time. Default 60,000. */
  readonly mostMs?: number | undefined;
  /** Called with every answer; it must not throw. */
  readonly onAnswer?: ((answer: GpuAnswer) => void) | undefined;
  /** In place of `nvidia-smi`, for tests. */
  readonly query?: ((options: GpuQueryOptions) => Promise<GpuAnswer>) | undefined;
}

/** A driver that is well again is to be noticed. */
const MOST_AFTER_FAILURE_MS = 16_000;
const FIRST_TIMEOUT_MS = 5_000;

/**
 * Asks again and again, one question at a time, and none while a killed one has still not ended. While the device cannot be read the last good reading stands, with its age; a machine
 * without a GPU is asked once a minute.
 */
export class GpuPoller {
  readonly #options: GpuPollerOptions;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<GpuAnswer> | undefined;
  #stopped = true;
  #failures = 0;
  #last: GpuAnswer | undefined;
  #good: { readonly reading: NonNullable<GpuAnswer['reading']>; readonly at: number } | undefined;

  constructor(options: GpuPollerOptions) {
    this.#options = options;
  }

  start(): void {
    if (!this.#stopped) return;
    this.#stopped = false;
    void this.#round();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** The last answer, good or bad; undefined before the first. */
  get last(): GpuAnswer | undefined {
    return this.#last;
  }

  /** The last good reading, with the monotonic milliseconds of when it was begun: of what came later it knows nothing. */
  get good(): { readonly reading: NonNullable<GpuAnswer['reading']>; readonly at: number } | undefined {
    return this.#good;
  }

  /** A reading now; who asks while one is being taken gets that one. */
  ask(): Promise<GpuAnswer> {
    this.#running ??= this.#take().finally(() => (this.#running = undefined));
    return this.#running;
  }

  async #round(): Promise<void> {
    await this.ask();
    if (this.#stopped) return;
    const { everyMs = 2_000, mostMs = 60_000 } = this.#options;
    const absent = this.#last?.problem?.kind === 'absent';
    const wait = absent ? mostMs : Math.min(mostMs, MOST_AFTER_FAILURE_MS, everyMs * 2 ** this.#failures);
    this.#timer = setTimeout(() => void this.#round(), wait);
    this.#timer.unref();
  }

  async #take(): Promise<GpuAnswer> {
    const hung = this.#last?.problem?.stillRunning?.() ? this.#last : undefined;
    const begunAt = runningNow();
    // A driver that nothing has used yet takes its time.
    const { timeoutMs = this.#good ? undefined : FIRST_TIMEOUT_MS } = this.#options;
    const answer = hung ?? (await (this.#options.query ?? queryGpus)({ ...this.#options, timeoutMs }));
    this.#last = answer;
    this.#failures = answer.problem ? Math.min(this.#failures + 1, 10) : 0;
    if (answer.reading) this.#good = { reading: answer.reading, at: begunAt };
    this.#options.onAnswer?.(answer);
    return answer;
  }
}
