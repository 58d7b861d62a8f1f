import { describe, expect, it, vi } from 'vitest';

import { Throttle } from '../../../../src/server/identity/throttle.ts';

describe('a throttle', () => {
  it('lets so many through at once, and says when the next one may come', () => {
    vi.useFakeTimers();
    try {
      const throttle = new Throttle(3, 30_000);
      const taken = (key: string) => throttle.take(key);
      expect([taken('a'), taken('a'), taken('a'), taken('a'), taken('b')]).toEqual([
        undefined,
        undefined,
        undefined,
        10,
        undefined,
      ]);
      vi.advanceTimersByTime(10_000);
      expect([taken('a'), taken('a')]).toEqual([undefined, 10]);
      throttle.giveBack('a');
      expect(taken('a')).toBeUndefined();
    } finally {
      vi.useRealTimers();
    }
  });
});
