import { describe, expect, it } from 'vitest';

import type { JsonObject } from '../../../../src/proxy/json.ts';
import { translateRequest } from '../../../../src/proxy/dialect/translate.ts';
import { AppError } from '../../../../src/shared/errors.ts';

const PIXEL = 'data:image/png;base64,iVBORw0KGgo=';
const SCHEMA = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const HI = [{ role: 'user', content: 'Hi' }];

const toAnthropic = (body: JsonObject) =>
  translateRequest({ from: 'openai', to: 'anthropic', route: '/v1/chat/completions', body, model: 'claude-x' });
const toOpenai = (body: JsonObject, model = 'gpt-4.1') =>
  translateRequest({ from: 'anthropic', to: 'openai', route: '/v1/messages', body, model });
const refusal = (run: () => unknown): { code: string; param: string | undefined } => {
  try {
    run();
  } catch (error) {
    if (error instanceof AppError) return { code: error.code, param: error.param };
    throw error;
  }
  throw new Error('nothing was refused');
};

describe('a chat completion request for an Anthropic endpoint', () => {
  it('keeps conversation, tools and settings', () => {
    const { path, body, dropped } = toAnthropic({
      model: 'smart',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'developer', content: [{ type: 'text', text: 'Speak Spanish.' }] },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is this?' },
            { type: 'image_url', image_url: { url: PIXEL, detail: 'low' } },
          ],
        },
        {
          role: 'assistant',
          content: null,
          tool_calls: [
            { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Paris"}' } },
            { id: 'call_2', type: 'function', function: { name: 'now', arguments: '' } },
          ],
        },
        { role: 'tool', tool_call_id: 'call_1', content: 'Sunny' },
        { role: 'tool', tool_call_id: 'call_2', content: [{ type: 'text', text: 'noon' }] },
        { role: 'user', content: 'And?' },
      ],
      tools: [
        { type: 'function', function: { name: 'weather', description: 'Weather', parameters: SCHEMA } },
        { type: 'function', function: { name: 'now' } },
      ],
      tool_choice: { type: 'function', function: { name: 'weather' } },
      parallel_tool_calls: false,
      max_completion_tokens: 100,
      temperature: 0.5,
      top_p: 1,
      stop: 'END',
      stream: true,
      stream_options: { include_usage: true },
      user: 'ana',
      reasoning_effort: 'high',
      response_format: { type: 'json_schema', json_schema: { name: 'x', schema: SCHEMA } },
    });
    expect(path).toBe('/v1/messages');
    expect(dropped).toEqual([]);
    expect(body).toEqual({
      model: 'claude-x',
      max_tokens: 100,
      system: [
        { type: 'text', text: 'Be brief.' },
        { type: 'text', text: 'Speak Spanish.' },
      ],
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is this?' },
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } },
          ],
        },
        {
          role: 'assistant',
          content: [
            { type: 'tool_use', id: 'call_1', name: 'weather', input: { city: 'Paris' } },
            { type: 'tool_use', id: 'call_2', name: 'now', input: {} },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'call_1', content: 'Sunny' },
            { type: 'tool_result', tool_use_id: 'call_2', content: [{ type: 'text', text: 'noon' }] },
            { type: 'text', text: 'And?' },
          ],
        },
      ],
      tools: [
        { name: 'weather', description: 'Weather', input_schema: SCHEMA },
        { name: 'now', input_schema: { type: 'object', properties: {} } },
      ],
      tool_choice: { type: 'tool', name: 'weather', disable_parallel_tool_use: true },
      temperature: 0.5,
      stop_sequences: ['END'],
      stream: true,
      metadata: { user_id: 'ana' },
      output_config: { effort: 'high', format: { type: 'json_schema', schema: SCHEMA } },
    });
  });

  it('gets a token limit, and a temperature within the scale', () => {
    const { body, dropped } = toAnthropic({ messages: HI, temperature: 1.7, max_tokens: -1 });
    expect(body).toMatchObject({ max_tokens: 4_096, temperature: 1 });
    expect(dropped).toEqual(['temperature']);
  });

  it('drops and names what Anthropic has no word for', () => {
    const { body, dropped } = toAnthropic({
      messages: [...HI, { role: 'assistant', content: 'Hm', reasoning_content: 'thinking' }, ...HI],
      seed: 1,
      logit_bias: {},
      frequency_penalty: 1,
      presence_penalty: null,
      stop: ['\n', 'END'],
      n: 1,
    });
    expect(dropped).toEqual(['seed', 'logit_bias', 'frequency_penalty', 'reasoning_content', 'stop']);
    expect(body).toMatchObject({ stop_sequences: ['END'] });
  });

  it('turns the choices of tools', () => {
    const tools = [{ type: 'function', function: { name: 'f' } }];
    const choice = (tool_choice: unknown, more: object = {}) =>
      toAnthropic({ messages: HI, tools, tool_choice, ...more }).body['tool_choice'];
    expect(choice('auto')).toEqual({ type: 'auto' });
    expect(choice('none')).toEqual({ type: 'none' });
    expect(choice('required')).toEqual({ type: 'any' });
    expect(choice(undefined, { parallel_tool_calls: false })).toEqual({
      type: 'auto',
      disable_parallel_tool_use: true,
    });
    expect(choice(undefined)).toBeUndefined();
    expect(toAnthropic({ messages: HI, tool_choice: 'auto' }).body['tool_choice']).toBeUndefined();
    expect(toAnthropic({ messages: HI, reasoning_effort: 'none' }).body['thinking']).toEqual({ type: 'disabled' });
  });

  it('carries documents', () => {
    const file = (file_data: string) =>
      toAnthropic({ messages: [{ role: 'user', content: [{ type: 'file', file: { filename: 'a', file_data } }] }] })
        .body;
    expect(file('data:application/pdf;base64,JVBE')).toMatchObject({
      messages: [
        {
          content: [
            { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'JVBE' }, title: 'a' },
          ],
        },
      ],
    });
    expect(file('data:text/plain;base64,SGk=')).toMatchObject({
      messages: [{ content: [{ type: 'document', source: { type: 'text', data: 'Hi' } }] }],
    });
  });

  it.each<[string, JsonObject, string]>([
    ['several answers', { messages: HI, n: 2 }, 'n'],
    ['functions of old', { messages: HI, functions: [] }, 'functions'],
    ['JSON without a schema', { messages: HI, response_format: { type: 'json_object' } }, 'response_format'],
    ['a custom tool', { messages: HI, tools: [{ type: 'custom', custom: {} }] }, 'tools[0]'],
    [
      'sound',
      { messages: [{ role: 'user', content: [{ type: 'input_audio', input_audio: {} }] }] },
      'messages[0].content[0]',
    ],
    [
      'arguments that are no JSON',
      { messages: [...HI, { role: 'assistant', tool_calls: [{ id: 'x', function: { name: 'f', arguments: '{' } }] }] },
      'messages[1].tool_calls[0].function.arguments',
    ],
    ['a strange role', { messages: [{ role: 'robot', content: 'x' }] }, 'messages[0].role'],
    ['only a system prompt', { messages: [{ role: 'system', content: 'x' }] }, 'messages'],
  ])('refuses %s by name', (_what, body, param) => {
    expect(refusal(() => toAnthropic(body))).toEqual({ code: 'invalid_request', param });
  });
});

describe('a message request for an OpenAI endpoint', () => {
  it('keeps conversation, tools and settings', () => {
    const { path, body, dropped } = toOpenai({
      model: 'smart',
      system: [
        { type: 'text', text: 'Be brief.' },
        { type: 'text', text: 'Speak Spanish.' },
      ],
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is this?' },
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } },
          ],
        },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'Hm.', signature: 's' },
            { type: 'text', text: 'Let me see.' },
            { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Paris' } },
          ],
        },
        {
          role: 'user',
          content: [
            {
              type: 'tool_result',
              tool_use_id: 'toolu_1',
              content: [
                { type: 'text', text: 'Sunny' },
                { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
              ],
            },
            { type: 'text', text: 'And?' },
          ],
        },
      ],
      tools: [{ name: 'weather', description: 'Weather', input_schema: SCHEMA }],
      tool_choice: { type: 'any', disable_parallel_tool_use: true },
      max_tokens: 100,
      temperature: 0.5,
      stop_sequences: ['END'],
      stream: true,
      metadata: { user_id: 'ana' },
      thinking: { type: 'enabled', budget_tokens: 10_000 },
    });
    expect(path).toBe('/v1/chat/completions');
    expect(dropped).toEqual([]);
    expect(body).toEqual({
      model: 'gpt-4.1',
      messages: [
        { role: 'system', content: 'Be brief.\n\nSpeak Spanish.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is this?' },
            { type: 'image_url', image_url: { url: PIXEL } },
          ],
        },
        {
          role: 'assistant',
          content: 'Let me see.',
          reasoning_content: 'Hm.',
          tool_calls: [
            { id: 'toolu_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Paris"}' } },
          ],
        },
        { role: 'tool', tool_call_id: 'toolu_1', content: 'Sunny' },
        {
          role: 'user',
          content: [
            { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
            { type: 'text', text: 'And?' },
          ],
        },
      ],
      tools: [{ type: 'function', function: { name: 'weather', description: 'Weather', parameters: SCHEMA } }],
      tool_choice: 'required',
      parallel_tool_calls: false,
      max_tokens: 100,
      temperature: 0.5,
      stop: ['END'],
      stream: true,
      stream_options: { include_usage: true },
      user: 'ana',
      reasoning_effort: 'high',
    });
  });

  it('drops and names what OpenAI has no word for', () => {
    const { body, dropped } = toOpenai({
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'Hi', cache_control: { type: 'ephemeral' } }] },
        {
          role: 'assistant',
          content: [
            { type: 'redacted_thinking', data: 'x' },
            { type: 'tool_use', id: 'a', name: 'f', input: {} },
          ],
        },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', is_error: true, content: 'no' }] },
        { role: 'system', content: 'mid-way' },
      ],
      top_k: 5,
      context_management: {},
      thinking: { type: 'disabled' },
      max_tokens: 5,
    });
    expect(dropped).toEqual([
      'top_k',
      'context_management',
      'cache_control',
      'redacted_thinking',
      'is_error',
      'thinking',
    ]);
    expect(body['messages']).toEqual([
      { role: 'user', content: 'Hi' },
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }],
      },
      { role: 'tool', tool_call_id: 'a', content: 'no' },
      { role: 'system', content: 'mid-way' },
    ]);
  });

  it('names the token limit and the effort as the model wants them', () => {
    const body = {
      messages: HI,
      max_tokens: 9,
      output_config: { effort: 'max', format: { type: 'json_schema', schema: SCHEMA } },
    };
    expect(toOpenai(body, 'gpt-5-mini').body).toMatchObject({ max_completion_tokens: 9, reasoning_effort: 'xhigh' });
    expect(toOpenai(body, 'qwen').body).toMatchObject({
      max_tokens: 9,
      response_format: { type: 'json_schema', json_schema: { schema: SCHEMA } },
    });
  });

  it('carries documents', () => {
    const parts = (source: JsonObject) =>
      (
        toOpenai({ messages: [{ role: 'user', content: [{ type: 'document', title: 'T', source }] }] }).body[
          'messages'
        ] as JsonObject[]
      )[0]?.['content'];
    expect(parts({ type: 'text', media_type: 'text/plain', data: 'Hi' })).toBe('T\nHi');
    expect(parts({ type: 'content', content: 'Hi' })).toBe('Hi');
    expect(parts({ type: 'base64', media_type: 'application/pdf', data: 'JVBE' })).toEqual([
      { type: 'file', file: { filename: 'T', file_data: 'data:application/pdf;base64,JVBE' } },
    ]);
  });

  it.each<[string, JsonObject, string]>([
    [
      'a tool of Anthropic’s',
      { messages: HI, tools: [{ type: 'web_search_20250305', name: 'web_search' }] },
      'tools[0]',
    ],
    [
      'an image by URL',
      { messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'url', url: 'http://x' } }] }] },
      'messages[0].content[0].source',
    ],
    [
      'a strange block',
      { messages: [{ role: 'assistant', content: [{ type: 'server_tool_use' }] }] },
      'messages[0].content[0]',
    ],
    ['a strange role', { messages: [{ role: 'tool', content: 'x' }] }, 'messages[0].role'],
  ])('refuses %s by name', (_what, body, param) => {
    expect(refusal(() => toOpenai(body))).toEqual({ code: 'invalid_request', param });
  });
});

describe('the way there and back', () => {
  it('leaves a conversation with tools and images as it was', () => {
    const original = {
      model: 'gpt-4.1',
      messages: [
        { role: 'system', content: 'Be brief.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Look' },
            { type: 'image_url', image_url: { url: PIXEL } },
          ],
        },
        {
          role: 'assistant',
          content: 'Wait.',
          tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{"a":[1,{"b":null}]}' } }],
        },
        { role: 'tool', tool_call_id: 'c', content: 'done' },
        { role: 'user', content: 'Thanks' },
      ],
      tools: [{ type: 'function', function: { name: 'f', parameters: SCHEMA } }],
      tool_choice: 'required',
      max_tokens: 50,
      temperature: 0.2,
      stop: ['a', 'b'],
      stream: false,
      user: 'ana',
    };
    expect(toOpenai(toAnthropic(original).body).body).toEqual(original);
  });

  it('leaves a request of the same dialect alone but for the model', () => {
    const body = { model: 'x', messages: HI };
    const same = { from: 'openai', to: 'openai', route: '/v1/chat/completions', body } as const;
    expect(translateRequest({ ...same, model: 'x' }).body).toBe(body);
    expect(translateRequest({ ...same, model: 'y' }).body).toEqual({ ...body, model: 'y' });
  });

  it.each(['/v1/messages/count_tokens', '/v1/messages'] as const)(
    'has no words for %s from the wrong side',
    (route) => {
      const from = route === '/v1/messages' ? 'openai' : 'anthropic';
      const to = from === 'openai' ? 'anthropic' : 'openai';
      expect(refusal(() => translateRequest({ from, to, route, body: { messages: HI }, model: 'x' })).code).toBe(
        'endpoint_not_supported',
      );
    },
  );

  it.each(['/v1/completions', '/v1/embeddings', '/v1/responses'] as const)('has no words for %s', (route) => {
    expect(refusal(() => translateRequest({ from: 'openai', to: 'anthropic', route, body: {}, model: 'x' })).code).toBe(
      'endpoint_not_supported',
    );
  });
});
