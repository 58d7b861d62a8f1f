import { Best } from './best.ts';
import { countsAsFound, descending, fitOf, fuse, type Ranked } from './fuse.ts';
import type { Participants } from './lexical.ts';
import type { DocumentFacts, Found, SliceAnswer, SliceQuery } from './protocol.ts';
import { questionOf } from './question.ts';
import { nearlySame, type Sketch } from './sketch.ts';
import type { IndexedDocument, Slice } from './slice.ts';

/** Of each ranking; near-duplicates and what is too far away are taken out of them. */
const LEAST_CANDIDATES = 100;
const CANDIDATES_PER_HIT = 4;
/** Of fewer statements, how many have a word says nothing about how rare it is: it is counted as if there were so many. */
const ROWS_OF_SHORT = 50;

/** Words and vectors of those that take part, fused; what does not count as found and what was said already are left out. */
export function searchSlice(slice: Slice, query: SliceQuery): SliceAnswer {
  const participants = slice.participants(filterOf(query));
  const depth = Math.max(LEAST_CANDIDATES, CANDIDATES_PER_HIT * query.limit);
  const words = new Best(depth);
  slice.lexical.search(questionOf(query.text), participants, words, query.short ? ROWS_OF_SHORT : 0);
  const near = nearest(slice, query, participants, depth);
  const spoken = words.ranked().map((row) => ({ row, weight: slice.lexical.coverage(row) }));

  const hits: Omit<Found, 'score'>[] = [];
  const fits: number[] = [];
  const said: Sketch[] = [];
  for (const row of fuse([near.ranking, spoken])) {
    if (hits.length === query.limit) break;
    const document = slice.documentOf(row);
    const similarity = near.similarity(row);
    const coverage = slice.lexical.coverage(row);
    const closeness = { similarity: near.tells ? similarity : null, coverage, short: query.short };
    if (!document || !countsAsFound(closeness, query.minSimilarity)) continue;
    const sketch = slice.sketchOf(row);
    if (said.some((one) => nearlySame(one, sketch))) continue;
    said.push(sketch);
    hits.push({
      document: document.id,
      ord: slice.ordOf(row),
      similarity,
      lexical: slice.lexical.score(row),
    });
    fits.push(fitOf({ similarity: similarity === null ? null : similarity * near.weight(similarity), coverage }));
  }
  const scores = descending(fits);
  return {
    hits: hits.map((hit, index) => ({ ...hit, score: scores[index] ?? 0 })),
    compared: near.ranking.length > 0,
  };
}

/** Documents that take part; null: all that there are. */
export function eligibleIn(slice: Slice, query: SliceQuery): string[] | null {
  const accepts = filterOf(query);
  const eligible: string[] = [];
  let all = 0;
  slice.participants((document, facts) => {
    all += 1;
    const accepted = accepts(document, facts);
    if (accepted) eligible.push(document.id);
    return accepted;
  });
  return eligible.length === all ? null : eligible;
}

function filterOf(query: SliceQuery): (document: IndexedDocument, facts: DocumentFacts) => boolean {
  const collections = query.collections && new Set(query.collections);
  const documents = query.documents && new Set(query.documents);
  const { after = -Infinity, before = Infinity } = query;
  return ({ id }, facts) =>
    facts.searchable &&
    facts.created >= after &&
    facts.created < before &&
    (documents === undefined || documents.has(id)) &&
    (collections === undefined ? facts.collections.length > 0 : facts.collections.some((one) => collections.has(one)));
}

interface Nearest {
  readonly ranking: readonly Ranked[];
  /** Whether nearness says anything about this question. */
  readonly tells: boolean;
  readonly similarity: (row: number) => number | null;
  readonly weight: (similarity: number) => number;
}

/** Rows by cosine: by an index of the store where that was asked, else by comparing. */
function nearest(
  slice: Slice,
  { vector, near }: SliceQuery,
  { groups, takesPart }: Participants,
  depth: number,
): Nearest {
  if (near) {
    const similarities = new Map<number, number>();
    for (const { document, ord, similarity } of near) {
      const row = slice.rowOf(document, ord);
      if (row !== undefined && takesPart[groups[row] ?? 0] === 1) similarities.set(row, similarity);
    }
    const ranking = [...similarities.keys()].slice(0, depth).map((row) => ({ row, weight: 1 }));
    return { ranking, tells: true, similarity: (row) => similarities.get(row) ?? null, weight: () => 1 };
  }
  if (!vector?.every((value) => Number.isFinite(value)))
    return { ranking: [], tells: false, similarity: () => null, weight: () => 1 };
  const best = new Best(depth);
  const spread = slice.vectors.scan(vector, groups, takesPart, best);
  const similarity = (row: number) => slice.vectors.similarity(row, vector) ?? null;
  const weight = (similarity: number) => spread.weight(similarity);
  const ranking = best.ranked().map((row) => ({ row, weight: weight(similarity(row) ?? 0) }));
  return { ranking, tells: spread.tells, similarity, weight };
}
