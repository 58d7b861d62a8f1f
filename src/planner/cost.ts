import type { PlannerExpert, Tuning, World } from './world.ts';

/** Chosen with `npm run bench:planner`; the seeds of its acceptance table were not used for it. */
export const TUNING: Tuning = { horizonMs: 10_000, patience: 0, patienceMaxMs: 5_000 };

/** Above every cost that reloading can have, so that these are evicted after all others. */
const KEPT = 1e10;
const BUSY = 1e9;

/**
 * What it costs to take an expert's room, in milliseconds of expected reloading:
 *
 *     reload × P(wanted within the horizon) × 2^(its priority − that of who asks),  P = 1 − e^(−demand × horizon)
 *
 * `reloadMs` is its load time, or for a sleep the time to wake. A reload that nobody expects counts as one millisecond: of two ways that
 * cost nothing else, priorities decide, and the one with fewer victims wins. Who was asked to be kept, or is busy, costs more than all
 * who are not.
 */
export function evictionCost(world: World, victim: PlannerExpert, reloadMs: number, priority: number): number {
  const { horizonMs } = world.tuning ?? TUNING;
  const wantedSoon = -Math.expm1(-Math.max(0, victim.demand) * horizonMs);
  const reload = Math.max(1, reloadMs * wantedSoon) * 2 ** (clamp(victim.priority) - clamp(priority));
  return reload + (victim.keptUntilMs > world.nowMs ? KEPT : 0) + (isBusy(victim) ? BUSY : 0);
}

/** How long a request waits before it takes idle experts' room at that cost: they may be wanted again at once. */
export function patienceMs(world: World, cost: number): number {
  const { patience, patienceMaxMs } = world.tuning ?? TUNING;
  return Math.min(patience * (cost % BUSY), patienceMaxMs, world.starvationMs);
}

/** Works on a request, or is about to, that is not a background one: those yield. */
export function isBusy({ inFlight, inFlightBackground = 0, waiting }: PlannerExpert): boolean {
  return inFlight > inFlightBackground || waiting.some(({ background }) => !background);
}

function clamp(priority: number): number {
  return Math.min(10, Math.max(0, priority));
}
