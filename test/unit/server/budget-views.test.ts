import { describe, expect, it } from 'vitest';

import { plan } from '../../../src/planner/decide.ts';
import type { World } from '../../../src/planner/world.ts';
import { budgetView, footprintOf, planView, remotePlanView } from '../../../src/server/budget-views.ts';
import type { Forecast, Holder } from '../../../src/supervisor/house.ts';
import { expert, GIB, pool, ready, world } from '../planner/worlds.ts';

const WALL = new Date('2026-01-01T00:00:00.000Z');
const FILE = { file: '/models/base.gguf', pool: 'ram', bytes: 4 * GIB };

const holder = (change: Partial<Holder> = {}): Holder => ({
  expert: 'a',
  state: 'ready',
  placement: 'cpu',
  held: { ram: GIB },
  predicted: { ram: GIB },
  measured: {},
  mapped: [FILE],
  ...change,
});

function forecast(house: World, id: string, placements: readonly object[] = []): Forecast {
  const appraisal = { placements } as unknown as Forecast['appraisal'];
  return { plan: plan(house, id, { waitedMs: 0, background: false }), world: house, appraisal };
}

describe('the view of the budget', () => {
  const ram = pool({ id: 'ram', capacity: 64 * GIB, reserve: 8 * GIB, foreign: 9 * GIB });
  const held = { placement: 'cpu', footprint: { ram: GIB }, mapped: [FILE] };
  const both = [
    expert('a', 0, { state: 'ready', held }),
    expert('b', 0, { state: 'starting', held: { ...held, footprint: { ram: 2 * GIB } } }),
  ];
  const holders = [
    holder({ measured: { ram: 0.5 * GIB } }),
    holder({ expert: 'b', state: 'starting', held: { ram: 2 * GIB }, predicted: { ram: 2 * GIB } }),
  ];
  const state = {
    world: world(both, { pools: [ram, pool()] }),
    maxLoaded: undefined,
    holders,
    pausedUntilMs: undefined,
  };

  it('counts a file that two map once, and shows it with both', () => {
    const { pools, loadedExperts } = budgetView(state, WALL);
    expect(loadedExperts).toBe(2);
    expect(pools[0]).toMatchObject({ id: 'ram', usable: 55 * GIB, held: 7 * GIB, free: 48 * GIB });
    expect(pools[0]?.holders).toEqual([
      { expert: 'a', state: 'ready', held: 5 * GIB, predicted: 5 * GIB, measured: 4.5 * GIB, mapped: 4 * GIB },
      { expert: 'b', state: 'starting', held: 6 * GIB, predicted: 6 * GIB, measured: null, mapped: 4 * GIB },
    ]);
    expect(pools[1]).toMatchObject({ id: 'gpu0', held: 0, holders: [], note: null });
    expect(footprintOf(state.world, 'b')).toEqual({ ram: 6 * GIB });
    expect(footprintOf(state.world, 'nobody')).toEqual({});
  });

  it('notes what is unusual, and nothing else', () => {
    const noteOf = (change: Parameters<typeof pool>[0]) =>
      budgetView({ ...state, world: world(both, { pools: [pool(change)] }) }, WALL).pools[0]?.note;
    expect(noteOf({ foreign: GIB })).toBeNull();
    expect(noteOf({ reserve: GIB, foreign: 3 * GIB })).toBe(
      'other programs hold 3.0 GiB, 2.0 GiB more than the reserve',
    );
    expect(noteOf({ id: 'ram', reserve: GIB, foreign: 3 * GIB })).toBeNull();
    expect(noteOf({ quarantined: GIB })).toMatch(/^1\.0 GiB did not come back/);
    expect(noteOf({ capacity: 0, note: 'nvidia-smi lists no such GPU' })).toBe('nvidia-smi lists no such GPU');
    expect(noteOf({ id: 'ram', capacity: 6 * GIB })).toBe('overdrawn by 1.0 GiB');
    expect(noteOf({ id: 'ram', paused: true })).toMatch(/^handed back/);
  });

  it('says until when it is paused by the clock on the wall', () => {
    const until = (pausedUntilMs: number) => budgetView({ ...state, pausedUntilMs }, WALL).pausedUntil;
    expect(until(state.world.nowMs + 60_000)).toBe('2026-01-01T00:01:00.000Z');
    expect(until(Infinity)).toBe('for ever');
    expect(budgetView(state, WALL).pausedUntil).toBeNull();
  });
});

describe('the view of a plan', () => {
  const parts = [{ pool: 'gpu0', name: 'weights', bytes: 7 * GIB, how: '32 layers' }];
  const estimate = { name: 'gpu0', footprint: { gpu0: 7 * GIB }, mapped: [], parts, estimated: true, learned: false };

  it('of an eviction has the sentence, who goes, what comes back, and the arithmetic', () => {
    const house = world([expert('a', 7), ready('b', 12, { lastUsedMs: 760_000 })]);
    expect(planView(forecast(house, 'a', [estimate]), [])).toMatchObject({
      expert: 'a',
      action: 'evict',
      sentence: 'would evict b (idle 4 min, 12.0 GiB): gpu0 has 4.0 of 7.0 GiB free',
      reason: 'gpu0 has 4.0 of 7.0 GiB free',
      warning: null,
      placement: { name: 'gpu0', estimated: true, learned: false, parts },
      needs: { gpu0: 7 * GIB },
      victims: [{ expert: 'b', how: 'stop' }],
      frees: { gpu0: 12 * GIB },
      pools: [{ id: 'gpu0', free: 4 * GIB }],
    });
  });

  it('asks nothing for a file that is mapped already', () => {
    const pools = [pool({ id: 'ram' })];
    const placement = { name: 'cpu', footprint: { ram: GIB }, mapped: [FILE] };
    const other = expert('b', 0, {
      state: 'ready',
      held: { placement: 'cpu', footprint: { ram: GIB }, mapped: [FILE] },
    });
    const alone = world([expert('a', 0, { placements: [placement] })], { pools });
    const beside = world([expert('a', 0, { placements: [placement] }), other], { pools });
    expect(planView(forecast(alone, 'a'), []).needs).toEqual({ ram: 5 * GIB });
    expect(planView(forecast(beside, 'a'), []).needs).toEqual({ ram: GIB });
  });

  it('of a refusal shows what the best placement would take; of what runs, nothing', () => {
    const house = world([expert('a', 17), ready('b', 4)]);
    const refused = planView(forecast(house, 'a', [{ ...estimate, footprint: { gpu0: 17 * GIB } }]), []);
    expect(refused).toMatchObject({ action: 'refuse', placement: { name: 'gpu0', parts }, needs: { gpu0: 17 * GIB } });
    expect(planView(forecast(house, 'b', [estimate]), [])).toMatchObject({
      action: 'serve',
      placement: null,
      needs: {},
      frees: {},
    });
  });

  it('of an expert that cannot start refuses, unloads nobody, and still shows what it would take', () => {
    const house = world([expert('a', 7), ready('b', 12)]);
    const { sentence, ...view } = planView(forecast(house, 'a', [estimate]), [], 'The model of a is not here.');
    expect(sentence).toBe('would refuse a request for a: The model of a is not here.');
    expect(view).toMatchObject({ action: 'refuse', victims: [], frees: {}, placement: { name: 'gpu0' } });
    expect(planView(forecast(house, 'b'), [], 'nobody asks')).toMatchObject({ action: 'serve' });
  });

  it('of an endpoint that someone else runs serves, or says what is missing', () => {
    expect(remotePlanView('far', undefined)).toMatchObject({ action: 'serve', placement: null, pools: [] });
    expect(remotePlanView('far', undefined).sentence).toMatch(/^would serve far at once/);
    expect(remotePlanView('far', 'far needs a key.')).toMatchObject({ action: 'refuse', reason: 'far needs a key.' });
  });
});
