import type { ProcessAdapter } from '../engines/contract.ts';
import { type Clock, delay } from '../shared/clock.ts';
import { AppError, messageOf, toAppError } from '../shared/errors.ts';
import type { ExpertState } from '../telemetry/events.ts';
import type { Logger } from '../telemetry/logger.ts';
import { backoffDelay, type BackoffPolicy } from './backoff.ts';
import { Drain } from './drain.ts';
import { classifyExit, type ExitClass, type ExitVerdict } from './exit-classes.ts';
import type { ExpertLog } from './expert-log.ts';
import type { EngineEnd, EngineHost, HostedEngine, Upstream } from './host.ts';
import type { Prepare, Prepared, ProcessExpert } from './launcher.ts';
import { Lease, type LeaseOwner } from './lease.ts';
import { type LifecycleEvent, next } from './lifecycle.ts';
import { tryCanary, waitUntilReady } from './readiness.ts';
import { fallAsleep, wakeUp } from './sleep.ts';

/** llama-server ends within two seconds of SIGTERM; its own router grants ten (engines.md 1.6). */
const STOP_GRACE_MS = 10_000;
/**
 * Addresses that one start may try. A port can be taken between the choice and the bind; a stranger that answers in the engine's
 * place is no chance any more after a few, but the way the engine is started.
 */
const ATTEMPTS: Readonly<Partial<Record<ExitClass, number>>> = { port_in_use: 10, foreign_listener: 3 };
/** Requests in a row without an answer that replace an engine which has no canary. */
const SILENCES_WITHOUT_CANARY = 3;
const PROBE_TIMEOUT_MS = 10_000;
/** A few words, on a slow processor and perhaps behind a request. */
const SOUNDNESS_TIMEOUT_MS = 60_000;
/** A connection breaks a moment before the end of its process is known. */
const DEATH_SHOWS_MS = 1_000;
/** Marks a line of ours in an engine's log. */
const OWN_LINE = '[orchestrator]';

export interface ProcessDependencies {
  readonly host: EngineHost;
  readonly prepare: Prepare;
  readonly log: ExpertLog;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly backoff: BackoffPolicy;
  readonly random: () => number;
  /** A secret that must not appear in any sink from now on, until the function that comes back is called. */
  readonly hideSecret: (secret: string) => () => void;
  readonly newSecret: () => string;
  readonly probeTimeoutMs?: number;
  /** Every move, after it has happened. */
  readonly onMove: (process: ExpertProcess, move: Move) => void;
}

export interface Move {
  readonly expert: string;
  readonly from: ExpertState;
  readonly to: ExpertState;
  readonly event: LifecycleEvent;
  readonly reason: string | undefined;
}

export interface Failure {
  readonly class: ExitClass | 'refused' | 'defect';
  readonly sentence: string;
  readonly at: Date;
  readonly code: number | null;
  readonly signal: string | null;
  readonly tail: readonly string[];
}

/** One start: a child is believed only while its attempt is the current one. */
interface Attempt {
  readonly controller: AbortController;
  readonly startedAt: number;
  /** Resolves when nothing of it is left; never rejects. */
  done: Promise<void>;
  engine?: HostedEngine;
  upstream?: Upstream;
  modelBytes: number;
  lines: number;
  /** How far the start has come, where the engine's output says so. */
  stage?: string;
  /** Which way a sleeping engine is just going. */
  turn?: 'asleep' | 'awake' | undefined;
  readyAt?: number;
  /** Why we ended it ourselves, where nobody asked for it. */
  cause?: ExitClass;
  silences: number;
  /** Answers since the soundness of the output was looked at. */
  answers: number;
  probe?: Promise<void>;
  /** The key of an ended engine opens nothing and is searched for no more. */
  forgetKey?: () => void;
}

/** The one writer of an expert's state. Outsiders call `start`, `stop` and `tryEnter`; reading the state is for display and planning. */
export class ExpertProcess implements LeaseOwner {
  #expert: ProcessExpert;
  readonly adapter: ProcessAdapter;
  readonly #deps: ProcessDependencies;
  #state: ExpertState = 'stopped';
  #since: Date;
  #attempt: Attempt | undefined;
  readonly #leases = new Set<Lease>();
  #draining: Drain | undefined;
  #restTimer: NodeJS.Timeout | undefined;
  #retryAt: number | undefined;
  #crashesInARow = 0;
  /** Time spent ready since the last crash, however many starts it was spread over. */
  #healthyMs = 0;
  #failure: Failure | undefined;
  #failureError: AppError | undefined;
  starts = 0;
  crashes = 0;
  loadMs: number | undefined;
  /** Version of the program that was started last. */
  programVersion: string | undefined;
  /** Monotonic milliseconds of the last moment a request was in flight. */
  lastUsedMs = 0;

  constructor(expert: ProcessExpert, adapter: ProcessAdapter, deps: ProcessDependencies) {
    this.#expert = expert;
    this.adapter = adapter;
    this.#deps = deps;
    this.#since = deps.clock.wallTime();
  }

  get expert(): ProcessExpert {
    return this.#expert;
  }

  /** Takes over settings that a running engine need not be started again for (`launchKey` is the same). */
  adopt(expert: ProcessExpert): void {
    this.#expert = expert;
  }

  get id(): string {
    return this.#expert.id;
  }
  get state(): ExpertState {
    return this.#state;
  }
  get since(): Date {
    return this.#since;
  }
  get inFlight(): number {
    return this.#leases.size;
  }
  get failure(): Failure | undefined {
    return this.#failure;
  }
  get pid(): number | undefined {
    return this.#attempt?.engine?.pid;
  }
  get upstream(): Upstream | undefined {
    return this.isServing ? this.#attempt?.upstream : undefined;
  }
  /** Ready, and not gone: between its exit and the verdict on it, an engine is both `ready` and gone. */
  get isServing(): boolean {
    return this.#state === 'ready' && this.#attempt?.engine?.exited === false;
  }
  get log(): ExpertLog {
    return this.#deps.log;
  }
  /** While it falls asleep its memory is not free yet; while it wakes, not any more. */
  get turn(): 'asleep' | 'awake' | undefined {
    return this.#attempt?.turn;
  }
  get canSleep(): boolean {
    return this.adapter.sleep?.(this.expert) !== undefined;
  }

  /** Private bytes of the process tree; undefined while there is none. Walks /proc: not for the hot path. */
  memoryBytes(): number | undefined {
    return this.#attempt?.engine?.memoryBytes();
  }

  /** Milliseconds until a backing-off or failed expert may be started again; undefined: not by itself. */
  retryInMs(): number | undefined {
    return this.#retryAt === undefined ? undefined : Math.max(0, this.#retryAt - this.#deps.clock.now());
  }

  /** How far a start has come, for a person. */
  progress(): string | undefined {
    const attempt = this.#attempt;
    if (attempt?.turn === 'awake') return 'waking up';
    if (this.#state !== 'starting' || !attempt) return undefined;
    const seconds = Math.round((this.#deps.clock.now() - attempt.startedAt) / 1_000);
    const mapped = attempt.engine?.mappedBytes() ?? 0;
    const share =
      attempt.modelBytes > 0
        ? `${Math.min(100, Math.round((100 * mapped) / attempt.modelBytes))} % of the model read, `
        : '';
    return `loading: ${attempt.stage === undefined ? share : `${attempt.stage}, `}${seconds} s`;
  }

  /** A lease when the engine is ready and has a free slot; at once, or not at all. */
  tryEnter(): Lease | undefined {
    const attempt = this.#attempt;
    if (!attempt?.upstream || !this.isServing || this.#leases.size >= this.expert.parallel) return undefined;
    const lease = new Lease(this, attempt.upstream);
    this.#leases.add(lease);
    return lease;
  }

  leave(lease: Lease, ok: boolean): void {
    this.#leases.delete(lease);
    this.lastUsedMs = this.#deps.clock.now();
    if (ok && this.#attempt) {
      this.#attempt.silences = 0;
      this.#attempt.answers += 1;
    }
    if (this.#leases.size === 0) this.#draining?.finish();
    this.onRelease?.();
    this.#lookAtWords();
  }

  /** Set by the fleet: a slot is free. */
  onRelease: (() => void) | undefined;

  /** Why a request cannot have this expert now, however long it waits; undefined where a start or a wait helps. */
  refusal(): AppError | undefined {
    if (this.#state !== 'backoff' && this.#state !== 'failed') return undefined;
    const retryIn = this.retryInMs();
    if (this.#state === 'failed' && retryIn === 0) return undefined;
    const sentence = this.#failure?.sentence ?? `${this.id} failed.`;
    if (this.#state === 'backoff') {
      return new AppError(
        'expert_backing_off',
        `${sentence} It is tried again in ${Math.ceil((retryIn ?? 0) / 1_000)} s.`,
        {
          retryAfterSeconds: Math.max(1, Math.ceil((retryIn ?? 0) / 1_000)),
        },
      );
    }
    const next =
      retryIn === undefined
        ? `Mend the cause, then: orchestrator load ${this.id}`
        : `It is tried again in ${Math.ceil(retryIn / 1_000)} s, or at once with: orchestrator load ${this.id}`;
    return new AppError('expert_failed', `${sentence} ${next}`, {
      retryAfterSeconds: Math.max(1, Math.ceil((retryIn ?? 3_600_000) / 1_000)),
    });
  }

  /** What made the last start fail, for those who waited for it. */
  get startError(): AppError | undefined {
    return this.#failureError;
  }

  /** Legal from stopped, backoff and failed; the end of the start is published as a move. */
  start(reason: string): void {
    // Throws before anything has changed.
    next(this.#state, 'start');
    clearTimeout(this.#restTimer);
    this.#retryAt = undefined;
    this.#failureError = undefined;
    const attempt: Attempt = {
      controller: new AbortController(),
      startedAt: this.#deps.clock.now(),
      done: Promise.resolve(),
      modelBytes: 0,
      lines: 0,
      silences: 0,
      answers: 0,
    };
    this.#attempt = attempt;
    this.starts += 1;
    // Before the move is published: whoever stops it from there on waits for its end.
    attempt.done = Promise.resolve()
      .then(() => this.#run(attempt))
      .catch((error: unknown) => this.#breakDown(attempt, error));
    this.#move('start', reason);
  }

  /**
   * Has a ready engine without requests give its GPU memory back; where it cannot, it is ended, since it would hold all of it.
   * Resolves when that has been done. Does nothing in any other state.
   */
  async sleep(reason: string): Promise<void> {
    const attempt = this.#attempt;
    const protocol = this.adapter.sleep?.(this.expert);
    if (!protocol || !attempt?.upstream || this.#state !== 'ready' || this.#leases.size > 0 || attempt.probe) return;
    attempt.turn = 'asleep';
    this.#move('sleep', reason);
    const wrong = await fallAsleep(attempt.upstream, protocol);
    if (!(await this.#stillSleeping(attempt, wrong))) return;
    attempt.turn = undefined;
    if (wrong !== undefined) {
      this.#deps.logger.warn('an engine could not be put to sleep; unloading it', { expert: this.id, detail: wrong });
      return this.stop(`could not sleep: ${wrong}`, 0);
    }
    this.onRelease?.();
  }

  /** Wakes a sleeping engine; one that does not come back is replaced. Does nothing in any other state. */
  async wake(): Promise<void> {
    const attempt = this.#attempt;
    const protocol = this.adapter.sleep?.(this.expert);
    if (!protocol || !attempt?.upstream || this.#state !== 'sleeping' || attempt.turn) return;
    const since = this.#deps.clock.now();
    attempt.turn = 'awake';
    const wrong = await wakeUp(attempt.upstream, protocol, this.adapter.canary(this.expert));
    if (!(await this.#stillSleeping(attempt, wrong))) return;
    attempt.turn = undefined;
    if (wrong !== undefined) return this.#replace(attempt, `it did not wake up: ${wrong}`);
    this.lastUsedMs = this.#deps.clock.now();
    this.#move('wake', `awake after ${Math.round(this.lastUsedMs - since)} ms`);
  }

  /** A stop or a crash may have come in between; what went wrong may be the first sign of one. */
  async #stillSleeping(attempt: Attempt, wrong: string | undefined): Promise<boolean> {
    if (wrong !== undefined) await Promise.race([attempt.engine?.ended, delay(DEATH_SHOWS_MS)]);
    return this.#attempt === attempt && this.#state === 'sleeping';
  }

  /**
   * Ends the engine: takes nothing new, lets what runs finish for `drainMs`, cuts the rest, then SIGTERM, then SIGKILL. A later call
   * with a shorter drain shortens the one under way. Resolves when nothing of the engine is left.
   */
  async stop(reason: string, drainMs: number): Promise<void> {
    const attempt = this.#attempt;
    switch (this.#state) {
      case 'stopped':
        return;
      case 'backoff':
      case 'failed':
        clearTimeout(this.#restTimer);
        this.#retryAt = undefined;
        this.#move('stop', reason);
        return;
      case 'starting':
        // Asked for: whatever it was about to be ended for does not count any more.
        if (attempt) attempt.cause = undefined;
        this.#move('stop', reason);
        attempt?.controller.abort();
        // Nothing is lost by killing what only loads, and engines handle SIGTERM only once they are ready.
        await attempt?.engine?.stop(0);
        break;
      case 'ready':
        this.#move('drain', reason);
        await this.#drain(drainMs);
        // A crash in the meantime has taken the attempt away.
        if (this.#attempt !== attempt) break;
        this.#cut(
          new AppError(
            'expert_stopped',
            `${this.id} was unloaded (${reason}) before the answer was complete; send the request again.`,
          ),
        );
        this.#move('stop', reason);
        await attempt?.engine?.stop(STOP_GRACE_MS);
        break;
      case 'sleeping':
        if (attempt) attempt.turn = undefined;
        this.#move('stop', reason);
        await attempt?.engine?.stop(drainMs <= 0 ? 0 : STOP_GRACE_MS);
        break;
      case 'draining':
        this.#draining?.shorten(drainMs);
        break;
      case 'stopping':
        // Whoever has no time for a drain has none for a polite end either.
        if (drainMs <= 0) void attempt?.engine?.stop(0);
        break;
    }
    await attempt?.done;
  }

  /** A deadline passed without a byte from the engine. Is it the request, or the engine? One token tells. */
  silent(_lease: Lease): void {
    const attempt = this.#attempt;
    if (!attempt?.upstream || this.#state !== 'ready') return;
    attempt.silences += 1;
    const canary = this.adapter.canary(this.expert);
    if (canary)
      attempt.probe ??= this.#probe(attempt, attempt.upstream, canary).finally(() => (attempt.probe = undefined));
    else if (attempt.silences >= SILENCES_WITHOUT_CANARY)
      this.#replace(attempt, `${attempt.silences} requests in a row were not answered`);
  }

  async #probe(
    attempt: Attempt,
    upstream: Upstream,
    canary: NonNullable<ReturnType<ProcessAdapter['canary']>>,
  ): Promise<void> {
    const wrong = await tryCanary(upstream, canary, this.#deps.probeTimeoutMs ?? PROBE_TIMEOUT_MS);
    // An engine that answers one token but none of several requests in a row is not alive for anybody.
    if (wrong?.cause === 'degenerate_output') this.#replace(attempt, wrong.detail, wrong.cause);
    else if (wrong) this.#replace(attempt, wrong.detail);
    else if (attempt.silences >= SILENCES_WITHOUT_CANARY)
      this.#replace(attempt, `${attempt.silences} requests in a row were not answered`);
  }

  /** Every so many answers, when nobody waits: an engine that has begun to talk nonsense does so in the best of health. */
  #lookAtWords(): void {
    const attempt = this.#attempt;
    if (!attempt?.upstream || attempt.answers === 0 || this.#leases.size > 0 || this.#state !== 'ready') return;
    const canary = this.adapter.canary(this.expert);
    if (canary?.repeatAfter === undefined || attempt.answers < canary.repeatAfter) return;
    attempt.answers = 0;
    attempt.probe ??= tryCanary(attempt.upstream, canary, SOUNDNESS_TIMEOUT_MS)
      .then((wrong) => {
        if (wrong?.cause === 'degenerate_output') this.#replace(attempt, wrong.detail, wrong.cause);
      })
      .finally(() => (attempt.probe = undefined));
  }

  #replace(attempt: Attempt, detail: string, cause: 'unresponsive' | 'degenerate_output' = 'unresponsive'): void {
    if (this.#attempt !== attempt || (this.#state !== 'ready' && this.#state !== 'sleeping')) return;
    this.#deps.logger.warn('the engine is of no use; replacing it', { expert: this.id, cause, detail });
    this.#deps.log.write(`${OWN_LINE} ${detail}`);
    attempt.cause = cause;
    this.#move('stop', cause);
    const what = cause === 'unresponsive' ? 'stopped answering' : 'answered with nonsense';
    this.#cut(new AppError('engine_died', `${this.id} ${what} and was replaced; send the request again.`));
    // A frozen process does not run its SIGTERM handler.
    void attempt.engine?.stop(0);
  }

  async #run(attempt: Attempt): Promise<void> {
    let prepared: Prepared;
    try {
      prepared = await this.#deps.prepare(this.expert, this.adapter);
    } catch (error) {
      return this.#refuse(attempt, error);
    }
    attempt.modelBytes = prepared.modelBytes;
    this.programVersion = prepared.program?.version;
    if (prepared.advice !== undefined) {
      this.#deps.logger.warn(prepared.advice, { expert: this.id });
      this.#deps.log.write(`${OWN_LINE} ${prepared.advice}`);
    }
    for (let portsTried = 1; ; portsTried += 1) {
      if (attempt.controller.signal.aborted) return this.#move('exit', 'given up before the engine was spawned');
      let engine: HostedEngine;
      try {
        engine = await this.#spawn(attempt, prepared);
      } catch (error) {
        return this.#refuse(attempt, error);
      }
      attempt.engine = engine;
      if (attempt.controller.signal.aborted) void engine.stop(0);
      await this.#watchStart(attempt, engine);
      const end = await engine.ended;
      attempt.forgetKey?.();
      const verdict = this.#verdict(attempt, end);
      if (this.#state !== 'starting' || portsTried >= (ATTEMPTS[verdict.class] ?? 1)) {
        return this.#finish(attempt, end, verdict);
      }
      this.#deps.logger.info('the port was taken in the meantime; trying another', { expert: this.id });
      attempt.cause = undefined;
      attempt.engine = undefined;
    }
  }

  async #spawn(attempt: Attempt, prepared: Prepared): Promise<HostedEngine> {
    const { host, newSecret, hideSecret, log } = this.#deps;
    const { expert, adapter } = this;
    const apiKey = newSecret();
    attempt.forgetKey = hideSecret(apiKey);
    const listen = await host.address(adapter.listens(expert, prepared.program), expert.id);
    const launch = adapter.launch(expert, {
      program: prepared.program,
      files: prepared.files,
      listen,
      apiKey,
      cores: prepared.cores,
      ...(prepared.gpus ? { gpus: prepared.gpus } : {}),
      ...(prepared.cacheDir === undefined ? {} : { cacheDir: prepared.cacheDir }),
    });
    attempt.lines = 0;
    log.write(
      `${OWN_LINE} starting: ${[launch.command, ...launch.args].map((part) => (/^[\w./:=@,+-]+$/.test(part) ? part : JSON.stringify(part))).join(' ')}`,
    );
    return host.start({
      expert: expert.id,
      launch,
      listen,
      headers: adapter.authorize(expert, apiKey),
      connections: expert.parallel + 4,
      onLine: (line) => {
        attempt.lines += 1;
        const stage = attempt.readyAt === undefined ? adapter.stage?.(line) : undefined;
        if (stage !== undefined) attempt.stage = stage;
        log.write(line);
      },
    });
  }

  /** Four things race: ready, ended, given up, too late. */
  async #watchStart(attempt: Attempt, engine: HostedEngine): Promise<void> {
    const ended = new AbortController();
    void engine.ended.then(() => ended.abort());
    const readiness = await waitUntilReady({
      engine,
      healthPath: this.adapter.health(this.expert),
      canary: this.adapter.canary(this.expert),
      provesIdentity: this.adapter.provesIdentity(this.expert),
      stallTimeoutMs: this.expert.stallTimeout,
      startTimeoutMs: this.expert.startTimeout,
      lines: () => attempt.lines,
      signal: AbortSignal.any([attempt.controller.signal, ended.signal]),
    });
    if (attempt.controller.signal.aborted || ended.signal.aborted) return;
    if (!readiness.ready) {
      if (readiness.cause !== 'aborted') attempt.cause = readiness.cause;
      this.#deps.logger.warn('an engine did not become ready', {
        expert: this.id,
        cause: readiness.cause,
        detail: readiness.detail,
      });
      this.#deps.log.write(`${OWN_LINE} ${readiness.detail}`);
      await engine.stop(0);
      return;
    }
    const now = this.#deps.clock.now();
    attempt.upstream = readiness.upstream;
    attempt.readyAt = now;
    this.lastUsedMs = now;
    this.loadMs = now - attempt.startedAt;
    this.#move('healthy', `ready after ${Math.round(this.loadMs)} ms`);
  }

  #verdict(attempt: Attempt, end: EngineEnd): ExitVerdict {
    // What this process said: the log also holds our own lines, and those of the engines before it.
    const said = this.#deps.log.buffer.tail(200).filter((line) => !line.startsWith(OWN_LINE));
    return classifyExit(this.id, {
      code: end.code,
      signal: end.signal,
      tail: attempt.lines === 0 ? [] : said.slice(-attempt.lines),
      cause: attempt.cause,
      oomKilled: end.oomKilled,
      wasReady: attempt.readyAt !== undefined,
    });
  }

  #finish(attempt: Attempt, end: EngineEnd, verdict: ExitVerdict): void {
    const { backoff, clock } = this.#deps;
    if (attempt.readyAt !== undefined) this.#healthyMs += clock.now() - attempt.readyAt;
    // Asked for, whatever the exit code; anything else is a crash, whatever the exit code.
    if (this.#state === 'stopping' && attempt.cause === undefined) return this.#move('exit', undefined);
    const starting = this.#state === 'starting';
    this.#crashesInARow = this.#healthyMs >= backoff.resetAfterMs ? 1 : this.#crashesInARow + 1;
    this.#healthyMs = 0;
    this.crashes += 1;
    this.#recordFailure(verdict.class, verdict.sentence, end);
    this.#failureError = new AppError(starting ? 'engine_start_failed' : 'engine_died', verdict.sentence, {
      retryAfterSeconds: 1,
    });
    this.#rest(verdict);
    // After the move: a slot that comes free must not be granted to the next in the queue.
    this.#cut(new AppError('engine_died', verdict.sentence));
  }

  /** After a crash: how long it is not tried again, if ever. */
  #rest({ retryable, sentence }: ExitVerdict): void {
    const { backoff, clock, random } = this.#deps;
    if (!retryable) {
      this.#retryAt = undefined;
      return this.#move('break', sentence);
    }
    if (this.#crashesInARow >= backoff.giveUpAfter) {
      this.#retryAt = clock.now() + backoff.coolDownMs;
      return this.#move('break', `${this.#crashesInARow} crashes in a row; the last: ${sentence}`);
    }
    const restMs = backoffDelay(backoff, this.#crashesInARow, random());
    this.#retryAt = clock.now() + restMs;
    this.#restTimer = setTimeout(() => {
      this.#retryAt = undefined;
      this.#move('rest', 'the back-off is over');
    }, restMs);
    this.#restTimer.unref();
    this.#move('crash', sentence);
  }

  /** A defect of ours must leave neither a process behind nor an expert that is starting for ever. */
  async #breakDown(attempt: Attempt, error: unknown): Promise<void> {
    this.#deps.logger.error('a lifecycle met a defect', { expert: this.id, error });
    await attempt.engine?.stop(0);
    attempt.forgetKey?.();
    if (this.#attempt !== attempt) return;
    const sentence = `${this.id} was ended by a defect of the orchestrator (${messageOf(error)}); its log has the details.`;
    this.#failureError = new AppError('internal', sentence, { cause: error });
    this.#recordFailure('defect', sentence, undefined);
    this.#retryAt = this.#deps.clock.now() + this.#deps.backoff.coolDownMs;
    this.#move('break', sentence);
    this.#cut(this.#failureError);
  }

  #refuse(attempt: Attempt, error: unknown): void {
    if (attempt.controller.signal.aborted) return this.#move('exit', 'given up before the engine was spawned');
    const reason = toAppError(error);
    if (reason.code === 'internal')
      this.#deps.logger.error('a start was refused by a defect', { expert: this.id, error });
    this.#failureError = reason;
    this.#recordFailure('refused', reason.code === 'internal' ? messageOf(error) : reason.message, undefined);
    this.#move('refuse', reason.message);
  }

  #recordFailure(failureClass: Failure['class'], sentence: string, end: EngineEnd | undefined): void {
    this.#failure = {
      class: failureClass,
      sentence,
      at: this.#deps.clock.wallTime(),
      code: end?.code ?? null,
      signal: end?.signal ?? null,
      tail: end ? this.#deps.log.buffer.tail(20) : [],
    };
  }

  async #drain(drainMs: number): Promise<void> {
    if (this.#leases.size === 0 || drainMs <= 0) return;
    this.#draining = new Drain(drainMs);
    await this.#draining.done;
    this.#draining = undefined;
  }

  #cut(error: AppError): void {
    for (const lease of this.#leases) lease.onCut?.(error);
  }

  #move(event: LifecycleEvent, reason: string | undefined): void {
    const from = this.#state;
    const to = next(from, event);
    this.#state = to;
    this.#since = this.#deps.clock.wallTime();
    if (to === 'stopped' || to === 'backoff' || to === 'failed') {
      this.#attempt = undefined;
      this.#draining?.finish();
    }
    try {
      this.#deps.onMove(this, { expert: this.id, from, to, event, reason });
    } catch (error) {
      // Who listens must not be able to leave a lifecycle half-way.
      this.#deps.logger.error('a listener of a lifecycle failed', { expert: this.id, error });
    }
  }
}
