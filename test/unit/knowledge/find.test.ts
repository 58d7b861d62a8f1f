import { describe, expect, it } from 'vitest';

import type { Embedder, Reranker, SearchQuery } from '../../../src/knowledge/contract.ts';
import { Finder } from '../../../src/knowledge/find.ts';
import type { IndexAnswer, IndexQuery } from '../../../src/knowledge/search/search-index.ts';
import { openStore } from '../../../src/store/open-store.ts';

const TEXTS = ['The first passage. ', 'The second passage. ', 'The third passage. '];

/** A finder over a real store with one document, whose index answers with its passages in their order. */
async function house(
  parts: { embedder?: Embedder; reranker?: Reranker; scores?: readonly number[]; minSimilarity?: number } = {},
) {
  const store = openStore({ place: { kind: 'memory' } });
  const { id: collection } = await store.collections.ensure('ana', 'default');
  const { document } = await store.documents.create('ana', {
    title: 'Three',
    uri: null,
    mime: 'text/plain',
    sha256: 'a'.repeat(64),
    bytes: 1,
    origin: 'text',
    collections: [collection],
    fetched: null,
    attribution: null,
    attributes: {},
  });
  await store.chunks.write(
    'ana',
    document.id,
    TEXTS.map((text, ord) => ({
      ord,
      text,
      start: ord,
      end: ord + 1,
      page: null,
      headings: ord === 0 ? ['Above'] : [],
    })),
  );
  await store.documents.change('ana', document.id, { state: 'ready' });
  const asked: IndexQuery[] = [];
  const search = (_user: string, query: IndexQuery): Promise<IndexAnswer> => {
    asked.push(query);
    const hits = TEXTS.map((_, ord) => ({
      document: document.id,
      ord,
      score: parts.scores?.[ord] ?? 0.9 - ord / 10,
      similarity: null,
      lexical: 1,
    }));
    return Promise.resolve({ hits: hits.slice(0, query.limit), compared: query.vector !== undefined, degraded: null });
  };
  const finder = new Finder({
    store,
    index: { search },
    embedder: () => parts.embedder,
    reranker: () => parts.reranker,
  });
  const settings = {
    topK: 2,
    minSimilarity: parts.minSimilarity ?? 0.3,
    rerank: { expert: 'r', candidates: 3, timeout: 2_000 },
  };
  return {
    asked,
    find: (query: Partial<SearchQuery> = {}, user = 'ana') =>
      finder.search(user, { text: 'passage?', ...query }, settings),
    [Symbol.asyncDispose]: () => store.close(),
  };
}

const ords = ({ hits }: { readonly hits: readonly { readonly chunk: { readonly ord: number } }[] }) =>
  hits.map(({ chunk }) => chunk.ord);

describe('what is found', () => {
  it('is put in order once more by the expert of the profile, which sees more of it than is given', async () => {
    const seen: (readonly string[])[] = [];
    const rank: Reranker['rank'] = (_question, texts) => {
      seen.push(texts);
      return Promise.resolve([1, 2, 3]);
    };
    await using opened = await house({ reranker: { rank } });
    const found = await opened.find();
    expect(found.used.rerank).toBe(true);
    expect(ords(found)).toEqual([2, 1]);
    expect(found.hits.map(({ score }) => score)).toEqual([0.9, 0.8]);
    expect(seen).toEqual([['Above\nThe first passage. ', 'The second passage. ', 'The third passage. ']]);
    expect(opened.asked.map(({ limit }) => limit)).toEqual([3]);

    const without = await opened.find({ rerank: false });
    expect([ords(without), without.used.rerank]).toEqual([[0, 1], false]);
    expect(opened.asked.map(({ limit }) => limit)).toEqual([3, 2]);
  });

  it('leaves out what fits far worse than the best, unless everything is to count', async () => {
    const scores = [0.9, 0.3, 0.2];
    await using opened = await house({ scores });
    expect(ords(await opened.find({ topK: 3 }))).toEqual([0]);
    await using all = await house({ scores, minSimilarity: 0 });
    expect(ords(await all.find({ topK: 3 }))).toEqual([0, 1, 2]);
    await using ordered = await house({ scores, reranker: { rank: () => Promise.resolve([1, 2, 3]) } });
    expect(ords(await ordered.find({ topK: 3 })), 'the expert judges for itself').toEqual([2, 1, 0]);
  });

  it('stays in its order where that expert does not answer', async () => {
    await using opened = await house({ reranker: { rank: () => Promise.resolve(undefined) } });
    const found = await opened.find();
    expect([ords(found), found.used.rerank, found.degraded]).toEqual([[0, 1], false, null]);
  });

  it('is found by words alone where the question has no vector, and says why', async () => {
    const embedder = (question: Embedder['question']): Embedder => ({
      model: 'm',
      question,
      passages: () => Promise.resolve([]),
    });
    await using opened = await house({ embedder: embedder(() => Promise.reject(new Error('the expert is away'))) });
    const found = await opened.find();
    expect(found).toMatchObject({ used: { vectors: false }, degraded: 'Searched by words alone: the expert is away' });
    expect(ords(found)).toEqual([0, 1]);

    await using other = await house({ embedder: embedder(() => Promise.resolve(Float32Array.of(1, 0))) });
    expect(await other.find()).toMatchObject({ used: { vectors: true }, degraded: null });
  });

  it('is nothing, and asks nobody, for whoever has nothing and in a collection that is not there', async () => {
    const question = () => Promise.reject(new Error('asked'));
    await using opened = await house({ embedder: { model: 'm', question, passages: question } });
    expect(await opened.find({}, 'bob')).toMatchObject({ hits: [], degraded: null });
    expect((await opened.find({ collections: ['nowhere'] })).hits).toEqual([]);
    expect(opened.asked).toEqual([]);
  });
});
