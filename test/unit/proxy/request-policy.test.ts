import { describe, expect, it } from 'vitest';

import type { ExpertBase } from '../../../src/engines/contract.ts';
import { OPENAI_FIELDS } from '../../../src/engines/openai-base.ts';
import { INFERENCE_PATHS, type InferenceRoute } from '../../../src/engines/routes.ts';
import { applyRequestPolicy, type PolicyInput, type PolicyResult } from '../../../src/proxy/request-policy.ts';
import { AppError } from '../../../src/shared/errors.ts';

const CHAT = '/v1/chat/completions';
const MESSAGES = [{ role: 'user', content: 'Hi' }];
const PIXEL = 'data:image/png;base64,iVBORw0KGgo=';

const expertWith = (overrides: Partial<ExpertBase> = {}): ExpertBase => ({
  id: 'fast',
  engine: 'llama-server',
  aliases: [],
  variants: {},
  task: 'generate',
  vision: false,
  audio: false,
  tools: true,
  context: 4_096,
  parallel: 1,
  request: {},
  strip: [],
  fit: {},
  languages: [],
  ...overrides,
});

const apply = (body: unknown, overrides: Partial<PolicyInput> = {}): PolicyResult => {
  const route = overrides.route ?? CHAT;
  return applyRequestPolicy({
    route,
    body,
    expert: expertWith(),
    knownFields: OPENAI_FIELDS[route],
    ...overrides,
  });
};

const refusal = (body: unknown, overrides: Partial<PolicyInput> = {}): Pick<AppError, 'code' | 'param'> & object => {
  try {
    apply(body, overrides);
  } catch (error) {
    if (error instanceof AppError) return { code: error.code, param: error.param };
    throw error;
  }
  throw new Error('the request was let through');
};

/** As a client would send it: also fields that no literal can hold. */
const json = (text: string): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>;
const nested = (levels: number): unknown => json(`{"a":${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}}`);

describe('the request policy', () => {
  it('hands the same body back where there is nothing to do', () => {
    const body = { model: 'fast', messages: MESSAGES, temperature: 0.2, stream: true };
    const result = apply(body);
    expect(result.body).toBe(body);
    expect(result).toMatchObject({ changed: false, dropped: [], stream: true, includeUsage: false, extension: {} });
  });

  it('fills in defaults where the client sets none: the variant’s before the expert’s', () => {
    const expert = expertWith({ request: { temperature: 0.3, top_p: 0.9, max_tokens: 100, min_p: 0.1 } });
    const variant = { request: { temperature: 0.9, chat_template_kwargs: { enable_thinking: false } }, strip: [] };
    const body = { messages: MESSAGES, top_p: 0.5, min_p: null, max_completion_tokens: 7 };
    const result = apply(body, { expert, variant });
    expect(result.changed).toBe(true);
    expect(result.body).toEqual({
      messages: MESSAGES,
      top_p: 0.5,
      min_p: 0.1,
      max_completion_tokens: 7,
      temperature: 0.9,
      chat_template_kwargs: { enable_thinking: false },
    });
    expect(body).toEqual({ messages: MESSAGES, top_p: 0.5, min_p: null, max_completion_tokens: 7 });
  });

  it('merges template arguments one by one, the client’s winning', () => {
    const expert = expertWith({ request: { chat_template_kwargs: { enable_thinking: false, style: 'a' } } });
    const result = apply({ messages: MESSAGES, chat_template_kwargs: { style: 'b' } }, { expert });
    expect(result.body['chat_template_kwargs']).toEqual({ enable_thinking: false, style: 'b' });
  });

  it('calls a default by the name that the route has for it', () => {
    const expert = expertWith({ request: { stop: 'Q:', max_tokens: 9 } });
    const messages = apply({ messages: MESSAGES }, { expert, route: '/v1/messages' });
    expect(messages.body).toEqual({ messages: MESSAGES, stop_sequences: ['Q:'], max_tokens: 9 });
    const responses = apply({ input: 'Hi' }, { expert, route: '/v1/responses' });
    expect(responses.body).toMatchObject({ max_output_tokens: 9 });
    const counting = { messages: MESSAGES };
    expect(apply(counting, { expert, route: '/v1/messages/count_tokens', knownFields: undefined }).body).toBe(counting);
  });

  it('leaves routes of another task without the defaults', () => {
    const expert = expertWith({ request: { temperature: 0.3 } });
    const body = { input: 'x' };
    expect(apply(body, { expert, route: '/v1/embeddings', knownFields: undefined }).body).toBe(body);
  });

  it('strips what the profile says, so that a default takes its place', () => {
    const expert = expertWith({ strip: ['temperature'], request: { temperature: 0.1 } });
    const result = apply({ messages: MESSAGES, temperature: 2, top_p: 1 }, { expert });
    expect(result.body).toEqual({ messages: MESSAGES, top_p: 1, temperature: 0.1 });
    expect(result.dropped).toEqual(['temperature']);
  });

  it('sets what the adapter needs', () => {
    const result = apply({ model: 'auto', messages: MESSAGES }, { set: { model: 'gpt-x' } });
    expect(result.body).toEqual({ model: 'gpt-x', messages: MESSAGES });
    const same = { model: 'gpt-x', messages: MESSAGES };
    expect(apply(same, { set: { model: 'gpt-x' } }).body).toBe(same);
  });

  it('takes its own extension out and reads it', () => {
    const result = apply({ messages: MESSAGES, orchestrator: { keepLoaded: '30m' } });
    expect(result).toMatchObject({ body: { messages: MESSAGES }, dropped: [], extension: { keepLoaded: 1_800_000 } });
    expect(apply({ messages: MESSAGES, orchestrator: { keepLoaded: 'forever' } }).extension).toEqual({
      keepLoaded: 'forever',
    });
    expect(apply({ messages: MESSAGES, orchestrator: { keepLoaded: 0 } }).extension).toEqual({ keepLoaded: 0 });
    const background = apply({ messages: MESSAGES, orchestrator: { priority: 'background', keepLoaded: null } });
    expect(background).toMatchObject({ body: { messages: MESSAGES }, extension: { priority: 'background' } });
    expect(apply({ messages: MESSAGES, orchestrator: { priority: 'normal' } }).extension).toEqual({
      priority: 'normal',
    });
    expect(apply({ messages: MESSAGES, orchestrator: null }).extension).toEqual({});
    expect(refusal({ messages: MESSAGES, orchestrator: { keepLoded: 0 } })).toEqual({
      code: 'invalid_request',
      param: 'orchestrator.keepLoded',
    });
    for (const keepLoaded of [30, 'long', '30', {}, []]) {
      expect(refusal({ messages: MESSAGES, orchestrator: { keepLoaded } }).param).toBe('orchestrator.keepLoaded');
    }
    for (const priority of ['high', 'Background', 5, {}, true]) {
      expect(refusal({ messages: MESSAGES, orchestrator: { priority } }).param).toBe('orchestrator.priority');
    }
    expect(refusal({ messages: MESSAGES, orchestrator: 'x' }).param).toBe('orchestrator');
  });

  it('reads whether the client wants a usage chunk', () => {
    expect(apply({ messages: MESSAGES, stream: true, stream_options: { include_usage: true } }).includeUsage).toBe(
      true,
    );
  });

  it('passes thinking toggles', () => {
    const body = {
      messages: MESSAGES,
      chat_template_kwargs: { enable_thinking: false, reasoning_effort: 'high', budget: 3, note: null },
      reasoning_effort: 'low',
    };
    expect(apply(body).body).toBe(body);
  });
});

describe('C5: malformed input on any route', () => {
  const jsonRoutes = INFERENCE_PATHS.filter((route) => route !== '/v1/audio/transcriptions');

  it.each(jsonRoutes)('%s refuses what is no object', (route) => {
    for (const body of [undefined, null, [], 'text', 5, true]) {
      expect(refusal(body, { route }).code).toBe('invalid_json');
    }
  });

  it.each(jsonRoutes.filter((route) => route !== '/infill'))('%s names the field that is missing', (route) => {
    const needed: Partial<Record<InferenceRoute, string>> = {
      '/v1/completions': 'prompt',
      '/v1/responses': 'input',
      '/v1/embeddings': 'input',
      '/v1/rerank': 'query',
      '/v1/audio/speech': 'input',
    };
    expect(refusal({}, { route })).toEqual({ code: 'invalid_request', param: needed[route] ?? 'messages' });
  });

  it.each([
    [{ messages: 'Hi' }, 'messages'],
    [{ messages: [] }, 'messages'],
    [{ messages: [null] }, 'messages[0]'],
    [{ messages: [{ content: 'x' }] }, 'messages[0].role'],
    [{ messages: [{ role: 'user', content: 5 }] }, 'messages[0].content'],
    [{ messages: [{ role: 'user', content: ['x'] }] }, 'messages[0].content[0]'],
    [{ messages: MESSAGES, stream: 'yes' }, 'stream'],
    [{ messages: MESSAGES, model: 5 }, 'model'],
    [{ messages: MESSAGES, temperature: '1' }, 'temperature'],
    [{ messages: MESSAGES, max_tokens: '5' }, 'max_tokens'],
    [{ messages: MESSAGES, stop: [5] }, 'stop'],
    [{ messages: MESSAGES, tools: {} }, 'tools'],
    [{ messages: MESSAGES, tools: ['x'] }, 'tools[0]'],
    [{ messages: MESSAGES, response_format: 'json' }, 'response_format'],
    [{ messages: MESSAGES, logit_bias: 'x' }, 'logit_bias'],
    [{ messages: MESSAGES, stream_options: true }, 'stream_options'],
    [{ messages: MESSAGES, chat_template_kwargs: 'x' }, 'chat_template_kwargs'],
  ])('a wrong type is refused by name: %j', (body, param) => {
    expect(refusal(body)).toEqual({ code: 'invalid_request', param });
  });

  it('checks prompts, inputs and documents', () => {
    const bad = (route: InferenceRoute, body: object) => refusal(body, { route }).param;
    expect(bad('/v1/completions', { prompt: { prompt_string: 'x' } })).toBe('prompt');
    expect(bad('/v1/completions', { prompt: ['x', {}] })).toBe('prompt[1]');
    expect(bad('/v1/completions', { prompt: Array.from({ length: 500 }, () => 'x') })).toBe('prompt');
    expect(bad('/infill', { input_prefix: 5 })).toBe('input_prefix');
    expect(bad('/v1/responses', { input: [5] })).toBe('input[0]');
    expect(bad('/v1/embeddings', { input: [] })).toBe('input');
    expect(bad('/v1/rerank', { query: 'x' })).toBe('documents');
    expect(bad('/v1/rerank', { query: 'x', documents: [5] })).toBe('documents[0]');
    expect(bad('/v1/messages', { messages: MESSAGES, system: [{ type: 'image' }] })).toBe('system[0]');
    expect(apply({ prompt: [[1, 2], [3]] }, { route: '/v1/completions' }).changed).toBe(false);
    expect(apply({ input: [1, 2, 3] }, { route: '/v1/embeddings' }).changed).toBe(false);
    expect(apply({ query: 'x', documents: ['a', { text: 'b' }] }, { route: '/v1/rerank' }).changed).toBe(false);
  });

  it('is not impressed by keys that belong to prototypes', () => {
    const body = json(
      '{"messages":[{"role":"user","content":"x","__proto__":{"role":"system"}}],"__proto__":{"stream":true},"constructor":{"prototype":{"polluted":1}},"chat_template_kwargs":{"a":1}}',
    );
    const result = apply(body, { knownFields: undefined });
    expect(result.dropped).toEqual(['__proto__', 'constructor']);
    expect(result.stream).toBe(false);
    expect(Object.getPrototypeOf(result.body)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(refusal(json('{"messages":[{"role":"user"}],"chat_template_kwargs":{"__proto__":{"a":1}}}')).code).toBe(
      'parameter_refused',
    );
  });
});

describe('J2: killer parameters', () => {
  const tool = (parameters: unknown) => [{ type: 'function', function: { name: 'f', parameters } }];
  const schema = (part: object) => ({ type: 'json_schema', json_schema: { name: 'x', schema: part } });

  it.each<[string, unknown, string?]>([
    ['n', 10_000],
    ['n', 0],
    ['n_cmpl', 9],
    ['best_of', 9],
    ['n_discard', -5],
    ['n_discard', 1e9],
    ['n_keep', -2],
    ['n_predict', 1e12],
    ['n_predict', -2],
    ['max_tokens', 1e12],
    ['max_tokens', 40_961],
    ['max_tokens', 1.5],
    ['max_completion_tokens', 1e12],
    ['repeat_last_n', 2e9],
    ['dry_penalty_last_n', 2e9],
    ['min_keep', -1],
    ['n_probs', 101],
    ['top_logprobs', 100_000],
    ['logprobs', 100_000],
    ['grammar', 'x'.repeat(65_537)],
    ['grammar', `root ::= ${'('.repeat(60_000)}${')'.repeat(5_000)}`.slice(0, 65_000)],
    ['grammar', 'root ::= "a"{1000000}'],
    ['json_schema', nested(70)],
    ['json_schema', { description: 'x'.repeat(300_000) }],
    ['json_schema', { pattern: 'a'.repeat(600) }, 'json_schema.pattern'],
    ['json_schema', { pattern: '(a+)+$' }, 'json_schema.pattern'],
    ['json_schema', { pattern: '((ab)*c?)*' }, 'json_schema.pattern'],
    ['json_schema', { pattern: '(' }, 'json_schema.pattern'],
    ['json_schema', { pattern: `${'('.repeat(40)}${')'.repeat(40)}` }, 'json_schema.pattern'],
    ['json_schema', { pattern: 'a{1,999999}' }, 'json_schema.pattern'],
    ['json_schema', { type: 'string', maxLength: 1e9 }, 'json_schema.maxLength'],
    ['json_schema', { $ref: 'http://169.254.169.254/' }, 'json_schema.$ref'],
    ['response_format', schema({ properties: { a: { pattern: '(x*)*' } } }), undefined],
    ['tools', tool(nested(70)), 'tools[0].function.parameters'],
    ['tools', Array.from({ length: 257 }, () => ({ type: 'function' }))],
    ['guided_regex', '(a+)+'],
    ['guided_grammar', '('.repeat(300)],
    ['structured_outputs', { regex: '(a+)+' }, 'structured_outputs.regex'],
    ['chat_template', '{{ 1 }}'],
    ['chat_template_kwargs', { messages: 'x' }, 'chat_template_kwargs.messages'],
    ['chat_template_kwargs', { add_generation_prompt: false }, 'chat_template_kwargs.add_generation_prompt'],
    ['chat_template_kwargs', { bos_token: 'x' }, 'chat_template_kwargs.bos_token'],
    ['chat_template_kwargs', { a: { b: 1 } }, 'chat_template_kwargs.a'],
    ['chat_template_kwargs', { a: [1] }, 'chat_template_kwargs.a'],
    ['prompt_embeds', 'AAAA'],
    ['lora', [{ id: 0, scale: 9 }]],
    ['adapter', 'x'],
    ['id_slot', 0],
    ['slot_id', 0],
    ['logit_bias', Object.fromEntries(Array.from({ length: 1_025 }, (_, index) => [index, 1]))],
    ['stop', Array.from({ length: 17 }, () => 'x')],
    ['stop', 'x'.repeat(1_025)],
    ['samplers', Array.from({ length: 33 }, () => 'top_k')],
    ['dry_sequence_breakers', Array.from({ length: 65 }, () => 'x')],
  ])('%s is refused by name', (name, value, param) => {
    for (const knownFields of [OPENAI_FIELDS[CHAT], undefined]) {
      // 40,961 is only absurd where the profile knows the context.
      if (value === 40_961 && knownFields === undefined) continue;
      const result = refusal({ messages: MESSAGES, [name]: value }, { knownFields });
      expect(result.code).toBe('parameter_refused');
      expect(result.param).toBe(param ?? (result.param?.startsWith(name) ? result.param : name));
    }
  });

  it('lets ordinary values through', () => {
    const body = {
      messages: MESSAGES,
      n: 1,
      max_tokens: 4_096,
      n_predict: -1,
      top_k: 40,
      logprobs: true,
      top_logprobs: 5,
      grammar: 'root ::= ("yes" | "no") [a-z]{1,5}',
      response_format: schema({
        type: 'object',
        properties: {
          pattern: { type: 'string', pattern: '^(\\+\\d{1,3} )?[a-z]+(-[a-z]{2,8})?$', maxLength: 50 },
          $ref: { $ref: '#/$defs/a' },
        },
      }),
      tools: tool({ type: 'object', properties: { city: { type: 'string' } } }),
      stop: ['a', 'b'],
      logit_bias: { 5: -100 },
      dry_sequence_breakers: ['\n', ':'],
      samplers: ['top_k', 'temperature'],
    };
    expect(apply(body).body).toBe(body);
  });

  it('drops and names what the engine does not know', () => {
    const result = apply({ messages: MESSAGES, frobnicate: 1, verbosity: 'low', temperature: 1 });
    expect(result.dropped).toEqual(['frobnicate', 'verbosity']);
    expect(result.body).toEqual({ messages: MESSAGES, temperature: 1 });
    expect(apply({ messages: MESSAGES, frobnicate: 1 }, { knownFields: undefined }).dropped).toEqual([]);
  });
});

describe('J3: media URLs', () => {
  const seeing = expertWith({ vision: true, audio: true });
  const chat = (part: object) => ({
    messages: [
      { role: 'user', content: 'x' },
      { role: 'user', content: [part] },
    ],
  });
  const remote = { expert: seeing, knownFields: undefined };

  it.each([
    'http://127.0.0.1:8082/',
    'https://example.com/x.png',
    'file:///etc/passwd',
    'ftp://x/y',
    'FILE:///etc/passwd',
    ' data:image/png;base64,x',
    '//host/x',
    '/etc/passwd',
  ])('%s is refused wherever it stands', (url) => {
    const parts: [object, string][] = [
      [{ type: 'image_url', image_url: { url } }, '.image_url.url'],
      [{ type: 'image_url', image_url: url }, '.image_url'],
      [{ type: 'text', text: 'x', image_url: { url } }, '.image_url.url'],
      [{ type: 'video_url', video_url: { url } }, '.video_url.url'],
      [{ type: 'audio_url', audio_url: { url } }, '.audio_url.url'],
      [{ type: 'input_audio', input_audio: { url, format: 'wav' } }, '.input_audio.url'],
      [{ type: 'image', source: { type: 'url', url } }, '.source.url'],
      [{ type: 'document', source: { type: 'url', url } }, '.source.url'],
      [
        { type: 'tool_result', tool_use_id: 'x', content: [{ type: 'image', source: { type: 'url', url } }] },
        '.content[0].source.url',
      ],
    ];
    for (const [part, where] of parts) {
      expect(refusal(chat(part), remote)).toEqual({
        code: 'media_url_refused',
        param: `messages[1].content[0]${where}`,
      });
    }
    const responses = { ...remote, route: '/v1/responses' as const };
    expect(
      refusal({ input: [{ role: 'user', content: [{ type: 'input_image', image_url: url }] }] }, responses),
    ).toEqual({ code: 'media_url_refused', param: 'input[0].content[0].image_url' });
    expect(
      refusal({ input: [{ type: 'function_call_output', output: [{ type: 'input_file', file_url: url }] }] }, responses)
        .code,
    ).toBe('media_url_refused');
  });

  it('refuses a URL in the place of bytes', () => {
    const part = { type: 'input_audio', input_audio: { data: 'http://127.0.0.1/', format: 'wav' } };
    expect(refusal(chat(part), remote).param).toBe('messages[1].content[0].input_audio.data');
  });

  it('lets bytes through to an expert that has the sense', () => {
    for (const part of [
      { type: 'image_url', image_url: { url: PIXEL } },
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } },
      { type: 'input_audio', input_audio: { data: 'UklGRg==', format: 'wav' } },
      { type: 'text', text: 'see http://example.com' },
      { type: 'tool_use', id: 'x', name: 'fetch', input: { url: 'http://example.com' } },
    ]) {
      expect(apply(chat(part), { expert: seeing }).changed).toBe(false);
    }
    const document = { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'Note: http://x' } };
    expect(apply(chat(document), remote).changed).toBe(false);
  });

  it('says which expert lacks which sense', () => {
    const image = { type: 'image_url', image_url: { url: PIXEL } };
    expect(() => apply(chat(image))).toThrow(/Expert fast does not take images/);
    const sound = { type: 'input_audio', input_audio: { data: 'UklGRg==', format: 'wav' } };
    expect(() => apply(chat(sound))).toThrow(/Expert fast does not take audio/);
    const document = { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'JVBE' } };
    expect(() => apply(chat(document), { expert: seeing })).toThrow(/Expert fast does not take documents/);
  });
});

describe('J4: upstream override', () => {
  it('drops and names every field that would choose another upstream or key', () => {
    const fields = [
      'api_base',
      'base_url',
      'api_key',
      'organization',
      'extra_headers',
      'custom_llm_provider',
      'headers',
    ];
    const body = { messages: MESSAGES, ...Object.fromEntries(fields.map((name) => [name, 'http://evil.example'])) };
    for (const knownFields of [OPENAI_FIELDS[CHAT], undefined]) {
      const result = apply(body, { knownFields });
      expect(result.dropped).toEqual(fields);
      expect(result.body).toEqual({ messages: MESSAGES });
    }
  });
});
