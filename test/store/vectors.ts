import { beforeAll, describe, expect, it } from 'vitest';

import type { Store } from '../../src/store/contract.ts';
import { MODEL, all, newChunks, newDocument, newUser, newVectors, twoDocuments } from './parts.ts';

export function vectorTests(opened: () => Store): void {
  describe('vectors', () => {
    let store: Store;
    beforeAll(() => {
      store = opened();
    });

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

    it('nearest to a question are found by the index, where there is one', async () => {
      if (store.vectors.nearest === undefined) return expect(store.health().kind).not.toBe('server');
      const [user, other] = [newUser(), newUser()];
      const [document, second] = await Promise.all(
        [user, user, other].map(async (owner) => {
          const { id } = (await store.documents.create(owner, newDocument())).document;
          await store.chunks.write(owner, id, newChunks(300));
          await store.vectors.write(owner, MODEL, newVectors(id, 300));
          return id;
        }),
      );
      const question = newVectors('', 301)[300]!.vector;
      const similarity = (vector: Float32Array) =>
        vector.reduce((sum, value, index) => sum + value * question[index]!, 0);
      const best = newVectors(second!, 300).map((each) => ({ ord: each.ord, similarity: similarity(each.vector) }));
      best.sort((left, right) => right.similarity - left.similarity);
      const found = (await store.vectors.nearest?.(user, MODEL, question, { limit: 10, documents: [second!] })) ?? [];
      expect(found.map(({ document: from }) => from)).toEqual(Array(10).fill(second));
      expect(best.slice(0, 12).map(({ ord }) => ord)).toEqual(expect.arrayContaining(found.map(({ ord }) => ord)));
      expect(found[0]?.similarity).toBeCloseTo(best[0]!.similarity, 4);
      const both = (await store.vectors.nearest?.(user, MODEL, question, { limit: 20 })) ?? [];
      expect(new Set(both.map(({ document: from }) => from))).toEqual(new Set([document, second]));
      expect(await store.vectors.nearest?.(user, 'another model', question, { limit: 10 })).toEqual([]);
      expect(await store.vectors.nearest?.(user, MODEL, question, { limit: 0 })).toEqual([]);
      await store.documents.remove(user, second!);
      const left = (await store.vectors.nearest?.(user, MODEL, question, { limit: 20 })) ?? [];
      expect(new Set(left.map(({ document: from }) => from))).toEqual(new Set([document]));
    });

    it('of a passage that is gone are not kept', async () => {
      const user = newUser();
      const { document } = await twoDocuments(store, user, 2);
      await store.vectors.write(user, MODEL, newVectors(document, 5));
      await store.vectors.write(user, MODEL, newVectors('doc_none', 5));
      expect(await store.vectors.count(user, MODEL)).toBe(5);
    });
  });
}
