import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { plan, type PlannerExpert, STARVATION_MS, type World } from '../../../src/planner/plan.ts';

const expert = (id: string, overrides: Partial<PlannerExpert> = {}): PlannerExpert => ({
  id,
  loaded: false,
  leaving: false,
  inFlight: 0,
  waiting: 0,
  lastUsedMs: 0,
  kept: false,
  ...overrides,
});

const world = (maxLoaded: number | undefined, ...experts: PlannerExpert[]): World => ({
  nowMs: 100_000,
  maxLoaded,
  experts,
});

const worlds = fc
  .record({
    maxLoaded: fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined }),
    experts: fc.array(
      fc.record({
        loaded: fc.boolean(),
        leaving: fc.boolean(),
        inFlight: fc.nat({ max: 3 }),
        waiting: fc.nat({ max: 3 }),
        lastUsedMs: fc.nat({ max: 100_000 }),
        kept: fc.boolean(),
      }),
      { minLength: 1, maxLength: 8 },
    ),
    waitedMs: fc.nat({ max: 2 * STARVATION_MS }),
  })
  .map(({ maxLoaded, experts, waitedMs }) => ({
    house: world(
      maxLoaded,
      ...experts.map((one, index) => expert(`e${index}`, { ...one, leaving: one.loaded && one.leaving })),
    ),
    waitedMs,
  }));

describe('the plan for a request', () => {
  it.each([
    ['serve', 'a is loaded', world(1, expert('a', { loaded: true }))],
    ['wait', 'a is just unloading', world(1, expert('a', { loaded: true, leaving: true }))],
    ['start', 'nothing limits the count', world(undefined, expert('a'), expert('b', { loaded: true, inFlight: 1 }))],
    ['start', '1 of 2 experts are loaded', world(2, expert('a'), expert('b', { loaded: true }))],
    [
      'wait',
      'an expert that is unloading makes room',
      world(1, expert('a'), expert('b', { loaded: true, leaving: true })),
    ],
    ['wait', 'all 1 loaded experts are busy (b)', world(1, expert('a'), expert('b', { loaded: true, inFlight: 1 }))],
    ['refuse', 'a is no expert with a process', world(1, expert('b'))],
  ] as const)('%s: %s', (action, reason, house) => {
    expect(plan(house, 'a', 0)).toEqual({ action, reason });
  });

  it('evicts the one that was used longest ago, and one that was asked to stay only where there is no other', () => {
    const old = expert('old', { loaded: true, lastUsedMs: 10_000 });
    const young = expert('young', { loaded: true, lastUsedMs: 90_000 });
    const kept = expert('kept', { loaded: true, lastUsedMs: 1, kept: true });
    expect(plan(world(3, expert('a'), young, old, kept), 'a', 0)).toMatchObject({ victims: ['old'] });
    expect(plan(world(1, expert('a'), kept), 'a', 0)).toMatchObject({ action: 'evict', victims: ['kept'] });
    expect(plan(world(3, expert('a'), young, old, kept), 'a', 0).reason).toBe(
      'unloads old (idle 2 min): 3 of 3 experts are loaded',
    );
  });

  it('drains a busy one only for a request that has starved', () => {
    const house = world(1, expert('a'), expert('b', { loaded: true, inFlight: 2 }));
    expect(plan(house, 'a', STARVATION_MS - 1).action).toBe('wait');
    expect(plan(house, 'a', STARVATION_MS)).toMatchObject({ action: 'evict', victims: ['b'] });
  });

  it('in any house: room is never overbooked, nobody busy is evicted before time, and an idle one always makes way', () => {
    fc.assert(
      fc.property(worlds, ({ house, waitedMs }) => {
        const decision = plan(house, 'e0', waitedMs);
        expect(plan(structuredClone(house), 'e0', waitedMs), 'the same house, the same plan').toEqual(decision);
        const loaded = house.experts.filter((one) => one.loaded);
        const max = house.maxLoaded ?? Infinity;
        const [wanted] = house.experts;
        if (decision.action === 'start') expect(loaded.length).toBeLessThan(max);
        if (decision.action === 'evict') {
          for (const id of decision.victims) {
            const victim = house.experts.find((one) => one.id === id);
            expect(victim).toMatchObject({ loaded: true, leaving: false });
            const isBusy = (victim?.inFlight ?? 0) > 0 || (victim?.waiting ?? 0) > 0;
            if (isBusy) expect(waitedMs).toBeGreaterThanOrEqual(STARVATION_MS);
            expect(id).not.toBe('e0');
          }
        }
        const idle = loaded.some((one) => !one.leaving && one.inFlight === 0 && one.waiting === 0);
        const roomIsComing = loaded.filter((one) => !one.leaving).length < max;
        if (!wanted?.loaded && idle && !roomIsComing) expect(decision.action).toBe('evict');
        if (!wanted?.loaded && loaded.length < max) expect(decision.action).toBe('start');
        expect(decision.reason).not.toBe('');
      }),
      { numRuns: 500 },
    );
  });
});
