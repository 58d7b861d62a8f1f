/** Time, handed in so that tests can hold it. `now` is monotonic (milliseconds, of `runningNow`); wall time is for people only. */
export interface Clock {
  now(): number;
  wallTime(): Date;
}

export const systemClock: Clock = {
  now: runningNow,
  wallTime: () => new Date(),
};

/** Who looks at the clock several times a second and finds that so much has passed did not run in between. */
const PAUSE_MS = 2_000;
const BEAT_MS = 250;
let lastLookMs: number | undefined;
let missedMs = 0;

/**
 * Monotonic milliseconds in which this process ran: time in which it was stopped (SIGSTOP, a frozen cgroup) or kept from its work does
 * not count, once `startHeart` was called. Deadlines by this clock do not expire while nobody could have met them: answers that came in
 * the meantime are read first.
 */
export function runningNow(): number {
  const now = performance.now();
  if (lastLookMs !== undefined) {
    if (now - lastLookMs > PAUSE_MS) missedMs += now - lastLookMs;
    lastLookMs = now;
  }
  return now - missedMs;
}

/** Looks at the clock again and again, so that a pause is seen. Returns the function that ends that. */
export function startHeart(): () => void {
  lastLookMs = performance.now();
  const timer = setInterval(runningNow, BEAT_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    lastLookMs = undefined;
  };
}

/** 24.8 days: a longer timer of Node ends at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Calls back when this process has run for `ms` more. Returns the function that cancels it. The timer keeps nothing alive. */
export function afterRunning(ms: number, callback: () => void): () => void {
  const endsAtMs = runningNow() + ms;
  const look = () => {
    const left = endsAtMs - runningNow();
    if (left > 0) timer = setTimeout(look, Math.min(left, LONGEST_TIMER_MS)).unref();
    else callback();
  };
  let timer = setTimeout(look, Math.min(ms, LONGEST_TIMER_MS)).unref();
  return () => clearTimeout(timer);
}

/** As `AbortSignal.timeout`, of the time in which this process ran. */
export function runningTimeout(ms: number): AbortSignal {
  const controller = new AbortController();
  afterRunning(ms, () =>
    controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError')),
  );
  return controller.signal;
}

/** Resolves after `ms`, or at once when the signal is aborted. The timer never keeps the process alive by itself. */
export function delay(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const finish = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, ms);
    signal?.addEventListener('abort', finish, { once: true });
  });
}
