import { describe, expect, it } from 'vitest';

import { budgetLines, footprintText, planLines } from '../../../src/cli/budget-table.ts';
import type { HolderView, PlanView } from '../../../src/server/views.ts';
import { budgetView, poolView } from './fake-house.ts';

const GIB = 2 ** 30;
const NOW = Date.parse('2026-01-01T00:00:00.000Z');

const holder = (view: Partial<HolderView>): HolderView => ({
  expert: 'general',
  state: 'ready',
  held: 5 * GIB,
  predicted: 5 * GIB,
  measured: null,
  mapped: 0,
  ...view,
});

const POOLS = [
  poolView({
    id: 'ram',
    capacity: 64 * GIB,
    reserve: 8 * GIB,
    foreign: 7.2 * GIB,
    held: 5.4 * GIB,
    free: 50.6 * GIB,
    holders: [
      holder({ held: 3 * GIB, predicted: 2.9 * GIB, measured: 3 * GIB, mapped: 2.4 * GIB }),
      holder({ expert: 'coder', state: 'starting', held: 4.8 * GIB, predicted: 4.8 * GIB, mapped: 2.4 * GIB }),
    ],
  }),
  poolView({ held: 13 * GIB, free: -GIB, note: 'overdrawn by 1.0 GiB', holders: [holder({ held: 13 * GIB })] }),
];

describe('the table of the budget', () => {
  it('has each pool, and below it who holds what of it', () => {
    const view = budgetView({ pools: POOLS, loadedExperts: 2 });
    expect(budgetLines(view, NOW).join('\n')).toMatchInlineSnapshot(`
      "2 of at most 2 experts loaded

      POOL       CAPACITY  RESERVE   OTHERS      FREE      HELD  PREDICTED  MEASURED
      ram        64.0 GiB  8.0 GiB  7.2 GiB  50.6 GiB   5.4 GiB
        general                                         3.0 GiB    2.9 GiB   3.0 GiB  ready, 2.4 GiB of it mapped files
        coder                                           4.8 GiB    4.8 GiB         –  starting, 2.4 GiB of it mapped files
        note: 2.4 GiB less in all: a model file that several experts map counts once
      gpu0       16.0 GiB  2.0 GiB  1.0 GiB  −1.0 GiB  13.0 GiB
        general                                        13.0 GiB    5.0 GiB         –  ready
        note: overdrawn by 1.0 GiB"
    `);
  });

  it('says where the profile counts no memory', () => {
    expect(budgetLines(budgetView({ loadedExperts: 1, maxLoadedExperts: null }), NOW)).toEqual([
      '1 expert loaded',
      expect.stringContaining('names no pool'),
    ]);
  });

  it('says what is handed back, and for how long', () => {
    const pools = [poolView({ paused: true }), poolView({ id: 'ram' })];
    const until = (pausedUntil: string) => budgetLines(budgetView({ pools, pausedUntil }), NOW)[0];
    expect(until('for ever')).toMatch(/^PAUSED: gpu0 handed back/);
    expect(until('2026-01-01T01:59:59.980Z')).toMatch(/^PAUSED for another 2 h 0 min: /);
    expect(until('2026-01-01T01:30:00.000Z')).toMatch(/^PAUSED for another 1 h 30 min: gpu0 handed back/);
  });
});

describe('a plan', () => {
  const view: PlanView = {
    expert: 'gemma',
    action: 'evict',
    sentence: 'would evict general (idle 4 min, 5.0 GiB): gpu0 has 2.1 of 6.7 GiB free',
    reason: 'gpu0 has 2.1 of 6.7 GiB free',
    warning: null,
    placement: {
      name: 'gpu0',
      footprint: { gpu0: 6.7 * GIB, ram: 400e6 },
      mapped: [],
      estimated: true,
      learned: false,
      parts: [
        { pool: 'gpu0', name: 'weights', bytes: 6 * GIB, how: '34 layers' },
        { pool: 'ram', name: 'process', bytes: 400e6, how: 'measured on this build' },
      ],
    },
    needs: { gpu0: 6.7 * GIB, ram: 400e6 },
    victims: [{ expert: 'general', how: 'stop' }],
    frees: { gpu0: 5 * GIB },
    pools: [poolView({ free: 2.1 * GIB }), poolView({ id: 'gpu1' }), poolView({ id: 'ram', free: 50 * GIB })],
  };

  it('is one sentence and the arithmetic', () => {
    expect(planLines(view).join('\n')).toMatchInlineSnapshot(`
      "would evict general (idle 4 min, 5.0 GiB): gpu0 has 2.1 of 6.7 GiB free

      POOL     NEEDS      FREE  COMES BACK
      gpu0   6.7 GiB   2.1 GiB     5.0 GiB
      ram   400.0 MB  50.0 GiB           –

      gemma on gpu0: gpu0 6.7 GiB, ram 400.0 MB (estimated: the model file is not here)
        gpu0  weights   6.0 GiB  34 layers
        ram   process  400.0 MB  measured on this build"
    `);
  });

  it('is the sentence alone where nothing is counted', () => {
    const plain = { ...view, placement: null, needs: {}, frees: {}, pools: [] };
    expect(planLines(plain)).toEqual([view.sentence]);
  });
});

describe('a footprint', () => {
  it('is one line', () => {
    expect(footprintText({ gpu0: 5 * GIB, ram: 380e6 })).toBe('gpu0 5.0 GiB, ram 380.0 MB');
    expect(footprintText({})).toBe('–');
  });
});
