import type { Plan } from '../planner/decide.ts';

/**
 * How close an expert is to serving a request now, as the planner sees it: ready; on its way; asleep, with room to wake; to be loaded
 * into free room, by unloading idle ones, or behind what is busy; kept out by pins or a pause; too large for the whole budget; failed.
 * An endpoint that someone else runs is always loaded.
 */
export type Standing = 'loaded' | 'loading' | 'asleep' | 'fits' | 'evicts' | 'waits' | 'refused' | 'never' | 'failed';

export function standingOf(plan: Plan): Standing {
  switch (plan.action) {
    case 'serve':
      return 'loaded';
    case 'wake':
      return 'asleep';
    case 'start':
      return 'fits';
    case 'evict':
      return plan.drains ? 'waits' : 'evicts';
    case 'refuse':
      return plan.never ? 'never' : 'refused';
    case 'wait':
      // Its own load, or room that is coming back anyhow.
      if (plan.for === 'load') return 'loading';
      return plan.for === 'unload' ? 'fits' : 'waits';
  }
}
