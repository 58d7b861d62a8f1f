import { it } from 'vitest';

/**
 * `it` where the machine can show what is tested; else `it.skip` that prints why. Vitest counts the skipped ones in its
 * summary.
 */
export function itWhere(condition: boolean, reason: string): typeof it | typeof it.skip {
  return available(condition, reason) ? it : it.skip;
}

/** For `it.runIf(…)`: the condition, and the reason printed where it does not hold. */
export function available(condition: boolean, reason: string): boolean {
  if (!condition) console.warn(`skipped: ${reason}`);
  return condition;
}

/** Full counts under `npm run test:faults`, a few otherwise. */
export const FULL = process.env['ORCHESTRATOR_FULL_FAULTS'] === '1';

export const times = (few: number, full: number): number => (FULL ? full : few);

export const isRoot = process.getuid?.() === 0;
