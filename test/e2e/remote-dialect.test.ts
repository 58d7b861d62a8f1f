/**
 * Either kind of client reaches either kind of endpoint: one orchestrator serves a real llama-server, which speaks both dialects
 * natively; a second one knows it as two remotes, each speaking only one of them, so that every crossing is translated.
 */
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startOrchestrator, type Orchestrator } from '../support/orchestrator.ts';
import { realEnvironment, tinyExpert } from '../support/real-parts.ts';

const UPSTREAM_KEY = 'upstream-key-0123456789abcdef';

let upstream: Orchestrator;
let proxy: Orchestrator;

beforeAll(async () => {
  upstream = await startOrchestrator({
    profile: {
      experts: { tiny: tinyExpert() },
      security: { auth: 'keys', keys: [{ env: 'UPSTREAM_KEY', user: 'proxy' }] },
    },
    env: { ...realEnvironment(), UPSTREAM_KEY },
  });
  proxy = await startOrchestrator({
    profile: {
      experts: {
        speaks_openai: {
          engine: 'remote',
          url: `${upstream.url}/v1`,
          dialect: 'openai',
          remoteModel: 'tiny',
          keyEnv: 'REMOTE_KEY',
        },
        speaks_anthropic: {
          engine: 'remote',
          url: upstream.url,
          dialect: 'anthropic',
          remoteModel: 'tiny',
          keyEnv: 'REMOTE_KEY',
        },
        keyless: { engine: 'remote', url: upstream.url, remoteModel: 'tiny', keyEnv: 'NOT_SET_ANYWHERE' },
      },
    },
    env: { REMOTE_KEY: UPSTREAM_KEY },
  });
});

afterAll(async () => {
  await proxy?.[Symbol.asyncDispose]();
  await upstream?.[Symbol.asyncDispose]();
});

describe.each(['speaks_openai', 'speaks_anthropic'])('an endpoint that %s', (model) => {
  it('answers an OpenAI client, whole and streamed', async () => {
    const client = new OpenAI({ baseURL: `${proxy.url}/v1`, apiKey: 'ignored-by-us', maxRetries: 0 });
    const messages = [{ role: 'user' as const, content: 'Say something.' }];
    const whole = await client.chat.completions.create({ model, messages, max_tokens: 12, temperature: 0 });
    expect(whole.choices[0]?.finish_reason).toBe('length');
    expect(whole.usage?.completion_tokens).toBe(12);
    const text = whole.choices[0]?.message.content ?? '';

    let streamed = '';
    let finish: string | null | undefined;
    for await (const chunk of await client.chat.completions.create({
      model,
      messages,
      max_tokens: 12,
      temperature: 0,
      stream: true,
    })) {
      streamed += chunk.choices[0]?.delta.content ?? '';
      finish = chunk.choices[0]?.finish_reason ?? finish;
    }
    expect(streamed).toBe(text);
    expect(finish).toBe('length');
  });

  it('answers an Anthropic client, whole and streamed', async () => {
    const client = new Anthropic({ baseURL: proxy.url, apiKey: 'ignored-by-us', maxRetries: 0 });
    const request = {
      model,
      messages: [{ role: 'user' as const, content: 'Say something.' }],
      max_tokens: 12,
      temperature: 0,
    };
    const whole = await client.messages.create(request);
    expect(whole.stop_reason).toBe('max_tokens');
    expect(whole.usage.output_tokens).toBe(12);
    const text = whole.content.map((block) => (block.type === 'text' ? block.text : '')).join('');

    const streamed = await client.messages.stream(request).finalMessage();
    expect(streamed.content.map((block) => (block.type === 'text' ? block.text : '')).join('')).toBe(text);
    expect(streamed.stop_reason).toBe('max_tokens');
  });
});

it('a remote whose key is missing says which variable to set, and is never called', async () => {
  const before = (await (await upstream.request('/stats')).json()) as { requests: { total: number } };
  const response = await proxy.chat('hello', { model: 'keyless' });
  expect(response.status).toBe(503);
  expect(await response.text()).toContain('NOT_SET_ANYWHERE');
  const after = (await (await upstream.request('/stats')).json()) as { requests: { total: number } };
  expect(after.requests.total).toBe(before.requests.total);
});

it('a remote is never asked for a token of its own', async () => {
  await using fresh = await startOrchestrator({
    profile: {
      experts: {
        quiet: { engine: 'remote', url: upstream.url, remoteModel: 'tiny', keyEnv: 'REMOTE_KEY', preload: undefined },
      },
    },
    env: { REMOTE_KEY: UPSTREAM_KEY },
  });
  const before = (await (await upstream.request('/stats')).json()) as { requests: { total: number } };
  expect((await fresh.expert('quiet')).state).toBe('ready');
  expect((await (await fresh.request('/v1/models')).json()) as { data: unknown[] }).toMatchObject({
    data: [{ id: 'auto' }, { id: 'quiet', state: 'ready' }],
  });
  const after = (await (await upstream.request('/stats')).json()) as { requests: { total: number } };
  expect(after.requests.total).toBe(before.requests.total);
});
