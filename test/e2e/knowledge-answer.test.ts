/** Answers from a user's documents, with the real engine, the real 270M model and the real store: what the model says is what counts. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { SourcesView } from '../../src/knowledge/context/sources.ts';
import { startDemo } from '../support/demo.ts';
import type { Orchestrator } from '../support/orchestrator.ts';
import { until } from '../support/wait.ts';

const WAIT_MS = 300_000;
const HANDBOOK = `# Handbook of the Veltrim workshop

Kettles leave the workshop on Mondays.

The code of the archive room is 7341. Whoever needs it asks at the desk.
`;
const MANUAL = `# Manual del taller Veltrim

Las teteras salen del taller los lunes.

La clave de la sala de archivo es 8264. Quien la necesite la pide en recepción.
`;

interface Answer {
  text: string;
  orchestrator: SourcesView | undefined;
  expert: string | null;
  prompt: number;
  cached: number;
}
type Message = { readonly role: string; readonly content: string };
const user = (content: string): Message => ({ role: 'user', content });

let orchestrator: Orchestrator;

beforeAll(async () => {
  orchestrator = await startDemo({ knowledge: { enabled: true } });
  await until(
    'the store is open',
    async () => ((await (await orchestrator.request('/api/knowledge')).json()) as { state: string }).state === 'ready',
    60_000,
  );
}, WAIT_MS);
afterAll(() => orchestrator.stop());

async function add(name: string, text: string, owner: string): Promise<string> {
  const file = join(orchestrator.directory, name);
  writeFileSync(file, text);
  const form = new FormData();
  form.set('file', new File([readFileSync(file)], name, { type: 'text/markdown' }));
  const response = await orchestrator.request('/api/knowledge/documents?wait=60s', {
    method: 'POST',
    body: form,
    headers: { 'x-orchestrator-user': owner },
  });
  const document = (await response.json()) as { id: string; state: string };
  expect([response.status, document.state], JSON.stringify(document)).toEqual([200, 'ready']);
  return document.id;
}

async function ask(messages: readonly Message[], owner: string, fields: Record<string, unknown> = {}): Promise<Answer> {
  const response = await orchestrator.post(
    '/v1/chat/completions',
    { messages, max_tokens: 24, orchestrator: { knowledge: true }, ...fields },
    { headers: { 'x-orchestrator-user': owner } },
  );
  const body = (await response.json()) as {
    choices: { message: { content: string } }[];
    usage: { prompt_tokens: number; prompt_tokens_details: { cached_tokens: number } };
    orchestrator?: SourcesView;
  };
  expect(response.status, JSON.stringify(body)).toBe(200);
  return {
    text: body.choices[0]?.message.content ?? '',
    orchestrator: body.orchestrator,
    expert: response.headers.get('x-orchestrator-expert'),
    prompt: body.usage.prompt_tokens,
    cached: body.usage.prompt_tokens_details.cached_tokens,
  };
}

describe('the real model, asked for an invented fact', () => {
  it.each([
    ['general', 'handbook.md', HANDBOOK, 'What is the code of the archive room of the Veltrim workshop?', '7341'],
    ['spanish', 'manual.md', MANUAL, '¿Cuál es la clave de la sala de archivo del taller Veltrim?', '8264'],
  ])(
    '%s states it from the document, does not know it without, and tells nobody else',
    async (model, name, text, question, fact) => {
      const id = await add(name, text, 'ana');
      const answer = await ask([user(question)], 'ana', { model });
      expect(answer.text).toContain(fact);
      const [source] = answer.orchestrator?.sources ?? [];
      expect(source).toMatchObject({ n: 1, document: id, title: expect.any(String) });
      expect(text.slice(source?.start, source?.end)).toContain(fact);
      const without = await ask([user(question)], 'ana', { model, orchestrator: { knowledge: false } });
      expect(without.text).not.toContain(fact);
      expect(without.orchestrator).toBeUndefined();
      const other = await ask([user(question)], 'eva', { model });
      expect(other.text).not.toContain(fact);
      expect(other.orchestrator).toMatchObject({ sources: [], found: false });
    },
    WAIT_MS,
  );

  it(
    'streams it, with the sources in front of [DONE]',
    async () => {
      await add('handbook.md', HANDBOOK, 'max');
      const response = await orchestrator.post(
        '/v1/chat/completions',
        {
          model: 'general',
          messages: [user('What is the code of the archive room?')],
          max_tokens: 24,
          stream: true,
          stream_options: { include_usage: true },
          orchestrator: { knowledge: true },
        },
        { headers: { 'x-orchestrator-user': 'max' } },
      );
      const events = (await response.text()).trimEnd().split('\n\n');
      expect(events.at(-1)).toBe('data: [DONE]');
      const [last, ...chunks] = events
        .slice(0, -1)
        .toReversed()
        .map((event) => JSON.parse(event.slice('data: '.length)) as Record<string, unknown>);
      expect(last).toMatchObject({ choices: [], orchestrator: { found: true, sources: [{ n: 1 }] } });
      // Of the first chunk: engines give each its own time.
      for (const key of ['id', 'object', 'created', 'model']) expect(last?.[key]).toBe(chunks.at(-1)?.[key]);
    },
    WAIT_MS,
  );
});

describe('the prompt', () => {
  it(
    'keeps what the engine has computed: the documents of a turn stand behind the conversation before it',
    async () => {
      await add('handbook.md', HANDBOOK, 'lea');
      const line =
        'The valley has seven bridges, and the oldest of them was built of oak by the carpenters of Ostrel. ';
      const history: Message[] = [
        { role: 'system', content: line.repeat(12) },
        user('How many bridges does the valley have?'),
        { role: 'assistant', content: 'The valley has seven bridges.' },
      ];
      const fields = { model: 'general', max_tokens: 12 };
      const first = [...history, user('What is the code of the archive room?')];
      const one = await ask(first, 'lea', fields);
      expect(one.orchestrator?.sources).toHaveLength(1);
      const second = [
        ...first,
        { role: 'assistant', content: one.text.trim() },
        user('When do kettles leave the workshop?'),
      ];
      const two = await ask(second, 'lea', fields);
      expect(two.orchestrator?.sources).toHaveLength(1);
      const { prompt: before } = await ask(history.slice(0, 2), 'lea', {
        ...fields,
        orchestrator: { knowledge: false },
      });
      console.log(
        `first ${one.prompt} tokens, second ${two.prompt}, of them cached ${two.cached}; conversation before ${before}`,
      );
      expect(two.cached).toBeGreaterThan(before);
    },
    WAIT_MS,
  );

  it(
    'with documents fits the context of the engine, as the engine counts it',
    async () => {
      const page = `${'La presa de Kestavel se abrió en 1931, según el acta del consejo municipal. '.repeat(8)}\n\n`;
      await add(
        'acta.md',
        Array.from({ length: 20 }, (_, index) => `## Acta ${index}\n\n${index}. ${page}`).join(''),
        'teo',
      );
      const told = 'La presa y el molino de Kestavel pertenecen al municipio desde hace mucho tiempo. '.repeat(40);
      const { prompt, orchestrator: view } = await ask(
        [{ role: 'system', content: told }, user('¿Cuándo se abrió la presa de Kestavel?')],
        'teo',
        { model: 'spanish', max_tokens: 200 },
      );
      console.log(`${prompt} tokens of prompt with ${view?.sources.length} sources`);
      expect(view?.sources.length).toBeGreaterThan(0);
      expect(prompt + 200).toBeLessThanOrEqual(2_048);
    },
    WAIT_MS,
  );
});
