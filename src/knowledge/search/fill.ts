import { setImmediate } from 'node:timers/promises';

import type { Store, StoredChunk, StoredDocument, StoredVector, User, VectorRepository } from '../../store/contract.ts';
import { pagesOfDocuments } from '../documents-of.ts';
import { packVectors } from './pack.ts';
import type { Change, DocumentFacts } from './protocol.ts';

/** Copying more text to the thread at once would hold up requests. */
const CHARACTERS_A_MESSAGE = 200_000;

/** What goes to the search thread at once. */
export interface Piece {
  readonly changes: readonly Change[];
  readonly transfer: readonly ArrayBuffer[];
}

/** What a slice is read from, in pieces small enough to hold nobody up: documents first, then their passages, then the vectors. */
export interface SliceSource {
  documents(user: User): AsyncIterable<Piece>;
  passages(user: User): AsyncIterable<Piece>;
  vectors(user: User, model: string): AsyncIterable<Piece>;
  /** Of `VectorRepository`. */
  readonly nearest?: VectorRepository['nearest'];
}

/** Documents and their passages. */
export function documentsSource(store: Pick<Store, 'documents' | 'chunks' | 'vectors'>): SliceSource {
  const { vectors } = store;
  return {
    documents: (user) => documentPieces(store, user),
    passages: (user) => passagePieces(store, user),
    vectors: (user, model) => vectorPieces(vectors.each(user, model)),
    ...(vectors.nearest && { nearest: vectors.nearest.bind(vectors) }),
  };
}

/** What the index must know of a document. */
export function factsOf({ title, collections, created, state }: StoredDocument): DocumentFacts {
  return { title, collections, created, searchable: state === 'ready' };
}

async function* documentPieces(store: Pick<Store, 'documents'>, user: User): AsyncGenerator<Piece> {
  for await (const page of pagesOfDocuments(store, user)) {
    const changes = page.map((document): Change => ({
      kind: 'document',
      id: document.id,
      fill: true,
      facts: factsOf(document),
    }));
    yield { changes, transfer: [] };
  }
}

async function* passagePieces(store: Pick<Store, 'chunks'>, user: User): AsyncGenerator<Piece> {
  for await (const slice of store.chunks.each(user)) {
    for (const changes of messagesOf(slice)) {
      yield { changes, transfer: [] };
      await setImmediate();
    }
  }
}

export async function* vectorPieces(slices: AsyncIterable<readonly StoredVector[]>): AsyncGenerator<Piece> {
  for await (const slice of slices) {
    const packs = packVectors(slice);
    const changes = packs.map((pack) => ({ kind: 'vectors' as const, fill: true, ...pack }));
    yield { changes, transfer: packs.map(({ packed }) => packed.buffer) };
    await setImmediate();
  }
}

/** Neighbours of one document together, no message too long. */
function* messagesOf(chunks: readonly StoredChunk[]): Generator<readonly Change[]> {
  let changes = new Map<string, { ord: number; text: string; headings: readonly string[] }[]>();
  let characters = 0;
  const taken = () => [...changes].map(([id, own]): Change => ({ kind: 'chunks', id, fill: true, chunks: own }));
  for (const { document, ord, text, headings } of chunks) {
    const own = changes.get(document);
    if (own) own.push({ ord, text, headings });
    else changes.set(document, [{ ord, text, headings }]);
    characters += text.length;
    if (characters < CHARACTERS_A_MESSAGE) continue;
    yield taken();
    changes = new Map();
    characters = 0;
  }
  if (changes.size > 0) yield taken();
}
