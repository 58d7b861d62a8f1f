import { describe, expect, it } from 'vitest';

import { withAllThereIs, withinWhatThereIs } from '../../../src/supervisor/all-there-is.ts';
import { expert, GIB, pool, ready } from '../planner/worlds.ts';

const ram = pool({ id: 'ram', capacity: 12 * GIB, reserve: 2 * GIB });
const estimate = (bytes: number, predicted?: number) => ({
  name: 'cpu',
  footprint: { ram: bytes },
  mapped: [{ file: 'model', pool: 'ram', bytes: 4 * GIB }],
  parts: [],
  estimated: false,
  learned: true,
  launch: undefined,
  ...(predicted === undefined ? {} : { predicted: { ram: predicted } }),
});

describe('what was learned of an expert', () => {
  it('does not keep it out for ever: it gets what there is', () => {
    expect(withinWhatThereIs(estimate(9 * GIB, 3 * GIB), [ram]).footprint).toEqual({ ram: 6 * GIB });
    expect(withinWhatThereIs(estimate(9 * GIB), [ram]).footprint).toEqual({ ram: 6 * GIB });
    expect(withinWhatThereIs(estimate(5 * GIB, 3 * GIB), [ram]).footprint).toEqual({ ram: 5 * GIB });
  });

  it('makes nothing fit that is predicted not to', () => {
    expect(withinWhatThereIs(estimate(9 * GIB, 8 * GIB), [ram]).footprint).toEqual({ ram: 8 * GIB });
    const unlearned = { ...estimate(9 * GIB), learned: false };
    expect(withinWhatThereIs(unlearned, [ram])).toBe(unlearned);
  });
});

describe('an expert that ran out of memory', () => {
  it('is to have all of the pool but what pinned others hold; a file that it maps counts beside it', () => {
    const placement = { name: 'gpu0', footprint: { gpu0: 2 * GIB, ram: GIB } };
    const mapping = { ...placement, mapped: [{ file: 'model', pool: 'gpu0', bytes: GIB }] };
    const wanted = expert('a', 2, { placements: [placement, mapping] });
    const others = [ready('idle', 4), ready('pinned', 3, { pinned: true }), wanted];
    const grown = withAllThereIs(wanted, ['gpu0'], [pool(), ram], others);
    expect(grown.placements.map(({ footprint }) => footprint)).toEqual([
      { gpu0: 13 * GIB, ram: GIB },
      { gpu0: 12 * GIB, ram: GIB },
    ]);
  });
});
