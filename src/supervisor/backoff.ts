/**
 * How long a crashed engine rests. Delays double from the base to the cap, spread by a jitter of ±20 % so that experts that fell
 * together do not rise together. An engine that stayed ready for `resetAfterMs` before it crashed starts again from the base.
 */
export interface BackoffPolicy {
  readonly baseMs: number;
  readonly capMs: number;
  readonly resetAfterMs: number;
  /** Crashes in a row after which the expert is `failed`. */
  readonly giveUpAfter: number;
  /** A failed expert may be asked for again after this long; a cause that no retry changes never is. */
  readonly coolDownMs: number;
}

/** Kubernetes waits 10 s to 300 s and forgets after 10 healthy minutes; a person waits for the answer here, so the base is shorter. */
export const DEFAULT_BACKOFF: BackoffPolicy = {
  baseMs: 1_000,
  capMs: 300_000,
  resetAfterMs: 600_000,
  giveUpAfter: 7,
  coolDownMs: 600_000,
};

/** `random` in [0, 1). */
export function backoffDelay(policy: BackoffPolicy, crashesInARow: number, random: number): number {
  const delay = Math.min(policy.capMs, policy.baseMs * 2 ** Math.max(0, crashesInARow - 1));
  return Math.round(Math.min(policy.capMs, delay * (0.8 + 0.4 * random)));
}
