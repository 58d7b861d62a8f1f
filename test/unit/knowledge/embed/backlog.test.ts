import { describe, expect, it, vi } from 'vitest';

import { delay } from '../../../../src/shared/clock.ts';
import { openBase, setupOf } from '../open-base.ts';
import { FakeEmbeddingExpert } from './fake-embedding-expert.ts';

const KNOWLEDGE = '{ enabled: true, chunkTokens: 50 }';
const paragraphs = (count: number, of = 'kestrels') =>
  Array.from(
    { length: count },
    (_, index) => `Paragraph ${index} says something about ${of} and nothing else at all.`,
  ).join('\n\n');

async function open(expert = new FakeEmbeddingExpert()) {
  // A direction for each subject.
  expert.vectorOf = (text) => [text.includes('kestrel') ? 1 : 0, text.includes('walnut') ? 1 : 0, 0.1];
  return openBase(await setupOf(KNOWLEDGE, expert), expert);
}

describe('the backlog of embeddings', () => {
  it('gives every passage a vector, by which it is then found', async () => {
    await using house = await open();
    const { document } = await house.base.add('ana', { kind: 'text', text: paragraphs(60) });
    const view = await house.embedded('ana', document.id);
    expect(view.chunks).toBeGreaterThan(16);
    expect(Math.max(...house.expert.asked.map(({ length }) => length))).toBeLessThanOrEqual(16);
    expect(house.base.status().embedding).toMatchObject({ model: expect.stringMatching(/^vectors\/3\//), waiting: 0 });
    house.expert.vectorOf = () => [1, 0, 0.1];
    const found = await house.base.search('ana', { text: 'small birds of prey' });
    expect(found).toMatchObject({ used: { vectors: true }, degraded: null });
    expect(found.hits[0]?.similarity).toBeGreaterThan(0.9);
  });

  it('goes on where an interruption has left it, and embeds nothing twice', async () => {
    await using house = await open();
    const held = Promise.withResolvers<void>();
    let batches = 0;
    house.expert.admit = (signal) => {
      batches += 1;
      return batches === 1 ? Promise.resolve() : Promise.race([held.promise, untilAborted(signal)]);
    };
    const { document } = await house.base.add('ana', { kind: 'text', text: paragraphs(60) });
    await vi.waitFor(() => expect(batches).toBeGreaterThan(1));
    await house.settled('ana', document.id);
    await house.base.close();
    const before = house.expert.asked.flat().length;
    house.expert.admit = () => Promise.resolve();
    await house.open(await setupOf(KNOWLEDGE, house.expert));
    const { chunks } = await house.embedded('ana', document.id);
    expect(house.expert.asked.flat().length - before).toBe(chunks - before);
    expect(new Set(house.expert.asked.flat()).size).toBe(chunks);
  });

  it('begins anew with another model, never mixes the two, and takes the old vectors away in the end', async () => {
    await using house = await open();
    const { document } = await house.base.add('ana', { kind: 'text', text: paragraphs(20) });
    const { chunks } = await house.embedded('ana', document.id);
    const old = house.base.status().embedding?.model ?? '';
    expect(await house.store.vectors.count('ana', old)).toBe(chunks);

    const gate = Promise.withResolvers<void>();
    house.expert.admit = (_signal, background) => (background ? gate.promise : Promise.resolve());
    house.expert.vectorOf = () => [0, 0, 0, 1];
    const setup = await setupOf(
      '{ enabled: true, chunkTokens: 50, embeddingPrefixes: { passage: "passage: " } }',
      house.expert,
    );
    house.base.reconfigure(setup);
    expect(await house.base.get('ana', document.id)).toMatchObject({ embedded: 0 });
    expect((await house.base.search('ana', { text: 'kestrels' })).used).toMatchObject({ words: true, vectors: false });
    expect(await house.store.vectors.count('ana', old), 'nothing goes before the new ones are there').toBe(chunks);
    gate.resolve();
    await house.embedded('ana', document.id);
    const wanted = house.base.status().embedding?.model ?? '';
    expect(wanted).not.toBe(old);
    await expect.poll(() => house.store.vectors.count('ana', old)).toBe(0);
    expect(await house.store.vectors.count('ana', wanted)).toBe(chunks);
    expect((await house.base.search('ana', { text: 'anything' })).used.vectors).toBe(true);

    // A reload that says the same has nothing embedded again.
    const asked = house.expert.asked.length;
    house.base.reconfigure({ ...setup, knowledge: { ...setup.knowledge, topK: 2 } });
    expect(await house.base.get('ana', document.id)).toMatchObject({ embedded: chunks });
    expect(house.expert.asked.length).toBe(asked);
    // Without an expert there are words.
    house.base.reconfigure({ ...setup, embedding: undefined });
    expect(await house.base.get('ana', document.id)).toMatchObject({ embedded: null });
    expect(await house.base.search('ana', { text: 'kestrels' })).toMatchObject({
      used: { vectors: false },
      degraded: null,
    });
    expect(house.base.status().embedding).toBeNull();
  });

  it('has no expert loaded for whoever has no documents', async () => {
    await using house = await open();
    await house.read('bo', paragraphs(1));
    await expect.poll(() => house.base.status().embedding?.waiting).toBe(0);
    const before = house.expert.acquired.length;
    expect(await house.base.search('ana', { text: 'kestrels' })).toMatchObject({ hits: [], degraded: null });
    expect(house.expert.acquired.length).toBe(before);
  });

  it('waits for an expert that cannot be had, says why, and searches by words meanwhile', async () => {
    await using house = await open();
    house.expert.admit = () => Promise.reject(new Error('no room for vectors'));
    const { id } = await house.read('ana', paragraphs(3));
    await vi.waitFor(() => expect(house.base.status().reason).toBe('no room for vectors'));
    expect(await house.base.get('ana', id)).toMatchObject({ state: 'ready', embedded: 0 });
    const found = await house.base.search('ana', { text: 'kestrels' });
    expect(found).toMatchObject({ degraded: expect.stringMatching(/words alone: no room/), used: { vectors: false } });
    expect(found.hits.length).toBeGreaterThan(0);
    house.expert.admit = () => Promise.resolve();
    await house.embedded('ana', id);
    expect(house.base.status().reason).toBeNull();
  });

  it('leaves out a passage of which the expert makes no vector, and embeds the others', async () => {
    await using house = await open();
    const usual = house.expert.answer;
    house.expert.answer = (texts) =>
      texts.some((text) => text.includes('unspeakable')) ? { status: 400, body: 'refused' } : usual(texts);
    const text = `${paragraphs(4)}\n\nThe unspeakable word stands here, in a paragraph of its own, and in no other.\n\n${paragraphs(4, 'walnuts')}`;
    const { id, chunks } = await house.read('ana', text);
    await expect.poll(() => house.base.status().embedding?.waiting).toBe(0);
    expect((await house.base.get('ana', id))?.embedded).toBeLessThan(chunks);
    expect((await house.base.search('ana', { text: 'unspeakable' })).hits).toHaveLength(1);
  });

  it('writes no vector of a document that was removed while it was embedded', async () => {
    await using house = await open();
    await house.read('ana', paragraphs(2, 'walnuts'));
    await expect.poll(() => house.base.status().embedding?.waiting).toBe(0);
    const gate = Promise.withResolvers<void>();
    house.expert.admit = () => gate.promise;
    const { id } = await house.read('ana', paragraphs(4));
    await house.base.remove('ana', id);
    gate.resolve();
    await delay(20);
    const again = await house.read('ana', paragraphs(1, 'other walnuts'));
    await house.embedded('ana', again.id);
    const model = house.base.status().embedding?.model ?? '';
    expect(await house.store.vectors.count('ana', model)).toBe(await house.store.chunks.count('ana'));
  });
});

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
  );
}
