import type { Clock } from '../shared/clock.ts';
import { AppError, messageOf, toAppError } from '../shared/errors.ts';
import { backoffDelay, type BackoffPolicy } from './backoff.ts';
import { type ExitClass, type ExitVerdict, ranOutOfMemory } from './exit-classes.ts';
import type { EngineEnd } from './host.ts';

export interface Failure {
  readonly class: ExitClass | 'refused' | 'defect';
  readonly sentence: string;
  readonly at: Date;
  readonly code: number | null;
  readonly signal: string | null;
  readonly tail: readonly string[];
}

export interface HistoryDependencies {
  readonly clock: Clock;
  readonly backoff: BackoffPolicy;
  readonly random: () => number;
}

/** What comes of a crash: back-off for a while, or failure. */
export interface CrashConsequence {
  readonly event: 'crash' | 'break';
  readonly reason: string;
  /** How long it backs off; undefined: it does not. */
  readonly restMs?: number;
}

/** What an expert has died of, how often in a row, and when it may be tried again. Knows nothing of states. */
export class CrashHistory {
  readonly #id: string;
  readonly #deps: HistoryDependencies;
  #retryAt: number | undefined;
  #restTimer: NodeJS.Timeout | undefined;
  #crashesInARow = 0;
  /** Time spent ready since the last crash, however many starts it was spread over. */
  #healthyMs = 0;
  #failure: Failure | undefined;
  #startError: AppError | undefined;
  #triesAgain = false;
  crashes = 0;

  constructor(id: string, deps: HistoryDependencies) {
    this.#id = id;
    this.#deps = deps;
  }

  get failure(): Failure | undefined {
    return this.#failure;
  }

  /** What made the last start fail, for those who waited for it. */
  get startError(): AppError | undefined {
    return this.#startError;
  }

  /** Its last start ran out of memory, and one more may be made at once, with what idle experts hold besides. */
  get triesAgain(): boolean {
    return this.#triesAgain;
  }

  /** Milliseconds until it may be started again; undefined: not by itself. */
  retryInMs(): number | undefined {
    return this.#retryAt === undefined ? undefined : Math.max(0, this.#retryAt - this.#deps.clock.now());
  }

  /** A new start: whatever it was waiting for is over. */
  startAgain(): void {
    this.forgive();
    this.#startError = undefined;
  }

  /** Nothing keeps it from being started any more. */
  forgive(): void {
    clearTimeout(this.#restTimer);
    this.#retryAt = undefined;
  }

  /** Milliseconds that it was ready. */
  wasHealthy(ms: number): void {
    this.#healthyMs += ms;
    this.#triesAgain = false;
  }

  crashed(verdict: ExitVerdict, end: EngineEnd, tail: readonly string[], whileStarting: boolean): CrashConsequence {
    const { backoff, clock, random } = this.#deps;
    this.#crashesInARow = this.#healthyMs >= backoff.resetAfterMs ? 1 : this.#crashesInARow + 1;
    this.#healthyMs = 0;
    this.crashes += 1;
    this.#triesAgain = whileStarting && ranOutOfMemory(verdict.class) && !this.#triesAgain;
    const { sentence } = verdict;
    this.#record(verdict.class, sentence, end, tail);
    this.#startError = new AppError(whileStarting ? 'engine_start_failed' : 'engine_died', sentence, {
      retryAfterSeconds: 1,
    });
    if (!verdict.retryable && !this.#triesAgain) {
      this.#retryAt = undefined;
      return { event: 'break', reason: sentence };
    }
    if (this.#crashesInARow >= backoff.giveUpAfter) {
      this.#retryAt = clock.now() + backoff.coolDownMs;
      return { event: 'break', reason: `${this.#crashesInARow} crashes in a row; the last: ${sentence}` };
    }
    const restMs = backoffDelay(backoff, this.#crashesInARow, random());
    this.#retryAt = clock.now() + restMs;
    const next = this.#triesAgain ? ' It is tried once more, with the room of idle experts.' : '';
    return { event: 'crash', reason: `${sentence}${next}`, restMs };
  }

  /** Calls back once when the back-off is over. */
  rest(restMs: number, onRested: () => void): void {
    this.#restTimer = setTimeout(() => {
      this.#retryAt = undefined;
      onRested();
    }, restMs);
    this.#restTimer.unref();
  }

  /** Nothing was spawned, for a reason that only a change mends. Answers what those who waited are told. */
  refused(error: unknown): AppError {
    const reason = toAppError(error);
    this.#startError = reason;
    this.#record('refused', reason.code === 'internal' ? messageOf(error) : reason.message);
    return reason;
  }

  /** A defect of ours ended it. Answers what those who waited are told. */
  metDefect(error: unknown): AppError {
    const sentence = `${this.#id} was ended by a defect of the orchestrator (${messageOf(error)}); its log has the details.`;
    this.#startError = new AppError('internal', sentence, { cause: error });
    this.#record('defect', sentence);
    this.#retryAt = this.#deps.clock.now() + this.#deps.backoff.coolDownMs;
    return this.#startError;
  }

  /** Why a request cannot have it in this state, however long it waits; undefined where another start may be tried. */
  refusal(state: 'backoff' | 'failed'): AppError | undefined {
    if (state === 'backoff' && this.#triesAgain) return undefined;
    const retryIn = this.retryInMs();
    if (state === 'failed' && retryIn === 0) return undefined;
    const sentence = this.#failure?.sentence ?? `${this.#id} failed.`;
    if (state === 'backoff') {
      const seconds = Math.ceil((retryIn ?? 0) / 1_000);
      return new AppError('expert_backing_off', `${sentence} It is tried again in ${seconds} s.`, {
        retryAfterSeconds: Math.max(1, seconds),
      });
    }
    const next =
      retryIn === undefined
        ? `Mend the cause, then: orchestrator load ${this.#id}`
        : `It is tried again in ${Math.ceil(retryIn / 1_000)} s, or at once with: orchestrator load ${this.#id}`;
    return new AppError('expert_failed', `${sentence} ${next}`, {
      retryAfterSeconds: Math.max(1, Math.ceil((retryIn ?? 3_600_000) / 1_000)),
    });
  }

  #record(failureClass: Failure['class'], sentence: string, end?: EngineEnd, tail: readonly string[] = []): void {
    this.#failure = {
      class: failureClass,
      sentence,
      at: this.#deps.clock.wallTime(),
      code: end?.code ?? null,
      signal: end?.signal ?? null,
      tail,
    };
  }
}
