import type {
  Chunk,
  ChunkRef,
  Store,
  StoredChunk,
  StoredDocument,
  StoredVector,
  User,
} from '../../../../src/store/contract.ts';

interface Kept {
  readonly documents: StoredDocument[];
  readonly chunks: StoredChunk[];
  readonly vectors: { readonly model: string; readonly vector: StoredVector }[];
}

type Near = ChunkRef & { readonly similarity: number };

/** What the index reads of a store, in memory, with gates that hold a reading under way. */
export class MemoryStore {
  readonly #kept = new Map<User, Kept>();
  /** Awaited before each slice of passages. */
  beforeChunks: () => Promise<void> = () => Promise.resolve();
  reads = 0;
  /** As an index of the store would answer. */
  nearest: ((options: { documents?: readonly string[] }) => Promise<readonly Near[]>) | undefined;

  of(user: User): Kept {
    const kept = this.#kept.get(user) ?? { documents: [], chunks: [], vectors: [] };
    this.#kept.set(user, kept);
    return kept;
  }

  add(user: User, id: string, texts: readonly string[], change: Partial<StoredDocument> = {}): StoredDocument {
    const document: StoredDocument = {
      id,
      title: id,
      uri: null,
      mime: 'text/plain',
      sha256: id,
      bytes: 0,
      language: null,
      origin: 'text',
      state: 'ready',
      error: null,
      collections: ['default'],
      chunks: texts.length,
      characters: 0,
      created: 1,
      updated: 1,
      fetched: null,
      attribution: null,
      attributes: {},
      ...change,
    };
    const kept = this.of(user);
    kept.documents.push(document);
    kept.chunks.push(...chunksOf(texts).map((chunk) => ({ ...chunk, document: id })));
    return document;
  }

  addVector(user: User, model: string, document: string, ord: number, vector: Float32Array): void {
    this.of(user).vectors.push({ model, vector: { document, ord, vector } });
  }

  get store(): Store {
    const slices = async function* <T>(values: readonly T[], before: () => Promise<void>) {
      for (let start = 0; start < values.length; start += 2) {
        const slice = values.slice(start, start + 2);
        await before();
        yield slice;
      }
    };
    const store = {
      documents: {
        list: (user: User, { after, limit = 100 }: { after?: string; limit?: number }) => {
          this.reads += 1;
          const all = this.of(user).documents.toReversed();
          const start = after === undefined ? 0 : all.findIndex(({ id }) => id === after) + 1;
          return Promise.resolve(all.slice(start, start + limit));
        },
      },
      chunks: { each: (user: User) => slices([...this.of(user).chunks], () => this.beforeChunks()) },
      vectors: {
        ...(this.nearest && {
          nearest: (_user: User, _model: string, _vector: Float32Array, options: { documents?: readonly string[] }) =>
            this.nearest?.(options),
        }),
        each: (user: User, model: string) =>
          slices(
            this.of(user)
              .vectors.filter((entry) => entry.model === model)
              .map(({ vector }) => vector),
            () => Promise.resolve(),
          ),
      },
    };
    return store as unknown as Store;
  }
}

export function chunksOf(texts: readonly string[]): Chunk[] {
  return texts.map((text, ord) => ({ ord, text, start: 0, end: text.length, page: null, headings: [] }));
}

/** Of length 1, in the direction of these numbers. */
export function vectorOf(...values: number[]): Float32Array {
  const length = Math.hypot(...values);
  return Float32Array.from(values, (value) => value / length);
}
