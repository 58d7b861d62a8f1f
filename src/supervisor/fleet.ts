import { plan, type Plan } from '../planner/decide.ts';
import { type Action, schedule } from '../planner/schedule.ts';
import type { Footprint, Placement, PlannerExpert, Pool, Waiting, World } from '../planner/world.ts';
import type { Clock } from '../shared/clock.ts';
import { AppError } from '../shared/errors.ts';
import type { EventBus } from '../telemetry/events.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Appraisal } from './appraisal.ts';
import type { ExpertProcess } from './expert-process.ts';
import { pictureOf } from './house-picture.ts';
import type { Lease } from './lease.ts';
import type { Move } from './lifecycle.ts';
import type { Memory } from './memory.ts';
import type { RemoteExpert } from './remote-expert.ts';
import { type KeepLoaded, Residency } from './residency.ts';
import { type Waiter, WaitingLines } from './waiting-lines.ts';
import { Wishes } from './wishes.ts';

/** How often idle experts and old waiters are looked at; the hot path sets no timer. */
const TICK_MS = 200;
/** A busy expert is drained for another that has waited this long: nobody starves behind a stream of requests for its neighbour. */
export const STARVATION_MS = 15_000;

/** Who there is and what bounds them: all that a reload replaces. */
export interface FleetPlan {
  readonly processes: readonly ExpertProcess[];
  readonly remotes: readonly RemoteExpert[];
  readonly maxLoaded: number | undefined;
  readonly spillToCpu: 'refuse' | 'warn' | 'allow';
  readonly minResidencyMs: number;
  readonly queueLength: number;
  readonly queueAgeMs: number;
  readonly drainMs: number;
}

export interface FleetOptions {
  readonly clock: Clock;
  readonly bus: EventBus;
  readonly logger: Logger;
  /** Counts the pools of the budget; told of every start and end. */
  readonly memory: Memory;
}

/** What would be done for a request, and the picture that it was decided by. */
export interface Forecast {
  readonly plan: Plan;
  readonly world: World;
  /** What is known of the expert's placements; undefined where nothing is counted, or not yet. */
  readonly appraisal: Appraisal | undefined;
}

/** The pools, and who holds what of them. */
export interface BudgetState {
  readonly world: World;
  readonly maxLoaded: number | undefined;
  readonly holders: readonly Holder[];
  /** Monotonic milliseconds; Infinity: until resumed; undefined: not paused. */
  readonly pausedUntilMs: number | undefined;
}

export interface Holder {
  readonly expert: string;
  readonly state: ExpertProcess['state'];
  readonly placement: string;
  /** Reservation or measurement, whichever is larger, by pool. */
  readonly held: Footprint;
  readonly predicted: Footprint;
  readonly measured: Footprint;
  /** Model files that count once for all who map them. */
  readonly mapped: Placement['mapped'];
}

/** All experts, and the queue in front of each. The one place that decides who is started, who is evicted and who waits. */
export class Fleet {
  readonly #options: FleetOptions;
  #plan: FleetPlan = NOTHING;
  #processes = new Map<string, ExpertProcess>();
  #remotes = new Map<string, RemoteExpert>();
  /** Processes that a reload took out of the house and that still end. */
  readonly #retiring = new Set<ExpertProcess>();
  readonly #lines = new WaitingLines();
  readonly #wishes = new Wishes();
  readonly #residency = new Residency();
  #lastTickMs: number;
  readonly #timer: NodeJS.Timeout;
  #closing = false;
  #pumping = false;
  #pumpAgain = false;

  constructor(options: FleetOptions) {
    this.#options = options;
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
    const before = this.#processes;
    const remotesBefore = this.#remotes;
    this.#plan = plan;
    this.#processes = new Map(plan.processes.map((process) => [process.id, process]));
    this.#remotes = new Map(plan.remotes.map((remote) => [remote.id, remote]));
    for (const process of plan.processes) process.onRelease = () => this.#released(process);
    for (const remote of plan.remotes) remote.onRelease = () => this.#serveQueue(remote.id);
    for (const [id, process] of before) {
      if (this.#processes.get(id) === process) continue;
      this.#retire(process);
      if (!this.#processes.has(id) && !this.#remotes.has(id)) this.#dismiss(id);
    }
    for (const [id, remote] of remotesBefore) {
      if (this.#remotes.get(id) === remote) continue;
      void remote.close(plan.drainMs);
      if (!this.#processes.has(id) && !this.#remotes.has(id)) this.#dismiss(id);
    }
    this.#pump();
  }

  process(id: string): ExpertProcess | undefined {
    return this.#processes.get(id);
  }

  remote(id: string): RemoteExpert | undefined {
    return this.#remotes.get(id);
  }

  get processes(): Iterable<ExpertProcess> {
    return this.#processes.values();
  }

  get remotes(): Iterable<RemoteExpert> {
    return this.#remotes.values();
  }

  queued(id: string): number {
    return this.#lines.length(id);
  }

  get totalQueued(): number {
    return this.#lines.total;
  }

  get closing(): boolean {
    return this.#closing;
  }

  /** A lease at once, where the expert is ready, has a free slot, and nobody waits before us. */
  tryAcquire(id: string, background = false): Lease | undefined {
    this.#residency.requested(id, this.#options.clock.now());
    if (this.#closing || this.queued(id) > 0) return undefined;
    return (this.#processes.get(id) ?? this.#remotes.get(id))?.tryEnter(background);
  }

  /**
   * A lease when it is our turn: joins a load under way, starts one, evicts for it, or waits for a slot. Rejects with an `AppError`
   * that says why not; a signal that aborts takes the waiter out of the queue. A load goes on when its waiters leave (who gives up
   * on a slow load mostly asks again), but its room is the first to be taken. `background`: evicts nobody, and waits behind all others.
   */
  acquire(id: string, signal: AbortSignal, background = false): Promise<Lease> {
    if (!this.#processes.has(id) && !this.#remotes.has(id)) {
      return Promise.reject(
        new AppError('model_not_found', `${id} is not in the profile any more.`, { param: 'model' }),
      );
    }
    const lease = this.tryAcquire(id, background);
    if (lease) return Promise.resolve(lease);
    const refusal = this.#refusal(id) ?? this.#queueRefusal(id);
    if (refusal) return Promise.reject(refusal);
    if (signal.aborted) return Promise.reject(clientLeft());
    return new Promise<Lease>((resolve, reject) => {
      const onAbort = () => {
        this.#lines.leave(waiter);
        reject(clientLeft());
      };
      const settle = () => signal.removeEventListener('abort', onAbort);
      const waiter: Waiter = {
        expert: id,
        background,
        since: this.#options.clock.now(),
        resolve: (granted) => (settle(), resolve(granted)),
        reject: (error) => (settle(), reject(error)),
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#lines.join(waiter);
      this.#lookAtFiles(id);
      this.#pump();
    });
  }

  /**
   * Loads an expert without a request, also one that failed; resolves when it is ready. `patient`: not at the cost of an expert that is
   * busy, however long that takes.
   */
  load(id: string, options: { patient: boolean } = { patient: false }): Promise<void> {
    const process = this.#processes.get(id);
    if (!process || process.isServing) return Promise.resolve();
    if (this.#closing) return Promise.reject(new AppError('shutting_down', 'The orchestrator is stopping.'));
    return new Promise((resolve, reject) => {
      this.#wishes.add(id, { since: this.#options.clock.now(), patient: options.patient, resolve, reject });
      this.#lookAtFiles(id);
      this.#pump();
    });
  }

  /**
   * Unloads an expert; with `force` what runs is cut at once. Requests that wait for it get it again afterwards; who asked for it by
   * name before is told that it was unloaded.
   */
  async unload(id: string, reason: string, force: boolean): Promise<void> {
    this.#wishes.settle(id, new AppError('expert_stopped', `${id} was unloaded (${reason}) before it was ready.`));
    this.#residency.dismissed(id);
    await this.#processes.get(id)?.stop(reason, force ? 0 : this.#plan.drainMs);
  }

  keepLoaded(id: string, keep: KeepLoaded): void {
    if (this.#processes.has(id)) this.#residency.keep(id, keep, this.#options.clock.now());
  }

  /** Until the next start of the orchestrator, whatever the profile says. */
  pin(id: string, pinned: boolean): void {
    this.#residency.pin(id, pinned);
    this.#pump();
  }

  isPinned(process: ExpertProcess): boolean {
    return this.#residency.isPinned(process);
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
    return this.#residency.unloadsInMs(process, this.#options.clock.now());
  }

  /** Told of every move of every expert. */
  onMove(process: ExpertProcess, move: Move): void {
    const { memory, clock } = this.#options;
    if (move.to === 'ready') memory.ready(process);
    if (move.to === 'stopped' || move.to === 'backoff' || move.to === 'failed') memory.release(process);
    // Who was taken out of the house speaks for nobody any more; its end may be the room that another waits for.
    if (this.#processes.get(move.expert) !== process) return this.#pump();
    if (move.to === 'starting') this.#residency.started(move.expert);
    if (move.to === 'ready') {
      this.#residency.ready(move.expert, clock.now());
      this.#wishes.settle(move.expert, undefined);
    }
    const failed = move.to === 'backoff' || move.to === 'failed' || move.event === 'refuse';
    if (failed) {
      // Who waited for a slot of an engine that was ready has been accepted by none.
      const refusal = move.from === 'starting' ? undefined : process.refusal();
      const error =
        refusal ?? process.startError ?? new AppError('expert_failed', move.reason ?? `${move.expert} failed.`);
      this.#lines.rejectAll(move.expert, error);
      // Who asked for it by name while an engine was ending asked for the next one.
      if (move.from === 'starting') this.#wishes.settle(move.expert, error);
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
    for (const id of this.#lines.wanted()) this.#lines.rejectAll(id, error);
    this.#wishes.settleAll(error);
    await Promise.all([
      ...[...this.#processes.values(), ...this.#retiring].map((process) => process.stop('shutdown', drainMs)),
      ...[...this.#remotes.values()].map((remote) => remote.close(drainMs)),
    ]);
    clearInterval(this.#timer);
    this.#options.memory.close();
  }

  /** Shortens a drain under way: engines are ended now. */
  hurry(): void {
    for (const process of [...this.#processes.values(), ...this.#retiring]) void process.stop('shutdown', 0);
    for (const remote of this.#remotes.values()) remote.hurry();
  }

  /** What the planner would do for a request for the expert now. */
  plan(id: string): Forecast {
    const now = this.#options.clock.now();
    const waitedMs = Math.max(0, now - (this.#lines.of(id)[0]?.since ?? now));
    const world = this.#world();
    const process = this.#processes.get(id);
    const appraisal = process && this.#options.memory.appraisal(process);
    return { plan: plan(world, id, { waitedMs, background: false }), world, appraisal };
  }

  budget(): BudgetState {
    const { memory } = this.#options;
    const holders = this.#everyProcess().flatMap((process): Holder[] => {
      const account = memory.account(process);
      if (!account) return [];
      const { placement, measured } = account;
      const held = memory.held(process)?.footprint ?? {};
      const { mapped } = placement;
      const { id: expert, state } = process;
      return [{ expert, state, placement: placement.name, held, predicted: placement.footprint, measured, mapped }];
    });
    return { world: this.#world(), maxLoaded: this.#plan.maxLoaded, holders, pausedUntilMs: memory.pausedUntil };
  }

  #refusal(id: string): AppError | undefined {
    if (this.#closing) return new AppError('shutting_down', 'The orchestrator is stopping.', { retryAfterSeconds: 5 });
    return (this.#processes.get(id) ?? this.#remotes.get(id))?.refusal();
  }

  #queueRefusal(id: string): AppError | undefined {
    const length = this.queued(id);
    if (length < this.#plan.queueLength) return undefined;
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
    const process = this.#processes.get(id);
    if (process && !process.isServing) this.#options.memory.look(process);
  }

  /** A slot came free, or it has fallen asleep. */
  #released(process: ExpertProcess): void {
    if (process.state === 'sleeping' && process.turn === undefined) this.#options.memory.rest(process);
    this.#serveQueue(process.id);
  }

  /** Grants free slots in order of arrival. */
  #serveQueue(id: string): void {
    if (this.#lines.length(id) > 0) this.#grant(id);
    // A slot that came free may be the room that another expert waits for.
    if (this.#someoneWaitsForRoom()) this.#pump();
  }

  #grant(id: string): void {
    const expert = this.#processes.get(id) ?? this.#remotes.get(id);
    for (;;) {
      const [next] = this.#lines.of(id);
      const lease = next && expert?.tryEnter(next.background);
      if (!lease) return;
      this.#lines.shift(id);
      next.resolve(lease);
    }
  }

  #someoneWaitsForRoom(): boolean {
    if (this.#wishes.size > 0) return true;
    if (this.#lines.total === 0) return false;
    for (const id of this.#lines.wanted()) if (this.#canStart(id)) return true;
    return false;
  }

  #canStart(id: string): boolean {
    const process = this.#processes.get(id);
    if (process?.state === 'stopped') return true;
    if (process?.state === 'sleeping') return process.turn === undefined;
    // Who asks by name means it, whatever it failed of.
    if (process?.state === 'failed' || process?.state === 'backoff') {
      return this.#wishes.has(id) || process.refusal() === undefined;
    }
    return false;
  }

  /** Serves every queue, then does what the planner says for those who are wanted and not loaded. */
  #pump(): void {
    // A move published from within a pump asks for another round instead of nesting.
    if (this.#pumping) {
      this.#pumpAgain = true;
      return;
    }
    this.#pumping = true;
    try {
      do {
        this.#pumpAgain = false;
        for (const id of this.#lines.wanted()) this.#grant(id);
        if (!this.#closing) for (const action of schedule(this.#world())) this.#execute(action);
      } while (this.#pumpAgain);
    } finally {
      this.#pumping = false;
    }
  }

  #execute(action: Action): void {
    const { expert, reason } = action;
    switch (action.do) {
      case 'start':
      case 'wake':
        this.#publish(expert, 'start', reason);
        if (action.warning !== undefined) this.#options.logger.warn(action.warning);
        return this.#begin(expert, action.placement, reason);
      case 'stop':
      case 'sleep':
        this.#publish(action.room ?? expert, 'evict', reason, { victim: expert, cause: action.cause });
        this.#options.logger.info(`${expert} is ${action.do === 'sleep' ? 'put to sleep' : 'evicted'}: ${reason}`);
        return this.#evict(expert, action.do, action.room ? `room for ${action.room}` : reason);
      case 'refuse': {
        this.#publish(expert, 'refuse', reason);
        const error = new AppError('no_room', `${expert} cannot be loaded: ${reason}.`);
        this.#lines.rejectAll(expert, error);
        return this.#wishes.settle(expert, error);
      }
    }
  }

  #begin(id: string, placement: Placement, reason: string): void {
    const process = this.#processes.get(id);
    if (!process) return;
    const estimate = this.#options.memory.reserve(process, placement);
    if (process.state === 'sleeping') void process.wake();
    else process.start(reason, estimate?.launch);
  }

  #evict(id: string, how: 'stop' | 'sleep', reason: string): void {
    const process = this.#processes.get(id);
    if (!process) return;
    this.#residency.evicted(process);
    // Who works on a request cannot fall asleep.
    if (how === 'sleep' && process.inFlight === 0) void process.sleep(reason);
    else void process.stop(reason, this.#plan.drainMs);
  }

  #publish(
    expert: string,
    action: 'start' | 'evict' | 'refuse',
    reason: string,
    eviction: { victim?: string; cause?: 'room' | 'overdrawn' | 'pause' } = {},
  ): void {
    const at = this.#options.clock.wallTime().toISOString();
    this.#options.bus.publish({ type: 'plan', at, expert, action, reason, ...eviction });
  }

  #everyProcess(): ExpertProcess[] {
    return [...this.#processes.values(), ...this.#retiring];
  }

  /** The planner's picture. Where the profile names no pools, everything goes by count. */
  #world(): World {
    const pools: readonly Pool[] = this.#options.memory.pools;
    const retiring = new Map<string, ExpertProcess[]>();
    for (const process of this.#retiring) retiring.set(process.id, [...(retiring.get(process.id) ?? []), process]);
    const experts = [...this.#processes.values()].map((process) => {
      // Until its predecessor has ended, nothing can be started under its name.
      const predecessor = retiring.get(process.id)?.shift();
      return this.#picture(predecessor ?? process, process.id, predecessor !== undefined);
    });
    const gone = [...retiring].flatMap(([id, processes]) =>
      processes.map((process, index) => this.#picture(process, `${id}#${index + 1}`, true)),
    );
    return {
      nowMs: this.#options.clock.now(),
      pools,
      experts: [...experts, ...gone],
      maxLoaded: this.#plan.maxLoaded,
      spillToCpu: this.#plan.spillToCpu,
      starvationMs: STARVATION_MS,
    };
  }

  #picture(process: ExpertProcess, id: string, retired: boolean): PlannerExpert {
    const { memory, clock } = this.#options;
    return pictureOf(process, memory, {
      id,
      state: retired || memory.isReturning(process) ? 'stopping' : this.#stateOf(process),
      waiting: this.#waiting(id),
      ...this.#residency.picture(process, this.#plan.minResidencyMs, clock.now()),
    });
  }

  /** One that a reload took out holds its room, and its name, until it has ended; one that turns in its sleep is on its way. */
  #stateOf(process: ExpertProcess): PlannerExpert['state'] {
    if (process.turn === 'asleep') return 'draining';
    if (process.turn === 'awake') return 'starting';
    const { state } = process;
    if (state !== 'backoff' && state !== 'failed' && state !== 'stopped') return state;
    return this.#canStart(process.id) && !this.#options.memory.isPending(process) ? 'stopped' : 'unavailable';
  }

  #waiting(id: string): Waiting[] {
    const requests = this.#lines.of(id).map(({ since, background }) => ({ sinceMs: since, background }));
    const now = this.#options.clock.now();
    // Who is patient has never waited long: idle experts make room for it, busy ones are not drained.
    const wishes = this.#wishes.of(id).map(({ since, patient }) => ({
      sinceMs: patient ? now : since,
      background: false,
    }));
    return [...requests, ...wishes];
  }

  #retire(process: ExpertProcess): void {
    this.#retiring.add(process);
    const ended = async () => {
      await process.stop('replaced by a reload', this.#plan.drainMs);
      // A crash in the middle of the drain leaves it in back-off: it is not to come back.
      await process.stop('replaced by a reload', 0);
    };
    void ended().finally(() => {
      this.#retiring.delete(process);
      if (!this.#processes.has(process.id)) void process.log.close();
      this.#pump();
    });
  }

  /** Nobody of this name is in the house any more. */
  #dismiss(id: string): void {
    const error = new AppError('model_not_found', `${id} was taken out of the profile while the request waited.`, {
      param: 'model',
    });
    this.#lines.rejectAll(id, error);
    this.#wishes.settle(id, error);
    this.#residency.forget(id);
  }

  #tick(): void {
    const now = this.#options.clock.now();
    const elapsed = now - this.#lastTickMs;
    this.#lastTickMs = now;
    for (const id of this.#lines.wanted()) this.#age(id, now, elapsed);
    for (const process of this.#processes.values()) {
      if (this.unloadsInMs(process) !== 0) continue;
      if (process.canSleep && !this.#residency.isUnwanted(process.id)) void process.sleep('idle');
      else void process.stop('idle', this.#plan.drainMs);
    }
    const remeasured = this.#options.memory.tick(this.#everyProcess());
    if (remeasured || this.#someoneWaitsForRoom()) this.#pump();
  }

  #age(id: string, now: number, elapsed: number): void {
    const process = this.#processes.get(id);
    for (const waiter of this.#lines.of(id).slice()) {
      // A load has deadlines of its own: the queue's age counts the wait for room or for a slot.
      if (process?.state === 'starting' || process?.turn === 'awake') {
        waiter.since = Math.min(now, waiter.since + elapsed);
        continue;
      }
      if (now - waiter.since <= this.#plan.queueAgeMs) continue;
      this.#lines.leave(waiter);
      const reason = !process || process.state === 'ready' ? 'all its slots are busy' : this.plan(id).plan.reason;
      const waited = Math.round((now - waiter.since) / 1_000);
      const message = `The request waited ${waited} s for ${id} (queue.age): ${reason}.`;
      waiter.reject(new AppError('queue_timeout', message, { retryAfterSeconds: 5 }));
    }
  }
}

const NOTHING: FleetPlan = {
  processes: [],
  remotes: [],
  maxLoaded: undefined,
  spillToCpu: 'refuse',
  minResidencyMs: 0,
  queueLength: 0,
  queueAgeMs: 0,
  drainMs: 0,
};

function clientLeft(): AppError {
  return new AppError('expert_stopped', 'The client left while the request waited.');
}
