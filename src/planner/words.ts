import { formatBytes } from '../shared/units.ts';
import type { Lack } from './room.ts';
import type { PlannerExpert, Pool, World } from './world.ts';

/** `idle 4 min`, `busy`, `loading`, `asleep`, `pinned`. */
export function describeIdle(world: World, expert: PlannerExpert): string {
  if (expert.pinned) return 'pinned';
  if (expert.state === 'starting') return 'loading';
  if (expert.inFlight > 0 || expert.waiting.length > 0) return 'busy';
  if (expert.state === 'sleeping') return 'asleep';
  const seconds = Math.max(0, Math.round((world.nowMs - expert.lastUsedMs) / 1_000));
  if (seconds === 0) return 'idle';
  if (seconds < 90) return `idle ${seconds} s`;
  return seconds < 5_400 ? `idle ${Math.round(seconds / 60)} min` : `idle ${Math.round(seconds / 3_600)} h`;
}

/** `gpu0 has 2.1 of 6.7 GiB free`: of what is needed there. */
export function describeLack({ pool, needs, free }: Lack): string {
  const [amount, unit] = formatBytes(needs).split(' ');
  const [have, haveUnit] = formatBytes(Math.max(0, free)).split(' ');
  const first = unit === haveUnit || free <= 0 ? (free <= 0 ? '0' : have) : `${have} ${haveUnit}`;
  return `${pool.id} has ${first} of ${amount} ${unit} free`;
}

/** `5.6 GiB of gpu0 (6.7 GiB free)`. */
export function describeRoomFor({ pool, needs, free }: Lack): string {
  return `${formatBytes(needs)} of ${pool.id} (${formatBytes(Math.max(0, free))} free)`;
}

/** Placements that are no place: what is known of them is only how much they take. */
const NOWHERE: ReadonlySet<string> = new Set(['uncounted', 'declared', 'measured']);

/** ` on gpu0`; nothing where the placement names no place. */
export function describePlace(placement: string): string {
  return NOWHERE.has(placement) ? '' : ` on ${placement}`;
}

/** Why nothing can be started on these pools. */
export function describeClosed(pools: readonly Pool[]): string {
  const paused = pools.filter((pool) => pool.paused).map(({ id }) => id);
  const troubled = pools.filter((pool) => !pool.paused).map(({ id, trouble }) => `${id} is in trouble (${trouble})`);
  const handedBack = `${listed(paused)} is handed back to the person at the desk; \`orchestrator resume\` takes it again`;
  return [...troubled, ...(paused.length > 0 ? [handedBack] : [])].join('; ');
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(names: readonly string[]): string {
  return names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
