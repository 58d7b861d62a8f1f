/** How well a search finds what is known to answer, and says nothing where nothing does. */
import { besideTheBest } from '../../src/knowledge/find.ts';
import { Slice } from '../../src/knowledge/search/slice.ts';
import { searchSlice } from '../../src/knowledge/search/slice-search.ts';
import type { Corpus, CorpusQuestion } from './corpus.ts';

/** Passages that are looked at for a rank. */
const DEPTH = 20;

export interface Place {
  readonly document: string;
  readonly ord: number;
}
/** Ranks passages for a question, the best first. */
export type Ranker = (question: CorpusQuestion) => Promise<readonly Place[]>;

export interface Quality {
  readonly questions: number;
  /** Shares of the questions whose passage came first, and among the first five. */
  readonly first: number;
  readonly amongFive: number;
  /** Mean of 1 / rank. */
  readonly mrr: number;
}

export interface Vectors {
  readonly passages: ReadonlyMap<string, readonly Float32Array[]>;
  readonly questions: ReadonlyMap<string, Float32Array>;
}

export function sliceOf({ documents }: Corpus, vectors?: Vectors): Slice {
  const slice = new Slice();
  for (const { id, title, passages } of documents) {
    slice.apply({ kind: 'document', id, facts: { title, collections: ['c'], created: 0, searchable: true } });
    slice.apply({ kind: 'chunks', id, chunks: passages.map((text, ord) => ({ ord, text, headings: [] })) });
    for (const [ord, packed] of (vectors?.passages.get(id) ?? []).entries())
      slice.apply({ kind: 'vectors', id, ords: [ord], packed });
  }
  slice.apply({ kind: 'filled' });
  return slice;
}

/** Words, vectors or both, without a threshold. */
export function rankerOf(slice: Slice, vectors: Vectors | undefined, { words }: { words: boolean }): Ranker {
  return ({ question }) => {
    const query = { text: words ? question : '', vector: vectors?.questions.get(question) };
    return Promise.resolve(searchSlice(slice, { ...query, limit: DEPTH, minSimilarity: 0 }).hits);
  };
}

export async function qualityOf(questions: readonly CorpusQuestion[], ranker: Ranker): Promise<Quality> {
  let [first, amongFive, mrr, count] = [0, 0, 0, 0];
  for (const question of questions) {
    if (question.document === null) continue;
    count += 1;
    const places = await ranker(question);
    const rank =
      places.findIndex(({ document, ord }) => document === question.document && ord === question.passage) + 1;
    if (rank === 0) continue;
    mrr += 1 / rank;
    if (rank === 1) first += 1;
    if (rank <= 5) amongFive += 1;
  }
  return { questions: count, first: first / count, amongFive: amongFive / count, mrr: mrr / count };
}

export interface Honesty {
  /** Share of the questions that something answers whose passage is among those found. */
  readonly answered: number;
  /** Share of the others for which nothing is found. */
  readonly nothing: number;
}

/** With the threshold, and as many passages, as a request gets by default. */
export function honestyOf(
  slice: Slice,
  vectors: Vectors | undefined,
  questions: readonly CorpusQuestion[],
  { limit, minSimilarity }: { readonly limit: number; readonly minSimilarity: number },
): Honesty {
  const counts = { answerable: 0, answered: 0, others: 0, nothing: 0 };
  for (const { question, document, passage } of questions) {
    const query = { text: question, vector: vectors?.questions.get(question), limit, minSimilarity };
    const hits = besideTheBest(searchSlice(slice, query).hits);
    if (document === null) {
      counts.others += 1;
      if (hits.length === 0) counts.nothing += 1;
    } else {
      counts.answerable += 1;
      if (hits.some((hit) => hit.document === document && hit.ord === passage)) counts.answered += 1;
    }
  }
  return { answered: counts.answered / counts.answerable, nothing: counts.nothing / counts.others };
}
