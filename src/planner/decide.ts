import { isBusy, patienceMs } from './cost.ts';
import { neverFits } from './fits.ts';
import { type Charge, charged, closedPools, free, holdings, lacks, larger, lasting, touches } from './room.ts';
import { isLeaving, isLoaded, type Placement, placementsOf, type PlannerExpert, type World } from './world.ts';
import { cheapestVictims, type Eviction, type Victim } from './victims.ts';
import { describeClosed, describeIdle, describeLack, describeRoomFor, listed } from './words.ts';

export interface PlanRequest {
  /** How long the oldest request for the expert has waited. */
  readonly waitedMs: number;
  readonly background: boolean;
}

/** What to do for a request. `reason` is a clause for a person; `explain` makes the sentence. */
export type Plan = { readonly expert: string; readonly reason: string } & (
  | { readonly action: 'serve' }
  | { readonly action: 'start'; readonly placement: Placement; readonly warning?: string }
  | { readonly action: 'wake'; readonly placement: Placement }
  | {
      readonly action: 'evict';
      readonly victims: readonly Victim[];
      readonly thenPlacement: Placement;
      /** Bytes that come back, by pool; below 0 where a sleep takes more there. */
      readonly frees: Readonly<Record<string, number>>;
      /** Some of them work on requests, which are finished first. */
      readonly drains: boolean;
      readonly warning?: string;
    }
  | { readonly action: 'wait'; readonly for: WaitsFor; readonly thenPlacement?: Placement }
  | { readonly action: 'refuse'; readonly never: boolean }
);

/** `load`: its own load; `unload`: room on its way back; `patience`: idle experts that may be wanted at once. */
export type WaitsFor = 'load' | 'unload' | 'busy' | 'patience' | 'room' | 'recovery';

/** What would be done for a request for the expert now: pure. `schedule` asks this for everyone who waits, in order. */
export function plan(world: World, id: string, request: PlanRequest): Plan {
  const expert = world.experts.find((other) => other.id === id);
  if (!expert) return { expert: id, action: 'refuse', never: true, reason: `${id} is no expert with a process` };
  switch (expert.state) {
    case 'ready':
      return { expert: id, action: 'serve', reason: `${id} is loaded` };
    case 'starting':
      return { expert: id, action: 'wait', for: 'load', reason: `${id} is loading already, and the load is shared` };
    case 'draining':
    case 'stopping':
      return { expert: id, action: 'wait', for: 'unload', reason: `${id} is just unloading` };
    case 'unavailable':
      return { expert: id, action: 'wait', for: 'recovery', reason: `${id} has failed and is not to be started now` };
    case 'stopped':
    case 'sleeping':
      return place(world, expert, request);
  }
}

function place(world: World, expert: PlannerExpert, request: PlanRequest): Plan {
  const never = neverFits(world, expert);
  if (never) return { expert: expert.id, action: 'refuse', never: true, reason: never };
  const wanted = wantedPlacements(world, expert);
  const open = wanted.filter((placement) => closedPools(world, placement).length === 0);
  if (open.length === 0) {
    const closed = [...new Set(wanted.flatMap((placement) => closedPools(world, placement)))];
    return { expert: expert.id, action: 'refuse', never: false, reason: describeClosed(closed) };
  }
  // What spills runs many times slower: only where no other placement can be had whatever is unloaded.
  const proper = open.filter(({ spill }) => !spill);
  const spilling = open.filter(({ spill }) => spill);
  const first = proper.length > 0 ? amongst(world, expert, request, proper) : undefined;
  if (first && (first.action !== 'refuse' || spilling.length === 0)) return first;
  const spilt = amongst(world, expert, request, spilling);
  if (world.spillToCpu !== 'warn' || (spilt.action !== 'start' && spilt.action !== 'evict')) return spilt;
  return { ...spilt, warning: `${expert.id} does not fit on the GPU and spills to the CPU: many times slower` };
}

/** The placements that policy allows; a sleeping expert wakes where it is. */
function wantedPlacements(world: World, expert: PlannerExpert): readonly Placement[] {
  const all = placementsOf(expert).filter(({ spill }) => !spill || world.spillToCpu !== 'refuse');
  if (expert.state !== 'sleeping') return all;
  const own = all.filter(({ name }) => name === expert.held?.placement);
  // While it wakes it still holds what it held asleep.
  return (own.length > 0 ? own : all.slice(0, 1)).map((placement) => ({
    ...placement,
    footprint: larger(placement.footprint, expert.held?.footprint ?? {}),
  }));
}

function amongst(world: World, expert: PlannerExpert, request: PlanRequest, open: readonly Placement[]): Plan {
  const { id } = expert;
  const house = without(world, expert);
  const count = Number(!isLoaded(expert));
  const loaded = house.experts.filter(isLoaded).length;
  const max = world.maxLoaded ?? Infinity;
  const here = holdings(house);

  if (loaded + count <= max) {
    const fitting = open.find((placement) => lacks(world.pools, here, placement).length === 0);
    if (fitting && expert.state === 'sleeping') {
      return { expert: id, action: 'wake', placement: fitting, reason: `${id} sleeps, and there is room to wake it` };
    }
    if (fitting)
      return { expert: id, action: 'start', placement: fitting, reason: describeRoom(world, fitting, loaded) };
  }

  const staying = house.experts.filter((other) => !isLeaving(other));
  const afterwards: Charge[] = house.experts.flatMap(lasting);
  if (staying.filter(isLoaded).length + count <= max) {
    const fitting = open.find((placement) => lacks(world.pools, afterwards, placement).length === 0);
    if (fitting) {
      const leaving = house.experts.filter(isLeaving).map((other) => other.id);
      const reason = `${leaving.join(' and ')} is unloading and makes room`;
      return { expert: id, action: 'wait', for: 'unload', thenPlacement: fitting, reason };
    }
  }

  const short = describeShort(world, house, open, loaded, max);
  const movable = staying.filter(isMovable);
  if (!request.background) {
    const settled = movable.filter((other) => other.minResidencyUntilMs <= world.nowMs);
    const idle = cheapest(
      house,
      settled.filter((other) => !isBusy(other)),
      expert,
      open,
    );
    const patience = idle ? patienceMs(world, idle.eviction.cost) : 0;
    if (idle && request.waitedMs >= patience) return evict(house, expert, idle, short, false);
    if (!idle && request.waitedMs >= world.starvationMs) {
      const busy = cheapest(house, settled, expert, open);
      const waited = `${short}, and a request for ${id} has waited ${Math.round(request.waitedMs / 1_000)} s`;
      if (busy) return evict(house, expert, busy, waited, true);
    }
    if (idle) {
      const names = idle.eviction.victims.map((victim) => victim.id).join(' and ');
      return { expert: id, action: 'wait', for: 'patience', reason: `${short}, and ${names} may be wanted at once` };
    }
  }
  return waitOrRefuse(world, house, expert, { open, movable, short, background: request.background });
}

function waitOrRefuse(
  world: World,
  house: World,
  expert: PlannerExpert,
  found: { open: readonly Placement[]; movable: readonly PlannerExpert[]; short: string; background: boolean },
): Plan {
  const { id } = expert;
  const { movable, short } = found;
  if (cheapest(house, movable, expert, found.open)) {
    const names = movable.map((other) => `${other.id} ${describeIdle(world, other)}`).join(', ');
    const why = found.background ? 'a background request evicts nobody' : 'none may be unloaded yet';
    return { expert: id, action: 'wait', for: 'busy', reason: `${short}; ${why} (${names})` };
  }
  // Where nothing is counted by memory, what is loaded holds its place all the same.
  const fixed = house.experts.filter(
    (other) => (other.held !== undefined || isLoaded(other)) && !isMovable(other) && !isLeaving(other),
  );
  const patient: World = { ...house, pools: world.pools.map((pool) => ({ ...pool, foreign: 0, quarantined: 0 })) };
  if (cheapest(patient, movable, expert, found.open)) {
    return {
      expert: id,
      action: 'wait',
      for: 'room',
      reason: `${short}: other programs hold the rest, or it has not come back`,
    };
  }
  // Who is on the way to sleep can be ended once it sleeps.
  const leaving = house.experts.filter((other) => isLeaving(other) && !other.pinned).map((other) => other.id);
  if (leaving.length > 0) {
    return { expert: id, action: 'wait', for: 'unload', reason: `${short}; ${listed(leaving)} is just leaving` };
  }
  if (fixed.some(({ state }) => state === 'starting')) {
    const loading = fixed.filter(({ state }) => state === 'starting').map((other) => other.id);
    return { expert: id, action: 'wait', for: 'busy', reason: `${short}; ${loading.join(' and ')} is loading` };
  }
  const pinned = fixed.filter((other) => other.pinned).map((other) => other.id);
  const [first] = pinned;
  const why =
    first === undefined
      ? 'what is loaded may not be unloaded'
      : `${listed(pinned)} is pinned (\`orchestrator unpin ${first}\` lets it go)`;
  return { expert: id, action: 'refuse', never: false, reason: `${short}; ${why}` };
}

interface Found {
  readonly placement: Placement;
  readonly eviction: Eviction;
}

function cheapest(
  house: World,
  candidates: readonly PlannerExpert[],
  expert: PlannerExpert,
  open: readonly Placement[],
): Found | undefined {
  let best: Found | undefined;
  for (const placement of open) {
    const need = { charge: placement, count: Number(!isLoaded(expert)), priority: expert.priority, own: expert.held };
    const eviction = cheapestVictims(house, candidates, need);
    if (eviction && (!best || eviction.cost < best.eviction.cost)) best = { placement, eviction };
  }
  return best;
}

function evict(house: World, expert: PlannerExpert, found: Found, reason: string, drains: boolean): Plan {
  const { victims } = found.eviction;
  const afterwards = house.experts.flatMap((other): PlannerExpert[] => {
    const victim = victims.find(({ id }) => id === other.id);
    if (!victim) return [other];
    return victim.how === 'sleep' && other.sleep ? [{ ...other, held: { placement: 'asleep', ...other.sleep } }] : [];
  });
  const before = holdings(house);
  const after = holdings({ ...house, experts: afterwards });
  const frees = Object.fromEntries(
    house.pools
      .map(({ id }) => [id, charged(before, id) - charged(after, id)] as const)
      .filter(([, bytes]) => bytes !== 0),
  );
  return { expert: expert.id, action: 'evict', victims, thenPlacement: found.placement, frees, drains, reason };
}

/** Its room may be taken at all: never a pinned one's, nor that of a load that somebody waits for. */
export function isMovable(expert: PlannerExpert): boolean {
  if (expert.pinned || !expert.unloadable) return false;
  return expert.state === 'ready' || expert.state === 'sleeping' || (expert.state === 'starting' && !isBusy(expert));
}

/** The house as the expert finds it: its own holding (a sleeper's, or the room kept for it) does not stand in its way. */
function without(world: World, expert: PlannerExpert): World {
  const experts = world.experts.filter((other) => other !== expert);
  return { ...world, experts };
}

function describeRoom(world: World, placement: Placement, loaded: number): string {
  const here = holdings(world);
  const rooms = world.pools
    .filter((pool) => touches(placement, pool.id))
    .map((pool) => ({
      pool,
      needs: charged([...here, placement], pool.id) - charged(here, pool.id),
      free: free(world, pool),
    }));
  if (rooms.length > 0) return `it needs ${rooms.map(describeRoomFor).join(' and ')}`;
  const count = world.maxLoaded === undefined ? [] : [`${loaded} of ${world.maxLoaded} experts are loaded`];
  const unknown = world.pools.length > 0 && Object.keys(placement.footprint).length === 0;
  const memory = unknown ? ['how much memory it takes is not known yet'] : [];
  const reasons = [...count, ...memory];
  return reasons.length > 0 ? reasons.join('; ') : 'nothing limits what is loaded';
}

function describeShort(world: World, house: World, open: readonly Placement[], loaded: number, max: number): string {
  for (const placement of open) {
    const [lack] = lacks(world.pools, holdings(house), placement);
    if (lack) return describeLack(lack);
  }
  return `${loaded} of ${max} experts are loaded`;
}
