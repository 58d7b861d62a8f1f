import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { neverFits } from '../../../src/planner/fits.ts';
import { schedule } from '../../../src/planner/schedule.ts';
import type { PlannerExpert, World } from '../../../src/planner/world.ts';
import { type HousePlan, type HouseRequest, live, STARVATION_MS, STEP_MS, UNLOAD_MS } from './house.ts';
import { expert, pool, since, world } from './worlds.ts';

const footprint = fc.record({
  gpu0: fc.integer({ min: 0, max: 9 }),
  gpu1: fc.integer({ min: 0, max: 9 }),
  ram: fc.integer({ min: 0, max: 9 }),
});
const placement = fc.record({
  name: fc.constantFrom('one', 'two', 'three'),
  footprint,
  mapped: fc.option(fc.constantFrom([{ file: 'x', pool: 'ram', bytes: 4 }], [{ file: 'y', pool: 'ram', bytes: 3 }]), {
    nil: undefined,
  }),
  spill: fc.boolean(),
});
const someExpert = fc.record({
  placements: fc.uniqueArray(placement, { minLength: 1, maxLength: 3, selector: ({ name }) => name }),
  pinned: fc.boolean(),
  priority: fc.integer({ min: 0, max: 10 }),
  demand: fc.double({ min: 0, max: 0.01, noNaN: true }),
  loadMs: fc.integer({ min: 1, max: 10 }).map((steps) => steps * STEP_MS),
  sleep: fc.option(
    fc.record({
      footprint: fc.record({ ram: fc.integer({ min: 0, max: 4 }), gpu0: fc.constant(0) }),
      wakeMs: fc.constant(100),
    }),
    { nil: undefined },
  ),
});
const request: fc.Arbitrary<HouseRequest> = fc.record({
  atMs: fc.integer({ min: 0, max: 200 }).map((steps) => steps * STEP_MS),
  expert: fc.nat(5),
  serviceMs: fc.integer({ min: 1, max: 20 }).map((steps) => steps * STEP_MS),
  background: fc.nat(9).map((die) => die === 0),
});
const house = (pins: boolean): fc.Arbitrary<HousePlan> =>
  fc.record({
    pools: fc
      .record({
        gpu0: fc.integer({ min: 6, max: 16 }),
        gpu1: fc.integer({ min: 0, max: 10 }),
        ram: fc.integer({ min: 8, max: 20 }),
      })
      .map((sizes) => Object.entries(sizes).map(([id, capacity]) => pool({ id, capacity }))),
    experts: fc
      .array(someExpert, { minLength: 2, maxLength: 6 })
      .map((all) =>
        all.map((some, index) => expert(`e${index}`, 0, { ...some, pinned: pins && some.pinned && index < 2 })),
      ),
    maxLoaded: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
    residencyMs: fc.constantFrom(0, 1_000),
    requests: fc.array(request, { minLength: 1, maxLength: 40 }),
  });

/** Twenty seconds of arrivals, and time for a turn of each request. */
const LIMIT_MS = 200_000;

describe('any house under any trace', () => {
  it('never overbooks, never ends the pinned, the busy or the new, and answers or refuses every request', () => {
    fc.assert(
      fc.property(house(true), (plan) => {
        const { served, log } = live(plan, LIMIT_MS);
        // Background requests may wait for room as long as nobody frees it; those of people may not.
        const lost = plan.requests.filter((one) => !one.background && !served.some((other) => other.request === one));
        expect(lost, log.join('\n')).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it('serves everything that fits where nothing is pinned, within the starvation bound and the turns before it', () => {
    fc.assert(
      fc.property(house(false), (plan) => {
        const { served } = live(plan, LIMIT_MS);
        const empty = world(plan.experts, { pools: plan.pools, maxLoaded: plan.maxLoaded, spillToCpu: 'allow' });
        const turnMs = 2_000 + plan.residencyMs + UNLOAD_MS + 1_000 + 3 * STEP_MS;
        for (const { request: one, waitedMs, outcome } of served) {
          const wanted = plan.experts[one.expert % plan.experts.length];
          const fits = wanted !== undefined && neverFits(empty, wanted) === undefined;
          expect(outcome).toBe(fits ? 'served' : 'refused');
          if (!one.background) expect(waitedMs).toBeLessThanOrEqual(STARVATION_MS + plan.requests.length * turnMs);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('lets nobody starve behind a stream of requests for a neighbour', () => {
    const stream = Array.from({ length: 300 }, (_, index) => ({
      atMs: index * STEP_MS,
      expert: 0,
      serviceMs: 300,
      background: false,
    }));
    const lonely = { atMs: 2_000, expert: 1, serviceMs: 100, background: false };
    const both = ['a', 'b'].map((id) =>
      expert(id, 0, { placements: [{ name: 'gpu0', footprint: { gpu0: 8 } }], loadMs: 500 }),
    );
    const plan = {
      pools: [pool({ capacity: 10 })],
      experts: both,
      maxLoaded: undefined,
      residencyMs: 0,
      requests: [...stream, lonely],
    };
    const wait = live(plan, LIMIT_MS).served.find((one) => one.request === lonely)?.waitedMs ?? Infinity;
    expect(wait).toBeGreaterThanOrEqual(STARVATION_MS);
    expect(wait).toBeLessThanOrEqual(STARVATION_MS + 300 + UNLOAD_MS + 500 + 3 * STEP_MS);
  });
});

const state = fc.constantFrom<PlannerExpert['state'][]>(
  'stopped',
  'starting',
  'ready',
  'sleeping',
  'draining',
  'stopping',
  'unavailable',
);
const anyWorld: fc.Arbitrary<World> = fc
  .record({
    experts: fc.array(fc.tuple(someExpert, state, fc.nat(3), fc.nat(30_000), fc.boolean()), {
      minLength: 1,
      maxLength: 18,
    }),
    sizes: fc.tuple(fc.nat(40), fc.nat(40), fc.nat(60)),
    foreign: fc.nat(10),
    paused: fc.boolean(),
    trouble: fc.option(fc.constant('it hangs'), { nil: undefined, freq: 4 }),
    maxLoaded: fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined }),
  })
  .map(({ experts, sizes, foreign, paused, trouble, maxLoaded }) =>
    world(
      experts.map(([some, state, inFlight, waitedMs, waits], index) =>
        expert(`e${index}`, 0, {
          ...some,
          state,
          inFlight: state === 'ready' || state === 'draining' ? inFlight : 0,
          held:
            state === 'stopped' || state === 'unavailable'
              ? undefined
              : { placement: 'one', footprint: some.placements[0]?.footprint ?? {} },
          waiting: waits ? [since(1_000_000 - waitedMs)] : [],
        }),
      ),
      {
        pools: ['gpu0', 'gpu1', 'ram'].map((id, index) =>
          pool({
            id,
            capacity: sizes[index] ?? 0,
            foreign,
            paused: paused && index === 0,
            ...(trouble !== undefined && index === 1 ? { trouble } : {}),
          }),
        ),
        maxLoaded,
      },
    ),
  );

describe('any picture, however odd', () => {
  it('gives the same actions twice, each expert at most one, and only moves that its state has', () => {
    fc.assert(
      fc.property(anyWorld, (picture) => {
        const actions = schedule(picture);
        expect(schedule(picture)).toEqual(actions);
        // A sleeper whose requests are refused may make room for another in the same breath.
        const moves = actions.filter((action) => action.do !== 'refuse').map((action) => action.expert);
        expect(new Set(moves).size).toBe(moves.length);
        for (const action of actions) {
          const { state, pinned } = picture.experts.find(({ id }) => id === action.expert) ?? {};
          if (action.do === 'start') expect(state).toBe('stopped');
          if (action.do === 'wake') expect(state).toBe('sleeping');
          if (action.do === 'stop') expect(state).toMatch(/ready|sleeping|starting/);
          if (action.do === 'sleep') expect(state).toMatch(/ready|starting/);
          if (action.do === 'stop' && pinned) expect(action.reason).toMatch(/handed back/);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('makes progress: where nothing runs and somebody waits, something is done', () => {
    fc.assert(
      fc.property(anyWorld, (picture) => {
        const quiet = {
          ...picture,
          pools: picture.pools.map((one) => ({ ...one, foreign: 0 })),
          experts: picture.experts
            .filter(({ state }) => ['stopped', 'ready', 'sleeping'].includes(state))
            .map((one) => ({ ...one, inFlight: 0, waiting: one.state === 'ready' ? [] : one.waiting })),
        };
        const someoneWaits = quiet.experts.some(({ waiting }) => waiting.length > 0);
        expect(schedule(quiet).length > 0 || !someoneWaits).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
