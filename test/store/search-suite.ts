import { createHash, randomUUID } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { documentsSource } from '../../src/knowledge/search/fill.ts';
import { SearchIndex, type SearchIndexOptions } from '../../src/knowledge/search/search-index.ts';
import type { Store, StoredVector, User } from '../../src/store/contract.ts';
import { silentLogger } from '../unit/supervisor/house.ts';

const MODEL = 'm';
const DIMENSIONS = 16;

/** What a search has to do over every store, however it is opened. Tests do not see each other: each has users of its own. */
export function searchSuite(name: string, open: () => Promise<Store>): void {
  // oxlint-disable-next-line vitest/valid-title -- the caller says which store it is
  describe(name, () => {
    let store: Store;
    const indexes: SearchIndex[] = [];
    beforeAll(async () => {
      store = await open();
      await store.users();
    });
    afterAll(async () => {
      await Promise.all(indexes.map((index) => index.close()));
      await store.close();
    });
    const indexOf = (options: Partial<SearchIndexOptions> = {}) => {
      const base = {
        source: documentsSource(store),
        logger: silentLogger,
        model: MODEL,
        memory: 1 << 30,
        fillWaitMs: 60_000,
      };
      const index = new SearchIndex({ ...base, ...options });
      indexes.push(index);
      return index;
    };
    const find = async (index: SearchIndex, user: User, text: string, more: object = {}) => {
      const { hits, degraded } = await index.search(user, { text, limit: 10, minSimilarity: 0.3, ...more });
      expect(degraded).toBeNull();
      return hits;
    };

    it('finds what the store holds, by words, by vectors and by both', async () => {
      const user = newUser();
      const boiler = await add(store, user, ['The boiler is called Kestrel.', 'Press the button twice.'], 'manuals');
      const birds = await add(store, user, ['A kestrel is a bird of prey.', 'Ospreys dive for fish.'], 'birds');
      await store.vectors.write(user, MODEL, [vectorAt(boiler, 1, 0), vectorAt(birds, 1, 1)]);
      const index = indexOf();
      expect(placesOf(await find(index, user, 'kestrel')).sort()).toEqual([`${birds} 0`, `${boiler} 0`].sort());
      expect(placesOf(await find(index, user, 'unheard of', { vector: direction(1) }))).toEqual([`${birds} 1`]);
      const [first] = await find(index, user, 'press the button', { vector: direction(0) });
      expect(first).toMatchObject({ document: boiler, ord: 1, lexical: expect.any(Number) });
      expect(first?.similarity).toBeCloseTo(1, 5);
      const { id } = (await store.collections.find(user, 'birds')) ?? { id: '' };
      expect(placesOf(await find(index, user, 'kestrel', { collections: [id] }))).toEqual([`${birds} 0`]);
      expect(index.stats()).toMatchObject({ users: 1, documents: 2, chunks: 4, vectors: 2 });
    });

    it('finds the same whether it was told of a document or has read it', async () => {
      const user = newUser();
      const told = indexOf();
      expect(await find(told, user, 'anything')).toEqual([]);
      const texts = Array.from({ length: 40 }, (_, ord) => `passage n${ord} on ${ord % 2 ? 'owls' : 'kites'}`);
      const id = await add(store, user, texts, 'default');
      const vectors = texts.map((_, ord) => vectorAt(id, ord, ord % DIMENSIONS));
      await store.vectors.write(user, MODEL, vectors);
      const document = await store.documents.get(user, id);
      expect(document?.state).toBe('ready');
      told.setDocument(user, id, {
        title: document?.title ?? '',
        collections: document?.collections ?? [],
        created: document?.created ?? 0,
        searchable: true,
      });
      told.addChunks(user, id, await store.chunks.range(user, id, 0, texts.length));
      told.setVectors(user, MODEL, vectors);
      const read = indexOf();
      for (const question of ['n17', 'owls', 'n3 kites', 'hawks']) {
        const more = { vector: direction(3), limit: 20 };
        expect(await find(told, user, question, more)).toEqual(await find(read, user, question, more));
      }
    });

    it('searches what is ready, and no longer what is gone', async () => {
      const user = newUser();
      const id = await add(store, user, ['The osprey dives.'], 'default');
      const waiting = await add(store, user, ['The osprey waits.'], 'default', 'quarantined');
      const index = indexOf();
      expect(placesOf(await find(index, user, 'osprey'))).toEqual([`${id} 0`]);
      await store.documents.change(user, waiting, { state: 'ready' });
      await store.documents.remove(user, id);
      expect(placesOf(await find(indexOf(), user, 'osprey'))).toEqual([`${waiting} 0`]);
    });

    it('shows nobody what another has', async () => {
      const users = [newUser(), newUser(), newUser()];
      const ids = new Map<User, string>();
      for (const user of users) {
        const id = await add(
          store,
          user,
          [`The canary is canary${hexOf(user)}.`, 'A passage that all have.'],
          'default',
        );
        await store.vectors.write(user, MODEL, [vectorAt(id, 0, 0), vectorAt(id, 1, 1)]);
        ids.set(user, id);
      }
      const index = indexOf();
      for (const user of users) {
        for (const other of users) {
          const more = { vector: direction(0), documents: [ids.get(other) ?? ''] };
          const found = await find(index, user, `canary${hexOf(other)}`, more);
          expect(placesOf(found)).toEqual(user === other ? [`${ids.get(user)} 0`] : []);
        }
        const everything = await find(index, user, 'passage that all have', { vector: direction(1), minSimilarity: 0 });
        expect(new Set(everything.map(({ document }) => document))).toEqual(new Set([ids.get(user)]));
      }
    });

    it('finds nearly all of the nearest by an index of the store, where it has one', async () => {
      if (!store.vectors.nearest) return;
      const user = newUser();
      const texts = Array.from({ length: 400 }, (_, ord) => `passage n${ord}`);
      const id = await add(store, user, texts, 'default');
      const vectors = texts.map((_, ord) => ({ document: id, ord, vector: scattered(ord) }));
      await store.vectors.write(user, MODEL, vectors);
      const exact = indexOf();
      const byStore = indexOf({ turnOver: 100 });
      let [common, all] = [0, 0];
      for (let number = 0; number < 20; number += 1) {
        const more = { vector: scattered(1_000 + number), minSimilarity: 0 };
        const wanted = new Set(placesOf(await find(exact, user, '', more)));
        const found = placesOf(await find(byStore, user, '', more));
        all += wanted.size;
        common += found.filter((place) => wanted.has(place)).length;
      }
      expect(byStore.stats().vectors).toBe(0);
      expect(common / all).toBeGreaterThan(0.9);
    });
  });
}

const newUser = (): User => `user ${randomUUID()}`;
const hexOf = (text: string) => Buffer.from(text).toString('hex');
const placesOf = (hits: readonly { document: string; ord: number }[]) =>
  hits.map(({ document, ord }) => `${document} ${ord}`);

function direction(axis: number): Float32Array {
  const vector = new Float32Array(DIMENSIONS);
  vector[axis] = 1;
  return vector;
}

const vectorAt = (document: string, ord: number, axis: number): StoredVector => ({
  document,
  ord,
  vector: direction(axis),
});

/** A direction for each number, of length 1. */
function scattered(number: number): Float32Array {
  const bytes = createHash('sha256').update(String(number)).digest();
  const values = Array.from({ length: DIMENSIONS }, (_, index) => bytes.readInt16LE(2 * index));
  const length = Math.hypot(...values);
  return Float32Array.from(values, (value) => value / length);
}

async function add(
  store: Store,
  user: User,
  texts: readonly string[],
  collection: string,
  state: 'ready' | 'quarantined' = 'ready',
): Promise<string> {
  const { id: shelf } = await store.collections.ensure(user, collection);
  const { document } = await store.documents.create(user, {
    title: 'untitled',
    uri: null,
    mime: 'text/plain',
    sha256: createHash('sha256').update(texts.join('\n')).digest('hex'),
    bytes: 1,
    origin: 'text',
    collections: [shelf],
    fetched: null,
    attribution: null,
    attributes: {},
  });
  let start = 0;
  const chunks = texts.map((text, ord) => {
    const chunk = { ord, text, start, end: start + text.length, page: null, headings: [] };
    start += text.length;
    return chunk;
  });
  await store.chunks.write(user, document.id, chunks);
  await store.documents.change(user, document.id, { state });
  return document.id;
}
