import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { type Bounded, Deadlines } from '../../../src/proxy/deadlines.ts';

describe('deadlines', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const boundedIn = (deadlines: Deadlines, ms: number): Bounded & { calls: number } => {
    const bounded = {
      deadlineMs: performance.now() + ms,
      place: -1,
      calls: 0,
      onDeadline: () => {
        bounded.calls += 1;
        deadlines.remove(bounded);
      },
    };
    deadlines.add(bounded);
    return bounded;
  };

  it('pass once each, in time by a tenth of a second', () => {
    const deadlines = new Deadlines();
    const [soon, late] = [boundedIn(deadlines, 150), boundedIn(deadlines, 1_000)];
    vi.advanceTimersByTime(100);
    expect([soon.calls, late.calls]).toEqual([0, 0]);
    vi.advanceTimersByTime(100);
    expect([soon.calls, late.calls]).toEqual([1, 0]);
    vi.advanceTimersByTime(5_000);
    expect([soon.calls, late.calls]).toEqual([1, 1]);
  });

  it('can be moved, taken out, and taken out again', () => {
    const deadlines = new Deadlines();
    const [moved, removed] = [boundedIn(deadlines, 100), boundedIn(deadlines, 100)];
    moved.deadlineMs = Infinity;
    deadlines.remove(removed);
    deadlines.remove(removed);
    vi.advanceTimersByTime(10_000);
    expect([moved.calls, removed.calls]).toEqual([0, 0]);
  });

  it('keep no timer while there are none, and places are used again', () => {
    const deadlines = new Deadlines();
    const first = boundedIn(deadlines, 1_000_000);
    expect(vi.getTimerCount()).toBe(1);
    deadlines.remove(first);
    vi.advanceTimersByTime(200);
    expect(vi.getTimerCount()).toBe(0);
    const second = boundedIn(deadlines, 100);
    expect(second.place).toBe(0);
    vi.advanceTimersByTime(200);
    expect(second.calls).toBe(1);
  });
});
