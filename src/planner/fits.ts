import { formatBytes } from '../shared/units.ts';
import { type Lack, lacks, usable } from './room.ts';
import { describePlace } from './words.ts';
import { placementsOf, type PlannerExpert, type World } from './world.ts';

/** Why the expert could never run, were the house empty, with the arithmetic; undefined where it fits. For validation. */
export function fits(world: World, id: string): string | undefined {
  const expert = world.experts.find((other) => other.id === id);
  return expert ? neverFits(world, expert) : `${id} is no expert with a process`;
}

/** What other programs hold, what has not come back, what is handed back for a while and what is in trouble does not make it never. */
export function neverFits(world: World, expert: PlannerExpert): string | undefined {
  if (world.maxLoaded === 0) return `${expert.id} can never be loaded: maxLoadedExperts is 0`;
  const pools = world.pools
    .filter(({ trouble }) => trouble === undefined)
    .map((pool) => ({ ...pool, foreign: 0, quarantined: 0, paused: false }));
  const misses: string[] = [];
  let forbidden = false;
  for (const placement of placementsOf(expert)) {
    if (placement.spill && world.spillToCpu === 'refuse') {
      forbidden = true;
      continue;
    }
    const missing = lacks(pools, [], placement);
    if (missing.length === 0) return undefined;
    misses.push(`${describePlace(placement.name)} ${missing.map(arithmetic).join(' and ')}`.trim());
  }
  const spill = forbidden ? '; it could spill to the CPU, but budget.spillToCpu is refuse' : '';
  return `${expert.id} can never fit: ${misses.join('; ')}${spill}`;
}

function arithmetic({ pool, needs }: Lack): string {
  const budget = usable(pool);
  const size = pool.reserve > 0 ? ` (${formatBytes(pool.capacity)} − ${formatBytes(pool.reserve)} reserve)` : '';
  return `it needs ${formatBytes(needs)} of ${pool.id}, which offers ${formatBytes(budget)}${size}, ${formatBytes(needs - budget)} too little${pool.note ? ` (${pool.note})` : ''}`;
}
