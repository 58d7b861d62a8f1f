import {
  type Footprint,
  isLeaving,
  type MappedFile,
  type Placement,
  type PlannerExpert,
  type Pool,
  type World,
} from './world.ts';

/** Anything that takes room: an expert's holding, or a placement to be. */
export interface Charge {
  readonly footprint: Footprint;
  readonly mapped?: readonly MappedFile[];
}

export interface Lack {
  readonly pool: Pool;
  /** What the placement needs there, what is free for it, in bytes. */
  readonly needs: number;
  readonly free: number;
}

/** Bytes of the pool that experts may hold together. */
export function usable(pool: Pool): number {
  if (pool.paused) return 0;
  return Math.max(0, pool.capacity - Math.max(pool.reserve, pool.foreign) - pool.quarantined);
}

/** Bytes that the charges take of a pool, each mapped file once. */
export function charged(charges: Iterable<Charge>, pool: string): number {
  let bytes = 0;
  let files: Map<string, number> | undefined;
  for (const { footprint, mapped } of charges) {
    bytes += footprint[pool] ?? 0;
    for (const file of mapped ?? []) {
      if (file.pool !== pool) continue;
      files ??= new Map();
      files.set(file.file, Math.max(files.get(file.file) ?? 0, file.bytes));
    }
  }
  for (const size of files?.values() ?? []) bytes += size;
  return bytes;
}

/** What all experts hold, those that leave included: memory is credited only when it has returned. */
export function holdings(world: World): Charge[] {
  return world.experts.flatMap(({ held, leavesBehind }) => {
    if (!held || !leavesBehind) return held ? [held] : [];
    return [{ ...held, footprint: larger(held.footprint, leavesBehind) }];
  });
}

/** The larger of the two in each pool. */
export function larger(one: Footprint, other: Footprint): Footprint {
  const footprint: Record<string, number> = { ...one };
  for (const [pool, bytes] of Object.entries(other)) footprint[pool] = Math.max(footprint[pool] ?? 0, bytes);
  return footprint;
}

/** What an expert holds once those that leave are gone, or asleep. */
export function lasting(expert: PlannerExpert): Charge[] {
  if (isLeaving(expert)) return expert.leavesBehind ? [{ footprint: expert.leavesBehind }] : [];
  return expert.held ? [expert.held] : [];
}

/** Bytes free in a pool; negative where it is overdrawn. */
export function free(world: World, pool: Pool): number {
  return usable(pool) - charged(holdings(world), pool.id);
}

/** Where the placement does not fit beside the charges; empty: it fits. Pools that it does not touch do not matter to it. */
export function lacks(pools: readonly Pool[], charges: readonly Charge[], placement: Charge): Lack[] {
  const found: Lack[] = [];
  for (const pool of pools) {
    if (!touches(placement, pool.id)) continue;
    const before = charged(charges, pool.id);
    const needs = charged([...charges, placement], pool.id) - before;
    const room = usable(pool) - before;
    if (needs > room) found.push({ pool, needs, free: Math.max(0, room) });
  }
  return found;
}

export function touches({ footprint, mapped }: Charge, pool: string): boolean {
  return (footprint[pool] ?? 0) > 0 || (mapped?.some((file) => file.pool === pool) ?? false);
}

/** The pools that the placement needs and on which nothing may be started now: handed back to the person at the desk, or in trouble. */
export function closedPools(world: World, placement: Placement): Pool[] {
  return world.pools.filter((pool) => (pool.paused || pool.trouble !== undefined) && touches(placement, pool.id));
}
