import type { Database } from './connection.ts';
import type { User } from './contract.ts';

/** Passages and vectors taken away in one transaction. */
const ROWS_AT_ONCE = 500;

/**
 * Notes in one transaction that a document is to be removed (`whole`) or to be emptied, and is not there, or empty, from that moment
 * on. `sweep` takes away what belongs to it. False: there is no such document.
 */
export function beginRemoval(database: Database, user: User, document: string, whole: boolean): Promise<boolean> {
  return database.run<boolean>(
    `{
      LET $extent = (SELECT VALUE extent FROM document:[$user, $document])[0];
      IF $extent = NONE { RETURN false };
      LET $noted = (SELECT VALUE extent FROM removal:[$user, $document])[0] ?? 0;
      UPSERT removal:[$user, $document] SET whole = $whole, extent = math::max([$extent, $noted]) RETURN NONE;
      IF $whole { DELETE document:[$user, $document] RETURN NONE }
      ELSE { UPDATE document:[$user, $document] SET chunks = 0, extent = 0 RETURN NONE };
      RETURN true;
    }`,
    { user, document, whole },
  );
}

/** Takes away what a noted removal has left. Can be repeated, and begun anew after a crash. */
export async function sweep(database: Database, user: User, document: string): Promise<void> {
  const [extent] = await database.run<number[]>('SELECT VALUE extent FROM removal:[$user, $document]', {
    user,
    document,
  });
  if (extent === undefined) return;
  for (let from = 0; from < extent; from += ROWS_AT_ONCE) {
    await database.run(
      `{
        DELETE chunk:[$user, $document, $from]..[$user, $document, $to] RETURN NONE;
        DELETE vector:[$user, $document, $from]..[$user, $document, $to] RETURN NONE;
      }`,
      { user, document, from, to: from + ROWS_AT_ONCE },
    );
  }
  await database.run(
    `{
      DELETE coverage:[$user, $document]..[$user, $document, []] RETURN NONE;
      IF (SELECT VALUE whole FROM removal:[$user, $document])[0] { DELETE document:[$user, $document] RETURN NONE };
      DELETE removal:[$user, $document] RETURN NONE;
    }`,
    { user, document },
  );
}

/** Documents begun in one transaction. */
const DOCUMENTS_AT_ONCE = 100;

/** As `beginRemoval` and `sweep` of each, in transactions of many. Answers those that were there. */
export async function removeMany(database: Database, user: User, ids: readonly string[]): Promise<readonly string[]> {
  const removed: string[] = [];
  for (let start = 0; start < ids.length; start += DOCUMENTS_AT_ONCE) {
    const begun = await database.run<{ id: string; extent: number }[]>(
      `{
        LET $there = SELECT id[1] AS id, extent FROM $ids.map(|$id| type::record('document', [$user, $id]));
        LET $known = $there.filter(|$each| $each.id != NONE);
        FOR $each IN $known {
          LET $noted = (SELECT VALUE extent FROM removal:[$user, $each.id])[0] ?? 0;
          UPSERT removal:[$user, $each.id] SET whole = true, extent = math::max([$each.extent, $noted]) RETURN NONE;
          DELETE document:[$user, $each.id] RETURN NONE;
        };
        RETURN $known;
      }`,
      { user, ids: ids.slice(start, start + DOCUMENTS_AT_ONCE) },
    );
    for (const { id } of begun) removed.push(id);
    const small = begun.filter(({ extent }) => extent <= ROWS_AT_ONCE);
    for (const some of slicesOfRows(small)) await database.run(SWEEP_SMALL, { user, ids: some });
    for (const { id, extent } of begun) if (extent > ROWS_AT_ONCE) await sweep(database, user, id);
  }
  return removed;
}

const SWEEP_SMALL = `{
  FOR $id IN $ids {
    DELETE chunk:[$user, $id]..[$user, $id, []] RETURN NONE;
    DELETE vector:[$user, $id]..[$user, $id, []] RETURN NONE;
    DELETE coverage:[$user, $id]..[$user, $id, []] RETURN NONE;
    DELETE removal:[$user, $id] RETURN NONE;
  };
}`;

/** Ids in groups of at most so many passages together. */
function* slicesOfRows(documents: readonly { readonly id: string; readonly extent: number }[]): Generator<string[]> {
  let ids: string[] = [];
  let rows = 0;
  for (const { id, extent } of documents) {
    if (ids.length > 0 && rows + extent > ROWS_AT_ONCE) {
      yield ids;
      ids = [];
      rows = 0;
    }
    ids.push(id);
    rows += extent;
  }
  if (ids.length > 0) yield ids;
}

/** What a crash, or a database that went away, has left half removed. */
export async function sweepAll(database: Database): Promise<void> {
  const left = await database.run<{ user: User; document: string }[]>(
    'SELECT id[0] AS user, id[1] AS document FROM removal',
  );
  for (const { user, document } of left) await sweep(database, user, document);
}
