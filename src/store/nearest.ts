import type { Database } from './connection.ts';
import type { ChunkRef, User } from './contract.ts';
import { checkCount, checkUser, isKey } from './ids.ts';

const MOST_DIMENSIONS = 8_192;
const MOST_NEIGHBOURS = 1_000;

/**
 * The index of a server over the same vectors as numbers, in a field of their own for each dimension. The engine in this process never
 * builds such an index (it runs no background tasks), so there it is not even defined.
 */
export class NearestIndex {
  readonly #database: Database;
  readonly #defined = new Set<number>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** Defines field and index where this dimension is new. */
  async ensure(dimension: number): Promise<void> {
    if (this.#defined.has(dimension)) return;
    const field = fieldOf(dimension);
    await this.#database.run(
      `DEFINE FIELD IF NOT EXISTS ${field} ON vector TYPE option<array<float, ${checkDimension(dimension)}>>`,
    );
    await this.#database.run(
      `DEFINE INDEX IF NOT EXISTS ${field} ON vector FIELDS ${field}
        HNSW DIMENSION ${checkDimension(dimension)} DIST COSINE TYPE F32 EFC 150 M 12`,
    );
    this.#defined.add(dimension);
  }

  /** What is stored beside the bytes of a vector. The SDK would cut the numbers of a `Float32Array` off to a byte each. */
  fieldsOf(vector: Float32Array): Record<string, readonly number[]> {
    return { [fieldOf(vector.length)]: Array.from(vector) };
  }

  async nearest(
    user: User,
    model: string,
    vector: Float32Array,
    { limit, documents }: { readonly limit: number; readonly documents?: readonly string[] | undefined },
  ): Promise<readonly (ChunkRef & { readonly similarity: number })[]> {
    checkUser(user);
    if (!isKey(model) || documents?.length === 0) return [];
    const wanted = Math.min(MOST_NEIGHBOURS, checkCount(limit, 'limit'));
    if (wanted === 0) return [];
    await this.ensure(vector.length);
    // More than wanted: what does not belong to the user is left out of them. Both have to be literals.
    const neighbours = Math.min(MOST_NEIGHBOURS, 2 * wanted + 10);
    const found = await this.#database.run<(ChunkRef & { readonly distance: number })[]>(
      `SELECT id[1] AS document, id[2] AS ord, vector::distance::knn() AS distance FROM vector
        WHERE ${fieldOf(vector.length)} <|${neighbours},${2 * neighbours}|> $vector
          AND id[0] = $user AND id[3] = $model AND ($documents = NONE OR id[1] IN $documents)
        ORDER BY distance LIMIT $wanted`,
      { user, model, vector: Array.from(vector), documents, wanted },
    );
    return found.map(({ document, ord, distance }) => ({ document, ord, similarity: 1 - distance }));
  }
}

function fieldOf(dimension: number): string {
  return `at_${checkDimension(dimension)}`;
}

/** Names and literals of a statement cannot be bound: only an integer gets there. */
function checkDimension(dimension: number): number {
  return checkCount(dimension, 'the dimension of a vector', MOST_DIMENSIONS);
}
