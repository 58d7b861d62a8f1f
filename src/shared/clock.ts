/** Time, handed in so that tests can hold it. `now` is monotonic (milliseconds); wall time is for people only. */
export interface Clock {
  now(): number;
  wallTime(): Date;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  wallTime: () => new Date(),
};

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
