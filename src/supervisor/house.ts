import { plan, type Plan } from '../planner/decide.ts';
import type { Footprint, Placement, PlannerExpert, Pool, Waiting, World } from '../planner/world.ts';
import { withAllThereIs } from './all-there-is.ts';
import type { Clock } from '../shared/clock.ts';
import type { Appraisal } from './appraisal.ts';
import type { ExpertProcess } from './expert-process.ts';
import { FairShare } from './fair-share.ts';
import { pictureOf } from './house-picture.ts';
import type { Memory } from './memory.ts';
import type { RemoteExpert } from './remote-expert.ts';
import { Residency } from './residency.ts';
import { WaitingLines } from './waiting-lines.ts';
import { Wishes } from './wishes.ts';

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

/** Who is in the house, who wants whom, and how that looks to the planner. It decides nothing and starts nothing: that is the fleet's. */
export class House {
  readonly #clock: Clock;
  readonly memory: Memory;
  plan: FleetPlan = NOBODY;
  processes: ReadonlyMap<string, ExpertProcess> = new Map();
  remotes: ReadonlyMap<string, RemoteExpert> = new Map();
  /** Processes that a reload took out of the house and that still end. */
  readonly retiring = new Set<ExpertProcess>();
  readonly lines = new WaitingLines();
  readonly fairShare = new FairShare();
  readonly wishes = new Wishes();
  readonly residency = new Residency();

  constructor(clock: Clock, memory: Memory) {
    this.#clock = clock;
    this.memory = memory;
  }

  reconfigure(wanted: FleetPlan): void {
    this.plan = wanted;
    this.processes = new Map(wanted.processes.map((process) => [process.id, process]));
    this.remotes = new Map(wanted.remotes.map((remote) => [remote.id, remote]));
  }

  expert(id: string): ExpertProcess | RemoteExpert | undefined {
    return this.processes.get(id) ?? this.remotes.get(id);
  }

  /** Those that end included. */
  everyProcess(): ExpertProcess[] {
    return [...this.processes.values(), ...this.#leaving()];
  }

  /** Those that a reload took out, until they have ended and their GPU memory is back. */
  #leaving(): ExpertProcess[] {
    const ended = this.memory.returning.filter(
      (process) => !this.retiring.has(process) && this.processes.get(process.id) !== process,
    );
    return [...this.retiring, ...ended];
  }

  canStart(id: string): boolean {
    const process = this.processes.get(id);
    if (process?.state === 'stopped') return true;
    if (process?.state === 'sleeping') return process.turn === undefined;
    // Who asks by name means it, whatever it failed of.
    if (process?.state === 'failed' || process?.state === 'backoff') {
      return this.wishes.has(id) || process.refusal() === undefined;
    }
    return false;
  }

  /** Whether memory that moves on its own can change anything: somebody holds some, or would come back into it. */
  hasReasonToPlan(): boolean {
    return this.everyProcess().some((process) => this.memory.held(process) ?? this.residency.isWantedBack(process.id));
  }

  someoneWaitsForRoom(): boolean {
    for (const id of this.wishes.wanted()) if (this.canStart(id)) return true;
    if (this.lines.total === 0) return false;
    for (const id of this.lines.wanted()) if (this.canStart(id)) return true;
    return false;
  }

  /** What the planner would do for a request for the expert now. */
  forecast(id: string): Forecast {
    const now = this.#clock.now();
    const oldest = this.lines.of(id).reduce((earliest, { since }) => Math.min(earliest, since), now);
    const waitedMs = Math.max(0, now - oldest);
    const world = this.world();
    const process = this.processes.get(id);
    const appraisal = process && this.memory.appraisal(process);
    return { plan: plan(world, id, { waitedMs, background: false }), world, appraisal };
  }

  budget(): BudgetState {
    const holders = this.everyProcess().flatMap((process): Holder[] => {
      const account = this.memory.account(process);
      if (!account) return [];
      const { placement, measured } = account;
      const held = this.memory.held(process)?.footprint ?? {};
      const { mapped } = placement;
      const { id: expert, state } = process;
      return [{ expert, state, placement: placement.name, held, predicted: placement.footprint, measured, mapped }];
    });
    return { world: this.world(), holders, pausedUntilMs: this.memory.pausedUntil };
  }

  /** The planner's picture. Where the profile names no pools, everything goes by count. */
  world(): World {
    const { pools } = this.memory;
    const leaving = new Map<string, ExpertProcess[]>();
    for (const process of this.#leaving()) leaving.set(process.id, [...(leaving.get(process.id) ?? []), process]);
    const experts = [...this.processes.values()].map((process) => {
      // Until its predecessor has left, nothing can be started under its name.
      const predecessor = leaving.get(process.id)?.shift();
      return this.#picture(predecessor ?? process, process.id, pools, predecessor !== undefined);
    });
    const gone = [...leaving].flatMap(([id, processes]) =>
      processes.map((process, index) => this.#picture(process, `${id}#${index + 1}`, pools, true)),
    );
    const everyone = [...experts, ...gone];
    return {
      nowMs: this.#clock.now(),
      pools,
      experts: everyone.map((expert) => {
        const process = this.processes.get(expert.id);
        const wanted = process ? this.memory.poolsWanted(process) : [];
        return wanted.length > 0 ? withAllThereIs(expert, wanted, pools, everyone) : expert;
      }),
      maxLoaded: this.plan.maxLoaded,
      spillToCpu: this.plan.spillToCpu,
      starvationMs: STARVATION_MS,
    };
  }

  #picture(process: ExpertProcess, id: string, pools: readonly Pool[], retired: boolean): PlannerExpert {
    return pictureOf(process, this.memory, pools, {
      id,
      state: retired || this.memory.isReturning(process) ? 'stopping' : this.#stateOf(process),
      waiting: this.#waiting(id),
      ...this.residency.picture(process, this.plan.minResidencyMs, this.#clock.now()),
    });
  }

  /** One that a reload took out holds its room, and its name, until it has ended; one that turns in its sleep is on its way. */
  #stateOf(process: ExpertProcess): PlannerExpert['state'] {
    if (process.turn === 'asleep') return 'draining';
    if (process.turn === 'awake') return 'starting';
    const { state } = process;
    if (state !== 'backoff' && state !== 'failed' && state !== 'stopped') return state;
    return this.canStart(process.id) && !this.memory.isPending(process) ? 'stopped' : 'unavailable';
  }

  #waiting(id: string): Waiting[] {
    const requests = this.lines.of(id).map(({ since, background, user }) => ({ sinceMs: since, background, user }));
    const now = this.#clock.now();
    // Who is patient has never waited long: idle experts make room for it, busy ones are not drained.
    const wishes = this.wishes.of(id).map(({ since, patient }) => ({
      sinceMs: patient ? now : since,
      background: false,
    }));
    return [...requests, ...wishes];
  }
}

const NOBODY: FleetPlan = {
  processes: [],
  remotes: [],
  maxLoaded: undefined,
  spillToCpu: 'refuse',
  minResidencyMs: 0,
  queueLength: 0,
  queueAgeMs: 0,
  drainMs: 0,
};
