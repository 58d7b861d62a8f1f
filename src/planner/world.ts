/**
 * The planner's picture of the house. Sizes are bytes, times monotonic milliseconds handed in by the caller: the planner has no clock
 * and does no I/O. Experts on remote endpoints take no room and never appear here.
 */
export interface World {
  readonly nowMs: number;
  /** The memories that the budget bounds. A pool that a footprint names and that is not here is not counted; none at all: all goes by count. */
  readonly pools: readonly Pool[];
  readonly experts: readonly PlannerExpert[];
  readonly maxLoaded: number | undefined;
  readonly spillToCpu: 'refuse' | 'warn' | 'allow';
  /** A waiter older than this may drain a busy expert, so that nobody starves behind a stream of requests for its neighbour. */
  readonly starvationMs: number;
  /** Only where the defaults of `cost.ts` are not wanted. */
  readonly tuning?: Tuning;
}

/** A memory that the budget counts: `ram`, `gpu0`, … A device that has vanished is a pool of capacity 0, never a missing one. */
export interface Pool {
  readonly id: string;
  readonly capacity: number;
  /** Set aside for other programs: they use it up before they take from ours. */
  readonly reserve: number;
  /** What other programs hold now, as measured; it counts where it is more than the reserve. */
  readonly foreign: number;
  /** Did not come back after an exit. */
  readonly quarantined: number;
  /** Handed back to the person at the desk. */
  readonly paused: boolean;
  /** Why nothing may be started on it: its driver hangs, or reports a fault. What runs there goes on. */
  readonly trouble?: string;
  /** What is unusual about it, for a person. */
  readonly note?: string;
}

export type Footprint = Readonly<Record<string, number>>;

/** A file that is charged once for as long as any expert maps it. */
export interface MappedFile {
  readonly file: string;
  readonly pool: string;
  readonly bytes: number;
}

/** One way of placing an expert: on `gpu0`, on `gpu1`, split over both, on the CPU, or partly spilled to it. */
export interface Placement {
  readonly name: string;
  readonly footprint: Footprint;
  readonly mapped?: readonly MappedFile[];
  /** Layers meant for a GPU run on the CPU: many times slower, and bounded by `spillToCpu`. */
  readonly spill?: boolean;
}

/** What an expert holds: its reservation or what was measured, whichever is larger. */
export interface Holding {
  readonly placement: string;
  readonly footprint: Footprint;
  readonly mapped?: readonly MappedFile[];
}

export interface PlannerExpert {
  readonly id: string;
  /** A wake is a start. `unavailable`: in back-off or failed, nothing can be planned for it. */
  readonly state: 'stopped' | 'starting' | 'ready' | 'sleeping' | 'draining' | 'stopping' | 'unavailable';
  /** In order of preference; empty: it takes nothing that is counted. */
  readonly placements: readonly Placement[];
  /** From the decision to start it until its memory has really returned. */
  readonly held: Holding | undefined;
  /** Of one that drains or stops in order to sleep: what it will hold asleep. That room is taken from the decision on. */
  readonly leavesBehind?: Footprint;
  /** Requests that the engine works on, and those of them that are marked background. */
  readonly inFlight: number;
  readonly inFlightBackground?: number;
  /** Requests that wait for it, in order of arrival. */
  readonly waiting: readonly Waiting[];
  readonly pinned: boolean;
  /** 0 to 10: each step doubles what it costs to evict it for another. */
  readonly priority: number;
  readonly minResidencyUntilMs: number;
  readonly lastUsedMs: number;
  /** A request asked to keep it until then: evicted after all others. */
  readonly keptUntilMs: number;
  /** Requests expected per millisecond (`demand.ts`). */
  readonly demand: number;
  /** How long a start is expected to take. */
  readonly loadMs: number;
  /** Where the engine can sleep: what it holds asleep, and how long it takes to wake. */
  readonly sleep?: { readonly footprint: Footprint; readonly wakeMs: number };
  /** False: we may not end it. */
  readonly unloadable: boolean;
  /** To be loaded again, without a request, when room returns. */
  readonly preload?: boolean;
}

export interface Waiting {
  readonly sinceMs: number;
  /** Never evicts, and yields to those who are not. */
  readonly background: boolean;
  /** Whose request it is; absent: nobody's who takes turns with others. */
  readonly user?: string;
}

export interface Tuning {
  /** "Wanted soon" means within this time. */
  readonly horizonMs: number;
  /** How long a waiter lets an idle expert stay, as a share of what its eviction costs. */
  readonly patience: number;
  /** The longest such wait. */
  readonly patienceMaxMs: number;
}

/** The placement of an expert that names none. */
export const UNCOUNTED: Placement = { name: 'uncounted', footprint: {} };

export function placementsOf(expert: PlannerExpert): readonly Placement[] {
  return expert.placements.length > 0 ? expert.placements : [UNCOUNTED];
}

/** Its process ends: its room comes back by itself, and is credited when it has come back. */
export function isLeaving({ state }: PlannerExpert): boolean {
  return state === 'draining' || state === 'stopping';
}

/** Counts against `maxLoaded`. A sleeping expert serves nobody: only what it holds counts. */
export function isLoaded(expert: PlannerExpert): boolean {
  return expert.state === 'starting' || expert.state === 'ready' || isLeaving(expert);
}
