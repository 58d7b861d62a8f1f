import { formatBytes } from '../shared/units.ts';
import { isBusy } from './cost.ts';
import { describeIdle } from './words.ts';
import { charged, lasting, touches, usable } from './room.ts';
import { cheapestVictims, type Victim } from './victims.ts';
import { isLeaving, type Pool, type PlannerExpert, type World } from './world.ts';

export type Relief = Victim & { readonly cause: 'overdrawn' | 'pause'; readonly reason: string };

/**
 * Who has to go although nobody waits for the room: whoever has tensors in a pool that was handed back to the person at the desk, pinned
 * or not; and, where other programs took memory or a footprint turned out larger than predicted, the cheapest set that brings the pool
 * back within its budget, idle ones first. Minimum residency does not count here.
 */
export function overdrawn(world: World): Relief[] {
  const relief: Relief[] = [];
  let house = world;
  for (const pool of world.pools) {
    const inPool = house.experts.filter(
      (expert) => expert.held && touches(expert.held, pool.id) && !isLeaving(expert) && expert.unloadable,
    );
    const found = pool.paused ? inPool.map(handedBack(pool)) : tooMuch(house, pool, inPool);
    relief.push(...found);
    const gone = new Set(found.map(({ id }) => id));
    house = {
      ...house,
      experts: house.experts.map((expert) => (gone.has(expert.id) ? { ...expert, state: 'draining' } : expert)),
    };
  }
  return relief;
}

function handedBack(pool: Pool): (expert: PlannerExpert) => Relief {
  return ({ id }) => ({
    id,
    how: 'stop',
    cause: 'pause',
    reason: `${pool.id} is handed back to the person at the desk`,
  });
}

function tooMuch(house: World, pool: Pool, inPool: readonly PlannerExpert[]): Relief[] {
  const staying = house.experts.flatMap(lasting);
  const held = charged(staying, pool.id);
  // What a device in trouble says of its size is not to be acted on.
  if (held <= usable(pool) || pool.trouble !== undefined) return [];
  const size = `${formatBytes(held)} of ${formatBytes(usable(pool))}${pool.capacity === 0 && pool.note ? `: ${pool.note}` : ''}`;
  // Only this pool is to be brought back: the others have their own turn, and no count is short.
  const only: World = { ...house, pools: [pool], maxLoaded: undefined };
  const need = { charge: { footprint: { [pool.id]: Number.EPSILON } }, count: 0, priority: 0 };
  const loose = inPool.filter(({ pinned, state }) => !pinned && state !== 'unavailable');
  const idle = loose.filter((expert) => !isBusy(expert));
  const eviction = cheapestVictims(only, idle, need) ?? cheapestVictims(only, loose, need);
  const victims = eviction?.victims ?? idle.map(({ id }): Victim => ({ id, how: 'stop' }));
  return victims.map((victim) => {
    const expert = inPool.find(({ id }) => id === victim.id);
    const state = expert ? ` (${describeIdle(house, expert)})` : '';
    return {
      ...victim,
      cause: 'overdrawn',
      reason: `${pool.id} holds more than its budget (${size}), and ${victim.id}${state} is the cheapest to unload`,
    };
  });
}
