import { NO_DEMAND, observe, rate } from '../../src/planner/demand.ts';
import { type Action, schedule } from '../../src/planner/schedule.ts';
import type { PlannerExpert, Tuning, World } from '../../src/planner/world.ts';
import type { House } from './houses.ts';
import type { Policy } from './simulation.ts';
import type { TraceRequest } from './traces.ts';

export interface Contestant {
  readonly name: string;
  /** False: it knows the future, and is no rival. */
  readonly online: boolean;
  make(house: House, trace: readonly TraceRequest[]): Policy;
}

export const OURS: Contestant = { name: 'ours', online: true, make: () => ours() };

export const CONTESTANTS: readonly Contestant[] = [
  OURS,
  { name: 'LRU by count', online: true, make: (house) => lru(safeCount(house), true) },
  { name: 'groups', online: true, make: (house, trace) => groups(house, trace) },
  { name: 'LRU by size', online: true, make: () => lru(Infinity, true) },
  { name: 'LRU by size, idle only', online: true, make: () => lru(Infinity, false) },
  { name: 'clairvoyant', online: false, make: (_, trace) => clairvoyant(trace) },
];

/** The program's own planner and demand estimator. */
export function ours(tuning?: Tuning): Policy {
  const demand = new Map<string, typeof NO_DEMAND>();
  return {
    arrived: (id, nowMs) => void demand.set(id, observe(demand.get(id) ?? NO_DEMAND, nowMs)),
    demand: (id, nowMs) => rate(demand.get(id) ?? NO_DEMAND, nowMs),
    decide: (world) => schedule(tuning ? { ...world, tuning } : world),
  };
}

/** Our planner with the future in place of the estimate: evicts the set whose reloads are cheapest and farthest away. */
function clairvoyant(trace: readonly TraceRequest[]): Policy {
  const uses = new Map<string, number[]>();
  for (const { expert, atMs } of trace) uses.set(expert, [...(uses.get(expert) ?? []), atMs]);
  const next = new Map<string, number>();
  const tuning: Tuning = { horizonMs: 1, patience: 0, patienceMaxMs: 0 };
  return {
    demand: (id, nowMs) => {
      const times = uses.get(id) ?? [];
      let index = next.get(id) ?? 0;
      while ((times[index] ?? Infinity) <= nowMs) index += 1;
      next.set(id, index);
      // Large beside the floor of a millisecond, and in proportion to its nearness.
      return 1e3 / Math.max(1, (times[index] ?? Infinity) - nowMs);
    },
    decide: (world) => schedule({ ...world, tuning }),
  };
}

/**
 * The oldest waiter is placed first and nobody passes it; the least recently used are unloaded until it fits, idle ones first, and
 * busy ones (where `drains`) after what they work on.
 */
function lru(count: number, drains: boolean): Policy {
  return {
    decide: (world) => {
      const wanted = oldestWaiter(world);
      if (!wanted) return [];
      if (fitsBeside(world, count, wanted, world.experts.filter(isHere))) return [start(wanted)];
      let staying = world.experts.filter((expert) => isHere(expert) && !isLeaving(expert));
      const actions: Action[] = [];
      const victims = staying
        .filter(({ state, inFlight }) => state === 'ready' && (drains || inFlight === 0))
        .sort((a, b) => Number(a.inFlight > 0) - Number(b.inFlight > 0) || a.lastUsedMs - b.lastUsedMs);
      for (const victim of victims) {
        if (fitsBeside(world, count, wanted, staying)) break;
        staying = staying.filter((expert) => expert !== victim);
        actions.push(stop(victim));
      }
      return actions;
    },
  };
}

/** The largest count of which any choice fits: what one must set where only the count is bounded. */
function safeCount({ experts, budget }: House): number {
  const sizes = experts.map(({ bytes }) => bytes).sort((a, b) => b - a);
  let sum = 0;
  return Math.max(
    1,
    sizes.findIndex((bytes) => (sum += bytes) > budget),
  );
}

/** Fixed sets that fit together, made with the knowledge of the whole trace; a request for another set unloads the present one. */
function groups(house: House, trace: readonly TraceRequest[]): Policy {
  const uses = new Map<string, number>();
  for (const { expert } of trace) uses.set(expert, (uses.get(expert) ?? 0) + 1);
  const sets: { left: number; readonly members: Set<string> }[] = [];
  for (const { id, bytes } of house.experts.toSorted((a, b) => (uses.get(b.id) ?? 0) - (uses.get(a.id) ?? 0))) {
    let home = sets.find(({ left }) => left >= bytes);
    if (!home) sets.push((home = { left: house.budget, members: new Set() }));
    home.left -= bytes;
    home.members.add(id);
  }
  return {
    decide: (world) => {
      const wanted = oldestWaiter(world);
      const set = sets.find(({ members }) => wanted && members.has(wanted.id));
      if (!wanted || !set) return [];
      const others = world.experts.filter((expert) => isHere(expert) && !set.members.has(expert.id));
      if (others.length === 0) return [start(wanted)];
      return others.filter(({ state }) => state === 'ready').map(stop);
    },
  };
}

function oldestWaiter({ experts }: World): PlannerExpert | undefined {
  const since = ({ waiting }: PlannerExpert) => waiting[0]?.sinceMs ?? Infinity;
  return experts
    .filter(({ state, waiting }) => state === 'stopped' && waiting.length > 0)
    .sort((a, b) => since(a) - since(b))[0];
}

function fitsBeside(world: World, count: number, wanted: PlannerExpert, others: readonly PlannerExpert[]): boolean {
  const size = (expert: PlannerExpert) => expert.placements[0]?.footprint['gpu0'] ?? 0;
  const sum = others.reduce((bytes, expert) => bytes + size(expert), size(wanted));
  return others.length < count && sum <= (world.pools[0]?.capacity ?? 0);
}

function isHere({ state }: PlannerExpert): boolean {
  return state !== 'stopped';
}

function isLeaving({ state }: PlannerExpert): boolean {
  return state === 'draining' || state === 'stopping';
}

function start({ id, placements: [placement] }: PlannerExpert): Action {
  if (!placement) throw new Error(`${id} has no placement`);
  return { do: 'start', expert: id, placement, reason: 'it fits' };
}

function stop({ id }: PlannerExpert): Action {
  return { do: 'stop', expert: id, cause: 'room', reason: 'its turn' };
}
