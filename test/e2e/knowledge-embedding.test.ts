/** Documents by meaning, with the real embedding model of the demo on the real llama-server. */
import { readFileSync, writeFileSync } from 'node:fs';

import { afterAll, beforeAll, expect, it } from 'vitest';

import type { AddedJson, DocumentJson, SearchJson } from '../../src/server/knowledge/views.ts';
import { startDemo } from '../support/demo.ts';
import type { Orchestrator } from '../support/orchestrator.ts';
import { until } from '../support/wait.ts';

let house: Orchestrator;

beforeAll(async () => {
  house = await startDemo();
  await until('the documents are open', async () => (await house.request('/api/knowledge/documents')).ok, 30_000);
});

afterAll(async () => {
  await house[Symbol.asyncDispose]();
});

const search = async (query: string): Promise<SearchJson> =>
  (await (await house.post('/api/knowledge/search', { query })).json()) as SearchJson;

async function embedded(text: string, title: string): Promise<DocumentJson> {
  const { id } = (await (await house.post('/api/knowledge/documents?wait=30s', { text, title })).json()) as AddedJson;
  return until(
    `${title} has its vectors`,
    async () => {
      const view = (await (await house.request(`/api/knowledge/documents/${id}`)).json()) as DocumentJson;
      return view.embedded === view.chunks ? view : undefined;
    },
    60_000,
    50,
  );
}

it('finds what says the same in other words; the expert is loaded for it and counted like any other', async () => {
  expect((await house.expert('minilm')).state).toBe('stopped');
  const dogs = await embedded('The puppy sleeps in a basket by the fireplace every night.', 'dogs');
  await embedded('Interest on the mortgage is due at the end of each quarter.', 'bank');
  await embedded('Tomato seedlings want sun, warmth and a little water each morning.', 'garden');
  expect((await house.expert('minilm')).state).toBe('ready');

  const found = await search('Where does our young dog rest?');
  expect(found).toMatchObject({ degraded: null, used: { vectors: true } });
  expect(found.hits[0]).toMatchObject({ document: { id: dogs.id }, lexical: null });
  expect(found.hits[0]?.similarity).toBeGreaterThan(0.35);
  expect((await search('When must the home loan be paid?')).hits[0]?.document.title).toBe('bank');
  expect((await search('the theory of relativity')).hits).toEqual([]);

  await (await house.post('/api/experts/minilm/unload')).body?.cancel();
  await house.untilState('minilm', 'stopped');
  // What was just asked is remembered: another question needs the expert.
  const again = await search('At which place does our young dog rest?');
  expect(again.hits[0]?.document.id).toBe(dogs.id);
  expect((await house.expert('minilm')).state).toBe('ready');
});

it('embeds a passage that is longer than the model reads, by its halves', async () => {
  // No sentence ends, no word repeats: one passage of far more tokens than characters let expect.
  const long = Array.from({ length: 400 }, (_, index) => `${(index * 7_919).toString(36)}¤`).join('');
  const view = await embedded(`The lighthouse keeper's log. ${long}`, 'log');
  expect(view).toMatchObject({ state: 'ready', error: null });
  expect(view.embedded).toBe(view.chunks);
});

it('goes by words alone where the embedding expert is switched off, and by meaning again when it is back', async () => {
  const reload = async (knowledge: Record<string, unknown>) => {
    const file = `${house.directory}/profile.yaml`;
    const demo = readFileSync(file, 'utf8').split('\nknowledge:')[0];
    writeFileSync(file, `${demo}\nknowledge: ${JSON.stringify(knowledge)}\n`);
    const response = await house.post('/api/reload');
    expect(response.status, await response.clone().text()).toBe(200);
    await response.body?.cancel();
  };
  const question = 'Where does our young dog rest?';
  await reload({ enabled: true, embedding: null });
  expect(await search(question)).toMatchObject({ hits: [], used: { vectors: false }, degraded: null });
  expect((await search('puppy basket')).hits[0]?.document.title).toBe('dogs');

  await reload({ enabled: false });
  const off = await house.post('/api/knowledge/search', { query: question });
  expect([off.status, await off.json()]).toMatchObject([404, { error: { code: 'knowledge_off' } }]);

  await reload({ enabled: true, embedding: 'minilm' });
  await until('it is open again', async () => (await house.request('/api/knowledge/documents')).ok);
  const found = await search(question);
  expect(found).toMatchObject({ used: { vectors: true }, hits: [{ document: { title: 'dogs' } }] });
});
