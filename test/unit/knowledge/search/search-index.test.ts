import type { Worker } from 'node:worker_threads';

import { afterEach, describe, expect, it } from 'vitest';

import { documentsSource } from '../../../../src/knowledge/search/fill.ts';
import { SearchIndex, type SearchIndexOptions } from '../../../../src/knowledge/search/search-index.ts';
import { startSearchThread } from '../../../../src/knowledge/search/worker-link.ts';
import { silentLogger } from '../../supervisor/house.ts';
import { chunksOf, MemoryStore, vectorOf } from './memory-store.ts';

const MODEL = 'm';
const open: SearchIndex[] = [];

function indexOf(memory: MemoryStore, options: Partial<SearchIndexOptions> = {}): SearchIndex {
  const index = new SearchIndex({
    source: documentsSource(memory.store),
    logger: silentLogger,
    model: MODEL,
    memory: 1 << 30,
    ...options,
  });
  open.push(index);
  return index;
}

const ask = (text: string, more: object = {}) => ({ text, limit: 5, minSimilarity: 0.3, ...more });
const names = (answer: { hits: readonly { document: string; ord: number }[] }) =>
  answer.hits.map(({ document, ord }) => `${document}/${ord}`);

afterEach(async () => {
  await Promise.all(open.splice(0).map((index) => index.close()));
});

describe('the search index', () => {
  it('reads a slice from the store when its user first asks, and finds by words and by vectors', async () => {
    const memory = new MemoryStore();
    memory.add('ana', 'boiler', ['The boiler is called Kestrel.', 'Press the red button twice.', 'Call the plumber.']);
    memory.addVector('ana', MODEL, 'boiler', 0, vectorOf(1, 0));
    memory.addVector('ana', MODEL, 'boiler', 2, vectorOf(0.1, 1));
    const index = indexOf(memory);
    expect(names(await index.search('ana', ask('kestrel')))).toEqual(['boiler/0']);
    const answer = await index.search('ana', ask('red button', { vector: vectorOf(0, 1) }));
    expect(names(answer).sort()).toEqual(['boiler/1', 'boiler/2']);
    expect(answer.degraded).toBeNull();
    expect(answer.compared).toBe(true);
    expect(memory.reads).toBe(1);
    expect(index.stats()).toMatchObject({ users: 1, documents: 1, chunks: 3, vectors: 2 });
  });

  it('takes in what is told after it was read', async () => {
    const memory = new MemoryStore();
    memory.add('ana', 'one', ['A kestrel is a bird.']);
    const index = indexOf(memory);
    await index.search('ana', ask('kestrel'));
    index.setDocument('ana', 'two', { title: 'Two', collections: ['default'], created: 2, searchable: true });
    index.addChunks('ana', 'two', chunksOf(['The osprey eats fish.']));
    index.setVectors('ana', MODEL, [{ document: 'two', ord: 0, vector: vectorOf(1, 0) }]);
    index.setVectors('ana', 'other', [{ document: 'one', ord: 0, vector: vectorOf(1, 0) }]);
    expect(names(await index.search('ana', ask('osprey')))).toEqual(['two/0']);
    expect(names(await index.search('ana', ask('', { vector: vectorOf(1, 0) })))).toEqual(['two/0']);
    index.setDocument('ana', 'two', { title: 'Two', collections: ['default'], created: 2, searchable: false });
    expect(names(await index.search('ana', ask('osprey')))).toEqual([]);
    index.removeDocument('ana', 'one');
    expect(names(await index.search('ana', ask('kestrel')))).toEqual([]);
  });

  it('does not let the store bring back what was taken away while it was read', async () => {
    const memory = new MemoryStore();
    memory.add('ana', 'gone', ['The kestrel hovers.']);
    memory.add('ana', 'anew', ['The osprey dives, as it was.', 'It has eaten.']);
    let release: () => void = () => undefined;
    const reached = new Promise<void>((resolve) => {
      memory.beforeChunks = () => {
        resolve();
        return new Promise<void>((go) => (release = go));
      };
    });
    const index = indexOf(memory, { fillWaitMs: 10 });
    const early = await index.search('ana', ask('kestrel'));
    expect(early.degraded).toContain('still being read');
    await reached;
    index.removeDocument('ana', 'gone');
    index.clearChunks('ana', 'anew');
    index.addChunks('ana', 'anew', chunksOf(['The osprey dives, as it is now.']));
    memory.beforeChunks = () => Promise.resolve();
    release();
    await index.warm(['ana']);
    expect(names(await index.search('ana', ask('kestrel')))).toEqual([]);
    expect(names(await index.search('ana', ask('osprey')))).toEqual(['anew/0']);
    expect(names(await index.search('ana', ask('eaten')))).toEqual([]);
    expect(index.stats().chunks).toBe(1);
  });

  it('lets go of who was not there longest, and reads it again', async () => {
    const memory = new MemoryStore();
    for (const user of ['ana', 'ben']) memory.add(user, `of-${user}`, ['The kestrel hovers.']);
    const index = indexOf(memory, { memory: 1 });
    expect(names(await index.search('ana', ask('kestrel')))).toEqual(['of-ana/0']);
    expect(names(await index.search('ben', ask('kestrel')))).toEqual(['of-ben/0']);
    expect(index.stats().users).toBe(1);
    expect(names(await index.search('ana', ask('kestrel')))).toEqual(['of-ana/0']);
    expect(memory.reads).toBe(3);
  });

  it('says what the store said when it cannot be read', async () => {
    const memory = new MemoryStore();
    memory.add('ana', 'one', ['The kestrel hovers.']);
    memory.beforeChunks = () => Promise.reject(new Error('the database is away'));
    const index = indexOf(memory);
    const answer = await index.search('ana', ask('kestrel'));
    expect(answer).toMatchObject({ hits: [], compared: false });
    expect(answer.degraded).toContain('the database is away');
  });

  it('stops waiting when the signal aborts', async () => {
    const memory = new MemoryStore();
    memory.add('ana', 'one', ['The kestrel hovers.']);
    memory.beforeChunks = () => new Promise(() => undefined);
    const index = indexOf(memory);
    const leaving = new AbortController();
    const answer = index.search('ana', { ...ask('kestrel'), signal: leaving.signal });
    leaving.abort(new Error('left'));
    await expect(answer).rejects.toThrow('left');
  });

  it('reads slices again with the vectors of another model', async () => {
    const memory = new MemoryStore();
    memory.add('ana', 'one', ['x', 'y']);
    memory.addVector('ana', MODEL, 'one', 0, vectorOf(1, 0));
    memory.addVector('ana', 'other', 'one', 1, vectorOf(1, 0, 0));
    const index = indexOf(memory);
    expect(names(await index.search('ana', ask('', { vector: vectorOf(1, 0) })))).toEqual(['one/0']);
    index.useModel('other');
    expect(names(await index.search('ana', ask('', { vector: vectorOf(1, 0, 0) })))).toEqual(['one/1']);
    const narrow = await index.search('ana', ask('', { vector: vectorOf(1, 0) }));
    expect(narrow).toMatchObject({ hits: [], compared: false, degraded: null });
  });

  it('reads its slices again on another thread when the thread ends', async () => {
    const memory = new MemoryStore();
    memory.add('ana', 'one', ['The kestrel hovers.']);
    const threads: Worker[] = [];
    const startThread = () => {
      const thread = startSearchThread();
      threads.push(thread);
      return thread;
    };
    const index = indexOf(memory, { startThread });
    expect(names(await index.search('ana', ask('kestrel')))).toEqual(['one/0']);
    const [first] = threads;
    const answer = index.search('ana', ask('kestrel'));
    await first?.terminate();
    expect(names(await answer)).toEqual(['one/0']);
    expect(names(await index.search('ana', ask('kestrel')))).toEqual(['one/0']);
    expect(threads.length).toBe(2);
    expect(memory.reads).toBe(2);
  });

  it('leaves alone a thread that ends again and again', async () => {
    const memory = new MemoryStore();
    memory.add('ana', 'one', ['The kestrel hovers.']);
    let started = 0;
    const startThread = () => {
      started += 1;
      const thread = startSearchThread();
      void thread.terminate();
      return thread;
    };
    const index = indexOf(memory, { startThread });
    for (let search = 0; search < 5; search += 1) {
      const answer = await index.search('ana', ask('kestrel'));
      expect(answer.hits).toEqual([]);
      expect(answer.degraded).not.toBeNull();
    }
    expect(started).toBe(3);
  });

  it('asks an index of the store where a slice is too large to compare', async () => {
    const memory = new MemoryStore();
    memory.add('ana', 'one', ['The kestrel hovers.', 'The osprey dives.']);
    memory.add('ana', 'two', ['The heron waits.'], { collections: ['other'] });
    memory.add('ana', 'out', ['The eagle is away.'], { state: 'quarantined' });
    const asked: (readonly string[] | undefined)[] = [];
    memory.nearest = ({ documents }) => {
      asked.push(documents);
      const near = ['out', 'two', 'one'].map((document) => ({ document, ord: 0, similarity: 0.9 }));
      return Promise.resolve(near.filter(({ document }) => documents?.includes(document) ?? true));
    };
    const index = indexOf(memory, { turnOver: 3 });
    const vector = vectorOf(1, 0);
    expect(names(await index.search('ana', ask('', { vector })))).toEqual(['two/0', 'one/0']);
    expect(names(await index.search('ana', ask('', { vector, collections: ['other'] })))).toEqual(['two/0']);
    expect(names(await index.search('ana', ask('', { vector, collections: ['nobody’s'] })))).toEqual([]);
    expect(asked).toEqual([['one', 'two'], ['two']].map((ids) => expect.arrayContaining(ids)));
    expect(index.stats().vectors).toBe(0);

    memory.nearest = () => Promise.reject(new Error('the server is away'));
    const words = await index.search('ana', ask('osprey', { vector }));
    expect(names(words)).toEqual(['one/1']);
    expect(words.degraded).toContain('the server is away');
  });
});
