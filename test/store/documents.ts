import { beforeAll, describe, expect, it } from 'vitest';

import type { Store } from '../../src/store/contract.ts';
import { MODEL, all, newChunks, newDocument, newUser, twoDocuments } from './parts.ts';

export function documentTests(opened: () => Store): void {
  describe('documents', () => {
    let store: Store;
    beforeAll(() => {
      store = opened();
    });

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

    it('go, many at once, and nothing else does', async () => {
      const user = newUser();
      const { document, other } = await twoDocuments(store, user, 700);
      const more: string[] = [];
      for (let index = 0; index < 130; index += 1) {
        const { document: small } = await store.documents.create(user, newDocument());
        if (index < 5) await store.chunks.write(user, small.id, newChunks(200));
        more.push(small.id);
      }
      const gone = await store.documents.removeMany(user, [document, ...more, 'doc_none', document]);
      expect([...gone].sort()).toEqual([document, ...more].sort());
      expect((await store.documents.list(user)).map(({ id }) => id)).toEqual([other]);
      expect([await store.chunks.count(user), await store.vectors.count(user, MODEL)]).toEqual([3, 3]);
      expect(await store.chunks.range(user, more[0]!, 0, 300)).toEqual([]);
      expect(await store.chunks.range(user, document, 0, 900)).toEqual([]);
      expect(await store.documents.removeMany(newUser(), [other])).toEqual([]);
      expect(await store.chunks.count(user)).toBe(3);
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
      expect((await all(store.vectors.each(user, MODEL))).map((each) => each.document)).toEqual([other, other, other]);
      expect((await all(store.chunks.each(user))).map((each) => each.document)).toEqual([other, other, other]);
    });
  });
}
