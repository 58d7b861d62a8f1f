import type { Database } from './connection.ts';
import type { ChunkRef, StoredVector, User, VectorRepository } from './contract.ts';
import { documentKey } from './documents.ts';
import { checkCount, checkUser, isKey } from './ids.ts';
import type { NearestIndex } from './nearest.ts';
import type { Serial } from './serial.ts';
import { slicesOf } from './slices.ts';

/** Of one transaction; a server also puts them into its index, which takes milliseconds for each. */
const WRITE_ROWS = 500;
const INDEXED_ROWS = 100;
const SCAN_ROWS = 1_000;
/** A vector is of length 1; rounding to 32 bits moves that by less. */
const TOLERANCE = 0.01;

/** `index`: of a server. */
export function vectorRepository(database: Database, serial: Serial, index?: NearestIndex): VectorRepository {
  return {
    ...(index && { nearest: (...question) => index.nearest(...question) }),
    async write(user, model, vectors) {
      checkUser(user);
      checkModel(model);
      for (const vector of vectors) checkVector(vector);
      const byDocument = Map.groupBy(
        vectors.filter(({ document }) => isKey(document)),
        ({ document }) => document,
      );
      for (const [document, all] of byDocument) {
        await serial.run(documentKey(user, document), async () => {
          const rows = index ? INDEXED_ROWS : WRITE_ROWS;
          for (let start = 0; start < all.length; start += rows) {
            await writeBatch(database, index, { user, model, document, vectors: all.slice(start, start + rows) });
          }
        });
      }
    },
    async missing(user, model, limit) {
      checkUser(user);
      checkModel(model);
      checkCount(limit, 'limit');
      const found: ChunkRef[] = [];
      for (const { document, extent } of await uncovered(database, user, model)) {
        for (let from = 0; from < extent && found.length < limit; from += SCAN_ROWS) {
          const ords = await database.run<number[]>(
            `RETURN array::complement(
              (SELECT VALUE id[2] FROM chunk:[$user, $document, $from]..[$user, $document, $to]),
              (SELECT VALUE id[2] FROM vector:[$user, $document, $from]..[$user, $document, $to] WHERE id[3] = $model)
            )`,
            { user, document, model, from, to: from + SCAN_ROWS },
          );
          for (const ord of ords.slice(0, limit - found.length)) found.push({ document, ord });
        }
        if (found.length >= limit) break;
      }
      return found;
    },
    count: (user, model) =>
      database.run<number>(
        'RETURN math::sum(SELECT VALUE vectors FROM coverage:[$user]..[$user, []] WHERE id[2] = $model)',
        { user: checkUser(user), model },
      ),
    async *each(user, model) {
      for await (const slices of slicesOf(database, checkUser(user))) {
        const rows = await database.run<{ document: string; ord: number; f32: ArrayBuffer | Uint8Array }[]>(
          `RETURN array::flatten($slices.map(|$slice| (
            SELECT id[1] AS document, id[2] AS ord, f32
            FROM vector:[$user, $slice.document, $slice.from]..[$user, $slice.document, $slice.to]
            WHERE id[3] = $model
          )))`,
          { user, slices, model },
        );
        if (rows.length > 0) yield rows.map(({ document, ord, f32 }) => ({ document, ord, vector: floatsOf(f32) }));
      }
    },
    async retain(user, model) {
      checkUser(user);
      const others = await database.run<string[]>(
        'RETURN array::distinct(SELECT VALUE id[1] FROM coverage:[$user]..[$user, []] WHERE id[2] != $model)',
        { user, model },
      );
      for (const document of others) {
        await serial.run(documentKey(user, document), () => retainOf(database, user, model, document));
      }
    },
  };
}

async function writeBatch(
  database: Database,
  index: NearestIndex | undefined,
  batch: { user: User; model: string; document: string; vectors: readonly StoredVector[] },
): Promise<void> {
  const { user, model, document, vectors } = batch;
  const ords = [...new Set(vectors.map(({ ord }) => ord))];
  for (const dimension of new Set(vectors.map(({ vector }) => vector.length))) await index?.ensure(dimension);
  await database.run(WRITE, {
    user,
    model,
    document,
    // Never as numbers: the SDK would send a `Float32Array` as bytes and cut each number off to one.
    rows: vectors.map(({ ord, vector }) => ({
      id: [user, document, ord, model],
      f32: bytesOf(vector),
      ...index?.fieldsOf(vector),
    })),
    ords,
    from: Math.min(...ords),
    to: Math.max(...ords) + 1,
  });
}

/** A passage that went away meanwhile gets no vector. */
const WRITE = `{
  LET $chunks = (SELECT VALUE id[2] FROM chunk:[$user, $document, $from]..[$user, $document, $to]);
  LET $kept = $rows.filter(|$row| $row.id[2] IN $chunks);
  IF array::len($kept) = 0 { RETURN NONE };
  LET $there = (SELECT VALUE id[2] FROM vector:[$user, $document, $from]..[$user, $document, $to] WHERE id[3] = $model);
  LET $added = array::len(array::complement(array::intersect($ords, $chunks), $there));
  UPSERT coverage:[$user, $document, $model] SET vectors += $added RETURN NONE;
  INSERT INTO vector $kept ON DUPLICATE KEY UPDATE f32 = $input.f32 RETURN NONE;
}`;

/** Documents that have more passages than vectors of this model. */
async function uncovered(database: Database, user: User, model: string) {
  const [documents, covered] = await Promise.all([
    database.run<{ document: string; chunks: number; extent: number }[]>(
      'SELECT id[1] AS document, chunks, extent FROM document:[$user]..[$user, []] WHERE chunks > 0',
      { user },
    ),
    database.run<{ document: string; vectors: number }[]>(
      'SELECT id[1] AS document, vectors FROM coverage:[$user]..[$user, []] WHERE id[2] = $model',
      { user, model },
    ),
  ]);
  const vectors = new Map(covered.map((each) => [each.document, each.vectors]));
  return documents.filter(({ document, chunks }) => (vectors.get(document) ?? 0) < chunks);
}

async function retainOf(database: Database, user: User, model: string, document: string): Promise<void> {
  const [extent = 0] = await database.run<number[]>('SELECT VALUE extent FROM document:[$user, $document]', {
    user,
    document,
  });
  for (let from = 0; from < extent; from += SCAN_ROWS) {
    await database.run(
      'DELETE vector:[$user, $document, $from]..[$user, $document, $to] WHERE id[3] != $model RETURN NONE',
      { user, document, model, from, to: from + SCAN_ROWS },
    );
  }
  await database.run('DELETE coverage:[$user, $document]..[$user, $document, []] WHERE id[2] != $model RETURN NONE', {
    user,
    document,
    model,
  });
}

export function checkModel(model: string): string {
  if (isKey(model)) return model;
  throw new RangeError('the name of an embedding model has 1 to 512 characters');
}

export function checkVector({ document, ord, vector }: StoredVector): void {
  checkCount(ord, 'ord');
  checkUnit(vector, `${document}, passage ${ord},`);
}

/** The cosine of a vector of zeros is no number, and would be first in every answer. */
export function checkUnit(vector: Float32Array, whose: string): void {
  let sum = 0;
  for (const value of vector) sum += value * value;
  // Also of what is no number.
  if (!(Math.abs(Math.sqrt(sum) - 1) <= TOLERANCE)) {
    throw new RangeError(`the vector of ${whose} has length ${Math.sqrt(sum)}; it has to be 1`);
  }
}

/** Little-endian, as every machine that the engine is built for has them in memory. */
export function bytesOf(vector: Float32Array): Uint8Array {
  return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
}

export function floatsOf(bytes: ArrayBuffer | Uint8Array): Float32Array {
  return bytes instanceof Uint8Array ? new Float32Array(bytes.slice().buffer) : new Float32Array(bytes);
}
