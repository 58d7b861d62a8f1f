import { createHash, randomUUID } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Chunk, NewDocument, Store, StoredVector } from '../../src/store/contract.ts';

/** What every store has to do, however it is opened. Tests do not see each other: each has users of its own. */
export function storeSuite(name: string, open: () => Promise<Store>): void {
  // oxlint-disable-next-line vitest/valid-title -- the caller says which store it is
  describe(name, () => {
    let store: Store;
    beforeAll(async () => {
      store = await open();
      await store.users();
    });
    afterAll(() => store.close());

    it('is ready, and knows its engine', () => {
      expect(store.health()).toMatchObject({ state: 'ready', reason: null });
      expect(store.health().version).toMatch(/^\d+\.\d+\.\d+/);
    });

    describe('collections', () => {
      it('are made once for a name, and found by id and by name', async () => {
        const user = newUser();
        const made = await store.collections.ensure(user, 'laws', { kind: 'civil' });
        expect(made).toEqual({
          id: expect.stringMatching(/^vs_/),
          name: 'laws',
          created: expect.any(Number),
          metadata: { kind: 'civil' },
        });
        expect(await store.collections.ensure(user, 'laws')).toEqual(made);
        expect(await store.collections.find(user, 'laws')).toEqual(made);
        expect(await store.collections.find(user, made.id)).toEqual(made);
        expect(await store.collections.find(user, 'other')).toBeUndefined();
        const second = await store.collections.ensure(user, 'other');
        expect((await store.collections.list(user)).map(({ id }) => id)).toEqual([second.id, made.id]);
      });

      it('are made once even where many ask at the same time', async () => {
        const user = newUser();
        const made = await Promise.all(Array.from({ length: 20 }, () => store.collections.ensure(user, 'same')));
        expect(new Set(made.map(({ id }) => id)).size).toBe(1);
      });

      it('change their name and metadata as a whole; a name that is taken is refused', async () => {
        const user = newUser();
        const { id } = await store.collections.ensure(user, 'a', { old: '1' });
        await store.collections.ensure(user, 'b');
        expect(await store.collections.change(user, id, { name: 'c', metadata: { new: '2' } })).toMatchObject({
          name: 'c',
          metadata: { new: '2' },
        });
        expect((await store.collections.find(user, id))?.metadata).toEqual({ new: '2' });
        await expect(store.collections.change(user, id, { name: 'b' })).rejects.toMatchObject({ code: 'conflict' });
        expect(await store.collections.change(user, 'vs_none', { name: 'd' })).toBeUndefined();
      });

      it('go, and their documents stay', async () => {
        const user = newUser();
        const { id } = await store.collections.ensure(user, 'a');
        const { document } = await store.documents.create(user, newDocument({ collections: [id] }));
        expect(document.collections).toEqual([id]);
        expect(await store.collections.remove(user, id)).toBe(true);
        expect(await store.collections.remove(user, id)).toBe(false);
        expect(await store.collections.list(user)).toEqual([]);
        expect((await store.documents.get(user, document.id))?.collections).toEqual([]);
      });
    });

    describe('documents', () => {
      it('are queued as they were given', async () => {
        const user = newUser();
        const given = newDocument({
          uri: 'https://example.org/ü',
          fetched: 5,
          attribution: 'CC',
          attributes: { a: 'x', b: 1.5, c: true },
        });
        const { document, existed } = await store.documents.create(user, given);
        expect(existed).toBe(false);
        expect(document).toEqual({
          ...given,
          id: expect.stringMatching(/^doc_[0-9a-z]{27}$/),
          language: null,
          state: 'queued',
          error: null,
          chunks: 0,
          characters: 0,
          created: expect.any(Number),
          updated: expect.any(Number),
        });
        expect(await store.documents.get(user, document.id)).toEqual(document);
      });

      it('with the same bytes are the same one, with the collections of both', async () => {
        const user = newUser();
        const [one, two] = await Promise.all([
          store.collections.ensure(user, 'one'),
          store.collections.ensure(user, 'two'),
        ]);
        const bytes = newDocument();
        const first = await store.documents.create(user, { ...bytes, collections: [one.id] });
        const second = await store.documents.create(user, {
          ...bytes,
          title: 'again',
          collections: [two.id, 'vs_none'],
        });
        expect(second.existed).toBe(true);
        expect(second.document).toMatchObject({ id: first.document.id, title: first.document.title });
        expect([...second.document.collections].sort()).toEqual([one.id, two.id].sort());
        expect((await store.documents.create(newUser(), bytes)).existed).toBe(false);
      });

      it('with the same bytes at the same time are one', async () => {
        const user = newUser();
        const bytes = newDocument();
        const made = await Promise.all(Array.from({ length: 20 }, () => store.documents.create(user, bytes)));
        expect(new Set(made.map(({ document }) => document.id)).size).toBe(1);
        expect(made.filter(({ existed }) => !existed)).toHaveLength(1);
      });

      it('are listed newest first, in pages, by collection, state and text', async () => {
        const user = newUser();
        const { id: collection } = await store.collections.ensure(user, 'c');
        const ids: string[] = [];
        for (let index = 0; index < 7; index += 1) {
          const given = newDocument({
            title: `Title ${index} ÁRBOL`,
            collections: index % 2 ? [collection] : [],
            uri: index === 3 ? 'File:/Ñandú' : null,
          });
          ids.unshift((await store.documents.create(user, given)).document.id);
        }
        await store.documents.change(user, ids[0] ?? '', { state: 'ready' });
        const list = async (filter: Parameters<Store['documents']['list']>[1]) =>
          (await store.documents.list(user, filter)).map(({ id }) => ids.indexOf(id));
        expect(await list({})).toEqual([0, 1, 2, 3, 4, 5, 6]);
        expect(await list({ limit: 3 })).toEqual([0, 1, 2]);
        expect(await list({ limit: 3, after: ids[2] })).toEqual([3, 4, 5]);
        expect(await list({ collection })).toEqual([1, 3, 5]);
        expect(await list({ states: ['ready'] })).toEqual([0]);
        expect(await list({ states: ['queued', 'failed'], collection, limit: 2 })).toEqual([1, 3]);
        expect(await list({ text: 'título' })).toEqual([]);
        expect(await list({ text: 'TITLE 2 á' })).toEqual([4]);
        expect(await list({ text: 'ñANDú' })).toEqual([3]);
        expect(await store.documents.count(user)).toBe(7);
        expect(await store.documents.count(user, { collection, states: ['queued'] })).toBe(3);
        expect(await store.documents.count(newUser())).toBe(0);
      });

      it('change, and values are replaced as a whole', async () => {
        const user = newUser();
        const { id: collection } = await store.collections.ensure(user, 'c');
        const { document } = await store.documents.create(user, newDocument({ attributes: { a: 1, b: 2 } }));
        const changed = await store.documents.change(user, document.id, {
          state: 'failed',
          error: 'no text',
          language: 'es',
          characters: 12,
          attributes: { c: 3 },
          collections: [collection, 'vs_none', collection],
        });
        expect(changed).toMatchObject({ state: 'failed', error: 'no text', language: 'es', characters: 12 });
        expect(changed?.attributes).toEqual({ c: 3 });
        expect(changed?.collections).toEqual([collection]);
        expect(changed?.updated).toBeGreaterThanOrEqual(document.updated);
        expect((await store.documents.change(user, document.id, { error: null }))?.error).toBeNull();
        expect(await store.documents.change(user, 'doc_none', { state: 'ready' })).toBeUndefined();
        expect(await store.documents.count(user)).toBe(1);
      });

      it('go with their passages and vectors', async () => {
        const user = newUser();
        const { document, other } = await twoDocuments(store, user);
        expect(await store.documents.remove(user, document)).toBe(true);
        expect(await store.documents.remove(user, document)).toBe(false);
        expect(await store.documents.get(user, document)).toBeUndefined();
        expect(await store.chunks.range(user, document, 0, 10_000)).toEqual([]);
        expect(await store.chunks.count(user)).toBe(3);
        expect(await store.vectors.count(user, MODEL)).toBe(3);
        expect((await all(store.vectors.each(user, MODEL))).map((each) => each.document)).toEqual([
          other,
          other,
          other,
        ]);
        expect((await all(store.chunks.each(user))).map((each) => each.document)).toEqual([other, other, other]);
      });
    });

    describe('passages', () => {
      it('come back as they were, in order, in slices and one by one', async () => {
        const user = newUser();
        const { document, other } = await twoDocuments(store, user, 1_203);
        const chunks = newChunks(1_203);
        expect(await store.chunks.count(user)).toBe(1_206);
        expect((await store.documents.get(user, document))?.chunks).toBe(1_203);
        const each = await all(store.chunks.each(user));
        expect(each.filter((chunk) => chunk.document === document)).toEqual(
          chunks.map((chunk) => ({ document, ...chunk })),
        );
        expect(each).toHaveLength(1_206);
        expect((await store.chunks.range(user, document, 600, 602)).map(({ ord }) => ord)).toEqual([600, 601, 602]);
        expect(await store.chunks.range(user, document, -5, 99_999)).toHaveLength(1_203);
        expect(await store.chunks.range(user, document, 1_202, 1_300)).toHaveLength(1);
        const refs = [
          { document: other, ord: 2 },
          { document, ord: 1_202 },
          { document, ord: 5_000 },
          { document, ord: 0 },
        ];
        expect((await store.chunks.get(user, refs)).map(({ ord }) => ord)).toEqual([2, 1_202, 0]);
        expect(await store.chunks.get(user, [])).toEqual([]);
      });

      it('of the same place are replaced, and their vectors go', async () => {
        const user = newUser();
        const { document } = await twoDocuments(store, user, 5);
        await store.chunks.write(user, document, [{ ...newChunks(5)[2]!, text: 'new' }]);
        expect(await store.chunks.count(user)).toBe(8);
        expect((await store.chunks.range(user, document, 2, 2))[0]?.text).toBe('new');
        expect(await store.vectors.missing(user, MODEL, 10)).toEqual([{ document, ord: 2 }]);
        expect(await store.vectors.count(user, MODEL)).toBe(7);
      });

      it('of a document that is not there are not kept', async () => {
        const user = newUser();
        await store.chunks.write(user, 'doc_none', newChunks(3));
        expect(await store.chunks.range(user, 'doc_none', 0, 10)).toEqual([]);
        expect(await store.chunks.count(user)).toBe(0);
      });

      it('are cleared, and written anew', async () => {
        const user = newUser();
        const { document } = await twoDocuments(store, user, 1_100);
        await store.chunks.clear(user, document);
        expect(await store.chunks.count(user)).toBe(3);
        expect((await store.documents.get(user, document))?.chunks).toBe(0);
        expect(await store.vectors.count(user, MODEL)).toBe(3);
        await store.chunks.write(user, document, newChunks(2));
        expect(await store.chunks.count(user)).toBe(5);
        expect(await all(store.chunks.each(user))).toHaveLength(5);
        await store.chunks.clear(user, 'doc_none');
      });

      it('written while their document is removed do not stay', async () => {
        const user = newUser();
        const { document } = await store.documents.create(user, newDocument());
        const writing = Array.from({ length: 6 }, (_, index) =>
          store.chunks.write(
            user,
            document.id,
            newChunks(300).map((chunk) => ({ ...chunk, ord: chunk.ord + index * 300 })),
          ),
        );
        const removed = store.documents.remove(user, document.id);
        await Promise.all(writing);
        expect(await removed).toBe(true);
        expect(await store.chunks.range(user, document.id, 0, 10_000)).toEqual([]);
        expect(await all(store.chunks.each(user))).toEqual([]);
      });
    });

    describe('vectors', () => {
      it('come back bit by bit', async () => {
        const user = newUser();
        const { document } = await store.documents.create(user, newDocument());
        await store.chunks.write(user, document.id, newChunks(1_100));
        const vectors = newVectors(document.id, 1_100);
        await store.vectors.write(user, MODEL, vectors);
        const back = await all(store.vectors.each(user, MODEL));
        expect(back.map(({ ord, vector }) => [ord, ...vector])).toEqual(
          vectors.map(({ ord, vector }) => [ord, ...vector]),
        );
        expect(await store.vectors.count(user, MODEL)).toBe(1_100);
        expect(await store.vectors.missing(user, MODEL, 10)).toEqual([]);
      });

      it('of a part of a larger buffer too', async () => {
        const user = newUser();
        const { document } = await store.documents.create(user, newDocument());
        await store.chunks.write(user, document.id, newChunks(1));
        const whole = new Float32Array([9, 9, 0.6, 0.8, 9]);
        await store.vectors.write(user, MODEL, [{ document: document.id, ord: 0, vector: whole.subarray(2, 4) }]);
        expect([...((await all(store.vectors.each(user, MODEL)))[0]?.vector ?? [])]).toEqual([...whole.subarray(2, 4)]);
      });

      it('of zeros, of no numbers and of another length are refused', async () => {
        const user = newUser();
        const { document } = await store.documents.create(user, newDocument());
        await store.chunks.write(user, document.id, newChunks(1));
        for (const vector of [
          new Float32Array(4),
          new Float32Array([Number.NaN, 1]),
          new Float32Array([2, 0]),
          new Float32Array(0),
        ]) {
          await expect(store.vectors.write(user, MODEL, [{ document: document.id, ord: 0, vector }])).rejects.toThrow(
            /length/,
          );
        }
        expect(await store.vectors.count(user, MODEL)).toBe(0);
      });

      it('of one model never meet those of another, and the others can be taken away', async () => {
        const user = newUser();
        const { document } = await twoDocuments(store, user, 4);
        await store.vectors.write(user, 'other', newVectors(document, 2));
        expect(await store.vectors.count(user, 'other')).toBe(2);
        expect(await all(store.vectors.each(user, 'other'))).toHaveLength(2);
        expect(await store.vectors.missing(user, 'other', 100)).toHaveLength(5);
        await store.vectors.write(user, 'other', newVectors(document, 2));
        expect(await store.vectors.count(user, 'other')).toBe(2);
        await store.vectors.retain(user, 'other');
        expect(await store.vectors.count(user, MODEL)).toBe(0);
        expect(await all(store.vectors.each(user, MODEL))).toEqual([]);
        expect(await all(store.vectors.each(user, 'other'))).toHaveLength(2);
      });

      it('that are missing are told in parts, until none is', async () => {
        const user = newUser();
        const { document } = await store.documents.create(user, newDocument());
        await store.chunks.write(user, document.id, newChunks(2_500));
        let rounds = 0;
        for (;;) {
          const refs = await store.vectors.missing(user, MODEL, 700);
          if (refs.length === 0) break;
          rounds += 1;
          const vectors = newVectors(document.id, 2_500);
          await store.vectors.write(
            user,
            MODEL,
            refs.map(({ ord }) => vectors[ord]!),
          );
        }
        expect(rounds).toBe(4);
        expect(await store.vectors.count(user, MODEL)).toBe(2_500);
      });

      it('of a passage that is gone are not kept', async () => {
        const user = newUser();
        const { document } = await twoDocuments(store, user, 2);
        await store.vectors.write(user, MODEL, newVectors(document, 5));
        await store.vectors.write(user, MODEL, newVectors('doc_none', 5));
        expect(await store.vectors.count(user, MODEL)).toBe(5);
      });
    });

    it('names everybody who has anything', async () => {
      const [one, two] = [newUser(), newUser()];
      await store.documents.create(one, newDocument());
      await store.collections.ensure(two, 'c');
      expect(await store.users()).toEqual(expect.arrayContaining([one, two]));
      expect(await store.users()).not.toContain(newUser());
    });

    it('refuses users whose names could become each other', async () => {
      for (const user of ['', 'a\0b', 'a\ud800', 'x'.repeat(600)]) {
        await expect((async () => store.documents.list(user))()).rejects.toMatchObject({ code: 'invalid_request' });
      }
    });
  });
}

const MODEL = 'minilm-384';

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
async function twoDocuments(store: Store, user: string, count = 4) {
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
