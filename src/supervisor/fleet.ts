import { schedule } from '../planner/schedule.ts';
import { AppError } from '../shared/errors.ts';
import { Executor, type FleetOptions } from './executor.ts';
import type { ExpertProcess } from './expert-process.ts';
import { type BudgetState, type FleetPlan, type Forecast, House } from './house.ts';
import type { Lease } from './lease.ts';
import type { Move } from './lifecycle.ts';
import type { RemoteExpert } from './remote-expert.ts';
import type { KeepLoaded } from './residency.ts';
import type { Standing } from './standing.ts';
import { Standings } from './standings.ts';
import type { Waiter } from './waiting-lines.ts';

/** How often idle experts and old waiters are looked at; the hot path sets no timer. */
const TICK_MS = 200;

/** All experts, and the queue in front of each. The one place that decides who is started, who is evicted and who waits. */
export class Fleet {
  readonly #options: FleetOptions;
  readonly #house: House;
  readonly #executor: Executor;
  readonly #standings: Standings;
  #lastTickMs: number;
  readonly #timer: NodeJS.Timeout;
  #closing = false;
  #pumping = false;
  #pumpAgain = false;

  constructor(options: FleetOptions) {
    this.#options = options;
    this.#house = new House(options.clock, options.memory);
    this.#executor = new Executor(options, this.#house);
    this.#standings = new Standings(this.#house, options.clock);
    this.#lastTickMs = options.clock.now();
    options.memory.onChange = () => this.#pump();
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#timer.unref();
  }

  /**
   * Takes in another set of experts. Who stays keeps its process, its streams and its queue; who is gone, or comes again as another
   * process, is drained and ended, and a new process of the same name is not started before the old one has ended.
   */
  reconfigure(plan: FleetPlan): void {
    const before = this.#house.processes;
    const remotesBefore = this.#house.remotes;
    this.#house.reconfigure(plan);
    for (const process of plan.processes) process.onRelease = () => this.#released(process);
    for (const remote of plan.remotes) remote.onRelease = () => this.#grant(remote.id);
    for (const [id, process] of before) {
      if (this.#house.processes.get(id) === process) continue;
      this.#retire(process);
      if (!this.#house.expert(id)) this.#dismiss(id);
    }
    for (const [id, remote] of remotesBefore) {
      if (this.#house.remotes.get(id) === remote) continue;
      void remote.close(plan.drainMs);
      if (!this.#house.expert(id)) this.#dismiss(id);
    }
    this.#pump();
  }

  process(id: string): ExpertProcess | undefined {
    return this.#house.processes.get(id);
  }

  remote(id: string): RemoteExpert | undefined {
    return this.#house.remotes.get(id);
  }

  get processes(): Iterable<ExpertProcess> {
    return this.#house.processes.values();
  }

  get remotes(): Iterable<RemoteExpert> {
    return this.#house.remotes.values();
  }

  queued(id: string): number {
    return this.#house.lines.length(id);
  }

  get totalQueued(): number {
    return this.#house.lines.total;
  }

  get closing(): boolean {
    return this.#closing;
  }

  /** A lease at once, where the expert is ready, has a free slot, and nobody waits before us. */
  tryAcquire(id: string, background = false, user = ''): Lease | undefined {
    const now = this.#options.clock.now();
    this.#house.residency.requested(id, now);
    this.#house.fairShare.asked(id, user, now);
    if (this.#closing || this.#house.lines.has(id)) return undefined;
    const expert = this.#house.expert(id);
    if (!expert || !this.#house.fairShare.mayEnter(expert, user, background, now)) return undefined;
    return expert.tryEnter(background, user);
  }

  /** A lease on who is ready, free and waited for by nobody, which counts as no wish for it: for work of our own that can be left. */
  borrow(id: string): Lease | undefined {
    if (this.#closing || this.#house.lines.has(id)) return undefined;
    const expert = this.#house.expert(id);
    if (!expert || !this.#house.fairShare.mayEnter(expert, '', true, this.#options.clock.now())) return undefined;
    return expert.tryEnter(true);
  }

  /**
   * A lease when it is our turn: joins a load under way, starts one, evicts for it, or waits for a slot. Rejects with an `AppError`
   * that says why not; a signal that aborts takes the waiter out of the queue. A load goes on when its waiters leave (who gives up
   * on a slow load mostly asks again), but its room is the first to be taken. `background`: evicts nobody, and waits behind all others.
   * `user`: who takes turns with others; empty: the house itself.
   */
  acquire(id: string, signal: AbortSignal, background = false, user = ''): Promise<Lease> {
    if (!this.#house.expert(id)) {
      return Promise.reject(
        new AppError('model_not_found', `${id} is not in the profile any more.`, { param: 'model' }),
      );
    }
    const lease = this.tryAcquire(id, background, user);
    if (lease) return Promise.resolve(lease);
    if (signal.aborted) return Promise.reject(clientLeft());
    const refusal = this.#refusal(id) ?? this.#queueRefusal(id, background, user);
    if (refusal) return Promise.reject(refusal);
    return new Promise<Lease>((resolve, reject) => {
      const onAbort = () => {
        this.#house.lines.leave(waiter);
        reject(clientLeft());
      };
      const settle = () => signal.removeEventListener('abort', onAbort);
      const waiter: Waiter = {
        expert: id,
        user,
        background,
        since: this.#options.clock.now(),
        resolve: (granted) => (settle(), resolve(granted)),
        reject: (error) => (settle(), reject(error)),
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#house.lines.join(waiter);
      this.#lookAtFiles(id);
      this.#pump();
    });
  }

  /**
   * Loads an expert without a request, also one that failed; resolves when it is ready. `patient`: not at the cost of an expert that is
   * busy, however long that takes.
   */
  load(id: string, options: { patient: boolean } = { patient: false }): Promise<void> {
    const process = this.#house.processes.get(id);
    if (!process || process.isServing) return Promise.resolve();
    if (this.#closing) return Promise.reject(new AppError('shutting_down', 'The orchestrator is stopping.'));
    return new Promise((resolve, reject) => {
      this.#house.wishes.add(id, { since: this.#options.clock.now(), patient: options.patient, resolve, reject });
      this.#lookAtFiles(id);
      this.#pump();
    });
  }

  /**
   * Unloads an expert; with `force` what runs is cut at once. Requests that wait for it get it again afterwards; who asked for it by
   * name before is told that it was unloaded.
   */
  async unload(id: string, reason: string, force: boolean): Promise<void> {
    this.#house.wishes.settle(
      id,
      new AppError('expert_stopped', `${id} was unloaded (${reason}) before it was ready.`),
    );
    this.#house.residency.dismissed(id);
    await this.#house.processes.get(id)?.stop(reason, force ? 0 : this.#house.plan.drainMs);
  }

  keepLoaded(id: string, keep: KeepLoaded): void {
    if (this.#house.processes.has(id)) this.#house.residency.keep(id, keep, this.#options.clock.now());
  }

  /** Until the next start of the orchestrator, whatever the profile says. */
  pin(id: string, pinned: boolean): void {
    this.#house.residency.pin(id, pinned);
    this.#pump();
  }

  isPinned(process: ExpertProcess): boolean {
    return this.#house.residency.isPinned(process);
  }

  /** Hands every GPU back to the person at the desk, for so many milliseconds or until `resume`; what only needs RAM goes on. */
  pause(forMs: number | undefined): void {
    if (this.#options.memory.devices.length === 0) {
      throw new AppError('conflict', 'The profile counts no GPU (budget.gpu0), so there is none to hand back.');
    }
    this.#options.memory.pause(forMs);
  }

  resume(): void {
    this.#options.memory.resume();
  }

  /** Milliseconds until an idle expert is unloaded; undefined while it is not loaded, is busy, or stays. */
  unloadsInMs(process: ExpertProcess): number | undefined {
    if (process.state !== 'ready' || process.inFlight > 0 || this.queued(process.id) > 0) return undefined;
    return this.#house.residency.unloadsInMs(process, this.#options.clock.now());
  }

  /** Told of every move of every expert. */
  onMove(process: ExpertProcess, move: Move): void {
    const { memory, clock } = this.#options;
    if (move.to === 'ready') memory.ready(process);
    if (move.to === 'backoff' || move.to === 'failed') memory.noteCrash(process);
    if (move.to === 'stopped' || move.to === 'backoff' || move.to === 'failed') memory.release(process);
    // Who was taken out of the house speaks for nobody any more; its end may be the room that another waits for.
    if (this.#house.processes.get(move.expert) !== process) return this.#pump();
    if (move.to === 'starting') this.#house.residency.started(move.expert);
    if (move.to === 'ready') {
      this.#house.residency.ready(move.expert, clock.now());
      this.#house.wishes.settle(move.expert, undefined);
    }
    if (move.event === 'refuse') this.#standings.refused(move.expert);
    const failed = move.to === 'backoff' || move.to === 'failed' || move.event === 'refuse';
    if (failed && !process.triesAgain) {
      // Who waited for a slot of an engine that was ready has been accepted by none.
      const refusal = move.from === 'starting' ? undefined : process.refusal();
      const error =
        refusal ?? process.startError ?? new AppError('expert_failed', move.reason ?? `${move.expert} failed.`);
      this.#house.lines.rejectAll(move.expert, error);
      // Who asked for it by name while an engine was ending asked for the next one.
      if (move.from === 'starting') this.#house.wishes.settle(move.expert, error);
    }
    if (move.event === 'rest' && process.expert.preload)
      this.load(move.expert, { patient: true }).catch(() => undefined);
    this.#pump();
  }

  /** Refuses what waits, lets what runs finish within the drain, ends every engine. */
  async close(drainMs: number): Promise<void> {
    this.#closing = true;
    const error = new AppError(
      'shutting_down',
      'The orchestrator is stopping; send the request again when it is back.',
      { retryAfterSeconds: 5 },
    );
    for (const id of this.#house.lines.wanted()) this.#house.lines.rejectAll(id, error);
    this.#house.wishes.settleAll(error);
    await Promise.all([
      ...this.#house.everyProcess().map((process) => process.stop('shutdown', drainMs)),
      ...[...this.#house.remotes.values()].map((remote) => remote.close(drainMs)),
    ]);
    clearInterval(this.#timer);
    this.#options.memory.close();
  }

  /** Shortens a drain under way: engines are ended now. */
  hurry(): void {
    for (const process of this.#house.everyProcess()) void process.stop('shutdown', 0);
    for (const remote of this.#house.remotes.values()) remote.hurry();
  }

  /** What the planner would do for a request for the expert now. */
  plan(id: string): Forecast {
    return this.#house.forecast(id);
  }

  /** What a start of the expert would end with, whatever room there is; undefined where nothing is known against it. */
  async obstacle(id: string): Promise<string | undefined> {
    return this.#house.processes.get(id)?.obstacle();
  }

  /** How close an expert is to serving a request now; cheap enough for every request. */
  standing(id: string): Standing {
    return this.#standings.of(id);
  }

  budget(): BudgetState {
    return this.#house.budget();
  }

  #refusal(id: string): AppError | undefined {
    if (this.#closing) return new AppError('shutting_down', 'The orchestrator is stopping.', { retryAfterSeconds: 5 });
    return this.#house.expert(id)?.refusal();
  }

  /** In a full queue who has none there yet takes the place of the newest request of whoever has the most. */
  #queueRefusal(id: string, background: boolean, user: string): AppError | undefined {
    const length = this.queued(id);
    if (length < this.#house.plan.queueLength) return undefined;
    const crowding = background ? undefined : this.#house.lines.crowding(id, user);
    if (crowding) {
      this.#house.lines.leave(crowding);
      const message = `The queue for ${id} is full (queue.length) and holds more of your requests than of anybody else's: the newest makes room for another user's. Send fewer at once, or try again in a moment.`;
      crowding.reject(new AppError('queue_full', message, { retryAfterSeconds: 2 }));
      return undefined;
    }
    return new AppError(
      'queue_full',
      `${length} requests wait for ${id} already (queue.length). Try again in a moment, or raise queue.length or the expert's parallel.`,
      {
        retryAfterSeconds: 2,
      },
    );
  }

  /** A model may have been pulled, or replaced, since it was last looked at. */
  #lookAtFiles(id: string): void {
    const process = this.#house.processes.get(id);
    if (process && !process.isServing) this.#options.memory.look(process);
  }

  /** A slot came free, or it has fallen asleep. */
  #released(process: ExpertProcess): void {
    if (process.state === 'sleeping' && process.turn === undefined) this.#options.memory.rest(process);
    this.#grant(process.id);
    // The last slot that came free may be the room that another expert waits for.
    if (this.#house.someoneWaitsForRoom() && process.inFlight === process.inFlightBackground) this.#pump();
  }

  /** Grants free slots: to who has the fewest, in turns. */
  #grant(id: string): void {
    const { lines, fairShare } = this.#house;
    const expert = this.#house.expert(id);
    if (!expert) return;
    while (lines.has(id) && expert.inFlight < expert.expert.parallel) {
      const shares = fairShare.shares(expert, this.#options.clock.now());
      const next = lines.next(id, ({ user, background }) => shares.of(user, background));
      const lease = next && expert.tryEnter(next.background, next.user);
      if (!lease) return;
      lines.served(next);
      next.resolve(lease);
    }
  }

  /** Serves every queue, then does what the planner says for those who are wanted and not loaded. */
  #pump(): void {
    this.#standings.forget();
    // A move published from within a pump asks for another round instead of nesting.
    if (this.#pumping) {
      this.#pumpAgain = true;
      return;
    }
    this.#pumping = true;
    try {
      do {
        this.#pumpAgain = false;
        for (const id of this.#house.lines.wanted()) this.#grant(id);
        if (!this.#closing) for (const action of schedule(this.#house.world())) this.#executor.execute(action);
      } while (this.#pumpAgain);
    } finally {
      this.#pumping = false;
    }
  }

  #retire(process: ExpertProcess): void {
    this.#house.retiring.add(process);
    const ended = async () => {
      await process.stop('replaced by a reload', this.#house.plan.drainMs);
      // A crash in the middle of the drain leaves it in back-off: it is not to come back.
      await process.stop('replaced by a reload', 0);
    };
    void ended().finally(() => {
      this.#house.retiring.delete(process);
      if (!this.#house.processes.has(process.id)) void process.log.close();
      this.#pump();
    });
  }

  /** Nobody of this name is in the house any more. */
  #dismiss(id: string): void {
    const error = new AppError('model_not_found', `${id} was taken out of the profile while the request waited.`, {
      param: 'model',
    });
    this.#house.lines.rejectAll(id, error);
    this.#house.wishes.settle(id, error);
    this.#house.residency.forget(id);
    this.#house.fairShare.forget(id);
  }

  #tick(): void {
    const now = this.#options.clock.now();
    const elapsed = now - this.#lastTickMs;
    this.#lastTickMs = now;
    for (const id of this.#house.lines.wanted()) {
      this.#age(id, now, elapsed);
      // A slot that was kept for somebody is kept for a time.
      this.#grant(id);
    }
    for (const process of this.#house.processes.values()) {
      if (this.unloadsInMs(process) !== 0) continue;
      if (process.canSleep && !this.#house.residency.isUnwanted(process.id)) void process.sleep('idle');
      else void process.stop('idle', this.#house.plan.drainMs);
    }
    const remeasured = this.#options.memory.tick(this.#house.everyProcess());
    if ((remeasured && this.#house.hasReasonToPlan()) || this.#house.someoneWaitsForRoom()) this.#pump();
  }

  #age(id: string, now: number, elapsed: number): void {
    const process = this.#house.processes.get(id);
    for (const waiter of this.#house.lines.of(id)) {
      // A load has deadlines of its own: the queue's age counts the wait for room or for a slot.
      if (process?.state === 'starting' || process?.turn === 'awake') {
        waiter.since = Math.min(now, waiter.since + elapsed);
        continue;
      }
      if (now - waiter.since <= this.#house.plan.queueAgeMs) continue;
      this.#house.lines.leave(waiter);
      const reason = !process || process.state === 'ready' ? 'all its slots are busy' : this.plan(id).plan.reason;
      const waited = Math.round((now - waiter.since) / 1_000);
      const message = `The request waited ${waited} s for ${id} (queue.age): ${reason}.`;
      waiter.reject(new AppError('queue_timeout', message, { retryAfterSeconds: 5 }));
    }
  }
}

function clientLeft(): AppError {
  return new AppError('expert_stopped', 'The client left while the request waited.');
}
