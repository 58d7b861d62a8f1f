import { createHash, randomUUID } from 'node:crypto';

import type { Chunk, NewDocument, Store, StoredVector } from '../../src/store/contract.ts';

export const MODEL = 'minilm-384';

export const newUser = () => `user-${randomUUID()}`;

export function newDocument(change: Partial<NewDocument> = {}): NewDocument {
  return {
    title: 'A title',
    uri: null,
    mime: 'text/plain',
    sha256: createHash('sha256').update(randomUUID()).digest('hex'),
    bytes: 10,
    origin: 'text',
    collections: [],
    fetched: null,
    attribution: null,
    attributes: {},
    ...change,
  };
}

export function newChunks(count: number): Chunk[] {
  return Array.from({ length: count }, (_, ord) => ({
    ord,
    text: `passage ${ord} — ñ 🦊`,
    start: ord * 20,
    end: ord * 20 + 20,
    page: ord % 2 ? ord : null,
    headings: ord % 3 ? ['One', `Two ${ord}`] : [],
  }));
}

export function newVectors(document: string, count: number, dimension = 8): StoredVector[] {
  return Array.from({ length: count }, (_, ord) => {
    const raw = Array.from({ length: dimension }, (_, index) => Math.sin(ord * 7.3 + index * index + 1));
    const length = Math.hypot(...raw);
    return { document, ord, vector: Float32Array.from(raw, (value) => value / length) };
  });
}

/** One document of so many passages and one of three, all with vectors. */
export async function twoDocuments(store: Store, user: string, count = 4) {
  const [document, other] = await Promise.all(
    [count, 3].map(async (chunks) => {
      const { id } = (await store.documents.create(user, newDocument())).document;
      await store.chunks.write(user, id, newChunks(chunks));
      await store.vectors.write(user, MODEL, newVectors(id, chunks));
      return id;
    }),
  );
  return { document: document!, other: other! };
}

export async function all<T>(slices: AsyncIterable<readonly T[]>): Promise<T[]> {
  const found: T[] = [];
  for await (const slice of slices) found.push(...slice);
  return found;
}
