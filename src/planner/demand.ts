/**
 * How often an expert is wanted, learned from its requests alone. Counters that forget at five speeds are averaged:
 *
 *     on a request at t:  cₖ ← cₖ · e^(−(t − last)/τₖ) + 1, and at most 1 where τₖ ≤ 50 s    τ = 2 s, 10 s, 50 s, 250 s, 1250 s
 *     rate at t:          ⅕ · Σₖ cₖ · e^(−(t − last)/τₖ) / τₖ
 *
 * Together they forget by a power law, which has no time scale of its own: right after a request the fast ones speak (a conversation
 * goes on), later the slow ones (a habit). The fast ones know only how long ago it was: that a conversation has had many turns does not
 * make it last longer. Least recently used and least often used are the two ends of this.
 */
export interface Demand {
  /** Monotonic milliseconds of the latest request; undefined: none yet. */
  readonly lastMs: number | undefined;
  readonly counts: readonly number[];
}

const COUNTERS = [
  { forgetMs: 2_000, most: 1 },
  { forgetMs: 10_000, most: 1 },
  { forgetMs: 50_000, most: 1 },
  { forgetMs: 250_000, most: Infinity },
  { forgetMs: 1_250_000, most: Infinity },
] as const;

export const NO_DEMAND: Demand = { lastMs: undefined, counts: COUNTERS.map(() => 0) };

/** The memory after one more request. */
export function observe(demand: Demand, nowMs: number): Demand {
  const counts = COUNTERS.map(({ most }, index) => Math.min(most, decayed(demand, index, nowMs) + 1));
  return { lastMs: nowMs, counts };
}

/** Requests expected per millisecond. */
export function rate(demand: Demand, nowMs: number): number {
  const rates = COUNTERS.map(({ forgetMs }, index) => decayed(demand, index, nowMs) / forgetMs);
  return rates.reduce((sum, each) => sum + each, 0) / rates.length;
}

function decayed({ lastMs, counts }: Demand, index: number, nowMs: number): number {
  const count = counts[index] ?? 0;
  const forgetMs = COUNTERS[index]?.forgetMs ?? 1;
  return lastMs === undefined ? 0 : count * Math.exp(-Math.max(0, nowMs - lastMs) / forgetMs);
}
