/** The profile that `npm start` runs, with its real model: a coding question, a Spanish one, anything else. */
import { afterAll, beforeAll, expect, it } from 'vitest';

import type { RouteView } from '../../src/server/views.ts';
import { startDemo } from '../support/demo.ts';
import type { Orchestrator } from '../support/orchestrator.ts';
import { until } from '../support/wait.ts';

let orchestrator: Orchestrator;

beforeAll(async () => {
  orchestrator = await startDemo();
});

afterAll(async () => {
  await orchestrator[Symbol.asyncDispose]();
});

it.each([
  ['Write a Python function that adds two numbers.', 'coder', /def /],
  ['Escribe una función en Python que sume dos números.', 'coder', /def /],
  ['¿Cuál es la capital de Francia?', 'spanish', /París/],
  ['What is the capital of France?', 'general', /Paris/],
  ['Wie heißt die Hauptstadt von Frankreich, und wie viele Menschen leben dort?', 'general', /./],
])('"%s" is answered by %s', async (question, expert, answer) => {
  const response = await orchestrator.chat(question, { max_tokens: 40 });
  const body = (await response.json()) as { choices: { message: { content: string } }[] };
  expect([response.headers.get('x-orchestrator-expert'), response.headers.get('x-orchestrator-route')]).toEqual([
    expert,
    expect.stringMatching(/^domain=\w+; confidence=[01]\.\d\d; reason=\w+$/),
  ]);
  expect(body.choices[0]?.message.content).toMatch(answer);
});

it('asks the embedding expert where it is not sure, as long as that one is loaded anyhow', async () => {
  const embedding = { expert: 'minilm', onlyWhenBelow: 1, timeout: '5s' };
  await using house = await startDemo({ router: { embedding }, budget: { maxLoadedExperts: 4 } });
  const question =
    'Which of the two is heavier, a pound of feathers or a pound of gold, and what does the pound mean there?';
  const route = async () => {
    const response = await house.post('/api/route', { messages: [{ role: 'user', content: question }] });
    return (await response.json()) as RouteView;
  };
  expect((await route()).stage).toBe('classifier');
  expect((await house.expert('minilm')).state).toBe('stopped');
  await house.load('minilm');
  // Before the first time it learns some thousand utterances by heart.
  await until('it is asked', async () => (await route()).stage === 'embedding', 200_000);
  const answer = await house.chat(question, { max_tokens: 1 });
  await answer.body?.cancel();
  expect(answer.headers.get('x-orchestrator-route')).toMatch(/; reason=embedding$/);
  const view = await route();
  expect(view.sentence).toMatch(/by the utterances nearest in meaning/);
  expect(Object.values(view.domains).reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 1);
}, 240_000);
