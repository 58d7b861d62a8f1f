/** The clients that people use, unchanged but for their base URL, on the demo profile with its real models. */
import Anthropic, { NotFoundError as AnthropicNotFoundError } from '@anthropic-ai/sdk';
import OpenAI, { NotFoundError } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Orchestrator } from '../support/orchestrator.ts';
import { startDemo } from '../support/demo.ts';
import { busySlots } from '../support/real-engine.ts';
import { until } from '../support/wait.ts';

let orchestrator: Orchestrator;
let openai: OpenAI;
let anthropic: Anthropic;

beforeAll(async () => {
  orchestrator = await startDemo();
  openai = new OpenAI({ baseURL: `${orchestrator.url}/v1`, apiKey: orchestrator.token, maxRetries: 0 });
  anthropic = new Anthropic({ baseURL: orchestrator.url, apiKey: orchestrator.token, maxRetries: 0 });
});

afterAll(async () => {
  await orchestrator[Symbol.asyncDispose]();
});

const ask = (content: string) => [{ role: 'user' as const, content }];
const CAPITAL = ask('What is the capital of France?');

describe('the openai client', () => {
  it('lists models without starting any', async () => {
    const ids: string[] = [];
    for await (const model of openai.models.list()) ids.push(model.id);
    expect(ids).toEqual(expect.arrayContaining(['auto', 'general', 'general-creative', 'coder', 'spanish', 'minilm']));
    expect((await orchestrator.expert('general')).state).toBe('stopped');
    expect((await openai.models.retrieve('coder')).id).toBe('coder');
  });

  it('gets a true answer', async () => {
    const { data, response } = await openai.chat.completions
      .create({ model: 'general', messages: CAPITAL })
      .withResponse();
    expect(data.choices[0]?.message.content).toContain('Paris');
    expect(data.choices[0]?.finish_reason).toBe('stop');
    expect(data.usage?.completion_tokens).toBeGreaterThan(0);
    expect(response.headers.get('x-orchestrator-expert')).toBe('general');
    expect(response.headers.get('x-request-id')).toBeTruthy();
  });

  it.each(['auto', 'gemma', 'claude-3-5-haiku-latest', 'general-creative'])(
    'reaches the general expert as %s',
    async (model) => {
      const { response } = await openai.chat.completions
        .create({ model, messages: CAPITAL, temperature: 0 })
        .withResponse();
      expect(response.headers.get('x-orchestrator-expert')).toBe('general');
    },
  );

  it('streams the same true answer, with usage where asked for', async () => {
    let text = '';
    let tokens = 0;
    let finish: string | null | undefined;
    const options = { include_usage: true };
    const stream = await openai.chat.completions.create({
      model: 'general',
      messages: CAPITAL,
      stream: true,
      stream_options: options,
    });
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      finish = chunk.choices[0]?.finish_reason ?? finish;
      tokens = chunk.usage?.completion_tokens ?? tokens;
    }
    expect(text).toContain('Paris');
    expect(finish).toBe('stop');
    expect(tokens).toBeGreaterThan(0);
  });

  it('completes a text', async () => {
    const { choices } = await openai.completions.create({
      model: 'general',
      prompt: 'One, two, three,',
      max_tokens: 8,
      temperature: 0,
    });
    expect(choices[0]?.text).toContain('four');
  });

  it('speaks Spanish and writes code with the experts for it', async () => {
    const spanish = await openai.chat.completions.create({
      model: 'spanish',
      messages: ask('¿Cuál es la capital de Francia?'),
    });
    expect(spanish.choices[0]?.message.content).toContain('París');
    const code = await openai.chat.completions.create({
      model: 'coder',
      messages: ask('Write a Python function that adds two numbers.'),
    });
    expect(code.choices[0]?.message.content).toContain('def add(a, b)');
  });

  it('aborts mid-stream, and the engine’s slot is free within a second', async () => {
    await orchestrator.load('general');
    const { pid } = await orchestrator.expert('general');
    const messages = ask('Tell me a long story about a river.');
    const stream = await openai.chat.completions.create({
      model: 'general',
      messages,
      stream: true,
      max_tokens: 1_500,
      stop: ['\u0000'],
    });
    let chunks = 0;
    for await (const _chunk of stream) {
      chunks += 1;
      if (chunks === 3) {
        expect(await busySlots(pid ?? 0)).toBe(1);
        break;
      }
    }
    stream.controller.abort();
    await until('the slot is free', async () => (await busySlots(pid ?? 0)) === 0, 1_000);
    expect(await orchestrator.expert('general')).toMatchObject({ inFlight: 0, state: 'ready', pid });
  });

  it('embeds, with the cosines that the model is known for', async () => {
    const input = [
      'The weather is lovely today.',
      'It’s so sunny outside!'.replace('’', "'"),
      'He drove to the stadium.',
    ];
    const { data } = await openai.embeddings.create({ model: 'minilm', input });
    const vectors = data.map(({ embedding }) => embedding);
    expect(vectors.map(({ length }) => length)).toEqual([384, 384, 384]);
    // As the model's own documentation (sbert.net) states them.
    expect(cosine(vectors[0], vectors[1])).toBeCloseTo(0.666, 2);
    expect(cosine(vectors[0], vectors[2])).toBeCloseTo(0.1046, 2);
    expect(cosine(vectors[1], vectors[2])).toBeCloseTo(0.1411, 2);
    const byAuto = await openai.embeddings.create({ model: 'auto', input: 'ready', encoding_format: 'base64' });
    expect(byAuto.data).toHaveLength(1);
  });

  it('is told clearly when a model is unknown, with the list of known ones', async () => {
    const failure = await openai.chat.completions
      .create({ model: 'nobody', messages: CAPITAL })
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(NotFoundError);
    expect(failure).toMatchObject({ status: 404, code: 'model_not_found' });
    expect(String(failure)).toMatch(/general/);
  });

  it('is told when an expert does not serve a route', async () => {
    const failure = await openai.embeddings.create({ model: 'general', input: 'x' }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ status: 400, code: 'endpoint_not_supported' });
  });
});

describe('the @anthropic-ai/sdk client', () => {
  it('gets a true answer', async () => {
    const message = await anthropic.messages.create({ model: 'general', max_tokens: 60, messages: CAPITAL });
    expect(message).toMatchObject({ type: 'message', role: 'assistant' });
    expect(message.content.map((part) => (part.type === 'text' ? part.text : '')).join('')).toContain('Paris');
    expect(message.usage.output_tokens).toBeGreaterThan(0);
    expect(message.stop_reason).toBeTruthy();
  });

  it('streams it', async () => {
    const stream = anthropic.messages.stream({ model: 'claude-3-5-haiku-latest', max_tokens: 60, messages: CAPITAL });
    expect(await stream.finalText()).toContain('Paris');
    expect((await stream.finalMessage()).usage.output_tokens).toBeGreaterThan(0);
  });

  it('is told in its own shape when a model is unknown', async () => {
    const failure = await anthropic.messages
      .create({ model: 'nobody', max_tokens: 5, messages: CAPITAL })
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(AnthropicNotFoundError);
    expect((failure as { error: unknown }).error).toMatchObject({ type: 'error', error: { type: 'not_found_error' } });
  });
});

function cosine(a: readonly number[] = [], b: readonly number[] = []): number {
  const dot = (x: readonly number[], y: readonly number[]) => x.reduce((sum, value, i) => sum + value * (y[i] ?? 0), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}
