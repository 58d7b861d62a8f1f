import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { createStreamTranslator } from '../../../../src/proxy/dialect/translate.ts';
import type { JsonObject } from '../../../../src/proxy/json.ts';
import { SseParser } from '../../../../src/proxy/sse.ts';
import { recordingsOf } from '../../../contract/recordings.ts';

const remote = recordingsOf('remote');
const llama = recordingsOf('llama-server');

const translator = (to: 'openai' | 'anthropic', includeUsage = true) =>
  createStreamTranslator({
    from: to === 'openai' ? 'anthropic' : 'openai',
    to,
    model: 'm',
    requestId: 'r1',
    created: 1_752_000_000,
    includeUsage,
  });

const run = (to: 'openai' | 'anthropic', input: string, includeUsage?: boolean) => {
  const stream = translator(to, includeUsage);
  const text = stream.push(Buffer.from(input));
  const end = stream.end();
  return { ...end, text: text + end.text };
};

const events = (text: string): (JsonObject | string)[] =>
  new SseParser()
    .push(Buffer.from(text))
    .filter((item) => item.kind === 'event')
    .map(({ data }) => (data === '[DONE]' ? data : (JSON.parse(data) as JsonObject)));
const types = (text: string) => events(text).map((event) => (typeof event === 'string' ? event : event['type']));
const chunk = (delta: object, finish: string | null = null) =>
  `data: ${JSON.stringify({ id: 'chatcmpl-1', model: 'q', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
const call = (index: number, fields: object) => chunk({ tool_calls: [{ index, ...fields }] });
const DONE = 'data: [DONE]\n\n';

describe('chunks as events of a message', () => {
  it('says a text as Anthropic would', () => {
    const { text, complete } = run('anthropic', remote.text('chat.sse'));
    expect(complete).toBe(true);
    const all = events(text) as JsonObject[];
    expect(all[0]).toMatchObject({
      type: 'message_start',
      message: { id: 'msg_Bq7xZ2', role: 'assistant', content: [], model: 'gpt-4.1-mini-2025-04-14' },
    });
    expect(types(text)).toEqual([
      'message_start',
      'content_block_start',
      ...Array.from({ length: 7 }, () => 'content_block_delta'),
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
    expect(all.at(-2)).toEqual({
      type: 'message_delta',
      delta: { stop_reason: 'end_turn', stop_sequence: null },
      usage: { input_tokens: 14, output_tokens: 7, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 },
    });
    expect(text).toContain('event: message_stop\n');
  });

  it('passes parallel tool calls on one after the other', () => {
    const all = events(run('anthropic', remote.text('tools.sse')).text) as JsonObject[];
    const starts = all.filter((event) => event['type'] === 'content_block_start');
    expect(starts).toMatchObject([
      { index: 0, content_block: { type: 'tool_use', id: 'call_Paris1', name: 'weather', input: {} } },
      { index: 1, content_block: { type: 'tool_use', id: 'call_Rome2', name: 'weather', input: {} } },
    ]);
    const written = (index: number) =>
      all
        .filter((event) => event['type'] === 'content_block_delta' && event['index'] === index)
        .map((event) => (event['delta'] as { partial_json: string }).partial_json)
        .join('');
    expect([JSON.parse(written(0)), JSON.parse(written(1))]).toEqual([{ city: 'Paris' }, { city: 'Rome' }]);
    expect(all.at(-2)).toMatchObject({ delta: { stop_reason: 'tool_use' } });
  });

  it('keeps tool calls apart that come in mixed', () => {
    const mixed =
      call(0, { id: 'a', function: { name: 'f', arguments: '{"x"' } }) +
      call(1, { id: 'b', function: { name: 'g', arguments: '{"y"' } }) +
      call(0, { function: { arguments: ':1}' } }) +
      call(1, { function: { arguments: ':2}' } }) +
      chunk({}, 'tool_calls') +
      DONE;
    const all = events(run('anthropic', mixed).text) as JsonObject[];
    expect(all.map((event) => [event['type'], event['index']])).toEqual([
      ['message_start', undefined],
      ['content_block_start', 0],
      ['content_block_delta', 0],
      ['content_block_delta', 0],
      ['content_block_stop', 0],
      ['content_block_start', 1],
      ['content_block_delta', 1],
      ['content_block_stop', 1],
      ['message_delta', undefined],
      ['message_stop', undefined],
    ]);
  });

  it('thinks first, then speaks, then calls', () => {
    const input =
      chunk({ role: 'assistant', reasoning_content: 'Hm' }) +
      chunk({ reasoning_content: '.' }) +
      chunk({ content: 'Look:' }) +
      call(0, { id: 'a', function: { name: 'f', arguments: '{}' } }) +
      chunk({}, 'tool_calls') +
      DONE;
    const all = events(run('anthropic', input).text) as JsonObject[];
    const blocks = all.filter((event) => event['type'] === 'content_block_start');
    expect(blocks.map((event) => (event['content_block'] as JsonObject)['type'])).toEqual([
      'thinking',
      'text',
      'tool_use',
    ]);
    expect(types(run('anthropic', input).text).filter((type) => type === 'content_block_stop')).toHaveLength(3);
  });

  it('turns signs of life into pings', () => {
    expect(run('anthropic', ': waiting\n\n').text).toBe('event: ping\ndata: {"type":"ping"}\n\n');
  });

  it('reads real chunks of llama-server', () => {
    const { text, complete } = run('anthropic', llama.text('chat.sse'));
    expect(complete).toBe(true);
    expect(text).toContain('Paris');
    expect(types(text).at(-1)).toBe('message_stop');
  });
});

describe('events of a message as chunks', () => {
  it('thinks, speaks and calls as OpenAI-compatible servers do', () => {
    const { text, complete } = run('openai', remote.text('messages.sse'));
    expect(complete).toBe(true);
    const all = events(text);
    expect(all.at(-1)).toBe('[DONE]');
    const chunks = all.slice(0, -1) as { id: string; choices: { delta: JsonObject; finish_reason: unknown }[] }[];
    expect(new Set(chunks.map(({ id }) => id))).toEqual(new Set(['chatcmpl-01XFDUDYJgAACzvnptvVoYEL']));
    const deltas = chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta));
    expect(deltas[0]).toEqual({ role: 'assistant', content: '' });
    const joined = (field: string) => deltas.map((delta) => (delta[field] as string | undefined) ?? '').join('');
    expect(joined('reasoning_content')).toBe('The user asks for the weather; I have a tool.');
    expect(joined('content')).toBe("I'll look that up.");
    const calls = deltas.flatMap((delta) => (delta['tool_calls'] as JsonObject[] | undefined) ?? []);
    expect(calls[0]).toEqual({
      index: 0,
      id: 'toolu_01A09q90qw90lq917835lq9',
      type: 'function',
      function: { name: 'weather', arguments: '' },
    });
    expect(calls.map((part) => (part['function'] as { arguments: string }).arguments).join('')).toBe(
      '{"city": "Paris"}',
    );
    expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe('tool_calls');
    expect(chunks.at(-1)).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 512, completion_tokens: 89, total_tokens: 601 },
    });
  });

  it('counts only where the client asked for it', () => {
    expect(run('openai', remote.text('messages.sse'), false).text).not.toContain('"usage"');
  });

  it('gives a tool call without input an empty object as arguments', () => {
    const event = (type: string, fields: object) => `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
    const input =
      event('content_block_start', { index: 0, content_block: { type: 'tool_use', id: 'a', name: 'now', input: {} } }) +
      event('content_block_delta', { index: 0, delta: { type: 'input_json_delta', partial_json: '' } }) +
      event('content_block_stop', { index: 0 });
    expect(run('openai', input).text).toContain('"arguments":"{}"');
  });

  it('passes over events that it does not know', () => {
    expect(run('openai', 'event: sparkle\ndata: {"type":"sparkle"}\n\n')).toMatchObject({ text: '', failed: false });
  });

  it('reads real events of llama-server', () => {
    const { text, complete } = run('openai', llama.text('messages.sse'));
    expect(complete).toBe(true);
    expect(text).toContain('Paris');
  });
});

describe('C1: a stream that breaks', () => {
  const cases = [
    ['anthropic', remote.text('chat.sse')],
    ['anthropic', remote.text('tools.sse')],
    ['openai', remote.text('messages.sse')],
  ] as const;

  it.each(cases)('never gets an ending that it has not got (for %s)', (to, input) => {
    const frames = input.split('\n\n').filter((frame) => frame !== '');
    for (let kept = 0; kept < frames.length; kept += 1) {
      const cut = frames
        .slice(0, kept)
        .map((frame) => `${frame}\n\n`)
        .join('');
      const { text, complete, failed } = run(to, `${cut}data: {"cut`);
      expect({ kept, complete, failed }).toEqual({ kept, complete: false, failed: false });
      expect(text).not.toMatch(/message_stop|\[DONE\]/);
    }
  });

  it('is not finished by [DONE] alone', () => {
    const { text, complete } = run('anthropic', chunk({ content: 'Hal' }) + DONE);
    expect(complete).toBe(false);
    expect(text).not.toMatch(/message_delta|message_stop|end_turn/);
  });

  it('ends with the error in the client’s words, and nothing after it', () => {
    const upstream = [
      `data: ${JSON.stringify({ error: { message: 'CUDA error', type: 'server_error', code: 500 } })}\n\n${DONE}`,
      `error: ${JSON.stringify({ message: 'CUDA error', type: 'server_error', code: 500 })}\n\n${DONE}`,
      'event: error\ndata: CUDA error\n\n',
    ];
    for (const error of upstream) {
      const { text, complete, failed } = run('anthropic', chunk({ content: 'Hal' }) + error);
      expect({ complete, failed }).toEqual({ complete: false, failed: true });
      expect(events(text).at(-1)).toEqual({ type: 'error', error: { type: 'api_error', message: 'CUDA error' } });
      expect(text).not.toMatch(/message_stop/);
    }
    const { text, failed } = run(
      'openai',
      'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n' +
        'event: message_stop\ndata: {"type":"message_stop"}\n\n',
    );
    expect(failed).toBe(true);
    expect(events(text)).toEqual([
      { error: { message: 'Overloaded', type: 'server_error', code: 'overloaded_error', param: null } },
    ]);
  });

  it('is refused where it is no stream of the dialect', () => {
    expect(() => run('anthropic', 'data: <html>\n\n')).toThrow(
      expect.objectContaining({ code: 'engine_answer_invalid' }) as Error,
    );
    expect(() => run('openai', 'data: [1]\n\n')).toThrow(/no JSON object/);
  });
});

describe('C6: a stream in pieces', () => {
  it('is translated the same however it is cut', () => {
    const streams = [
      ['anthropic', chunk({ content: 'ñandú 😀' }) + remote.text('tools.sse')],
      ['openai', remote.text('messages.sse')],
    ] as const;
    fc.assert(
      fc.property(fc.constantFrom(...streams), fc.array(fc.nat(), { maxLength: 30 }), ([to, input], cuts) => {
        const bytes = Buffer.from(input);
        const whole = run(to, input).text;
        const points = [0, ...cuts.map((cut) => cut % bytes.length).toSorted((a, b) => a - b), bytes.length];
        const pieces = translator(to);
        const text = points.slice(1).map((end, index) => pieces.push(bytes.subarray(points[index], end)));
        expect(text.join('')).toBe(whole);
        expect(pieces.end().complete).toBe(true);
      }),
    );
  });
});
