import type { Footprint, PlannerExpert, Pool, World } from '../../../src/planner/world.ts';

export const GIB = 2 ** 30;

export function pool(change: Partial<Pool> = {}): Pool {
  return { id: 'gpu0', capacity: 16 * GIB, reserve: 0, foreign: 0, quarantined: 0, paused: false, ...change };
}

/** A stopped expert of so many GiB on gpu0. */
export function expert(id: string, gib: number, change: Partial<PlannerExpert> = {}): PlannerExpert {
  return {
    id,
    state: 'stopped',
    placements: [{ name: 'gpu0', footprint: { gpu0: gib * GIB } }],
    held: undefined,
    inFlight: 0,
    waiting: [],
    pinned: false,
    priority: 5,
    minResidencyUntilMs: -Infinity,
    lastUsedMs: 0,
    keptUntilMs: -Infinity,
    demand: 0,
    loadMs: 3_000,
    unloadable: true,
    ...change,
  };
}

export function ready(id: string, gib: number, change: Partial<PlannerExpert> = {}): PlannerExpert {
  return expert(id, gib, { state: 'ready', held: holding({ gpu0: gib * GIB }), ...change });
}

export function holding(footprint: Footprint, placement = 'gpu0') {
  return { placement, footprint };
}

export function world(experts: readonly PlannerExpert[], change: Partial<World> = {}): World {
  return {
    nowMs: 1_000_000,
    pools: [pool()],
    experts,
    maxLoaded: undefined,
    spillToCpu: 'refuse',
    starvationMs: 15_000,
    ...change,
  };
}

/** A request of a person that waits since then. */
export function since(sinceMs: number, background = false) {
  return { sinceMs, background };
}
