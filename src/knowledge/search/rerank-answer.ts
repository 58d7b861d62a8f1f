/** Scores in the order of the texts, as llama-server, vLLM and hosted rerankers answer; undefined where one is missing or no number. */
export function readRanks(answer: string, count: number): readonly number[] | undefined {
  let body: unknown;
  try {
    body = JSON.parse(answer);
  } catch {
    return undefined;
  }
  const results = (body as { results?: unknown } | null)?.results;
  if (!Array.isArray(results)) return undefined;
  const ranks = Array.from({ length: count }, () => Number.NaN);
  for (const result of results as readonly { index?: unknown; relevance_score?: unknown }[]) {
    const { index, relevance_score: rank } = result ?? {};
    if (typeof index === 'number' && index in ranks && typeof rank === 'number') ranks[index] = rank;
  }
  return ranks.every((rank) => Number.isFinite(rank)) ? ranks : undefined;
}

/** Found passages in the order of their ranks, the best first; those beyond the ranks stay behind them as they were. Scores fit the order. */
export function orderByRank<T extends { readonly score: number }>(hits: readonly T[], ranks: readonly number[]): T[] {
  const scores = ranks.every((rank) => rank >= 0 && rank <= 1) ? ranks : ranks.map(logistic);
  const ranked = hits
    .slice(0, ranks.length)
    .map((hit, index) => ({ ...hit, score: scores[index] ?? 0 }))
    .sort((one, other) => other.score - one.score);
  const least = ranked.at(-1)?.score ?? 1;
  return [...ranked, ...hits.slice(ranks.length).map((hit) => ({ ...hit, score: Math.min(least, hit.score) }))];
}

/** Raw scores of a model have no bounds. */
const logistic = (rank: number) => 1 / (1 + Math.exp(-rank));
