import { evictionCost } from './cost.ts';
import { type Charge, charged, holdings, lacks, lasting, usable } from './room.ts';
import { isLeaving, isLoaded, type PlannerExpert, type World } from './world.ts';

export interface Victim {
  readonly id: string;
  /** Either lets what runs finish first. */
  readonly how: 'stop' | 'sleep';
}

export interface Eviction {
  readonly victims: readonly Victim[];
  /** Milliseconds of expected reloading (`cost.ts`). */
  readonly cost: number;
}

export interface Need {
  readonly charge: Charge;
  /** How many more experts are to be loaded: 1 for a start, 0 where only memory is short. */
  readonly count: number;
  /** Of the expert that asks. */
  readonly priority: number;
  /** What it holds already, asleep: part of `charge`, and there until then. */
  readonly own?: Charge;
}

interface Choice {
  readonly expert: PlannerExpert;
  readonly how: Victim['how'];
  readonly after: Charge | undefined;
  readonly cost: number;
}

/** Beyond this many choices the search is greedy: a set that is small and cheap, not surely the cheapest. */
const EXACT_LIMIT = 14;

/**
 * The cheapest set of the candidates whose leaving makes room, on top of what leaves already; undefined where all together do not.
 * Deterministic: of equal costs, who was used longest ago goes first.
 */
export function cheapestVictims(world: World, candidates: readonly PlannerExpert[], need: Need): Eviction | undefined {
  const choices = candidates
    .flatMap((expert) => choicesFor(world, expert, need.priority))
    .sort(
      (a, b) => a.cost - b.cost || a.expert.lastUsedMs - b.expert.lastUsedMs || (a.expert.id < b.expert.id ? -1 : 1),
    );
  // Where not even the end of all of them helps, no search is needed: this is asked again and again while somebody waits.
  if (
    !makesRoom(
      world,
      choices.filter(({ how }) => how === 'stop'),
      need,
    )
  )
    return undefined;
  const picked = choices.length <= EXACT_LIMIT ? searchAll(world, choices, need) : searchGreedily(world, choices, need);
  return picked && { victims: picked.map(({ expert, how }) => ({ id: expert.id, how })), cost: total(picked) };
}

function choicesFor(world: World, expert: PlannerExpert, priority: number): Choice[] {
  const { sleep } = expert;
  const choice = (how: Victim['how'], after: Charge | undefined, reloadMs: number): Choice => ({
    expert,
    how,
    after,
    cost: evictionCost(world, expert, reloadMs, priority),
  });
  if (!sleep) return [choice('stop', undefined, expert.loadMs)];
  // Who sleeps has to wake anyway: only what waking would have saved is lost.
  if (expert.state === 'sleeping') return [choice('stop', undefined, Math.max(0, expert.loadMs - sleep.wakeMs))];
  return [choice('sleep', sleep, sleep.wakeMs), choice('stop', undefined, expert.loadMs)];
}

/** Depth first through the choices in order of cost, cut off where the best so far is reached. */
function searchAll(world: World, choices: readonly Choice[], need: Need): readonly Choice[] | undefined {
  let best: readonly Choice[] | undefined;
  let bestCost = Infinity;
  const visit = (index: number, picked: readonly Choice[], cost: number) => {
    if (cost >= bestCost) return;
    if (makesRoom(world, picked, need)) {
      best = picked;
      bestCost = cost;
      return;
    }
    for (let next = index; next < choices.length; next += 1) {
      const choice = choices[next];
      if (!choice || picked.some(({ expert }) => expert === choice.expert)) continue;
      visit(next + 1, [...picked, choice], cost + choice.cost);
    }
  };
  visit(0, [], 0);
  return best;
}

function searchGreedily(world: World, choices: readonly Choice[], need: Need): readonly Choice[] | undefined {
  let picked: Choice[] = [];
  for (const choice of choices) {
    if (makesRoom(world, picked, need)) break;
    // A stop takes the place of the cheaper sleep that did not do.
    picked = [...picked.filter(({ expert }) => expert !== choice.expert), choice];
  }
  if (!makesRoom(world, picked, need)) return undefined;
  for (const choice of picked.toReversed()) {
    const fewer = picked.filter((other) => other !== choice);
    if (makesRoom(world, fewer, need)) picked = fewer;
  }
  return picked;
}

/** Whether the need is met once those who leave, and the picked ones, are gone or asleep. */
function makesRoom(world: World, picked: readonly Choice[], need: Need): boolean {
  const charges: Charge[] = [];
  const asleep: Charge[] = [];
  let loaded = 0;
  for (const expert of world.experts) {
    if (isLeaving(expert)) {
      charges.push(...lasting(expert));
      continue;
    }
    const choice = picked.find((other) => other.expert === expert);
    if (!choice) {
      if (expert.held) charges.push(expert.held);
      if (isLoaded(expert)) loaded += 1;
    } else if (choice.after) asleep.push(choice.after);
  }
  if (loaded + need.count > (world.maxLoaded ?? Infinity)) return false;
  const charge = asleep.length === 0 ? need.charge : together([need.charge, ...asleep]);
  return lacks(world.pools, charges, charge).length === 0 && canFallAsleep(world, picked, need.own);
}

/** What a sleeper takes (weights copied to RAM) is taken before anything comes back: it must be free now. */
function canFallAsleep(world: World, picked: readonly Choice[], own: Charge | undefined): boolean {
  const sleepers = new Map(picked.flatMap(({ expert, after }) => (after ? [[expert, after.footprint] as const] : [])));
  if (sleepers.size === 0) return true;
  const experts = world.experts.map((expert) => {
    const leavesBehind = sleepers.get(expert);
    return leavesBehind ? { ...expert, leavesBehind } : expert;
  });
  const during = [...holdings({ ...world, experts }), ...(own ? [own] : [])];
  return world.pools.every((pool) => {
    const grows = [...sleepers].some(([{ held }, asleep]) => (asleep[pool.id] ?? 0) > (held?.footprint[pool.id] ?? 0));
    return !grows || charged(during, pool.id) <= usable(pool);
  });
}

function together(charges: readonly Charge[]): Charge {
  const footprint: Record<string, number> = {};
  for (const charge of charges) {
    for (const [pool, bytes] of Object.entries(charge.footprint)) footprint[pool] = (footprint[pool] ?? 0) + bytes;
  }
  return { footprint, mapped: charges.flatMap(({ mapped }) => mapped ?? []) };
}

function total(choices: readonly Choice[]): number {
  return choices.reduce((sum, { cost }) => sum + cost, 0);
}
