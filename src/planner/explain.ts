import { formatBytes } from '../shared/units.ts';
import type { Plan } from './decide.ts';
import type { PlannerExpert, World } from './world.ts';
import { describeIdle, describePlace, listed } from './words.ts';

/** One sentence for a person: "would evict mistral_balanced (idle 4 min, 5.6 GiB): gpu0 has 2.1 of 6.7 GiB free". */
export function explain(plan: Plan, world: World): string {
  switch (plan.action) {
    case 'serve':
      return `would serve ${plan.expert} at once: ${plan.reason}`;
    case 'start':
      return `would start ${plan.expert}${describePlace(plan.placement.name)}: ${plan.reason}${warned(plan.warning)}`;
    case 'wake':
      return `would wake ${plan.expert}: ${plan.reason}`;
    case 'evict': {
      const victims = plan.victims.map(({ id, how }) => {
        const victim = world.experts.find((expert) => expert.id === id);
        return `${how === 'sleep' ? 'put to sleep ' : ''}${id}${victim ? ` (${details(world, victim)})` : ''}`;
      });
      return `would ${plan.drains ? 'drain and evict' : 'evict'} ${listed(victims)}: ${plan.reason}${warned(plan.warning)}`;
    }
    case 'wait':
      return `would let a request for ${plan.expert} wait: ${plan.reason}`;
    case 'refuse':
      return `would refuse a request for ${plan.expert}: ${plan.reason}`;
  }
}

function details(world: World, expert: PlannerExpert): string {
  const bytes = Object.entries(expert.held?.footprint ?? {})
    .filter(([pool, size]) => size > 0 && world.pools.some(({ id }) => id === pool))
    .map(([, size]) => size);
  const held = bytes.length > 0 ? [formatBytes(bytes.reduce((sum, size) => sum + size, 0))] : [];
  return [describeIdle(world, expert), ...held].join(', ');
}

function warned(warning: string | undefined): string {
  return warning ? ` (${warning})` : '';
}
