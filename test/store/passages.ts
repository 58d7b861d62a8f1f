import { beforeAll, describe, expect, it } from 'vitest';

import type { Store } from '../../src/store/contract.ts';
import { MODEL, all, newChunks, newDocument, newUser, twoDocuments } from './parts.ts';

export function passageTests(opened: () => Store): void {
  describe('passages', () => {
    let store: Store;
    beforeAll(() => {
      store = opened();
    });

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
}
