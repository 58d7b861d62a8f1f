import { expect, it } from 'vitest';

import type { ExpertProcess } from '../../../src/supervisor/expert-process.ts';
import { type FleetFacts, pictureOf } from '../../../src/supervisor/house-picture.ts';
import type { Memory } from '../../../src/supervisor/memory.ts';

const FACTS: FleetFacts = {
  id: 'a',
  state: 'sleeping',
  waiting: [],
  pinned: false,
  minResidencyUntilMs: 0,
  keptUntilMs: 0,
  demand: { perMs: 0, atMs: 0 },
  preload: false,
} as unknown as FleetFacts;

it('what a start and a wake cost is what the last ones took, and a guess before', () => {
  const placement = { name: 'gpu0', footprint: { gpu0: 2 ** 30 }, spill: false };
  const memory = {
    counts: true,
    appraisal: () => ({ placements: [placement], asleep: { gpu0: 2 ** 27 } }),
    held: () => undefined,
  } as unknown as Memory;
  const costs = (seen: { loadMs?: number; wakeMs?: number }) => {
    const process = { canSleep: true, expert: { priority: 5 }, ...seen } as unknown as ExpertProcess;
    const { loadMs, sleep } = pictureOf(process, memory, [], FACTS);
    return { loadMs, wakeMs: sleep?.wakeMs };
  };
  expect(costs({})).toEqual({ loadMs: 1_000 + 2 ** 30 / (500 * 1_024), wakeMs: 1_000 });
  expect(costs({ loadMs: 40_000, wakeMs: 350 })).toEqual({ loadMs: 40_000, wakeMs: 350 });
});
