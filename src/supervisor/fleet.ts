import { plan, type Plan } from '../planner/decide.ts';
import { type Demand, NO_DEMAND, observe, rate } from '../planner/demand.ts';
import { type Action, schedule } from '../planner/schedule.ts';
import type { PlannerExpert, Waiting, World } from '../planner/world.ts';
import type { Clock } from '../shared/clock.ts';
import { AppError } from '../shared/errors.ts';
import type { EventBus } from '../telemetry/events.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { ExpertProcess } from './expert-process.ts';
import type { Lease } from './lease.ts';
import type { Move } from './lifecycle.ts';
import type { RemoteExpert } from './remote-expert.ts';

/** How often idle experts and old waiters are looked at; the hot path sets no timer. */
const TICK_MS = 200;
/** A busy expert is drained for another that has waited this long: nobody starves behind a stream of requests for its neighbour. */
export const STARVATION_MS = 15_000;
/** Expected of a start that has never been seen. */
const UNKNOWN_LOAD_MS = 5_000;
/** In the middle: profiles give no priorities yet. */
const EVEN_PRIORITY = 5;

/** Who there is and what bounds them: all that a reload replaces. */
export interface FleetPlan {
  readonly processes: readonly ExpertProcess[];
  readonly remotes: readonly RemoteExpert[];
  readonly maxLoaded: number | undefined;
  readonly queueLength: number;
  readonly queueAgeMs: number;
  readonly drainMs: number;
}

export interface FleetOptions {
  readonly clock: Clock;
  readonly bus: EventBus;
  readonly logger: Logger;
}

/** How long an expert stays loaded after a request: milliseconds, for ever, or (0) not at all. */
export type KeepLoaded = number | 'forever';

interface Waiter {
  readonly expert: string;
  since: number;
  resolve(lease: Lease): void;
  reject(error: AppError): void;
}

/** A load that somebody asked for by name, not by a request. */
interface Wish {
  /** Monotonic milliseconds. */
  readonly since: number;
  /** Has all the time in the world, and drains nobody who is busy. */
  readonly patient: boolean;
  resolve(): void;
  reject(error: AppError): void;
}

/** All experts, and the queue in front of each. The one place that decides who is started, who is evicted and who waits. */
export class Fleet {
  readonly #options: FleetOptions;
  #plan: FleetPlan = { processes: [], remotes: [], maxLoaded: undefined, queueLength: 0, queueAgeMs: 0, drainMs: 0 };
  #processes = new Map<string, ExpertProcess>();
  #remotes = new Map<string, RemoteExpert>();
  /** Processes that a reload took out of the house and that still end. */
  readonly #retiring = new Set<ExpertProcess>();
  readonly #queues = new Map<string, Waiter[]>();
  /** Monotonic milliseconds until which an expert was asked to stay; Infinity: for ever. */
  readonly #keepUntil = new Map<string, number>();
  readonly #unloadWhenIdle = new Set<string>();
  readonly #wanted = new Map<string, Wish[]>();
  readonly #demands = new Map<string, Demand>();
  #lastTickMs: number;
  readonly #timer: NodeJS.Timeout;
  #closing = false;
  #pumping = false;
  #pumpAgain = false;

  constructor(options: FleetOptions) {
    this.#options = options;
    this.#lastTickMs = options.clock.now();
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
    for (const expert of [...plan.processes, ...plan.remotes]) expert.onRelease = () => this.#serveQueue(expert.id);
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
    return this.#queues.get(id)?.length ?? 0;
  }

  get totalQueued(): number {
    let total = 0;
    for (const queue of this.#queues.values()) total += queue.length;
    return total;
  }

  get closing(): boolean {
    return this.#closing;
  }

  /** A lease at once, where the expert is ready, has a free slot, and nobody waits before us. */
  tryAcquire(id: string): Lease | undefined {
    this.#demands.set(id, observe(this.#demands.get(id) ?? NO_DEMAND, this.#options.clock.now()));
    if (this.#closing || this.queued(id) > 0) return undefined;
    return (this.#processes.get(id) ?? this.#remotes.get(id))?.tryEnter();
  }

  /**
   * A lease when it is our turn: joins a load under way, starts one, evicts for it, or waits for a slot. Rejects with an `AppError`
   * that says why not; a signal that aborts takes the waiter out of the queue. A load goes on when its waiters leave (who gives up
   * on a slow load mostly asks again), but its room is the first to be taken.
   */
  acquire(id: string, signal: AbortSignal): Promise<Lease> {
    if (!this.#processes.has(id) && !this.#remotes.has(id)) {
      return Promise.reject(
        new AppError('model_not_found', `${id} is not in the profile any more.`, { param: 'model' }),
      );
    }
    const lease = this.tryAcquire(id);
    if (lease) return Promise.resolve(lease);
    const refusal = this.#refusal(id) ?? this.#queueRefusal(id);
    if (refusal) return Promise.reject(refusal);
    if (signal.aborted) return Promise.reject(clientLeft());
    return new Promise<Lease>((resolve, reject) => {
      const onAbort = () => {
        this.#leaveQueue(waiter);
        reject(clientLeft());
      };
      const settle = () => signal.removeEventListener('abort', onAbort);
      const waiter: Waiter = {
        expert: id,
        since: this.#options.clock.now(),
        resolve: (granted) => (settle(), resolve(granted)),
        reject: (error) => (settle(), reject(error)),
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#queueOf(id).push(waiter);
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
      const wishes = this.#wanted.get(id) ?? [];
      wishes.push({ since: this.#options.clock.now(), patient: options.patient, resolve, reject });
      this.#wanted.set(id, wishes);
      this.#pump();
    });
  }

  /**
   * Unloads an expert; with `force` what runs is cut at once. Requests that wait for it get it again afterwards; who asked for it by
   * name before is told that it was unloaded.
   */
  async unload(id: string, reason: string, force: boolean): Promise<void> {
    this.#settleWanted(id, new AppError('expert_stopped', `${id} was unloaded (${reason}) before it was ready.`));
    await this.#processes.get(id)?.stop(reason, force ? 0 : this.#plan.drainMs);
  }

  keepLoaded(id: string, keep: KeepLoaded): void {
    if (!this.#processes.has(id)) return;
    if (keep === 0) {
      this.#keepUntil.delete(id);
      this.#unloadWhenIdle.add(id);
      return;
    }
    this.#unloadWhenIdle.delete(id);
    this.#keepUntil.set(id, keep === 'forever' ? Infinity : this.#options.clock.now() + keep);
  }

  /** Milliseconds until an idle expert is unloaded; undefined while it is not loaded, is busy, or stays. */
  unloadsInMs(process: ExpertProcess): number | undefined {
    if (process.state !== 'ready' || process.inFlight > 0 || this.queued(process.id) > 0) return undefined;
    if (this.#unloadWhenIdle.has(process.id)) return 0;
    const { idleUnload } = process.expert;
    const kept = this.#keepUntil.get(process.id) ?? -Infinity;
    const until = Math.max(kept, idleUnload === 'never' ? Infinity : process.lastUsedMs + idleUnload);
    return until === Infinity ? undefined : Math.max(0, until - this.#options.clock.now());
  }

  /** Told of every move of every expert. */
  onMove(process: ExpertProcess, move: Move): void {
    // Who was taken out of the house speaks for nobody any more; its end may be the room that another waits for.
    if (this.#processes.get(move.expert) !== process) return this.#pump();
    if (move.to === 'ready') this.#settleWanted(move.expert, undefined);
    const failed = move.to === 'backoff' || move.to === 'failed' || move.event === 'refuse';
    if (failed) {
      const error = process.startError ?? new AppError('expert_failed', move.reason ?? `${move.expert} failed.`);
      for (const waiter of this.#queues.get(move.expert)?.splice(0) ?? []) waiter.reject(error);
      // Who asked for it by name while an engine was ending asked for the next one.
      if (move.from === 'starting') this.#settleWanted(move.expert, error);
    }
    if (move.to === 'starting') this.#unloadWhenIdle.delete(move.expert);
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
    for (const queue of this.#queues.values()) for (const waiter of queue.splice(0)) waiter.reject(error);
    for (const id of this.#wanted.keys()) this.#settleWanted(id, error);
    await Promise.all([
      ...[...this.#processes.values(), ...this.#retiring].map((process) => process.stop('shutdown', drainMs)),
      ...[...this.#remotes.values()].map((remote) => remote.close(drainMs)),
    ]);
    clearInterval(this.#timer);
  }

  /** Shortens a drain under way: engines are ended now. */
  hurry(): void {
    for (const process of [...this.#processes.values(), ...this.#retiring]) void process.stop('shutdown', 0);
    for (const remote of this.#remotes.values()) remote.hurry();
  }

  /** What the planner would do for a request for the expert now. */
  plan(id: string): Plan {
    const now = this.#options.clock.now();
    const waitedMs = Math.max(0, now - (this.#queues.get(id)?.[0]?.since ?? now));
    return plan(this.#world(), id, { waitedMs, background: false });
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

  #queueOf(id: string): Waiter[] {
    let queue = this.#queues.get(id);
    if (!queue) this.#queues.set(id, (queue = []));
    return queue;
  }

  #leaveQueue(waiter: Waiter): void {
    const queue = this.#queues.get(waiter.expert);
    const index = queue?.indexOf(waiter) ?? -1;
    if (index >= 0) queue?.splice(index, 1);
  }

  #settleWanted(id: string, error: AppError | undefined): void {
    const waiting = this.#wanted.get(id);
    if (!waiting) return;
    this.#wanted.delete(id);
    for (const waiter of waiting) {
      if (error) waiter.reject(error);
      else waiter.resolve();
    }
  }

  /** Grants free slots in order of arrival. */
  #serveQueue(id: string): void {
    const queue = this.#queues.get(id);
    if (queue && queue.length > 0) this.#grant(id, queue);
    // A slot that came free may be the room that another expert waits for.
    if (this.#someoneWaitsForRoom()) this.#pump();
  }

  #grant(id: string, queue: Waiter[]): void {
    const expert = this.#processes.get(id) ?? this.#remotes.get(id);
    while (queue.length > 0) {
      const lease = expert?.tryEnter();
      if (!lease) return;
      queue.shift()?.resolve(lease);
    }
  }

  #someoneWaitsForRoom(): boolean {
    if (this.#wanted.size > 0) return true;
    for (const [id, queue] of this.#queues) if (queue.length > 0 && this.#canStart(id)) return true;
    return false;
  }

  #canStart(id: string): boolean {
    const process = this.#processes.get(id);
    if (process?.state === 'stopped') return true;
    if (process?.state === 'sleeping') return process.turn === undefined;
    // Who asks by name means it, whatever it failed of.
    if (process?.state === 'failed' || process?.state === 'backoff') {
      return this.#wanted.has(id) || process.refusal() === undefined;
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
        for (const [id, queue] of this.#queues) this.#grant(id, queue);
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
        return this.#begin(expert, reason);
      case 'stop':
      case 'sleep':
        this.#publish(action.room ?? expert, 'evict', reason);
        void this.#processes.get(expert)?.stop(action.room ? `room for ${action.room}` : reason, this.#plan.drainMs);
        return;
      case 'refuse': {
        this.#publish(expert, 'refuse', reason);
        const error = new AppError('no_room', `${expert} cannot be loaded: ${reason}.`);
        for (const waiter of this.#queues.get(expert)?.splice(0) ?? []) waiter.reject(error);
        return this.#settleWanted(expert, error);
      }
    }
  }

  #begin(id: string, reason: string): void {
    const process = this.#processes.get(id);
    if (process?.state === 'sleeping') void process.wake();
    else process?.start(reason);
  }

  #publish(expert: string, action: 'start' | 'evict' | 'refuse', reason: string): void {
    const at = this.#options.clock.wallTime().toISOString();
    this.#options.bus.publish({ type: 'plan', at, expert, action, reason });
  }

  /** The planner's picture. Profiles name no pools yet: without any, everything goes by count. */
  #world(): World {
    const retiring = [...this.#retiring];
    const here = [...this.#processes.values()].map((process) => {
      const predecessor = retiring.find(({ id }) => id === process.id);
      return this.#picture(predecessor ?? process, predecessor !== undefined);
    });
    const gone = retiring.filter(({ id }) => !this.#processes.has(id)).map((process) => this.#picture(process, true));
    return {
      nowMs: this.#options.clock.now(),
      pools: [],
      experts: [...here, ...gone],
      maxLoaded: this.#plan.maxLoaded,
      spillToCpu: 'refuse',
      starvationMs: STARVATION_MS,
    };
  }

  #picture(process: ExpertProcess, retired: boolean): PlannerExpert {
    const { id } = process;
    const now = this.#options.clock.now();
    return {
      id,
      state: retired ? 'stopping' : this.#stateOf(process),
      placements: [],
      held: undefined,
      inFlight: process.inFlight,
      waiting: this.#waiting(id),
      pinned: false,
      priority: EVEN_PRIORITY,
      minResidencyUntilMs: 0,
      lastUsedMs: process.lastUsedMs,
      keptUntilMs: this.#keepUntil.get(id) ?? 0,
      demand: rate(this.#demands.get(id) ?? NO_DEMAND, now),
      loadMs: process.loadMs ?? UNKNOWN_LOAD_MS,
      unloadable: true,
    };
  }

  /** One that a reload took out holds its room, and its name, until it has ended; one that turns in its sleep is on its way. */
  #stateOf(process: ExpertProcess): PlannerExpert['state'] {
    if (process.turn === 'asleep') return 'draining';
    if (process.turn === 'awake') return 'starting';
    const { state } = process;
    if (state !== 'backoff' && state !== 'failed') return state;
    return this.#canStart(process.id) ? 'stopped' : 'unavailable';
  }

  #waiting(id: string): Waiting[] {
    const requests = (this.#queues.get(id) ?? []).map(({ since }) => ({ sinceMs: since, background: false }));
    const now = this.#options.clock.now();
    // Who is patient has never waited long: idle experts make room for it, busy ones are not drained.
    const wishes = (this.#wanted.get(id) ?? []).map(({ since, patient }) => ({
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
    for (const waiter of this.#queues.get(id)?.splice(0) ?? []) waiter.reject(error);
    this.#queues.delete(id);
    this.#settleWanted(id, error);
    this.#keepUntil.delete(id);
    this.#unloadWhenIdle.delete(id);
    this.#demands.delete(id);
  }

  #tick(): void {
    const now = this.#options.clock.now();
    const elapsed = now - this.#lastTickMs;
    this.#lastTickMs = now;
    for (const [id, queue] of this.#queues) {
      const process = this.#processes.get(id);
      for (const waiter of queue.slice()) {
        // A load has deadlines of its own: the queue's age counts the wait for room or for a slot.
        if (process?.state === 'starting' || process?.turn === 'awake')
          waiter.since = Math.min(now, waiter.since + elapsed);
        else if (now - waiter.since > this.#plan.queueAgeMs) {
          this.#leaveQueue(waiter);
          const reason = !process || process.state === 'ready' ? 'all its slots are busy' : this.plan(id).reason;
          waiter.reject(
            new AppError(
              'queue_timeout',
              `The request waited ${Math.round((now - waiter.since) / 1_000)} s for ${id} (queue.age): ${reason}.`,
              { retryAfterSeconds: 5 },
            ),
          );
        }
      }
    }
    for (const process of this.#processes.values()) {
      if (this.unloadsInMs(process) !== 0) continue;
      if (process.canSleep && !this.#unloadWhenIdle.has(process.id)) void process.sleep('idle');
      else void process.stop('idle', this.#plan.drainMs);
    }
    if (this.#someoneWaitsForRoom()) this.#pump();
  }
}

function clientLeft(): AppError {
  return new AppError('expert_stopped', 'The client left while the request waited.');
}
