import { describe, expect, it } from 'vitest';

import { plan } from '../../../src/planner/decide.ts';
import { schedule } from '../../../src/planner/schedule.ts';
import type { Placement } from '../../../src/planner/world.ts';
import { explain } from '../../../src/planner/explain.ts';
import { expert, GIB, holding, pool, ready, since, world } from './worlds.ts';

const NOW = { waitedMs: 0, background: false };
const STARVED = { waitedMs: 15_000, background: false };

describe('a plan', () => {
  it('serves who is ready, shares a load, and waits for an end', () => {
    const house = world([
      ready('a', 4),
      expert('b', 4, { state: 'starting', held: holding({ gpu0: 4 * GIB }) }),
      ready('c', 4, { state: 'draining' }),
      expert('d', 4, { state: 'unavailable' }),
    ]);
    expect(plan(house, 'a', NOW)).toMatchObject({ action: 'serve' });
    expect(plan(house, 'b', NOW)).toMatchObject({ action: 'wait', for: 'load' });
    expect(plan(house, 'c', NOW)).toMatchObject({ action: 'wait', for: 'unload' });
    expect(plan(house, 'd', NOW)).toMatchObject({ action: 'wait', for: 'recovery' });
    expect(plan(house, 'nobody', NOW)).toMatchObject({ action: 'refuse', never: true });
  });

  it('starts what fits, beside the reservation of who still loads', () => {
    const waiting = [since(999_000)];
    const loading = expert('b', 9, { state: 'starting', held: holding({ gpu0: 9 * GIB }), waiting });
    expect(plan(world([expert('a', 7), loading]), 'a', NOW)).toMatchObject({ action: 'start' });
    expect(plan(world([expert('a', 8), loading]), 'a', NOW)).toMatchObject({ action: 'wait', for: 'busy' });
  });

  it('says whom it would evict and why in one sentence', () => {
    const pools = [pool({ capacity: 16_376 * 2 ** 20, reserve: 1_400 * 2 ** 20 })];
    const mistral = ready('mistral_balanced', 5.6, { lastUsedMs: 760_000 });
    const phi = ready('phi4_fast', 4.2, { lastUsedMs: 999_000, demand: 1e-4 });
    const house = world([expert('aya', 6.7), mistral, phi, ready('qwen', 2.5, { lastUsedMs: 999_000, demand: 1e-4 })], {
      pools,
    });
    const decision = plan(house, 'aya', NOW);
    expect(decision).toMatchObject({
      action: 'evict',
      victims: [{ id: 'mistral_balanced', how: 'stop' }],
      drains: false,
    });
    expect(explain(decision, house)).toBe(
      'would evict mistral_balanced (idle 4 min, 5.6 GiB): gpu0 has 2.3 of 6.7 GiB free',
    );
  });

  it('evicts the cheapest set: reload time times how likely it is wanted soon', () => {
    const hot = ready('hot', 8, { demand: 1e-3, lastUsedMs: 0 });
    const cold = ready('cold', 4, { demand: 1e-6, lastUsedMs: 900_000 });
    const cool = ready('cool', 4, { demand: 1e-6, lastUsedMs: 900_000 });
    const decision = plan(world([expert('a', 8), hot, cold, cool]), 'a', NOW);
    expect(decision).toMatchObject({ victims: [{ id: 'cold' }, { id: 'cool' }], frees: { gpu0: 8 * GIB } });
  });

  it('leaves the pinned, the busy, the newly loaded and the kept in peace while another will do', () => {
    const other = ready('other', 8, { demand: 1 });
    for (const change of [
      { pinned: true },
      { inFlight: 1 },
      { minResidencyUntilMs: 1e9 },
      { keptUntilMs: 1e9 },
      { unloadable: false },
    ]) {
      const decision = plan(world([expert('a', 8), ready('spared', 8, change), other]), 'a', STARVED);
      expect(decision).toMatchObject({ action: 'evict', victims: [{ id: 'other' }] });
    }
  });

  it('prefers to evict lower priority, but takes a higher one that nobody wants', () => {
    const high = ready('high', 8, { priority: 9, demand: 1e-4 });
    const low = ready('low', 8, { priority: 2, demand: 4e-4 });
    expect(plan(world([expert('a', 8), high, low]), 'a', NOW)).toMatchObject({ victims: [{ id: 'low' }] });
    expect(plan(world([expert('a', 16), high]), 'a', NOW)).toMatchObject({ victims: [{ id: 'high' }] });
    const quiet = [ready('high', 8, { priority: 9, lastUsedMs: 1 }), ready('low', 8, { priority: 2, lastUsedMs: 2 })];
    expect(plan(world([expert('a', 8), ...quiet]), 'a', NOW)).toMatchObject({ victims: [{ id: 'low' }] });
  });

  it('drains a busy expert for a starving waiter, and never a pinned one', () => {
    const busy = world([expert('a', 12), ready('b', 12, { inFlight: 2 })]);
    expect(plan(busy, 'a', NOW)).toMatchObject({ action: 'wait', for: 'busy' });
    expect(plan(busy, 'a', STARVED)).toMatchObject({ action: 'evict', victims: [{ id: 'b' }], drains: true });
    const pinned = world([expert('a', 12), ready('b', 12, { inFlight: 2, pinned: true })]);
    expect(plan(pinned, 'a', STARVED)).toMatchObject({ action: 'refuse', never: false, reason: /b is pinned/ });
  });

  it('lets a background request evict nobody, and a person take the room of background work', () => {
    const house = world([expert('a', 12), ready('b', 12)]);
    expect(plan(house, 'a', { waitedMs: 1e6, background: true })).toMatchObject({ action: 'wait' });
    const background = world([expert('a', 12), ready('b', 12, { inFlight: 1, inFlightBackground: 1 })]);
    expect(plan(background, 'a', NOW)).toMatchObject({ action: 'evict', victims: [{ id: 'b' }] });
  });

  it('credits memory only when it has returned', () => {
    const leaving = ready('b', 12, { state: 'stopping' });
    expect(plan(world([expert('a', 12), leaving]), 'a', NOW)).toMatchObject({ action: 'wait', for: 'unload' });
    const pools = [pool({ quarantined: 8 * GIB })];
    expect(plan(world([expert('a', 12)], { pools }), 'a', NOW)).toMatchObject({ action: 'wait', for: 'room' });
  });

  it('subtracts what other programs hold beyond the reserve', () => {
    const within = [pool({ reserve: 2 * GIB, foreign: 1 * GIB })];
    const beyond = [pool({ reserve: 2 * GIB, foreign: 5 * GIB })];
    expect(plan(world([expert('a', 14)], { pools: within }), 'a', NOW)).toMatchObject({ action: 'start' });
    expect(plan(world([expert('a', 14)], { pools: beyond }), 'a', NOW)).toMatchObject({ action: 'wait', for: 'room' });
  });

  it('goes by count alone where no pool is defined', () => {
    const counted = (waitedMs: number, change = {}) =>
      plan(world([expert('a', 99), ready('b', 99, change)], { pools: [], maxLoaded: 1 }), 'a', {
        waitedMs,
        background: false,
      });
    expect(plan(world([expert('a', 99)], { pools: [], maxLoaded: 1 }), 'a', NOW)).toMatchObject({ action: 'start' });
    expect(counted(0)).toMatchObject({ action: 'evict', victims: [{ id: 'b' }], reason: '1 of 1 experts are loaded' });
    expect(counted(0, { inFlight: 1 })).toMatchObject({ action: 'wait' });
    expect(counted(15_000, { inFlight: 1 })).toMatchObject({ action: 'evict', drains: true });
    expect(counted(0, { held: undefined })).toMatchObject({ action: 'evict', victims: [{ id: 'b' }] });
  });
});

describe('several pools', () => {
  const two = [pool({ capacity: 8 * GIB }), pool({ id: 'gpu1', capacity: 8 * GIB })];
  const placements: Placement[] = [
    { name: 'gpu0', footprint: { gpu0: 6 * GIB } },
    { name: 'gpu1', footprint: { gpu1: 6 * GIB } },
    { name: 'gpu0+gpu1', footprint: { gpu0: 3.5 * GIB, gpu1: 3.5 * GIB } },
  ];

  it('takes the first placement that is free, and else the one whose eviction costs least', () => {
    const wanted = expert('a', 6, { placements });
    expect(plan(world([wanted], { pools: two }), 'a', NOW)).toMatchObject({ placement: { name: 'gpu0' } });
    const first = ready('b', 4, { demand: 1 });
    expect(plan(world([wanted, first], { pools: two }), 'a', NOW)).toMatchObject({ placement: { name: 'gpu1' } });
    const second = ready('c', 4, { held: holding({ gpu1: 4 * GIB }, 'gpu1') });
    expect(plan(world([wanted, first, second], { pools: two }), 'a', NOW)).toMatchObject({
      action: 'start',
      placement: { name: 'gpu0+gpu1' },
    });
    const third = ready('d', 2, { held: holding({ gpu0: 2 * GIB }), demand: 1 });
    expect(plan(world([wanted, first, second, third], { pools: two }), 'a', NOW)).toMatchObject({
      action: 'evict',
      victims: [{ id: 'c' }],
      thenPlacement: { name: 'gpu1' },
    });
  });

  it('charges a mapped file once for as long as anyone maps it', () => {
    const mapped = [{ file: 'base.gguf', pool: 'ram', bytes: 6 * GIB }];
    const ram = { pools: [pool({ id: 'ram', capacity: 8 * GIB })] };
    const placement = { name: 'cpu', footprint: { ram: GIB }, mapped };
    const loaded = ready('b', 0, { held: { placement: 'cpu', footprint: { ram: GIB }, mapped } });
    const sibling = expert('a', 0, { placements: [placement] });
    expect(plan(world([sibling, loaded], ram), 'a', NOW)).toMatchObject({ action: 'start' });
    const stranger = expert('c', 0, { placements: [{ name: 'cpu', footprint: { ram: 2 * GIB } }] });
    expect(plan(world([stranger, loaded], ram), 'c', NOW)).toMatchObject({ action: 'evict' });
    const both = world([stranger, loaded, { ...loaded, id: 'd' }], ram);
    expect(plan(both, 'c', NOW)).toMatchObject({ action: 'evict', victims: [{ id: 'b' }, { id: 'd' }] });
  });

  it('spills to the CPU only where nothing else can be had, and as the policy says', () => {
    const spill = { name: 'spill', footprint: { gpu0: 4 * GIB, ram: 8 * GIB }, spill: true };
    const pools = [pool({ capacity: 8 * GIB }), pool({ id: 'ram', capacity: 32 * GIB })];
    const large = expert('a', 12, { placements: [{ name: 'gpu0', footprint: { gpu0: 12 * GIB } }, spill] });
    expect(plan(world([large], { pools }), 'a', NOW)).toMatchObject({
      action: 'refuse',
      never: true,
      reason: /spillToCpu/,
    });
    expect(plan(world([large], { pools, spillToCpu: 'allow' }), 'a', NOW)).toMatchObject({
      placement: { name: 'spill' },
    });
    expect(plan(world([large], { pools, spillToCpu: 'warn' }), 'a', NOW)).toMatchObject({ warning: /spills/ });
    const small = expert('a', 6, { placements: [{ name: 'gpu0', footprint: { gpu0: 6 * GIB } }, spill] });
    const busy = ready('b', 4, { inFlight: 1 });
    const house = (change: object) => world([small, { ...busy, ...change }], { pools, spillToCpu: 'allow' });
    expect(plan(house({}), 'a', NOW)).toMatchObject({ action: 'wait', for: 'busy' });
    expect(plan(house({ pinned: true }), 'a', NOW)).toMatchObject({ action: 'start', placement: { name: 'spill' } });
  });

  it('refuses what needs a pool that was handed back, and serves the rest', () => {
    const pools = [pool({ paused: true }), pool({ id: 'ram', capacity: 32 * GIB })];
    const onGpu = expert('a', 4);
    const either = expert('b', 4, { placements: [...onGpu.placements, { name: 'cpu', footprint: { ram: 4 * GIB } }] });
    const house = world([onGpu, either], { pools });
    expect(plan(house, 'a', NOW)).toMatchObject({ action: 'refuse', never: false, reason: /resume/ });
    expect(plan(house, 'b', NOW)).toMatchObject({ action: 'start', placement: { name: 'cpu' } });
  });

  it('starts nothing on a device in trouble, whatever its size is said to be, and lets be what runs there', () => {
    const trouble = 'the driver hangs';
    const onGpu = expert('a', 4);
    const either = expert('b', 4, { placements: [...onGpu.placements, { name: 'cpu', footprint: { ram: 4 * GIB } }] });
    const waiting = expert('c', 4, { waiting: [since(0)] });
    for (const capacity of [0, 16 * GIB]) {
      const pools = [pool({ capacity, trouble }), pool({ id: 'ram', capacity: 32 * GIB })];
      const house = world([onGpu, either, ready('there', 4), waiting], { pools });
      expect(plan(house, 'a', NOW)).toMatchObject({
        action: 'refuse',
        never: false,
        reason: 'gpu0 is in trouble (the driver hangs)',
      });
      expect(plan(house, 'b', NOW)).toMatchObject({ action: 'start', placement: { name: 'cpu' } });
      expect(schedule(house)).toEqual([expect.objectContaining({ do: 'refuse', expert: 'c', never: false })]);
    }
  });
});

describe('sleeping', () => {
  const sleep = { footprint: { gpu0: 1 * GIB, ram: 8 * GIB }, wakeMs: 500 };
  const ram = (gib: number) => [pool(), pool({ id: 'ram', capacity: gib * GIB })];
  const sleeper = ready('b', 12, { sleep, demand: 1e-3, loadMs: 60_000 });

  it('is the cheaper unload where it frees enough', () => {
    const house = (gib: number, ramGib = 16) => world([expert('a', gib), sleeper], { pools: ram(ramGib) });
    expect(plan(house(15), 'a', NOW)).toMatchObject({
      victims: [{ id: 'b', how: 'sleep' }],
      frees: { gpu0: 11 * GIB },
    });
    expect(plan(house(16), 'a', NOW)).toMatchObject({ victims: [{ id: 'b', how: 'stop' }] });
    expect(plan(house(15, 4), 'a', NOW)).toMatchObject({ victims: [{ id: 'b', how: 'stop' }] });
  });

  it('ends by a wake where there is room, and else by an eviction', () => {
    const asleep = { ...sleeper, state: 'sleeping' as const, held: holding(sleep.footprint) };
    expect(plan(world([asleep], { pools: ram(16) }), 'b', NOW)).toMatchObject({ action: 'wake' });
    const house = world([asleep, ready('a', 10)], { pools: ram(16) });
    expect(plan(house, 'b', NOW)).toMatchObject({ action: 'evict', victims: [{ id: 'a' }] });
  });

  it('needs its memory before anything comes back, the asking sleeper counted', () => {
    const asleep = { ...sleeper, state: 'sleeping' as const, held: holding(sleep.footprint) };
    const other = ready('a', 12, { sleep, demand: 1e-3, loadMs: 60_000 });
    const how = (gib: number) => plan(world([asleep, other], { pools: ram(gib) }), 'b', NOW);
    expect(how(16)).toMatchObject({ victims: [{ id: 'a', how: 'sleep' }] });
    expect(how(15)).toMatchObject({ victims: [{ id: 'a', how: 'stop' }] });
  });

  it('of another is waited for, not refused, where only its end will make room', () => {
    const drowsy = { ...sleeper, state: 'draining' as const, leavesBehind: sleep.footprint };
    expect(plan(world([expert('a', 16), drowsy], { pools: ram(16) }), 'a', NOW)).toMatchObject({
      action: 'wait',
      for: 'unload',
    });
  });
});
