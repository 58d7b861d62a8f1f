import type { Chunk, Store, StoredDocument, User } from '../store/contract.ts';
import type { Profile } from '../profiles/profile.ts';
import { messageOf } from '../shared/errors.ts';
import type { Embedder, Hit, Reranker, SearchQuery, SearchResult } from './contract.ts';
import type { IndexAnswer, IndexQuery } from './search/search-index.ts';

export interface FinderOptions {
  readonly store: Store;
  readonly index: { search(user: User, query: IndexQuery): Promise<IndexAnswer> };
  readonly embedder: () => Embedder | undefined;
  readonly reranker: () => Reranker | undefined;
}

type Settings = Pick<Profile['knowledge'], 'topK' | 'minSimilarity' | 'rerank'>;

const nothing = (startedAt: number): SearchResult => ({
  hits: [],
  used: { words: true, vectors: false, rerank: false },
  degraded: null,
  ms: performance.now() - startedAt,
});
/**
 * Beside a passage that fits well, what fits so much worse is noise, to a small model above all. On our own corpus that costs one of a
 * hundred questions the passage that answers it (`bench:knowledge --only quality`).
 */
const LEAST_SHARE_OF_BEST = 0.4;
const NOTHING: IndexAnswer = { hits: [], compared: false, degraded: null };
const NEVER = new AbortController().signal;

/** A search from the question to the passages: its vector, the index, the texts, and, where there is one, the expert that orders them. */
export class Finder {
  readonly #options: FinderOptions;

  constructor(options: FinderOptions) {
    this.#options = options;
  }

  /** Rejects where the signal aborts, and where the texts cannot be had of the store. */
  async search(user: User, query: SearchQuery, settings: Settings): Promise<SearchResult> {
    const startedAt = performance.now();
    const { signal = NEVER, topK = settings.topK } = query;
    // Whoever has nothing is told so at once, and has no expert loaded for it.
    if ((await this.#options.store.documents.list(user, { limit: 1 })).length === 0) return nothing(startedAt);
    const reranker = query.rerank === false ? undefined : this.#options.reranker();
    const [collections, { vector, problem }] = await Promise.all([
      this.#collections(user, query.collections),
      this.#vectorOf(query.text, signal),
    ]);
    const isNowhere = collections?.length === 0;
    const answer = isNowhere
      ? NOTHING
      : await this.#options.index.search(user, {
          text: query.text,
          vector,
          collections,
          documents: query.documents,
          after: query.after,
          before: query.before,
          limit: reranker ? Math.max(topK, settings.rerank?.candidates ?? topK) : topK,
          minSimilarity: settings.minSimilarity,
          signal,
        });
    const hits = await this.#hits(user, answer);
    const ranked = reranker && hits.length > 1 ? await this.#ranked(reranker, query.text, hits, signal) : undefined;
    const reasons = [problem, answer.degraded].filter((reason) => reason !== undefined && reason !== null);
    return {
      hits: (ranked ?? (settings.minSimilarity > 0 ? besideTheBest(hits) : hits)).slice(0, topK),
      used: { words: true, vectors: answer.compared, rerank: ranked !== undefined },
      degraded: reasons.length > 0 ? reasons.join(' ') : null,
      ms: performance.now() - startedAt,
    };
  }

  /** Ids; undefined: all. */
  async #collections(user: User, wanted: readonly string[] | undefined): Promise<readonly string[] | undefined> {
    if (!wanted) return undefined;
    const found = await Promise.all(wanted.map((name) => this.#options.store.collections.find(user, name)));
    return found.flatMap((collection) => (collection ? [collection.id] : []));
  }

  async #vectorOf(
    text: string,
    signal: AbortSignal,
  ): Promise<{ readonly vector?: Float32Array | undefined; readonly problem?: string }> {
    const embedder = this.#options.embedder();
    if (!embedder) return {};
    try {
      return { vector: await embedder.question(text, signal) };
    } catch (error) {
      signal.throwIfAborted();
      return { problem: `Searched by words alone: ${messageOf(error)}` };
    }
  }

  /** What was removed since the index looked is left out. */
  async #hits(user: User, { hits }: IndexAnswer): Promise<Hit[]> {
    const { store } = this.#options;
    if (hits.length === 0) return [];
    const ids = [...new Set(hits.map(({ document }) => document))];
    const [chunks, ...documents] = await Promise.all([
      store.chunks.get(user, hits),
      ...ids.map((id) => store.documents.get(user, id)),
    ]);
    const byId = new Map(documents.flatMap((document) => (document ? [[document.id, document] as const] : [])));
    const byRef = new Map(chunks.map((chunk) => [`${chunk.document} ${chunk.ord}`, chunk] as const));
    return hits.flatMap(({ document: id, ord, ...found }) => {
      const document: StoredDocument | undefined = byId.get(id);
      const stored = byRef.get(`${id} ${ord}`);
      if (document?.state !== 'ready' || !stored) return [];
      const { text, start, end, page, headings } = stored;
      const chunk: Chunk = { ord, text, start, end, page, headings };
      return [{ document, chunk, score: found.score, similarity: found.similarity, lexical: found.lexical }];
    });
  }

  /** In the order of the expert; undefined: as it was. Scores stay with the places, which they describe. */
  async #ranked(
    reranker: Reranker,
    question: string,
    hits: readonly Hit[],
    signal: AbortSignal,
  ): Promise<Hit[] | undefined> {
    const texts = hits.map(({ chunk }) => [...chunk.headings, chunk.text].join('\n'));
    const ranks = await reranker.rank(question, texts, signal);
    if (!ranks) return undefined;
    const scores = hits.map(({ score }) => score);
    return hits
      .map((hit, index) => ({ hit, rank: ranks[index] ?? -Infinity }))
      .sort((one, other) => other.rank - one.rank)
      .map(({ hit }, index) => ({ ...hit, score: scores[index] ?? 0 }));
  }
}

/** Without those that fit far worse than the best of them: the best first. */
export function besideTheBest<T extends { readonly score: number }>(hits: readonly T[]): readonly T[] {
  const least = (hits[0]?.score ?? 0) * LEAST_SHARE_OF_BEST;
  return hits.filter(({ score }) => score >= least);
}
