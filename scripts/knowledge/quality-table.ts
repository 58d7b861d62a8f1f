import { Knowledge } from '../../src/profiles/knowledge-section.ts';
import type { Corpus } from './corpus.ts';
import { openEmbedder } from './embed.ts';
import { honestyOf, type Quality, qualityOf, type Ranker, rankerOf, sliceOf, type Vectors } from './quality.ts';
import { openReranker } from './rerank.ts';
import type { Table } from './table.ts';

export interface QualityOptions {
  /** GGUF files; the MiniLM of the demo profile, and no reranking, where there is none. */
  readonly embedding: string | undefined;
  readonly rerank: string | undefined;
}

/** How well each way of searching finds what answers. */
export async function qualityTables(corpus: Corpus, options: QualityOptions): Promise<readonly Table[]> {
  const vectors = await vectorsOf(corpus, options.embedding);
  const plain = sliceOf(corpus);
  const full = sliceOf(corpus, vectors);
  const hybrid = rankerOf(full, vectors, { words: true });
  const rankers: Record<string, Ranker> = {
    'words (BM25)': rankerOf(plain, undefined, { words: true }),
    vectors: rankerOf(full, vectors, { words: false }),
    both: hybrid,
  };
  const reranker = options.rerank === undefined ? undefined : await openReranker(options.rerank);
  if (reranker) rankers['both, ordered by an expert'] = reranker.over(hybrid, corpus);
  try {
    return [await rankTable(corpus, rankers), honestyTable(corpus, { plain, full, vectors })];
  } finally {
    await reranker?.close();
  }
}

async function rankTable({ questions }: Corpus, rankers: Readonly<Record<string, Ranker>>): Promise<Table> {
  const kinds = [...new Set(questions.filter(({ document }) => document !== null).map(({ kind }) => kind))];
  const all = kinds.length > 1 ? [undefined, ...kinds] : [undefined];
  const rows: string[][] = [['R@1 / R@5 / MRR', ...all.map((kind) => nameOf(kind, questions))]];
  for (const [name, ranker] of Object.entries(rankers)) {
    const cells: string[] = [];
    for (const kind of all) {
      const own = questions.filter((question) => kind === undefined || question.kind === kind);
      cells.push(figures(await qualityOf(own, ranker)));
    }
    rows.push([name, ...cells]);
  }
  return rows;
}

type Slices = Record<'plain' | 'full', ReturnType<typeof sliceOf>> & { readonly vectors: Vectors };

function honestyTable({ questions }: Corpus, { plain, full, vectors }: Slices): Table {
  const { topK: limit, minSimilarity } = Knowledge.parse({});
  const rows = [
    [`what counts as found, ${limit} passages at most`, 'words', 'both'],
    ['the passage that answers is among them'],
    ['nothing is, where nothing answers'],
  ];
  for (const honesty of [
    honestyOf(plain, undefined, questions, { limit, minSimilarity }),
    honestyOf(full, vectors, questions, { limit, minSimilarity }),
  ]) {
    rows[1]?.push(percent(honesty.answered));
    rows[2]?.push(Number.isNaN(honesty.nothing) ? '–' : percent(honesty.nothing));
  }
  return rows;
}

async function vectorsOf({ documents, questions }: Corpus, model: string | undefined): Promise<Vectors> {
  const embedder = await openEmbedder(model);
  try {
    const texts = questions.map(({ question }) => question);
    const asked = await embedder.embed(texts);
    const passages = new Map<string, readonly Float32Array[]>();
    for (const { id, passages: own } of documents) passages.set(id, await embedder.embed(own));
    return { passages, questions: new Map(texts.map((text, index) => [text, asked[index] ?? new Float32Array(0)])) };
  } finally {
    await embedder.close();
  }
}

function nameOf(kind: string | undefined, questions: Corpus['questions']): string {
  const count = questions.filter((one) => one.document !== null && (kind === undefined || one.kind === kind)).length;
  return `${kind ?? 'all'} (${count})`;
}

const percent = (share: number) => `${(100 * share).toFixed(0)} %`;
const figures = ({ first, amongFive, mrr }: Quality) =>
  [first, amongFive, mrr].map((one) => one.toFixed(2)).join(' / ');
