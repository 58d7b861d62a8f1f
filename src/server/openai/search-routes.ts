import type { Hit, KnowledgeBase } from '../../knowledge/contract.ts';
import { isObject } from '../../proxy/json.ts';
import type { ColdApp } from '../cold-context.ts';
import type { KnowledgeRoutesOptions } from '../knowledge/access.ts';
import { refuseField, wholeNumber } from '../knowledge/fields.ts';
import { attributeFilter } from './attribute-filter.ts';
import { readFields } from './known-fields.ts';
import { allDocuments } from './list-page.ts';
import { storeOf } from './store-access.ts';
import { searchResult } from './views.ts';

const LONGEST_QUERY = 4_096;
const MOST_QUERIES = 10;
const MOST_RESULTS = 50;

/** OpenAI's search of one vector store. */
export function addSearchRoutes(app: ColdApp, { knowledge }: KnowledgeRoutesOptions): void {
  app.post('/v1/vector_stores/:id/search', async (context) => {
    const base = knowledge.get();
    const { user } = context.env.identity;
    const body = await readFields(context, ['query', 'max_num_results', 'filters', 'ranking_options']);
    const queries = queriesOf(body['query']);
    const most = wholeNumber(body['max_num_results'], 'max_num_results', [1, MOST_RESULTS]) ?? 10;
    const { threshold, rerank } = rankingOf(body['ranking_options']);
    const passes = (body['filters'] ?? null) === null ? undefined : attributeFilter(body['filters']);
    const store = await storeOf(base, user, context.req.param('id'));
    const documents =
      passes &&
      (await allDocuments(base, user, store.id)).filter(({ attributes }) => passes(attributes)).map(({ id }) => id);
    const hits =
      documents?.length === 0
        ? []
        : await searchEach(base, user, queries, {
            collections: [store.id],
            documents,
            topK: most,
            rerank,
            signal: context.req.raw.signal,
          });
    const data = hits.filter(({ score }) => score >= threshold).slice(0, most);
    return context.json({
      object: 'vector_store.search_results.page',
      search_query: queries,
      data: data.map(searchResult),
      has_more: false,
      next_page: null,
    });
  });
}

type Where = Omit<Parameters<KnowledgeBase['search']>[1], 'text'>;

/** What any of the queries finds, once, with the best score that it has. */
async function searchEach(base: KnowledgeBase, user: string, queries: readonly string[], where: Where): Promise<Hit[]> {
  const best = new Map<string, Hit>();
  for (const text of queries) {
    for (const hit of (await base.search(user, { ...where, text })).hits) {
      const key = `${hit.document.id} ${hit.chunk.ord}`;
      if (hit.score > (best.get(key)?.score ?? -1)) best.set(key, hit);
    }
  }
  const hits = [...best.values()];
  return queries.length === 1 ? hits : hits.sort((one, other) => other.score - one.score);
}

function queriesOf(query: unknown): string[] {
  const queries: unknown[] = Array.isArray(query) ? query : [query];
  const isGood = (one: unknown) => typeof one === 'string' && one.trim() !== '' && one.length <= LONGEST_QUERY;
  if (queries.length > 0 && queries.length <= MOST_QUERIES && queries.every(isGood)) return queries as string[];
  throw refuseField(
    'query',
    `\`query\` is a text of 1 to ${LONGEST_QUERY} characters, or a list of at most ${MOST_QUERIES} of them.`,
  );
}

function rankingOf(value: unknown): { threshold: number; rerank: boolean | undefined } {
  if (value === undefined || value === null) return { threshold: 0, rerank: undefined };
  if (!isObject(value)) throw refuseField('ranking_options', '`ranking_options` must be an object.');
  const { score_threshold: threshold = 0, ranker } = value;
  if (typeof threshold !== 'number' || !(threshold >= 0 && threshold <= 1))
    throw refuseField('ranking_options.score_threshold', '`score_threshold` is a number from 0 to 1.');
  return { threshold, rerank: ranker === 'none' ? false : undefined };
}
