import { describe, expect, it } from 'vitest';

import { compulsoryBytes, phaseBound } from '../../../scripts/simulate/bound.ts';
import type { House } from '../../../scripts/simulate/houses.ts';
import { HOUSES } from '../../../scripts/simulate/houses.ts';
import { CONTESTANTS } from '../../../scripts/simulate/policies.ts';
import { simulate } from '../../../scripts/simulate/simulation.ts';
import { TRACES } from '../../../scripts/simulate/traces.ts';

const shape = { loadMs: 1_000, parallel: 1 };
const house: House = {
  name: 'two that fit alone',
  budget: 10,
  experts: [
    { id: 'a', bytes: 6, ...shape },
    { id: 'b', bytes: 7, ...shape },
  ],
  unloadMs: 500,
  serviceMs: 1_000,
  gapMs: 1_000,
};

describe('the simulation', () => {
  it('counts loads, bytes and waits as a clock would', () => {
    const trace = [
      { atMs: 0, expert: 'a', serviceMs: 1_000 },
      { atMs: 500, expert: 'a', serviceMs: 1_000 },
      { atMs: 10_000, expert: 'b', serviceMs: 1_000 },
    ];
    for (const contestant of CONTESTANTS) {
      const { waitsMs, ...counts } = simulate(house, trace, contestant.make(house, trace));
      expect(waitsMs, contestant.name).toEqual([1_000, 1_500, 1_500]);
      expect(counts, contestant.name).toEqual({ loads: 2, evictions: 1, bytesLoaded: 13 });
    }
  });

  it('gives the same result for the same seed, and no policy stays below the bounds', () => {
    const [rtx] = HOUSES;
    const bursty = TRACES.find(({ name }) => name.startsWith('bursty'));
    if (!rtx || !bursty) throw new Error('no house or trace');
    const trace = bursty.make(rtx, 7).slice(0, 500);
    expect(bursty.make(rtx, 7).slice(0, 500)).toEqual(trace);
    for (const contestant of CONTESTANTS) {
      const first = simulate(rtx, trace, contestant.make(rtx, trace));
      expect(simulate(rtx, trace, contestant.make(rtx, trace))).toEqual(first);
      const longest = Math.max(...first.waitsMs);
      expect(first.bytesLoaded).toBeGreaterThanOrEqual(phaseBound(rtx, trace, longest));
      expect(first.bytesLoaded).toBeGreaterThanOrEqual(compulsoryBytes(rtx, trace));
    }
  });
});
