import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { INFERENCE_PATHS } from '../../../src/engines/routes.ts';
import { readConversation } from '../../../src/router/conversation.ts';
import { conversationKeys } from '../../../src/router/conversation-key.ts';

const CHAT = '/v1/chat/completions';
const user = (content: unknown) => ({ role: 'user', content });
const assistant = (content: unknown) => ({ role: 'assistant', content });
const chat = (...messages: unknown[]) => readConversation(CHAT, { messages });
const PIXEL = 'data:image/png;base64,AAAA';

describe('readConversation', () => {
  it('hears the user, the last message first, and nobody else', () => {
    const conversation = chat(
      { role: 'system', content: 'You write code.' },
      user('first'),
      assistant('an answer'),
      user('second'),
      assistant('an answer'),
      user('sí'),
      assistant('an answer'),
      user('third'),
    );
    expect(conversation.voices).toEqual(['third', 'second', 'first']);
    expect(conversation).toMatchObject({ acknowledges: false, underWay: undefined, images: false, tools: false });
  });

  it('knows an acknowledgement, which has no voice', () => {
    const conversation = chat(user('Write a sonnet'), assistant('…'), user('sí, continúa'));
    expect(conversation).toMatchObject({ acknowledges: true, voices: ['Write a sonnet'] });
  });

  it('knows a loop of tools, in each dialect', () => {
    expect(
      chat(user('what is in a.txt?'), assistant(null), { role: 'tool', tool_call_id: '1', content: 'const a = 1;' }),
    ).toMatchObject({ underWay: 'tool', voices: ['what is in a.txt?'] });
    const result = { type: 'tool_result', tool_use_id: '1', content: 'const a = 1;' };
    const reminder = { type: 'text', text: '<system-reminder>be brief</system-reminder>' };
    expect(
      readConversation('/v1/messages', {
        messages: [user('go'), user('hello'), assistant([]), user([result, reminder])],
      }),
    ).toMatchObject({ underWay: 'tool', voices: ['hello'] });
    expect(
      readConversation('/v1/responses', {
        input: [user('hello'), { type: 'function_call', name: 'x' }, { type: 'function_call_output', output: 'code' }],
      }),
    ).toMatchObject({ underWay: 'tool', voices: ['hello'] });
  });

  it('knows a loop of tools behind a message that was injected', () => {
    const conversation = chat(
      user('hello'),
      assistant('…'),
      { role: 'tool', content: 'x' },
      user('<system-reminder>be brief</system-reminder>'),
    );
    expect(conversation).toMatchObject({ underWay: 'tool', voices: ['hello'] });
  });

  it('knows an answer that is to be continued', () => {
    expect(chat(user('Once upon a time'), assistant('there was'))).toMatchObject({ underWay: 'answer' });
  });

  it('finds images, sounds and documents wherever they stand', () => {
    const image = { type: 'image_url', image_url: { url: PIXEL } };
    expect(
      chat(user([{ type: 'text', text: 'what is it?' }, image]), assistant('a cat'), user('which one?')),
    ).toMatchObject({ images: true, voices: ['which one?', 'what is it?'] });
    const shot = { type: 'tool_result', content: [{ type: 'image', source: { type: 'base64', data: 'AAAA' } }] };
    expect(readConversation('/v1/messages', { messages: [user([shot])] }).images).toBe(true);
    expect(readConversation('/v1/responses', { input: [{ type: 'input_image', image_url: PIXEL }] }).images).toBe(true);
    expect(chat(user([{ type: 'input_audio', input_audio: { data: 'AAAA' } }]))).toMatchObject({ audio: true });
    expect(chat(user([{ type: 'document', source: {} }]))).toMatchObject({ documents: true, images: false });
  });

  it('takes a message that is only an image for a turn without words', () => {
    const conversation = chat(user([{ type: 'image_url', image_url: { url: PIXEL } }]));
    expect(conversation).toMatchObject({ images: true, voices: [], turns: [''], acknowledges: false });
  });

  it('reads prompts, instructions and code to be filled in', () => {
    expect(readConversation('/v1/completions', { prompt: 'def add(' }).voices).toEqual(['def add(']);
    expect(readConversation('/v1/completions', { prompt: ['a', 'b'] }).voices).toEqual(['a']);
    expect(readConversation('/v1/responses', { input: 'hello' }).voices).toEqual(['hello']);
    expect(readConversation('/infill', { input_prefix: 'const a' }).voices).toEqual(['const a']);
    expect(chat({ role: 'system', content: 'Answer in German' }).voices).toEqual(['Answer in German']);
    expect(chat(user('<environment_details>src</environment_details>')).voices).toHaveLength(1);
  });

  it('knows whether tools are wanted, and how long the answer may be', () => {
    const tools = [{ type: 'function', function: { name: 'x' } }];
    expect(readConversation(CHAT, { tools, max_tokens: 10 })).toMatchObject({ tools: true, answerTokens: 10 });
    expect(readConversation(CHAT, { tools, tool_choice: 'none' }).tools).toBe(false);
    expect(readConversation('/v1/messages', { tools, tool_choice: { type: 'none' } }).tools).toBe(false);
  });

  it('is not thrown by any body', () => {
    const bodies = fc.oneof(
      fc.jsonValue(),
      fc.record({ messages: fc.jsonValue(), input: fc.jsonValue(), prompt: fc.jsonValue() }),
    );
    fc.assert(
      fc.property(fc.constantFrom(...INFERENCE_PATHS), bodies, (route, body) => {
        const conversation = readConversation(route, body);
        expect(conversation.voices.every((voice) => voice.length <= 4_000)).toBe(true);
        expect(conversation.promptTokens(0)).toBeGreaterThanOrEqual(0);
      }),
    );
    for (const content of [null, 7, {}, [null], [[]], [{ type: 7, text: {} }], [{ type: 'text', text: null }]])
      expect(chat(null, 7, user(content)).images).toBe(false);
  });
});

describe('promptTokens', () => {
  const tokens = (body: unknown, enough = 0) =>
    readConversation(CHAT, body, Buffer.byteLength(JSON.stringify(body))).promptTokens(enough);

  it('is rather too high than too low, and not by much', () => {
    const english = 'The quick brown fox jumps over the lazy dog. '.repeat(1_000);
    // About ten tokens a sentence.
    expect(tokens({ messages: [user(english)] })).toBeGreaterThan(10_000);
    expect(tokens({ messages: [user(english)] })).toBeLessThan(16_000);
    const chinese = '今天天气很好我们去公园'.repeat(1_000);
    expect(tokens({ messages: [user(chinese)] })).toBeGreaterThan(10_000);
    expect(tokens({ messages: [user(chinese)] })).toBeLessThan(12_000);
  });

  it('does not count the bytes of an image as text, nor escapes as letters', () => {
    const image = { type: 'image_url', image_url: { url: `data:image/png;base64,${'A'.repeat(3_000_000)}` } };
    expect(tokens({ messages: [user([image])] })).toBeLessThan(1_200);
    const spanish = 'á'.repeat(30_000);
    const escaped = JSON.stringify({ messages: [user(spanish)] }).replaceAll('á', '\\u00e1');
    expect(readConversation(CHAT, JSON.parse(escaped), escaped.length).promptTokens(0)).toBeLessThan(11_000);
  });

  it('counts tokens that are given as such, and tools', () => {
    const prompt = Array.from({ length: 5_000 }, () => 1);
    expect(readConversation('/v1/completions', { prompt }).promptTokens(0)).toBe(5_000);
    const tools = Array.from({ length: 50 }, () => ({ function: { description: 'x'.repeat(600) } }));
    expect(tokens({ messages: [user('hi')], tools })).toBeGreaterThan(10_000);
  });
});

describe('conversationKeys', () => {
  const keys = (messages: unknown[], id?: string) => conversationKeys(chat(...messages), 'ana', id);
  const turns = (...texts: string[]) => texts.flatMap((text) => [user(text), assistant(`about ${text}`)]).slice(0, -1);

  it('finds a conversation again by what the user said', () => {
    const first = keys(turns('write a sonnet'));
    expect(keys(turns('write a sonnet', 'sí')).previous).toBe(first.own);
    const later = keys(turns('a', 'b', 'c', 'd', 'e'));
    expect(keys(turns('a', 'b', 'c', 'd', 'e', 'sí')).previous).toBe(later.own);
    expect(keys([...turns('a', 'b'), assistant(null), { role: 'tool', content: 'x' }]).own).toBe(
      keys(turns('a', 'b')).own,
    );
  });

  it('tells others from it', () => {
    expect(keys(turns('write a sonnet')).own).not.toBe(keys(turns('write a ballad')).own);
    expect(conversationKeys(chat(user('a')), 'ana').own).not.toBe(conversationKeys(chat(user('a')), 'eva').own);
    expect(keys([])).toEqual({ own: undefined, previous: undefined });
  });

  it('goes by the id that the client gives', () => {
    expect(keys(turns('a'), 'x7').own).toBe(keys(turns('b', 'c'), 'x7').previous);
  });
});
