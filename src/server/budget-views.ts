/** Plans and budgets as the management routes answer them. Pure. */
import type { Plan } from '../planner/decide.ts';
import { explain } from '../planner/explain.ts';
import { charged, holdings, touches, usable } from '../planner/room.ts';
import { isLoaded, type Placement, type Pool, type World } from '../planner/world.ts';
import { formatBytes } from '../shared/units.ts';
import type { BudgetState, Forecast, Holder } from '../supervisor/house.ts';
import type { BudgetView, HolderView, PlacementView, PlanView, PoolView } from './views.ts';

/** `wallTime` is that of the moment when the picture was taken. */
export function budgetView({ world, holders, pausedUntilMs }: BudgetState, wallTime: Date): BudgetView {
  return {
    pools: poolViews(world, holders),
    maxLoadedExperts: world.maxLoaded ?? null,
    loadedExperts: world.experts.filter(isLoaded).length,
    pausedUntil: pausedUntilMs === undefined ? null : untilText(pausedUntilMs - world.nowMs, wallTime),
  };
}

/** `obstacle`: why a start would fail, whatever room there is. */
export function planView(
  { plan: decided, world, appraisal }: Forecast,
  holders: readonly Holder[],
  obstacle?: string,
): PlanView {
  const { expert } = decided;
  const plan: Plan =
    obstacle === undefined || decided.action === 'serve'
      ? decided
      : { action: 'refuse', never: false, expert, reason: obstacle };
  const chosen = placementOf(plan);
  const best = plan.action === 'serve' ? undefined : (appraisal?.placements[0] ?? undefined);
  const placement = chosen ?? best;
  return {
    expert: plan.expert,
    action: plan.action,
    sentence: explain(plan, world),
    reason: plan.reason,
    warning: ('warning' in plan ? plan.warning : undefined) ?? null,
    placement: placement ? placementView(placement, appraisal) : null,
    needs: placement ? needsOf(placement, plan.expert, world) : {},
    victims: plan.action === 'evict' ? plan.victims.map(({ id, how }) => ({ expert: id, how })) : [],
    frees: plan.action === 'evict' ? { ...plan.frees } : {},
    pools: poolViews(world, holders),
  };
}

/** For an endpoint that someone else runs: it takes no room, and nothing is planned. */
export function remotePlanView(id: string, refusal: string | undefined): PlanView {
  const reason = refusal ?? `${id} runs on an endpoint that someone else runs`;
  return {
    expert: id,
    action: refusal === undefined ? 'serve' : 'refuse',
    sentence:
      refusal === undefined ? `would serve ${id} at once: ${reason}` : `would refuse a request for ${id}: ${reason}`,
    reason,
    warning: null,
    placement: null,
    needs: {},
    victims: [],
    frees: {},
    pools: [],
  };
}

/** Bytes that one expert holds of each pool, mapped files included. */
export function footprintOf(world: World, id: string): Record<string, number> {
  const charges = holdings({ ...world, experts: world.experts.filter((expert) => expert.id === id) });
  return Object.fromEntries(
    world.pools.map((pool) => [pool.id, charged(charges, pool.id)] as const).filter(([, bytes]) => bytes > 0),
  );
}

function poolViews(world: World, all: readonly Holder[]): PoolView[] {
  return world.pools.map((pool) => {
    const room = usable(pool);
    const held = charged(holdings(world), pool.id);
    const free = room - held;
    const { id, capacity, reserve, foreign, quarantined, paused } = pool;
    const note = noteOf(pool, free);
    const holders = all.map((holder) => holderView(holder, id)).filter((holder) => holder.held > 0);
    return { id, capacity, reserve, foreign, quarantined, paused, usable: room, held, free, note, holders };
  });
}

function holderView({ expert, state, held, predicted, measured, mapped: files }: Holder, pool: string): HolderView {
  const mapped = charged([{ footprint: {}, mapped: files ?? [] }], pool);
  return {
    expert,
    state,
    held: (held[pool] ?? 0) + mapped,
    predicted: (predicted[pool] ?? 0) + mapped,
    measured: measured[pool] === undefined ? null : measured[pool] + mapped,
    mapped,
  };
}

function noteOf({ id, reserve, foreign, quarantined, paused, note }: Pool, free: number): string | null {
  const notes = [
    note,
    paused && 'handed back to the person at the desk; `orchestrator resume` takes it again',
    // Of RAM others always hold much; and of a device for which nothing is set aside they may.
    id !== 'ram' &&
      reserve > 0 &&
      foreign > reserve &&
      `other programs hold ${formatBytes(foreign)}, ${formatBytes(foreign - reserve)} more than the reserve`,
    quarantined > 0 && `${formatBytes(quarantined)} did not come back after an engine had ended, and count as taken`,
    !paused && free < 0 && `overdrawn by ${formatBytes(-free)}`,
  ];
  return notes.filter(Boolean).join('; ') || null;
}

function placementOf(plan: Plan): Placement | undefined {
  switch (plan.action) {
    case 'start':
    case 'wake':
      return plan.placement;
    case 'evict':
    case 'wait':
      return plan.thenPlacement;
    case 'serve':
    case 'refuse':
      return undefined;
  }
}

function placementView(placement: Placement, appraisal: Forecast['appraisal']): PlacementView {
  const { name, footprint, mapped } = placement;
  const estimate = appraisal?.placements.find((one) => one.name === name);
  return {
    name,
    footprint: { ...footprint },
    mapped: (mapped ?? []).map((file) => ({ ...file })),
    estimated: estimate?.estimated ?? false,
    learned: estimate?.learned ?? false,
    parts: (estimate?.parts ?? []).map(({ pool, name, bytes, how }) => ({ pool, name, bytes, how })),
  };
}

/** Its own holding (a sleeper's) does not stand in its way. */
function needsOf(placement: Placement, id: string, world: World): Record<string, number> {
  const others = holdings({ ...world, experts: world.experts.filter((expert) => expert.id !== id) });
  return Object.fromEntries(
    world.pools
      .map((pool) => [pool.id, charged([...others, placement], pool.id) - charged(others, pool.id)] as const)
      .filter(([pool]) => touches(placement, pool)),
  );
}

function untilText(inMs: number, wallTime: Date): string {
  return inMs === Infinity ? 'for ever' : new Date(wallTime.getTime() + inMs).toISOString();
}
