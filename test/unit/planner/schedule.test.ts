import { describe, expect, it } from 'vitest';

import { NO_DEMAND, observe, rate } from '../../../src/planner/demand.ts';
import { fits } from '../../../src/planner/fits.ts';
import { schedule } from '../../../src/planner/schedule.ts';
import { expert, GIB, pool, ready, since, world } from './worlds.ts';

const summary = (house: Parameters<typeof schedule>[0]) =>
  schedule(house).map((action) => `${action.do} ${action.expert}`);

describe('the schedule', () => {
  it('does nothing where everybody who waits is served or on the way', () => {
    expect(schedule(world([ready('a', 4, { waiting: [since(0)] }), expert('b', 4)]))).toEqual([]);
  });

  it('starts the oldest first, background last, and never overbooks', () => {
    const house = world([
      expert('background', 6, { waiting: [since(1, true)] }),
      expert('young', 6, { waiting: [since(999_000)] }),
      expert('old', 6, { waiting: [since(900_000)] }),
    ]);
    expect(summary(house)).toEqual(['start old', 'start young']);
  });

  it('starts the oldest of every user first, and then the second of who wants several', () => {
    const wanted = (id: string, sinceMs: number, user: string, background = false) =>
      expert(id, 2, { waiting: [{ sinceMs, background, user }] });
    const house = world([
      wanted('a1', 100, 'ana'),
      wanted('a2', 200, 'ana'),
      wanted('a3', 300, 'ana'),
      wanted('b1', 400, 'ben'),
      expert('both', 2, {
        waiting: [
          { sinceMs: 250, background: false, user: 'ana' },
          { sinceMs: 500, background: false, user: 'eva' },
        ],
      }),
      wanted('later', 0, 'eva', true),
    ]);
    expect(summary(house)).toEqual(['start a1', 'start both', 'start b1', 'start a2', 'start a3', 'start later']);
  });

  it('keeps room that is on its way for who waits longest; others start beside it', () => {
    const leaving = ready('leaving', 8, { state: 'stopping' });
    const old = expert('old', 10, { waiting: [since(900_000)] });
    const large = expert('large', 7, { waiting: [since(990_000)] });
    const small = expert('small', 4, { waiting: [since(995_000)] });
    const idle = ready('idle', 2);
    expect(summary(world([leaving, old, large]))).toEqual([]);
    expect(summary(world([leaving, old, small], { pools: [pool({ capacity: 24 * GIB })] }))).toEqual([
      'start old',
      'start small',
    ]);
    expect(summary(world([leaving, idle, old, small], { pools: [pool({ capacity: 15 * GIB })] }))).toEqual([
      'stop idle',
    ]);
  });

  it('keeps the room that a sleeper will need while it still drains', () => {
    const drowsy = ready('drowsy', 8, { state: 'draining', leavesBehind: { ram: 6 * GIB } });
    const onRam = expert('a', 0, { placements: [{ name: 'cpu', footprint: { ram: 4 * GIB } }], waiting: [since(1)] });
    const house = (gib: number) =>
      world([drowsy, onRam], { pools: [pool(), pool({ id: 'ram', capacity: gib * GIB })] });
    expect(summary(house(10))).toEqual(['start a']);
    expect(summary(house(9))).not.toContain('start a');
  });

  it('says for whom and why somebody goes', () => {
    const house = world([expert('a', 12, { waiting: [since(999_999)] }), ready('b', 12)]);
    expect(schedule(house)).toEqual([
      { do: 'stop', expert: 'b', room: 'a', cause: 'room', reason: 'room for a: gpu0 has 4.0 of 12.0 GiB free' },
    ]);
  });

  it('hands a paused pool back at once, pinned or not, while experts elsewhere go on', () => {
    const elsewhere = ready('cpu', 0, { held: { placement: 'cpu', footprint: { ram: GIB } } });
    const house = world([ready('a', 4, { pinned: true }), ready('b', 4, { inFlight: 1 }), elsewhere], {
      pools: [pool({ paused: true }), pool({ id: 'ram' })],
    });
    expect(summary(house)).toEqual(['stop a', 'stop b']);
  });

  it('relieves a pool that other programs, or a larger footprint, have overdrawn: idle ones first, as few as will do', () => {
    const experts = [
      ready('busy', 4, { inFlight: 1 }),
      ready('hot', 4, { demand: 1e-3 }),
      ready('cold', 4),
      ready('pinned', 4, { pinned: true }),
    ];
    const after = (foreign: number) => summary(world(experts, { pools: [pool({ foreign: foreign * GIB })] }));
    expect(after(0)).toEqual([]);
    expect(after(3)).toEqual(['stop cold']);
    expect(after(6)).toEqual(['stop cold', 'stop hot']);
    expect(after(11)).toEqual(['stop cold', 'stop hot', 'stop busy']);
  });

  it('preloads again into free room, evicting nobody, and only when nobody waits for room', () => {
    const preload = expert('p', 6, { preload: true });
    expect(summary(world([preload, ready('a', 8)]))).toEqual(['start p']);
    expect(summary(world([preload, ready('a', 12)]))).toEqual([]);
    expect(
      summary(world([preload, ready('a', 8, { inFlight: 1 }), expert('b', 10, { waiting: [since(999_999)] })])),
    ).toEqual([]);
  });

  it('refuses what can never fit, with the arithmetic', () => {
    const house = world([expert('a', 20, { waiting: [since(1)] })], { pools: [pool({ reserve: GIB })] });
    expect(schedule(house)).toMatchObject([{ do: 'refuse', expert: 'a', never: true }]);
    expect(fits(house, 'a')).toBe(
      'a can never fit: on gpu0 it needs 20.0 GiB of gpu0, which offers 15.0 GiB (16.0 GiB − 1.0 GiB reserve), 5.0 GiB too little',
    );
    expect(fits(world([expert('a', 15)]), 'a')).toBeUndefined();
  });
});

describe('the demand estimate', () => {
  const after = (...times: number[]) => times.reduce(observe, NO_DEMAND);

  it('falls with time, and is nothing before the first request', () => {
    expect(rate(NO_DEMAND, 1_000)).toBe(0);
    const demand = after(0);
    const rates = [0, 1_000, 60_000, 3_600_000].map((nowMs) => rate(demand, nowMs));
    expect(rates).toEqual(rates.toSorted((a, b) => b - a));
  });

  it('remembers a habit longer than a single request, and believes the latest first', () => {
    const habit = after(...Array.from({ length: 50 }, (_, index) => index * 30_000));
    const once = after(1_480_000);
    expect(rate(once, 1_481_000)).toBeGreaterThan(rate(habit, 1_500_000));
    expect(rate(habit, 2_000_000)).toBeGreaterThan(rate(once, 2_000_000));
  });
});
