import { describe, expect, it } from 'vitest';

import { averageOf, unitOf } from '../../../src/shared/unit-vector.ts';

describe('a unit vector', () => {
  it('has length 1, and there is none of zeros, of what is no number, and of too much', () => {
    expect([...(unitOf([3, 4]) ?? [])].map((value) => value.toFixed(3))).toEqual(['0.600', '0.800']);
    expect(unitOf([0, 0])).toBeUndefined();
    expect(unitOf([1, Number.NaN])).toBeUndefined();
    expect(unitOf([1, null])).toBeUndefined();
    expect(unitOf([Infinity, 1])).toBeUndefined();
    expect(unitOf([])).toBeUndefined();
  });

  it('of several is their common direction', () => {
    const average = averageOf([Float32Array.of(1, 0), Float32Array.of(0, 1)]);
    expect(average?.[0]).toBeCloseTo(Math.SQRT1_2, 6);
    expect(averageOf([Float32Array.of(1, 0), Float32Array.of(-1, 0)])).toBeUndefined();
    expect(averageOf([])).toBeUndefined();
  });
});
