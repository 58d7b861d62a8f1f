/** So far down a rank still counts for something (Cormack et al. 2009). */
const RANK_CONSTANT = 60;
/** A passage with so much of the question's words, by rarity, counts as found although its vector is far away. */
const LEAST_COVERAGE = 0.5;

/** Rows by reciprocal rank over all rankings, the best first; of equals the one that comes first in the first ranking. */
export function fuse(rankings: readonly (readonly number[])[]): number[] {
  const sums = new Map<number, number>();
  for (const ranking of rankings)
    for (const [rank, row] of ranking.entries()) sums.set(row, (sums.get(row) ?? 0) + 1 / (RANK_CONSTANT + rank + 1));
  return [...sums].sort(([, one], [, other]) => other - one).map(([row]) => row);
}

export interface Closeness {
  /** Cosine; null where it was not compared. */
  readonly similarity: number | null;
  /** From 0 to 1: how much of the question's words it has. */
  readonly coverage: number;
}

export function countsAsFound({ similarity, coverage }: Closeness, minSimilarity: number): boolean {
  return coverage >= LEAST_COVERAGE || (similarity !== null && similarity >= minSimilarity);
}

/** From 0 to 1, for a person: nearness in meaning and in words each make up for what the other lacks. */
export function fitOf({ similarity, coverage }: Closeness): number {
  return 1 - (1 - Math.min(1, Math.max(0, similarity ?? 0))) * (1 - coverage);
}

/** Scores in the order that was found: none is higher than the one before it. */
export function descending(scores: readonly number[]): number[] {
  let least = 1;
  return scores.map((score) => (least = Math.min(least, score)));
}
