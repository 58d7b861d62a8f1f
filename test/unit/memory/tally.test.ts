import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { MemoryTally } from '../../../src/memory/tally.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A store of two users that takes so long for each count. */
function house(ms: number) {
  const store = { asked: 0, count: 2, isAway: false };
  const memories = {
    users: () => (store.isAway ? Promise.reject(new Error('away')) : Promise.resolve(['ana', 'ben'])),
    count: () => {
      store.asked += 1;
      return new Promise<number>((resolve) => setTimeout(() => resolve(store.count), ms));
    },
  };
  const tally = new MemoryTally(memories, () => Date.now());
  const counts = async (waitMs: number) => {
    const asked = tally.counts();
    await vi.advanceTimersByTimeAsync(waitMs);
    return Object.fromEntries(await asked);
  };
  return { store, counts };
}

it('counts what all have together, and again when that is some seconds ago', async () => {
  const { store, counts } = house(1);
  expect(await counts(10)).toEqual({ active: 4, quarantined: 4, closed: 4 });
  store.count = 3;
  expect(await counts(10)).toMatchObject({ active: 4 });
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await counts(10)).toMatchObject({ active: 6 });
  store.isAway = true;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await counts(10), 'of a store that is away, the last ones').toMatchObject({ active: 6 });
});

it('keeps nobody waiting, and a store that is slow rests most of the time', async () => {
  const { store, counts } = house(1_000);
  expect(await counts(1_000), 'none are known yet').toEqual({});
  await vi.advanceTimersByTimeAsync(6_000);
  expect(await counts(0)).toMatchObject({ active: 4 });
  const { asked } = store;
  await vi.advanceTimersByTimeAsync(60_000);
  await counts(0);
  expect(store.asked).toBe(asked);
  await vi.advanceTimersByTimeAsync(60_000);
  await counts(1_000);
  expect(store.asked).toBeGreaterThan(asked);
});
