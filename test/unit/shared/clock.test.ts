import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { afterRunning, runningNow, runningTimeout, startHeart } from '../../../src/shared/clock.ts';

/** Time stands until it is moved: with the timers, or, as in a process that is stopped, without. */
let now = 1_000_000;
let stopHeart: () => void;

function run(ms: number): void {
  for (let step = 0; step < ms; step += 50) {
    now += 50;
    vi.advanceTimersByTime(50);
  }
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  stopHeart = startHeart();
});

afterEach(() => {
  stopHeart();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe('the time in which the process ran', () => {
  test('goes on as time does, and leaves out what it was stopped for', () => {
    const began = runningNow();
    run(10_000);
    expect(runningNow() - began).toBe(10_000);
    now += 60_000;
    expect(runningNow() - began, 'whoever looks first').toBe(10_000);
    run(1_000);
    expect(runningNow() - began).toBe(11_000);
    now += 1_500;
    expect(runningNow() - began, 'a busy moment is no pause').toBe(12_500);
  });

  test('decides when a wait is over', () => {
    const [over, cancelled] = [vi.fn<() => void>(), vi.fn<() => void>()];
    afterRunning(5_000, over);
    afterRunning(5_000, cancelled)();
    run(2_000);
    now += 60_000;
    // The timer itself is long due.
    run(2_900);
    expect(over).not.toHaveBeenCalled();
    // The beat in which the pause fell does not count either.
    run(400);
    expect(over).toHaveBeenCalledOnce();
    expect(cancelled).not.toHaveBeenCalled();
  });

  test('aborts a signal as AbortSignal.timeout does', () => {
    const signal = runningTimeout(1_000);
    now += 60_000;
    run(900);
    expect(signal.aborted).toBe(false);
    run(400);
    expect(signal.reason).toMatchObject({ name: 'TimeoutError' });
  });
});
