/** The profile that `npm start` runs, with its real model: a coding question, a Spanish one, anything else. */
import { afterAll, beforeAll, expect, it } from 'vitest';

import type { RouteView } from '../../src/server/views.ts';
import { startDemo } from '../support/demo.ts';
import type { Orchestrator } from '../support/orchestrator.ts';
import { until } from '../support/wait.ts';

let orchestrator: Orchestrator;

beforeAll(async () => {
  orchestrator = await startDemo();
  await until('the router is ready', async () => {
    const response = await orchestrator.post('/api/route', {
      messages: [{ role: 'user', content: 'Who wrote Hamlet?' }],
    });
    return ((await response.json()) as RouteView).stage !== 'default';
  });
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
