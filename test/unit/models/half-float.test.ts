import { describe, expect, it } from 'vitest';

import { halfBits, toHalves } from '../../../src/models/half-float.ts';

/** The number that half-precision bits stand for. */
function fromBits(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const mantissa = bits & 0x3ff;
  if (exponent === 0x1f) return mantissa ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent === 0 ? mantissa * 2 ** -24 : (1 + mantissa / 1_024) * 2 ** (exponent - 15));
}

describe('half-precision numbers', () => {
  it('keep every value they can hold', () => {
    for (let bits = 0; bits < 0x10000; bits += 1) {
      const value = fromBits(bits);
      if (!Number.isNaN(value)) expect(halfBits(value)).toBe(bits);
    }
    expect(halfBits(Number.NaN) & 0x7fff).toBeGreaterThan(0x7c00);
  });

  it('round to the nearest, ties to even', () => {
    for (let bits = 0; bits < 0x7bff; bits += 1) {
      const [low, high] = [fromBits(bits), fromBits(bits + 1)];
      const middle = (low + high) / 2;
      expect(halfBits(middle)).toBe(bits % 2 === 0 ? bits : bits + 1);
      expect(halfBits(low + (high - low) * 0.49)).toBe(bits);
      expect(halfBits(low + (high - low) * 0.51)).toBe(bits + 1);
    }
    expect(halfBits(65_519)).toBe(0x7bff);
    expect(halfBits(65_520)).toBe(0x7c00);
    expect(halfBits(1e-9)).toBe(0);
  });

  it('are converted from bytes to bytes', () => {
    const halves = toHalves(new Uint8Array(Float32Array.of(1, -2, 0.5).buffer));
    expect([...new Uint16Array(halves.buffer)]).toEqual([0x3c00, 0xc000, 0x3800]);
  });
});
