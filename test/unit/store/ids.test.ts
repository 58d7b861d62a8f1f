import { describe, expect, it } from 'vitest';

import { checkCount, newId } from '../../../src/store/ids.ts';

describe('an id', () => {
  it('sorts before all that were made earlier, and is no guess', () => {
    const ids = Array.from({ length: 2_000 }, () => newId('doc'));
    expect(ids.toSorted()).toEqual(ids.toReversed());
    expect(new Set(ids.map((id) => id.slice(-16))).size).toBe(2_000);
    for (const id of ids) expect(id).toMatch(/^doc_[0-9a-hjkmnp-tv-z]{27}$/);
  });
});

describe('a number that becomes a literal', () => {
  it('is an integer in its bounds, or is refused', () => {
    expect(checkCount(384, 'dimension', 8_192)).toBe(384);
    for (const wrong of [
      -1,
      1.5,
      Number.NaN,
      Infinity,
      9_000,
      '1' as unknown as number,
      '1; DELETE x' as unknown as number,
    ]) {
      expect(() => checkCount(wrong, 'dimension', 8_192)).toThrow(RangeError);
    }
  });
});
