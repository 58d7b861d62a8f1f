import { describe, expect, it } from 'vitest';

import type { InferenceRoute } from '../../../src/engines/routes.ts';
import { readAndAdd } from '../../../src/proxy/answer-addition.ts';
import { AnswerReader } from '../../../src/proxy/answer-reader.ts';
import { seededRandom } from '../../../src/router/seeded-random.ts';

const CHAT = [
  'data: {"choices":[{"index":0,"delta":{"role":"assistant","content":"It is 7341 "}}],"created":5,"id":"c-1","model":"m","object":"chat.completion.chunk"}\n\n',
  ': ping\n\n',
  'data: {"choices":[{"index":0,"delta":{"content":"[1] — ¡sí! data: [DONE]"}}],"created":5,"id":"c-1","model":"m","object":"chat.completion.chunk"}\n\n',
  'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"created":5,"id":"c-1","model":"m","object":"chat.completion.chunk"}\n\n',
];
const DONE = 'data: [DONE]\n\n';
const ADDED =
  'data: {"id":"c-1","object":"chat.completion.chunk","created":5,"model":"m","choices":[],"orchestrator":{"sources":["s"]}}\n\n';

function addition(route: InferenceRoute) {
  const reader = new AnswerReader(route);
  return { reader, translator: readAndAdd({ route, inner: undefined, reader, addition: () => ({ sources: ['s'] }) }) };
}

function stream(route: InferenceRoute, text: string, cuts: (length: number) => number) {
  const { reader, translator } = addition(route);
  const bytes = Buffer.from(text);
  const out: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = Math.max(1, cuts(bytes.length - at));
    out.push(Buffer.from(translator.push(bytes.subarray(at, at + length))));
    at += length;
  }
  const { text: last, complete } = translator.end();
  return { text: Buffer.concat([...out, Buffer.from(last)]).toString('utf8'), complete, reader };
}

describe('what is added to an answer', () => {
  it.each([
    ['\n', (length: number) => length],
    ['\n', () => 1],
    ['\r\n', () => 1],
    ['\r', () => 1],
    ['\r\n', () => 7],
  ])('is one chunk in front of [DONE], however a stream with %j is cut', (newline, cuts) => {
    const as = (text: string) => text.replaceAll('\n', newline);
    const { text, complete, reader } = stream('/v1/chat/completions', as(CHAT.join('') + DONE), cuts);
    expect(text).toBe(as(CHAT.join('')) + ADDED + as(DONE));
    expect(complete).toBe(true);
    expect(reader.text).toBe('It is 7341 [1] — ¡sí! data: [DONE]');
    expect(reader.isWhole).toBe(true);
  });

  it('is the same at random cuts', () => {
    const random = seededRandom(11);
    for (let round = 0; round < 200; round += 1) {
      const { text } = stream('/v1/chat/completions', CHAT.join('') + DONE, () => Math.ceil(random() * 12));
      expect(text).toBe(CHAT.join('') + ADDED + DONE);
    }
  });

  it.each([
    ['the engine broke off', CHAT.slice(0, 2).join(''), false],
    ['the engine broke off in the middle of the mark', `${CHAT.join('')}data: [DO`, false],
    ['the engine reports an error', `${CHAT[0]}data: {"error":{"message":"x"}}\n\n`, true],
    ['the mark stands in an event', `${CHAT[0]}data: a\ndata: [DONE]\n\n`, true],
  ])('is nothing where %s', (_, text, complete) => {
    expect(stream('/v1/chat/completions', text, () => 3)).toMatchObject({ text, complete });
  });

  it('is a field of the response in the event that ends it', () => {
    const created = 'event: response.created\ndata: {"type":"response.created","response":{}}\n\n';
    const delta = 'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"Hi [1]"}\n\n';
    const field = '"orchestrator":{"sources":["s"]}';
    for (const [before, after] of [
      ['event: response.completed\ndata: {"type":"response.completed","response":{', '"status":"completed"}}\n\n'],
      ['event: response.incomplete\r\ndata: {"type":"response.incomplete","n":1,"response": {', '"a":"ñ"}}\r\n\r\n'],
      ['data: {"type":"response.completed","response":{', '}}\n\ndata: [DONE]\n\n'],
    ] as const) {
      for (const cut of [1, 2, 5, 1_000]) {
        const { text, reader } = stream('/v1/responses', created + delta + before + after, () => cut);
        expect(text).toBe(created + delta + before + field + (after.startsWith('}') ? '' : ',') + after);
        expect(reader.text).toBe('Hi [1]');
      }
    }
    for (const end of [
      'event: response.failed\ndata: {"type":"response.failed","response":{"error":{}}}\n\n',
      'event: response.completed\ndata: {"type":"response.completed"}\n\ndata: {"response":{"a":1}}\n\n',
      'event: response.completed\ndata: {"type":"response.completed","resp',
    ])
      for (const cut of [1, 1_000]) expect(stream('/v1/responses', delta + end, () => cut).text).toBe(delta + end);
  });

  it('leaves streams of Anthropic as they are, and reads them', () => {
    const text =
      'event: content_block_delta\ndata: {"type":"content_block_delta","delta":{"type":"text_delta","text":"Hi"}}\n\n' +
      'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"}}\n\n' +
      'event: message_stop\ndata: {"type":"message_stop"}\n\n';
    const { reader, ...rest } = stream('/v1/messages', text, () => 1);
    expect(rest).toEqual({ text, complete: true });
    expect([reader.text, reader.isWhole]).toEqual(['Hi', true]);
  });

  it('is the last field of a body, every byte of which stays', () => {
    const body = (route: InferenceRoute, status: number, text: string) => {
      const { reader, translator } = addition(route);
      return { text: translator.body(status, Buffer.from(text)).toString(), said: reader.text };
    };
    const chat = '{"choices": [{"message": {"content": "Hi ñ"}, "finish_reason":"stop"}], "n": 1.0 }\n';
    expect(body('/v1/chat/completions', 200, chat)).toEqual({
      text: chat.replace(' }\n', ' ,"orchestrator":{"sources":["s"]}}\n'),
      said: 'Hi ñ',
    });
    expect(body('/v1/chat/completions', 200, '{}').text).toBe('{"orchestrator":{"sources":["s"]}}');
    const response =
      '{"output":[{"type":"message","content":[{"type":"output_text","text":"Hi"}]}],"status":"completed","error":null}';
    expect(body('/v1/responses', 200, response)).toMatchObject({ said: 'Hi' });
    for (const [status, text] of [
      [500, '{"error":{}}'],
      [200, '{"error":{}}'],
      [200, 'no json }'],
      [200, '[{}]'],
    ] as const)
      expect(body('/v1/chat/completions', status, text).text).toBe(text);
    const message = '{"type":"message","content":[{"type":"text","text":"Hi"}],"stop_reason":"end_turn"}';
    expect(body('/v1/messages', 200, message)).toEqual({ text: message, said: 'Hi' });
  });
});
