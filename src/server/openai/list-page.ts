import type { DocumentView, KnowledgeBase } from '../../knowledge/contract.ts';
import { refuseField, wholeNumber } from '../knowledge/fields.ts';

/** How many are asked of the store at a time. */
const BATCH = 500;

/** What a list request says, in OpenAI's words; newest first unless it says otherwise. */
export interface Paging {
  readonly limit: number;
  readonly order: 'asc' | 'desc';
  readonly after: string | undefined;
  readonly before: string | undefined;
}

/** @throws AppError `invalid_request`. */
export function pagingOf(
  query: Readonly<Record<string, string>>,
  { usual, most }: { usual: number; most: number },
): Paging {
  const { limit, order = 'desc', after, before } = query;
  if (order !== 'asc' && order !== 'desc') throw refuseField('order', '`order` is asc or desc.');
  return { limit: wholeNumber(limit, 'limit', [1, most]) ?? usual, order, after, before };
}

/** OpenAI's page of a list whose newest comes first. A cursor that is not in it begins at the beginning. */
export function pageOf<Item extends { readonly id: string }>(newestFirst: readonly Item[], paging: Paging) {
  const { limit, order, after, before } = paging;
  const items = order === 'asc' ? newestFirst.toReversed() : newestFirst;
  const from = items.findIndex(({ id }) => id === after) + 1;
  const end = before === undefined ? -1 : items.findIndex(({ id }) => id === before);
  const range = items.slice(from, end < 0 ? undefined : end);
  // Before a cursor means: those next to it.
  const data = end >= 0 && after === undefined ? range.slice(-limit) : range.slice(0, limit);
  return {
    object: 'list',
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: range.length > data.length,
  };
}

/** All documents of a user, or of one collection, newest first. */
export async function allDocuments(base: KnowledgeBase, user: string, collection?: string): Promise<DocumentView[]> {
  const all: DocumentView[] = [];
  for (;;) {
    const page = await base.list(user, { collection, after: all.at(-1)?.id, limit: BATCH });
    all.push(...page);
    if (page.length < BATCH) return all;
  }
}
