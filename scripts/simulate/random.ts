/** Seeded numbers (mulberry32): the same seed gives the same trace on every machine. */
export interface Random {
  /** Evenly from 0 to 1. */
  next(): number;
  /** Exponential, as the gaps between independent arrivals are. */
  exponential(mean: number): number;
  /** An index, each as likely as its weight says. */
  pick(weights: readonly number[]): number;
}

export function seeded(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    next,
    exponential: (mean) => -mean * Math.log(1 - next()),
    pick: (weights) => {
      let left = next() * weights.reduce((sum, weight) => sum + weight, 0);
      return Math.max(
        0,
        weights.findIndex((weight) => (left -= weight) < 0),
      );
    },
  };
}
