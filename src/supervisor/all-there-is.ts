import { charged, touches, usable } from '../planner/room.ts';
import type { Placement, PlannerExpert, Pool } from '../planner/world.ts';
import type { Estimate } from './appraisal.ts';

/**
 * The placement with no more of each pool than it offers, where only an earlier run says that it needs more: one large run, or one that was
 * measured together with somebody else, would keep out for ever what fits as predicted. It gets the pool to itself. Pure.
 */
export function withinWhatThereIs(estimate: Estimate, pools: readonly Pool[]): Estimate {
  if (!estimate.learned) return estimate;
  const footprint: Record<string, number> = { ...estimate.footprint };
  for (const pool of pools) {
    const mapped = charged([{ footprint: {}, mapped: estimate.mapped ?? [] }], pool.id);
    const room = Math.max(0, pool.capacity - pool.reserve - mapped);
    const needs = footprint[pool.id] ?? 0;
    if (needs > room) footprint[pool.id] = Math.min(needs, Math.max(room, estimate.predicted?.[pool.id] ?? 0));
  }
  return { ...estimate, footprint };
}

/**
 * The expert with placements that take all of some pools but what pinned others hold there: after it has run out of memory, what the
 * account says it needs is known to be too little, and only what others give up can help. Pure.
 */
export function withAllThereIs(
  expert: PlannerExpert,
  poolIds: readonly string[],
  pools: readonly Pool[],
  everyone: readonly PlannerExpert[],
): PlannerExpert {
  const staying = everyone.flatMap(({ id, pinned, held }) => (pinned && held && id !== expert.id ? [held] : []));
  const grown = (placement: Placement): Placement => {
    const footprint: Record<string, number> = { ...placement.footprint };
    for (const pool of pools) {
      if (!poolIds.includes(pool.id) || !touches(placement, pool.id)) continue;
      const others = charged([...staying, { footprint: {}, mapped: placement.mapped ?? [] }], pool.id);
      footprint[pool.id] = Math.max(footprint[pool.id] ?? 0, usable(pool) - others);
    }
    return { ...placement, footprint };
  };
  return { ...expert, placements: expert.placements.map(grown) };
}
