import type { Database } from './connection.ts';
import type { Chunk, ChunkRef, ChunkRepository, StoredChunk, User } from './contract.ts';
import { documentKey } from './documents.ts';
import { checkCount, checkUser, isKey } from './ids.ts';
import { beginRemoval, sweep } from './removal.ts';
import type { Serial } from './serial.ts';
import { SLICE_ROWS, slicesOf } from './slices.ts';

/** Of one transaction. */
const WRITE_ROWS = 500;
const WRITE_CHARACTERS = 4 << 20;

export const CHUNK_FIELDS = 'id[1] AS document, id[2] AS ord, text, begins AS start, ends AS end, page, headings';

export function chunkRepository(database: Database, serial: Serial): ChunkRepository {
  return {
    async write(user, document, chunks) {
      checkUser(user);
      if (!isKey(document)) return;
      await serial.run(documentKey(user, document), async () => {
        for (const batch of batches(chunks)) await writeBatch(database, user, document, batch);
      });
    },
    async clear(user, document) {
      checkUser(user);
      if (!isKey(document)) return;
      await serial.run(documentKey(user, document), async () => {
        if (await beginRemoval(database, user, document, false)) await sweep(database, user, document);
      });
    },
    async get(user, refs) {
      checkUser(user);
      const found = new Map<string, StoredChunk>();
      const asked = refs.filter(isRef);
      for (let start = 0; start < asked.length; start += SLICE_ROWS) {
        const some = await database.run<StoredChunk[]>(
          `SELECT ${CHUNK_FIELDS} FROM $refs.map(|$ref| type::record('chunk', [$user, $ref.document, $ref.ord]))`,
          { user, refs: asked.slice(start, start + SLICE_ROWS).map(({ document, ord }) => ({ document, ord })) },
        );
        for (const chunk of some) found.set(refKey(chunk), chunk);
      }
      return asked.flatMap((ref) => found.get(refKey(ref)) ?? []);
    },
    async range(user, document, from, to) {
      checkUser(user);
      if (!isKey(document)) return [];
      const [extent = 0] = await database.run<number[]>('SELECT VALUE extent FROM document:[$user, $document]', {
        user,
        document,
      });
      const found: StoredChunk[] = [];
      const end = Math.min(extent, Math.floor(to) + 1);
      for (let start = Math.max(0, Math.ceil(from)); start < end; start += SLICE_ROWS) {
        found.push(
          ...(await database.run<StoredChunk[]>(
            `SELECT ${CHUNK_FIELDS} FROM chunk:[$user, $document, $start]..[$user, $document, $end]`,
            { user, document, start, end: Math.min(end, start + SLICE_ROWS) },
          )),
        );
      }
      return found;
    },
    count: (user) =>
      database.run<number>('RETURN math::sum(SELECT VALUE chunks FROM document:[$user]..[$user, []])', {
        user: checkUser(user),
      }),
    async *each(user) {
      for await (const slices of slicesOf(database, checkUser(user))) {
        const chunks = await database.run<StoredChunk[]>(
          `RETURN array::flatten($slices.map(|$slice| (
            SELECT ${CHUNK_FIELDS} FROM chunk:[$user, $slice.document, $slice.from]..[$user, $slice.document, $slice.to]
          )))`,
          { user, slices },
        );
        if (chunks.length > 0) yield chunks;
      }
    },
  };
}

async function writeBatch(database: Database, user: User, document: string, batch: readonly Chunk[]): Promise<void> {
  const rows = batch.map(({ ord, text, start, end, page, headings }) => ({
    id: [user, document, checkCount(ord, 'ord')],
    text,
    begins: start,
    ends: end,
    page,
    headings,
  }));
  const ords = [...new Set(batch.map(({ ord }) => ord))];
  const values = { user, document, rows, ords, from: Math.min(...ords), to: Math.max(...ords) + 1 };
  for (;;) {
    const outcome = await database.run<'written' | 'absent' | 'removing'>(WRITE, values);
    if (outcome !== 'removing') return;
    await sweep(database, user, document);
  }
}

/**
 * Vectors of what is replaced go with it: they are of another text. The `INSERT` is
 * last: after one, engine 3.0 sees neither a new `LET` nor the record itself in an `UPDATE`.
 */
const WRITE = `{
  IF !record::exists(document:[$user, $document]) { RETURN 'absent' };
  IF record::exists(removal:[$user, $document]) { RETURN 'removing' };
  LET $there = (SELECT VALUE id[2] FROM chunk:[$user, $document, $from]..[$user, $document, $to]);
  LET $added = array::len(array::complement($ords, $there));
  UPDATE document:[$user, $document] SET chunks += $added, extent = math::max([extent, $to]) RETURN NONE;
  IF array::len($there) > 0 {
    DELETE vector:[$user, $document, $from]..[$user, $document, $to] RETURN NONE;
    UPDATE coverage:[$user, $document]..[$user, $document, []] SET vectors = array::len(
      SELECT VALUE id FROM vector:[$user, $document]..[$user, $document, []] WHERE id[3] = $parent.id[2]
    ) RETURN NONE;
  };
  INSERT INTO chunk $rows ON DUPLICATE KEY UPDATE
    text = $input.text, begins = $input.begins, ends = $input.ends, page = $input.page, headings = $input.headings
    RETURN NONE;
  RETURN 'written';
}`;

function* batches(chunks: readonly Chunk[]): Generator<readonly Chunk[]> {
  let batch: Chunk[] = [];
  let characters = 0;
  for (const chunk of chunks) {
    if (batch.length >= WRITE_ROWS || characters >= WRITE_CHARACTERS) {
      yield batch;
      batch = [];
      characters = 0;
    }
    batch.push(chunk);
    characters += chunk.text.length;
  }
  if (batch.length > 0) yield batch;
}

function isRef({ document, ord }: ChunkRef): boolean {
  return isKey(document) && Number.isSafeInteger(ord);
}

function refKey({ document, ord }: ChunkRef): string {
  return `${document}\n${ord}`;
}
