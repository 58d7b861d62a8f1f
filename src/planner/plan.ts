/**
 * What to do for a request whose expert has no free slot now: pure, from a picture of the house. Admission is by count
 * (`budget.maxLoadedExperts`); experts on remote endpoints take no room and never appear here.
 */
export interface PlannerExpert {
  readonly id: string;
  /** A process exists or is being started or ended. */
  readonly loaded: boolean;
  /** The process is draining or ending: its room comes back by itself. */
  readonly leaving: boolean;
  /** Requests that the engine works on, and requests that wait for it. */
  readonly inFlight: number;
  readonly waiting: number;
  /** Monotonic milliseconds. */
  readonly lastUsedMs: number;
  /** A request asked to keep it loaded: evicted after all others. */
  readonly kept: boolean;
}

export interface World {
  readonly nowMs: number;
  readonly maxLoaded: number | undefined;
  readonly experts: readonly PlannerExpert[];
}

export type Plan =
  | { readonly action: 'serve'; readonly reason: string }
  | { readonly action: 'start'; readonly reason: string }
  | { readonly action: 'evict'; readonly victims: readonly string[]; readonly reason: string }
  | { readonly action: 'wait'; readonly reason: string }
  | { readonly action: 'refuse'; readonly reason: string };

/** A busy expert is drained for another that has waited this long: nobody starves behind a stream of requests for its neighbour. */
export const STARVATION_MS = 15_000;

/** `waitedMs`: how long the oldest request for the expert has waited. */
export function plan(world: World, id: string, waitedMs: number): Plan {
  const wanted = world.experts.find((expert) => expert.id === id);
  if (!wanted) return { action: 'refuse', reason: `${id} is no expert with a process` };
  if (wanted.loaded) {
    return wanted.leaving
      ? { action: 'wait', reason: `${id} is just unloading` }
      : { action: 'serve', reason: `${id} is loaded` };
  }
  const loaded = world.experts.filter((expert) => expert.loaded);
  const max = world.maxLoaded ?? Infinity;
  if (loaded.length < max) {
    return {
      action: 'start',
      reason: max === Infinity ? 'nothing limits the count' : `${loaded.length} of ${max} experts are loaded`,
    };
  }
  const staying = loaded.filter((expert) => !expert.leaving);
  if (staying.length < max) return { action: 'wait', reason: 'an expert that is unloading makes room' };

  const idle = staying.filter((expert) => expert.inFlight === 0 && expert.waiting === 0);
  const [victim] = idle.toSorted(byWorth);
  if (victim) {
    return {
      action: 'evict',
      victims: [victim.id],
      reason: `unloads ${victim.id} (${idleFor(world, victim)}): ${loaded.length} of ${max} experts are loaded`,
    };
  }
  const [busy] = staying.toSorted(byWorth);
  if (busy && waitedMs >= STARVATION_MS) {
    return {
      action: 'evict',
      victims: [busy.id],
      reason: `drains ${busy.id}, which is busy, because a request for ${id} has waited ${Math.round(waitedMs / 1_000)} s`,
    };
  }
  return {
    action: 'wait',
    reason: `all ${max} loaded experts are busy (${staying.map((expert) => expert.id).join(', ')})`,
  };
}

/** Cheapest to lose first: not kept, then least recently used. */
function byWorth(a: PlannerExpert, b: PlannerExpert): number {
  return Number(a.kept) - Number(b.kept) || a.lastUsedMs - b.lastUsedMs;
}

function idleFor(world: World, expert: PlannerExpert): string {
  const seconds = Math.max(0, Math.round((world.nowMs - expert.lastUsedMs) / 1_000));
  return seconds < 90 ? `idle ${seconds} s` : `idle ${Math.round(seconds / 60)} min`;
}
