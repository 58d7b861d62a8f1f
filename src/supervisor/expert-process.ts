import type { LaunchPlacement, ProcessAdapter } from '../engines/contract.ts';
import { AppError, messageOf } from '../shared/errors.ts';
import type { ExpertState } from '../telemetry/events.ts';
import { Attempt, type AttemptDependencies } from './attempt.ts';
import { CrashHistory, type Failure, type HistoryDependencies } from './crash-history.ts';
import type { ExitVerdict } from './exit-classes.ts';
import type { ExpertLog } from './expert-log.ts';
import type { EngineEnd, HostedEngine, Upstream } from './host.ts';
import { InFlight } from './in-flight.ts';
import type { Prepared, ProcessExpert } from './launcher.ts';
import type { Lease, LeaseOwner } from './lease.ts';
import { type LifecycleEvent, type Move, next } from './lifecycle.ts';
import type { Uselessness } from './liveness.ts';

/** llama-server ends within two seconds of SIGTERM; its own router grants ten (engines.md 1.6). */
const STOP_GRACE_MS = 10_000;

export interface ProcessDependencies extends AttemptDependencies, HistoryDependencies {
  /** Every move, after it has happened. */
  readonly onMove: (process: ExpertProcess, move: Move) => void;
}

/** The one writer of an expert's state. Outsiders call `start`, `stop` and `tryEnter`; reading the state is for display and planning. */
export class ExpertProcess implements LeaseOwner {
  #expert: ProcessExpert;
  readonly adapter: ProcessAdapter;
  #deps: ProcessDependencies;
  #state: ExpertState = 'stopped';
  #since: Date;
  #attempt: Attempt | undefined;
  readonly #inFlight = new InFlight(this);
  readonly #history: CrashHistory;
  starts = 0;
  /** What the last start took, and the last wake. */
  loadMs: number | undefined;
  wakeMs: number | undefined;
  /** Version of the program that was started last. */
  programVersion: string | undefined;
  /** Monotonic milliseconds of the last moment a request was in flight. */
  lastUsedMs = 0;

  constructor(expert: ProcessExpert, adapter: ProcessAdapter, deps: ProcessDependencies) {
    this.#expert = expert;
    this.adapter = adapter;
    this.#deps = deps;
    this.#history = new CrashHistory(expert.id, deps);
    this.#since = deps.clock.wallTime();
  }

  get expert(): ProcessExpert {
    return this.#expert;
  }

  /**
   * Takes over settings that a running engine need not be started again for (`launchKey` is the same), and what the next start
   * needs of the profile.
   */
  adopt(expert: ProcessExpert, deps: ProcessDependencies): void {
    this.#expert = expert;
    this.#deps = deps;
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
    return this.#inFlight.size;
  }
  /** Of these, requests that yield to others. */
  get leases(): Iterable<Lease> {
    return this.#inFlight.leases;
  }

  get inFlightBackground(): number {
    return this.#inFlight.background;
  }
  get failure(): Failure | undefined {
    return this.#history.failure;
  }
  /** Its start ran out of memory and is to be tried once more: who waits for it goes on waiting. */
  get triesAgain(): boolean {
    return this.#state === 'backoff' && this.#history.triesAgain;
  }
  get crashes(): number {
    return this.#history.crashes;
  }
  /** What made the last start fail, for those who waited for it. */
  get startError(): AppError | undefined {
    return this.#history.startError;
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

  /** Of the whole process tree; none while there is none. Walks /proc. */
  processIds(): readonly number[] {
    return this.#attempt?.engine?.processIds() ?? [];
  }

  /** Milliseconds until a backing-off or failed expert may be started again; undefined: not by itself. */
  retryInMs(): number | undefined {
    return this.#history.retryInMs();
  }

  /**
   * Why a start would end before its engine begins: a program, a file or a setting. Starts nothing. Of an engine whose program takes
   * long to be asked nothing is said before a start.
   */
  async obstacle(): Promise<string | undefined> {
    if (this.#state === 'ready' || this.#state === 'sleeping' || this.adapter.probe) return undefined;
    try {
      await this.#deps.prepare(this.expert, this.adapter);
      return undefined;
    } catch (error) {
      return messageOf(error);
    }
  }

  /** How far a start has come, for a person. */
  progress(): string | undefined {
    const attempt = this.#attempt;
    if (attempt?.turn === 'awake') return 'waking up';
    return this.#state === 'starting' ? attempt?.progress() : undefined;
  }

  /** A lease when the engine is ready and has a free slot; at once, or not at all. */
  tryEnter(background = false, user = ''): Lease | undefined {
    const attempt = this.#attempt;
    if (!attempt?.upstream || !this.isServing || this.inFlight >= this.expert.parallel) return undefined;
    return this.#inFlight.enter(attempt.upstream, background, attempt.keeper, user);
  }

  leave(lease: Lease, ok: boolean): void {
    this.lastUsedMs = this.#deps.clock.now();
    if (ok) this.#attempt?.liveness.answered();
    this.#inFlight.leave(lease);
    this.onRelease?.();
    const attempt = this.#attempt;
    if (attempt?.upstream && this.inFlight === 0 && this.#state === 'ready')
      attempt.liveness.lookAtWords(attempt.upstream);
  }

  /** Set by the fleet: a slot is free. */
  onRelease: (() => void) | undefined;

  /** Why a request cannot have this expert now, however long it waits; undefined where a start or a wait helps. */
  refusal(): AppError | undefined {
    return this.#state === 'backoff' || this.#state === 'failed' ? this.#history.refusal(this.#state) : undefined;
  }

  /** Legal from stopped, backoff and failed; the end of the start is published as a move. */
  start(reason: string, placement?: LaunchPlacement): void {
    // Throws before anything has changed.
    next(this.#state, 'start');
    this.#history.startAgain();
    const attempt: Attempt = new Attempt(this, this.#deps, placement, (detail, cause) =>
      this.#replace(attempt, detail, cause),
    );
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
    if (!protocol || !attempt?.upstream || this.#state !== 'ready' || this.inFlight > 0) return;
    if (attempt.liveness.isProbing) return;
    attempt.turn = 'asleep';
    this.#move('sleep', reason);
    const wrong = await attempt.fallAsleep(protocol);
    if (!this.#isSleeping(attempt)) return;
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
    const wrong = await attempt.wakeUp(protocol);
    if (!this.#isSleeping(attempt)) return;
    attempt.turn = undefined;
    if (wrong !== undefined) return this.#replace(attempt, `it did not wake up: ${wrong}`, 'unresponsive');
    this.lastUsedMs = this.#deps.clock.now();
    this.wakeMs = this.lastUsedMs - since;
    this.#move('wake', `awake after ${Math.round(this.wakeMs)} ms`);
  }

  /** A stop or a crash may have come in between. */
  #isSleeping(attempt: Attempt): boolean {
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
        this.#history.forgive();
        this.#move('stop', reason);
        return;
      case 'starting':
        // Asked for: whatever it was about to be ended for does not count any more.
        if (attempt) attempt.cause = undefined;
        this.#move('stop', reason);
        attempt?.giveUp();
        // Nothing is lost by killing what only loads, and engines handle SIGTERM only once they are ready.
        await attempt?.engine?.stop(0);
        break;
      case 'ready':
        this.#move('drain', reason);
        await this.#inFlight.drain(drainMs);
        // A crash in the meantime has taken the attempt away.
        if (this.#attempt !== attempt) break;
        this.#inFlight.cut(unloaded(this.id, reason));
        if (attempt && drainMs > 0 && !attempt.liveness.isDoubted) await attempt.keeper?.save();
        if (this.#attempt !== attempt) break;
        this.#move('stop', reason);
        // A frozen process, or one that hangs on a disk, does not run its SIGTERM handler, and somebody may wait for its room.
        await attempt?.engine?.stop(attempt.liveness.isDoubted || attempt.keeper?.isWriting ? 0 : STOP_GRACE_MS);
        break;
      case 'sleeping':
        if (attempt) attempt.turn = undefined;
        this.#move('stop', reason);
        await attempt?.engine?.stop(drainMs <= 0 ? 0 : STOP_GRACE_MS);
        break;
      case 'draining':
        this.#inFlight.shortenDrain(drainMs);
        if (drainMs <= 0) attempt?.keeper?.giveUp();
        break;
      case 'stopping':
        // Whoever has no time for a drain has none for a polite end either.
        if (drainMs <= 0) void attempt?.engine?.stop(0);
        break;
    }
    await attempt?.done;
  }

  silent(_lease: Lease): void {
    const attempt = this.#attempt;
    if (attempt?.upstream && this.#state === 'ready') attempt.liveness.silent(attempt.upstream);
  }

  #replace(attempt: Attempt, detail: string, cause: Uselessness): void {
    if (this.#attempt !== attempt || (this.#state !== 'ready' && this.#state !== 'sleeping')) return;
    this.#deps.logger.warn('the engine is of no use; replacing it', { expert: this.id, cause, detail });
    attempt.note(detail);
    attempt.cause = cause;
    this.#move('stop', cause);
    const what = cause === 'unresponsive' ? 'stopped answering' : 'answered with nonsense';
    this.#inFlight.cut(new AppError('engine_died', `${this.id} ${what} and was replaced; send the request again.`));
    // A frozen process does not run its SIGTERM handler.
    void attempt.engine?.stop(0);
  }

  async #run(attempt: Attempt): Promise<void> {
    let prepared: Prepared;
    try {
      prepared = await attempt.prepare();
    } catch (error) {
      return this.#refuse(attempt, error);
    }
    this.programVersion = prepared.program?.version;
    for (;;) {
      if (attempt.givenUp.aborted) return this.#move('exit', 'given up before the engine was spawned');
      let engine: HostedEngine;
      try {
        engine = await attempt.spawn(prepared);
      } catch (error) {
        return this.#refuse(attempt, error);
      }
      await this.#watchStart(attempt, engine);
      const end = await engine.ended;
      attempt.forgetKey();
      const verdict = attempt.verdict(end);
      if (this.#state !== 'starting' || !attempt.mayTryAgain(verdict)) return this.#finish(attempt, end, verdict);
      this.#deps.logger.info('the port was taken in the meantime; trying another', { expert: this.id });
    }
  }

  /** Four things race: ready, ended, given up, too late. */
  async #watchStart(attempt: Attempt, engine: HostedEngine): Promise<void> {
    const upstream = await attempt.becomeReady(engine);
    if (!upstream || attempt.over.aborted) return;
    this.lastUsedMs = this.#deps.clock.now();
    attempt.ready(upstream, this.lastUsedMs);
    this.loadMs = this.lastUsedMs - attempt.startedAt;
    this.#move('healthy', `ready after ${Math.round(this.loadMs)} ms`);
  }

  #finish(attempt: Attempt, end: EngineEnd, verdict: ExitVerdict): void {
    if (attempt.readyAt !== undefined) this.#history.wasHealthy(this.#deps.clock.now() - attempt.readyAt);
    // Asked for, whatever the exit code; anything else is a crash, whatever the exit code.
    if (this.#state === 'stopping' && attempt.cause === undefined) return this.#move('exit', undefined);
    const tail = this.#deps.log.buffer.tail(20);
    const { event, reason, restMs } = this.#history.crashed(verdict, end, tail, this.#state === 'starting');
    if (restMs !== undefined) this.#history.rest(restMs, () => this.#move('rest', 'the back-off is over'));
    this.#move(event, reason);
    // After the move: a slot that comes free must not be granted to the next in the queue.
    this.#inFlight.cut(new AppError('engine_died', verdict.sentence));
  }

  /** A defect of ours must leave neither a process behind nor an expert that is starting for ever. */
  async #breakDown(attempt: Attempt, error: unknown): Promise<void> {
    this.#deps.logger.error('a lifecycle met a defect', { expert: this.id, error });
    await attempt.engine?.stop(0);
    attempt.forgetKey();
    if (this.#attempt !== attempt) return;
    const failure = this.#history.metDefect(error);
    this.#move('break', failure.message);
    this.#inFlight.cut(failure);
  }

  #refuse(attempt: Attempt, error: unknown): void {
    if (attempt.givenUp.aborted) return this.#move('exit', 'given up before the engine was spawned');
    const reason = this.#history.refused(error);
    if (reason.code === 'internal')
      this.#deps.logger.error('a start was refused by a defect', { expert: this.id, error });
    this.#move('refuse', reason.message);
  }

  #move(event: LifecycleEvent, reason: string | undefined): void {
    const from = this.#state;
    const to = next(from, event);
    this.#state = to;
    this.#since = this.#deps.clock.wallTime();
    if (to === 'stopped' || to === 'backoff' || to === 'failed') {
      this.#attempt?.keeper?.close();
      this.#attempt = undefined;
      this.#inFlight.endDrain();
    }
    try {
      this.#deps.onMove(this, { expert: this.id, from, to, event, reason });
    } catch (error) {
      // Who listens must not be able to leave a lifecycle half-way.
      this.#deps.logger.error('a listener of a lifecycle failed', { expert: this.id, error });
    }
  }
}

function unloaded(id: string, reason: string): AppError {
  const message = `${id} was unloaded (${reason}) before the answer was complete; send the request again.`;
  return new AppError('expert_stopped', message);
}
