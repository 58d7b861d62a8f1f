import { describe, expect, it } from 'vitest';

import { translateResponse } from '../../../../src/proxy/dialect/translate.ts';
import { recordingsOf } from '../../../contract/recordings.ts';

const remote = recordingsOf('remote');
const toAnthropic = (body: unknown, status = 200) =>
  translateResponse({ from: 'openai', to: 'anthropic', status, body, model: 'm', created: 1 });
const toOpenai = (body: unknown, status = 200) =>
  translateResponse({ from: 'anthropic', to: 'openai', status, body, model: 'm', created: 1_752_000_000 });

describe('a whole answer', () => {
  it('of OpenAI’s becomes a message', () => {
    expect(toAnthropic(remote.json('chat.json'))).toEqual({
      id: 'msg_Bq7xZ1',
      type: 'message',
      role: 'assistant',
      model: 'gpt-4.1-mini-2025-04-14',
      content: [{ type: 'text', text: 'The capital of France is Paris.' }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: { input_tokens: 14, output_tokens: 7, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 },
    });
  });

  it('of OpenAI’s with tool calls becomes a message with tool uses', () => {
    expect(toAnthropic(remote.json('tools.json'))).toMatchObject({
      content: [
        { type: 'tool_use', id: 'call_Paris1', name: 'weather', input: { city: 'Paris' } },
        { type: 'tool_use', id: 'call_Rome2', name: 'weather', input: { city: 'Rome' } },
      ],
      stop_reason: 'tool_use',
    });
  });

  it('of llama-server becomes a message', () => {
    expect(toAnthropic(recordingsOf('llama-server').json('chat.json'))).toMatchObject({
      content: [{ type: 'text', text: ' Paris.' }],
      stop_reason: 'end_turn',
    });
  });

  it('of Anthropic’s becomes a chat completion', () => {
    expect(toOpenai(remote.json('messages.json'))).toEqual({
      id: 'chatcmpl-01XFDUDYJgAACzvnptvVoYEL',
      object: 'chat.completion',
      created: 1_752_000_000,
      model: 'claude-haiku-4-5-20251001',
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: "I'll look that up.",
            refusal: null,
            reasoning_content: 'The user asks for the weather; I have a tool.',
            tool_calls: [
              {
                id: 'toolu_01A09q90qw90lq917835lq9',
                type: 'function',
                function: { name: 'weather', arguments: '{"city":"Paris"}' },
              },
            ],
          },
          logprobs: null,
          finish_reason: 'tool_calls',
        },
      ],
      usage: {
        prompt_tokens: 512,
        completion_tokens: 89,
        total_tokens: 601,
        prompt_tokens_details: { cached_tokens: 100 },
      },
    });
  });

  it('keeps its reason to stop, and gets none that it has not got', () => {
    const stop = (finish_reason: unknown, more: object = {}) =>
      (toAnthropic({ choices: [{ message: { content: 'x' }, finish_reason, ...more }] }) as { stop_reason: unknown })
        .stop_reason;
    expect(stop('length')).toBe('max_tokens');
    expect(stop('content_filter')).toBe('refusal');
    expect(stop('stop', { stop_reason: 'END' })).toBe('stop_sequence');
    expect(stop(null)).toBeNull();
    expect(stop('abort')).toBeNull();
    const finish = (stop_reason: unknown) => toOpenai({ content: [], stop_reason });
    expect(finish('refusal')).toMatchObject({ choices: [{ finish_reason: 'content_filter' }] });
    expect(finish('model_context_window_exceeded')).toMatchObject({ choices: [{ finish_reason: 'length' }] });
    expect(finish(null)).toMatchObject({ choices: [{ finish_reason: null }] });
  });

  it('leaves out a tool call that the token limit cut off, and refuses one that is broken otherwise', () => {
    const answer = (finish_reason: string) => ({
      choices: [{ message: { tool_calls: [{ id: 'a', function: { name: 'f', arguments: '{"ci' } }] }, finish_reason }],
    });
    expect(toAnthropic(answer('length'))).toMatchObject({ content: [], stop_reason: 'max_tokens' });
    expect(() => toAnthropic(answer('tool_calls'))).toThrow(/arguments of the tool call f are not a JSON object/);
  });

  it('that is none of its dialect is refused', () => {
    for (const body of ['<html>', null, [], {}, { choices: [] }]) {
      expect(() => toAnthropic(body)).toThrow(expect.objectContaining({ code: 'engine_answer_invalid' }) as Error);
      expect(() => toOpenai(body)).toThrow(expect.objectContaining({ code: 'engine_answer_invalid' }) as Error);
    }
  });
});

describe('an error', () => {
  it.each([
    [{ error: { message: 'Slow down', type: 'rate_limit_exceeded', code: 'x', param: null } }, 429, 'rate_limit_error'],
    [{ error: { message: 'Bad', type: 'invalid_request_error' } }, 400, 'invalid_request_error'],
    [{ error: { code: 503, message: 'Loading model', type: 'unavailable_error' } }, 503, 'overloaded_error'],
    [{ error: 'Unauthorized' }, 401, 'authentication_error'],
    [{ detail: 'Not Found' }, 404, 'not_found_error'],
    [{ object: 'error', message: 'old vLLM', code: 500 }, 500, 'api_error'],
    ['<html>Bad gateway</html>', 502, 'api_error'],
  ])('of OpenAI’s kind reads as Anthropic’s: %j', (body, status, type) => {
    const translated = toAnthropic(body, status) as { type: string; error: { type: string; message: string } };
    expect(translated).toMatchObject({ type: 'error', error: { type } });
    expect(JSON.stringify(body)).toContain(translated.error.message);
  });

  it('of Anthropic’s kind reads as OpenAI’s, and keeps its own type as the code', () => {
    const error = (type: string) => ({ type: 'error', error: { type, message: 'No' }, request_id: 'req_1' });
    expect(toOpenai(error('rate_limit_error'), 429)).toEqual({
      error: { message: 'No', type: 'rate_limit_error', code: 'rate_limit_error', param: null },
    });
    expect(toOpenai(error('overloaded_error'), 529)).toEqual({
      error: { message: 'No', type: 'server_error', code: 'overloaded_error', param: null },
    });
    expect(toOpenai('', 500)).toEqual({
      error: {
        message: 'The upstream answered with status 500 and no explanation',
        type: 'server_error',
        code: null,
        param: null,
      },
    });
  });
});
