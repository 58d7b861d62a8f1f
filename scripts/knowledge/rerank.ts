import { ExpertReranker } from '../../src/knowledge/search/expert-reranker.ts';
import type { HelperExpert } from '../../src/knowledge/setup.ts';
import { Lease } from '../../src/supervisor/lease.ts';
import type { Corpus } from './corpus.ts';
import { startHelper } from './helper-engine.ts';
import type { Ranker } from './quality.ts';

/** As in `knowledge.rerank`. */
const CANDIDATES = 24;
const PATIENCE_MS = 60_000;

export interface BenchReranker {
  /** What another ranker finds, in the order of the expert; as it was where the expert cannot be trusted. */
  over(ranker: Ranker, corpus: Corpus): Ranker;
  close(): Promise<void>;
}

/** @param model A GGUF file. */
export async function openReranker(model: string): Promise<BenchReranker> {
  const engine = await startHelper(model, { task: 'rerank', context: 1_024 });
  const owner = { leave: () => undefined, silent: () => undefined };
  const say = (message: string) => console.error(`bench:knowledge: ${message}`);
  const reranker = new ExpertReranker({
    fleet: { acquire: () => Promise.resolve(new Lease(owner, engine.upstream)) },
    helper: { expert: { id: 'the reranker' }, path: '/v1/rerank', set: undefined } as unknown as HelperExpert,
    timeoutMs: PATIENCE_MS,
    logger: { debug: say, info: say, warn: say, error: say },
  });
  return {
    close: () => engine.close(),
    over: (ranker, { documents }) => {
      const texts = new Map(documents.map(({ id, passages }) => [id, passages]));
      return async (question) => {
        const places = await ranker(question);
        const candidates = places.slice(0, CANDIDATES);
        const wanted = candidates.map(({ document, ord }) => texts.get(document)?.[ord] ?? '');
        const ranks = await reranker.rank(question.question, wanted, new AbortController().signal);
        if (!ranks) return places;
        const order = candidates.map((place, index) => ({ place, rank: ranks[index] ?? 0 }));
        return order.sort((one, other) => other.rank - one.rank).map(({ place }) => place);
      };
    },
  };
}
