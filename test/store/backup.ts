import { beforeAll, describe, expect, it } from 'vitest';

import type { Store } from '../../src/store/contract.ts';
import { all, MODEL, newDocument, newUser, twoDocuments } from './parts.ts';

export function backupTests(opened: () => Store): void {
  describe('a backup', () => {
    let store: Store;
    beforeAll(() => {
      store = opened();
    });

    it('of one user comes back whole where nothing of it was left', async () => {
      const user = newUser();
      const { document } = await twoDocuments(store, user, 700);
      const collection = await store.collections.ensure(user, 'laws', { kind: 'civil' });
      await store.documents.change(user, document, {
        state: 'ready',
        collections: [collection.id],
        attributes: { a: 1.5 },
      });
      const before = await everythingOf(store, user);
      const lines = await linesOf(store.backup(user));
      expect(JSON.parse(lines[0] ?? '')).toMatchObject({ orchestrator: 'knowledge', version: 2, user });
      await wipe(store, user);
      expect(await everythingOf(store, user)).toMatchObject({ documents: [], chunks: [], vectors: [] });
      const { added, kept } = await store.restore(from(lines));
      expect({ added, kept }).toEqual({ added: lines.length - 2, kept: 0 });
      expect(await everythingOf(store, user)).toEqual(before);
      expect(await store.vectors.missing(user, MODEL, 10)).toEqual([]);
      expect(await store.restore(from(lines))).toEqual({ added: 0, kept: lines.length - 2, parts: {} });
      expect(await everythingOf(store, user)).toEqual(before);
    });

    it('of everybody has each user, one of a user nobody else', async () => {
      const [one, two] = [newUser(), newUser()];
      await store.documents.create(one, newDocument({ title: one }));
      await store.documents.create(two, newDocument({ title: two }));
      const whole = (await linesOf(store.backup())).join('\n');
      expect(whole).toContain(one);
      expect(whole).toContain(two);
      const own = (await linesOf(store.backup(one))).join('\n');
      expect(own).toContain(one);
      expect(own).not.toContain(two);
    });

    it('leaves documents and collections that are there as they are', async () => {
      const user = newUser();
      const bytes = newDocument({ title: 'as it was' });
      const collection = await store.collections.ensure(user, 'laws');
      const { document } = await store.documents.create(user, { ...bytes, collections: [collection.id] });
      const other = await store.documents.create(user, newDocument({ collections: [collection.id] }));
      const lines = await linesOf(store.backup(user));
      await wipe(store, user);
      const newer = await store.collections.ensure(user, 'laws');
      const again = await store.documents.create(user, { ...bytes, title: 'as it is' });
      expect(await store.restore(from(lines))).toMatchObject({ added: 1, kept: 2 });
      expect(await store.documents.get(user, document.id)).toBeUndefined();
      expect((await store.documents.get(user, again.document.id))?.title).toBe('as it is');
      expect((await store.documents.get(user, other.document.id))?.collections).toEqual([newer.id]);
    });

    it('that is cut off adds what is whole, and nothing half', async () => {
      const user = newUser();
      const { document, other } = await twoDocuments(store, user, 900);
      const lines = await linesOf(store.backup(user));
      await wipe(store, user);
      const at = lines.findIndex((line) => line.includes(`"${document}"`));
      const restoring = store.restore(from(lines.slice(0, at + 600)));
      await expect(restoring).rejects.toMatchObject({ code: 'invalid_request', message: /cut off after line/ });
      expect(await store.documents.get(user, document)).toBeUndefined();
      expect(await store.chunks.range(user, document, 0, 1_000)).toEqual([]);
      await store.restore(from(lines));
      expect(await store.chunks.count(user)).toBe(903);
      expect((await store.documents.list(user)).map(({ id }) => id).sort()).toEqual([document, other].sort());
    });

    it('of another kind, of a newer program or with a faulty line is refused, and the line is named', async () => {
      const header = '{"orchestrator":"knowledge","version":1,"created":"now","user":null}';
      for (const [lines, message] of [
        [[], /no backup/],
        [['{"version":1}'], /no backup/],
        [['not json'], /Line 1 .* no JSON/],
        [[header.replace('1', '3')], /version 3, .* reads 2/],
        [[header, '{"type":"user"}'], /Line 2/],
        [[header, '{"type":"chunk","ord":0,"text":"","start":0,"end":0,"page":null,"headings":[]}'], /no document/],
        [[header, '{"type":"end","records":0}', '{"type":"end","records":0}'], /after its end/],
      ] as const) {
        await expect(store.restore(from(lines))).rejects.toMatchObject({ code: 'invalid_request', message });
      }
    });
  });
}

async function everythingOf(store: Store, user: string) {
  return {
    collections: await store.collections.list(user),
    documents: await store.documents.list(user),
    chunks: await all(store.chunks.each(user)),
    vectors: await all(store.vectors.each(user, MODEL)),
  };
}

async function wipe(store: Store, user: string): Promise<void> {
  for (const { id } of await store.documents.list(user)) await store.documents.remove(user, id);
  for (const { id } of await store.collections.list(user)) await store.collections.remove(user, id);
}

export async function linesOf(lines: AsyncIterable<string>): Promise<string[]> {
  const found: string[] = [];
  for await (const line of lines) found.push(line);
  return found;
}

export async function* from(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines;
}
