import { setImmediate } from 'node:timers/promises';

import type { Store, StoredChunk, User } from '../../store/contract.ts';
import { packVectors } from './pack.ts';
import type { Change } from './protocol.ts';

const DOCUMENTS_A_PAGE = 200;
/** Copying more text to the thread at once would hold up requests. */
const CHARACTERS_A_MESSAGE = 200_000;

/** What goes to the search thread at once. */
export interface Piece {
  readonly changes: readonly Change[];
  readonly transfer: readonly ArrayBuffer[];
}

/** Everything of a user's store, in pieces small enough to hold nobody up. */
export async function* documentsOf(store: Store, user: User): AsyncGenerator<Piece> {
  let after: string | undefined;
  do {
    const page = await store.documents.list(user, { after, limit: DOCUMENTS_A_PAGE });
    const changes = page.map(({ id, title, collections, created, state }): Change => ({
      kind: 'document',
      id,
      fill: true,
      facts: { title, collections, created, searchable: state === 'ready' },
    }));
    yield { changes, transfer: [] };
    after = page.length === DOCUMENTS_A_PAGE ? page.at(-1)?.id : undefined;
  } while (after !== undefined);
}

export async function* passagesOf(store: Store, user: User): AsyncGenerator<Piece> {
  for await (const slice of store.chunks.each(user)) {
    for (const changes of messagesOf(slice)) {
      yield { changes, transfer: [] };
      await setImmediate();
    }
  }
}

export async function* vectorsOf(store: Store, user: User, model: string): AsyncGenerator<Piece> {
  for await (const slice of store.vectors.each(user, model)) {
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
