import { beforeAll, describe, expect, it } from 'vitest';

import type { Store, User } from '../../src/store/contract.ts';
import { all, MODEL, newChunks, newDocument, newUser, newVectors, twoDocuments } from './parts.ts';

/** What a statement would stumble over if a value were ever part of it. */
export const ZOO = [
  "'; DELETE document; --",
  '"; REMOVE TABLE document; --',
  '`; DELETE chunk; `',
  '$user',
  '$auth',
  "' OR true OR '",
  '") OR 1=1 --',
  "x']; DELETE document WHERE true; SELECT * FROM ['",
  'document:⟨a⟩',
  'document:[',
  '..',
  '[]',
  'NONE',
  'NULL',
  '/* */ DELETE vector',
  '\\',
  "\\'; THROW 'x'; --",
  '{{7*7}}',
  "u'0192'",
  "d'2024-01-01T00:00:00Z'",
  "r'document:1'",
  'function() { return 1 }',
  '<future> { DELETE document }',
  'DROP TABLE document',
  '\u202e\u200b\ufeff',
  '🦊'.repeat(50),
  'a'.repeat(500),
];

export function isolationTests(opened: () => Store): void {
  describe('nobody', () => {
    let store: Store;
    beforeAll(() => {
      store = opened();
    });

    it('sees, changes or removes what is another user’s: as if it were not there', async () => {
      const [owner, thief] = [newUser(), newUser()];
      const { document } = await twoDocuments(store, owner);
      const collection = await store.collections.ensure(owner, 'secret');
      const before = await pictureOf(store, owner);
      for (const [id, vs] of [
        [document, collection.id],
        ['doc_none', 'vs_none'],
      ] as const) {
        expect(await attempts(store, thief, id, vs)).toEqual(NOTHING);
      }
      expect(await pictureOf(store, owner)).toEqual(before);
      expect(await pictureOf(store, thief)).toMatchObject({ documents: [], collections: [], chunks: [], vectors: [] });
    });

    it('puts a document into another user’s collection', async () => {
      const [owner, thief] = [newUser(), newUser()];
      const { id } = await store.collections.ensure(owner, 'secret');
      const { document } = await store.documents.create(thief, newDocument({ collections: [id] }));
      expect(document.collections).toEqual([]);
      expect((await store.documents.change(thief, document.id, { collections: [id] }))?.collections).toEqual([]);
      expect(await store.documents.count(owner, { collection: id })).toBe(0);
    });

    it('changes anything by what a text says', async () => {
      const canary = newUser();
      await twoDocuments(store, canary);
      const before = await pictureOf(store, canary);
      for (const text of ZOO) await useEverywhere(store, text);
      expect(await pictureOf(store, canary)).toEqual(before);
    }, 60_000);
  });
}

/** Every method that takes an id. */
async function attempts(store: Store, user: User, document: string, collection: string): Promise<unknown[]> {
  const { collections, documents, chunks, vectors } = store;
  const refs = [{ document, ord: 0 }];
  await chunks.write(user, document, newChunks(2));
  await chunks.clear(user, document);
  await vectors.write(user, MODEL, newVectors(document, 2));
  await vectors.retain(user, 'another');
  return [
    await collections.find(user, collection),
    await collections.find(user, 'secret'),
    await collections.change(user, collection, { name: 'mine' }),
    await collections.remove(user, collection),
    await collections.list(user),
    await documents.get(user, document),
    await documents.change(user, document, { state: 'ready', title: 'mine' }),
    await documents.remove(user, document),
    await documents.list(user),
    await documents.list(user, { after: document }),
    await documents.list(user, { collection }),
    await documents.count(user, { collection }),
    await chunks.get(user, refs),
    await chunks.range(user, document, 0, 9),
    await chunks.count(user),
    await all(chunks.each(user)),
    await vectors.missing(user, MODEL, 9),
    await vectors.count(user, MODEL),
    await all(vectors.each(user, MODEL)),
    (await vectors.nearest?.(user, MODEL, newVectors(document, 1)[0]!.vector, { limit: 5, documents: [document] })) ??
      [],
    (await vectors.nearest?.(user, MODEL, newVectors(document, 1)[0]!.vector, { limit: 5 })) ?? [],
  ];
}

const NOTHING = [
  undefined,
  undefined,
  undefined,
  false,
  [],
  undefined,
  undefined,
  false,
  [],
  [],
  [],
  0,
  [],
  [],
  0,
  [],
  [],
  0,
  [],
  [],
  [],
];

/** In every place that takes a text; each keeps it as it is. */
async function useEverywhere(store: Store, text: string): Promise<void> {
  const user = `${newUser()} ${text}`.slice(0, 500);
  const collection = await store.collections.ensure(user, text.slice(0, 256), { [text.slice(0, 60)]: text });
  expect(await store.collections.find(user, text.slice(0, 256))).toEqual(collection);
  expect(await store.collections.change(user, text, { name: text.slice(0, 256) })).toBeUndefined();
  expect(await store.collections.remove(user, text)).toBe(false);
  const { document } = await store.documents.create(
    user,
    newDocument({
      title: text,
      uri: text,
      mime: text,
      attribution: text,
      attributes: { [text]: text },
      collections: [collection.id, text],
    }),
  );
  expect(document).toMatchObject({ title: text, uri: text, mime: text, attributes: { [text]: text } });
  expect(document.collections).toEqual([collection.id]);
  const changed = await store.documents.change(user, document.id, { error: text, language: text, collections: [text] });
  expect(changed).toMatchObject({ error: text, language: text, collections: [] });
  expect(await store.documents.get(user, text)).toBeUndefined();
  expect(await store.documents.change(user, text, { title: text })).toBeUndefined();
  expect(await store.documents.remove(user, text)).toBe(false);
  expect(await store.documents.list(user, { text })).toHaveLength(1);
  expect(await store.documents.list(user, { collection: text })).toEqual([]);
  expect(await store.documents.list(user, { states: [text as 'ready'] })).toEqual([]);
  expect((await store.documents.list(user, { after: text })).length).toBeLessThanOrEqual(1);
  await store.chunks.write(user, text, newChunks(1));
  await store.chunks.clear(user, text);
  const [chunk] = newChunks(1);
  await store.chunks.write(user, document.id, [{ ...chunk!, text, headings: [text] }]);
  expect(await store.chunks.range(user, document.id, 0, 0)).toMatchObject([{ text, headings: [text] }]);
  expect(await store.chunks.get(user, [{ document: text, ord: 0 }])).toEqual([]);
  expect(await store.chunks.range(user, text, 0, 9)).toEqual([]);
  await store.vectors.write(user, text, newVectors(document.id, 1));
  await store.vectors.write(user, MODEL, newVectors(text, 1));
  expect(await store.vectors.count(user, text)).toBe(1);
  expect(await store.vectors.missing(user, text, 9)).toEqual([]);
  expect(await all(store.vectors.each(user, text))).toHaveLength(1);
  const question = newVectors(document.id, 1)[0]!.vector;
  const near = await store.vectors.nearest?.(user, text, question, { limit: 3, documents: [text, document.id] });
  if (near) expect(near).toMatchObject([{ document: document.id, ord: 0 }]);
  await store.vectors.retain(user, text);
  expect(await store.vectors.count(user, text)).toBe(1);
  expect(await store.documents.remove(user, document.id)).toBe(true);
}

async function pictureOf(store: Store, user: User) {
  return {
    collections: await store.collections.list(user),
    documents: await store.documents.list(user),
    chunks: await all(store.chunks.each(user)),
    vectors: await all(store.vectors.each(user, MODEL)),
  };
}
