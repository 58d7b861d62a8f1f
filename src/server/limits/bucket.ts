/**
 * A bucket that holds a minute's worth and fills evenly (GCRA). All that is kept of it is the moment at which it is full again: charging
 * moves that away, time brings it nearer, and a bucket that is full is as good as none. It may go into debt.
 */
export const WINDOW_MS = 60_000;
/** Sums of fractions of a minute end a hair beside it. */
const HAIR_MS = 0.001;

/** When the bucket is full again after so much has been taken; `perMinute`: what it holds. A negative cost gives back. */
export function charged(fullAtMs: number, perMinute: number, cost: number, nowMs: number): number {
  return Math.max(fullAtMs, nowMs) + (cost * WINDOW_MS) / perMinute;
}

/** Milliseconds until so much is in it; 0: it is. What is more than it holds is there when it is full. */
export function waitMs(fullAtMs: number, perMinute: number, cost: number, nowMs: number): number {
  const wait = charged(fullAtMs, perMinute, Math.min(cost, perMinute), nowMs) - nowMs - WINDOW_MS;
  return wait > HAIR_MS ? wait : 0;
}

/** What is in it, in whole units; 0 while it is in debt. */
export function remaining(fullAtMs: number, perMinute: number, nowMs: number): number {
  const left = WINDOW_MS - Math.max(0, fullAtMs - nowMs) + HAIR_MS;
  return Math.max(0, Math.floor((left * perMinute) / WINDOW_MS));
}
