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
