import type { Database } from './connection.ts';
import type { User } from './contract.ts';

/** Passages from `from` to `to` (exclusive) of a document. */
export interface Slice {
  readonly document: string;
  readonly from: number;
  readonly to: number;
}

/** Rows of one answer: read and decoded in a few milliseconds. */
export const SLICE_ROWS = 250;
const DOCUMENTS_AT_ONCE = 1_000;

/**
 * All passages of a user as lists of slices, each list of at most `rows` passages. The engine reads a range to its end before it applies
 * `LIMIT` (the planner of 3.0 to 3.3), so the ranges themselves have to be small.
 */
export async function* slicesOf(
  database: Database,
  user: User,
  rows = SLICE_ROWS,
): AsyncGenerator<readonly Slice[], void, undefined> {
  let slices: Slice[] = [];
  let room = rows;
  let after = '';
  for (;;) {
    const documents = await database.run<{ document: string; extent: number }[]>(
      'SELECT id[1] AS document, extent FROM document:[$user, $after]>..[$user, []] LIMIT $limit',
      { user, after, limit: DOCUMENTS_AT_ONCE },
    );
    for (const { document, extent } of documents) {
      for (let from = 0; from < extent;) {
        const to = Math.min(extent, from + room);
        slices.push({ document, from, to });
        room -= to - from;
        from = to;
        if (room > 0) continue;
        yield slices;
        slices = [];
        room = rows;
      }
    }
    after = documents.at(-1)?.document ?? after;
    if (documents.length < DOCUMENTS_AT_ONCE) break;
  }
  if (slices.length > 0) yield slices;
}
