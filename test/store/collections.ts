import { beforeAll, describe, expect, it } from 'vitest';

import type { Store } from '../../src/store/contract.ts';
import { newDocument, newUser } from './parts.ts';

export function collectionTests(opened: () => Store): void {
  describe('collections', () => {
    let store: Store;
    beforeAll(() => {
      store = opened();
    });

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

    it('are new for one alone of many who want the same name', async () => {
      const user = newUser();
      const made = await Promise.all(
        Array.from({ length: 10 }, () => store.collections.create(user, 'new', { a: 'b' })),
      );
      expect(made.filter(Boolean)).toHaveLength(1);
      expect(await store.collections.list(user)).toEqual(made.filter(Boolean));
      expect(await store.collections.create(newUser(), 'new')).toMatchObject({ name: 'new', metadata: {} });
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
}
