import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { backoffDelay, DEFAULT_BACKOFF } from '../../../src/supervisor/backoff.ts';

describe('the back-off', () => {
  it('doubles from the base to the cap', () => {
    const delays = [1, 2, 3, 4, 9, 10, 40].map((crashes) => backoffDelay(DEFAULT_BACKOFF, crashes, 0.5));
    expect(delays).toEqual([1_000, 2_000, 4_000, 8_000, 256_000, 300_000, 300_000]);
  });

  it('is spread by a fifth to either side, and never beyond the cap', () => {
    expect(backoffDelay(DEFAULT_BACKOFF, 3, 0)).toBe(3_200);
    expect(backoffDelay(DEFAULT_BACKOFF, 3, 0.999_999)).toBe(4_800);
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 10_000 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (crashes, random) => {
          const delay = backoffDelay(DEFAULT_BACKOFF, crashes, random);
          expect(delay).toBeGreaterThanOrEqual(DEFAULT_BACKOFF.baseMs * 0.8);
          expect(delay).toBeLessThanOrEqual(DEFAULT_BACKOFF.capMs);
        },
      ),
    );
  });
});
