import { setImmediate } from 'node:timers/promises';

import type { BacklogStore } from '../knowledge/embed/backlog.ts';
import type { Piece, SliceSource } from '../knowledge/search/fill.ts';
import { packVectors } from '../knowledge/search/pack.ts';
import type { Change, DocumentFacts, IndexedChunk } from '../knowledge/search/protocol.ts';
import type { MemoryRepository, StoredMemory } from '../store/people-contract.ts';
import { attributeOf } from './attributes.ts';
import type { Standing } from './standing.ts';
import { subjectWords } from './subject-words.ts';
import { otherForms } from './word-forms.ts';

/** A memory is a document with one passage. */
const ONLY = 0;

/** To the search index a memory is a document in the collection of its state, with the words by which people ask for it as its title. */
export function factsOf({ state, validFrom, attribute, subject, evidence, text }: StoredMemory): DocumentFacts {
  const keywords = attributeOf(attribute)?.keywords;
  const asked = [...subjectWords(subject), ...(keywords?.es ?? []), ...(keywords?.en ?? [])];
  const quotes = evidence.map(({ quote }) => quote);
  const title = [...asked, ...quotes, ...otherForms(text)].join('\n');
  return { title, collections: [state], created: validFrom, searchable: true };
}

export function passageOf({ text }: StoredMemory): IndexedChunk {
  return { ord: ONLY, text, headings: [] };
}

/** What the search index reads. What stands without a question is learnt on the way. */
export function memorySource(memories: MemoryRepository, standing: Standing): SliceSource {
  return {
    async *documents(user) {
      const fill = standing.begin(user);
      try {
        for await (const slice of memories.each(user)) {
          for (const memory of slice) fill.offer(memory);
          yield pieceOf(slice);
          await setImmediate();
        }
        fill.complete();
      } finally {
        fill.end();
      }
    },
    async *passages() {
      // They came with their documents.
    },
    async *vectors(user, model) {
      for await (const slice of memories.vectors.each(user, model)) {
        const packs = packVectors(slice.map(({ id, vector }) => ({ document: id, ord: ONLY, vector })));
        const changes = packs.map((pack) => ({ kind: 'vectors' as const, fill: true, ...pack }));
        yield { changes, transfer: packs.map(({ packed }) => packed.buffer) };
        await setImmediate();
      }
    },
  };
}

/** What the embedding backlog works on. */
export function memoryBacklog(memories: MemoryRepository): BacklogStore {
  const { vectors } = memories;
  return {
    users: () => memories.users(),
    chunks: {
      get: async (user, refs) => {
        const ids = refs.map(({ document }) => document);
        const found = await memories.get(user, ids);
        return found
          .filter(({ retracted }) => retracted === null)
          .map(({ id, text }) => ({ document: id, ord: ONLY, text, headings: [] }));
      },
    },
    vectors: {
      write: (user, model, written) =>
        vectors.write(
          user,
          model,
          written.map(({ document, vector }) => ({ id: document, vector })),
        ),
      missing: async (user, model, limit) => {
        const ids = await vectors.missing(user, model, limit);
        return ids.map((id) => ({ document: id, ord: ONLY }));
      },
      count: (user, model) => vectors.count(user, model),
      retain: (user, model) => vectors.retain(user, model),
    },
  };
}

function pieceOf(slice: readonly StoredMemory[]): Piece {
  const changes = slice.flatMap((memory): Change[] => [
    { kind: 'document', id: memory.id, fill: true, facts: factsOf(memory) },
    { kind: 'chunks', id: memory.id, fill: true, chunks: [passageOf(memory)] },
  ]);
  return { changes, transfer: [] };
}
