import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { charged, remaining, waitMs, WINDOW_MS } from '../../../../src/server/limits/bucket.ts';

/** Takes one after another at the same moment until it has to wait. */
function burst(perMinute: number, cost: number): { taken: number; fullAtMs: number } {
  let [taken, fullAtMs] = [0, 0];
  while (waitMs(fullAtMs, perMinute, cost, 0) === 0 && taken < 10_000) {
    fullAtMs = charged(fullAtMs, perMinute, cost, 0);
    taken += 1;
  }
  return { taken, fullAtMs };
}

describe('a bucket of a minute', () => {
  it('lets a burst of exactly what it holds through, whatever the fractions', () => {
    for (let perMinute = 1; perMinute <= 200; perMinute += 1) {
      const { taken, fullAtMs } = burst(perMinute, 1);
      expect(taken).toBe(perMinute);
      expect(remaining(fullAtMs, perMinute, 0)).toBe(0);
      expect(waitMs(fullAtMs, perMinute, 1, 0)).toBeCloseTo(WINDOW_MS / perMinute);
    }
  });

  it('tells what is left of it, which grows evenly', () => {
    expect(remaining(0, 60, 0)).toBe(60);
    const fullAtMs = charged(0, 60, 10, 0);
    expect(remaining(fullAtMs, 60, 0)).toBe(50);
    expect(remaining(fullAtMs, 60, 4_000)).toBe(54);
    expect(remaining(fullAtMs, 60, 1e9)).toBe(60);
  });

  it('goes into debt and comes out of it', () => {
    const fullAtMs = charged(0, 60, 120, 0);
    expect(remaining(fullAtMs, 60, 0)).toBe(0);
    expect(waitMs(fullAtMs, 60, 1, 0)).toBe(61_000);
    expect(waitMs(fullAtMs, 60, 1, 61_000)).toBe(0);
  });

  it('takes back what was too much, and is never more than full', () => {
    const fullAtMs = charged(charged(0, 60, 30, 0), 60, -20, 0);
    expect(remaining(fullAtMs, 60, 0)).toBe(50);
    expect(remaining(charged(fullAtMs, 60, -1_000, 0), 60, 0)).toBe(60);
  });

  it('has enough for what is more than it holds when it is full', () => {
    expect(waitMs(0, 60, 1_000, 0)).toBe(0);
    expect(waitMs(charged(0, 60, 1, 0), 60, 1_000, 0)).toBe(1_000);
  });

  it('lets no more through in any time than the burst and what has come in since', () => {
    const steps = fc.array(fc.record({ afterMs: fc.nat(5_000), cost: fc.integer({ min: 1, max: 50 }) }));
    fc.assert(
      fc.property(fc.integer({ min: 50, max: 10_000 }), steps, (perMinute, all) => {
        let [now, fullAtMs, used] = [0, 0, 0];
        for (const { afterMs, cost } of all) {
          now += afterMs;
          if (waitMs(fullAtMs, perMinute, cost, now) > 0) continue;
          fullAtMs = charged(fullAtMs, perMinute, cost, now);
          used += cost;
          expect(used).toBeLessThanOrEqual(perMinute + (now * perMinute) / WINDOW_MS + 0.01);
        }
      }),
    );
  });
});
