import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { AnswerTail } from '../../../src/proxy/answer-tail.ts';

const tailOf = (route: string, ...chunks: readonly string[]): AnswerTail => {
  const tail = new AnswerTail(route);
  for (const chunk of chunks) tail.push(Buffer.from(chunk));
  return tail;
};

const CHAT = '/v1/chat/completions';

describe('the end of a stream', () => {
  it.each([
    [CHAT, 'data: {}\n\ndata: [DONE]\n\n', true],
    [CHAT, 'data:[DONE]\r\n\r\n', true],
    [CHAT, 'data: {}\n\n', false],
    [CHAT, `data: ${JSON.stringify({ text: '\ndata: [DONE]\n\n' })}\n\n`, false],
    [CHAT, `data: ${JSON.stringify({ text: '{"error": {"message": 1}}' })}\n\n`, false],
    [CHAT, 'data: {"choices":[],"error":null}\n\n', false],
    [CHAT, 'data: {"error":{"message":"no"}}\n\n', true],
    [CHAT, 'error: {"code":500}\n\n', true],
    ['/v1/completions', 'data: [DONE]\n\n', true],
    ['/v1/messages', 'event: message_stop\ndata: {"type":"message_stop"}\n\n', true],
    ['/v1/messages', `data: ${JSON.stringify({ text: 'message_stop and "type": "message_stop"' })}\n\n`, false],
    ['/v1/messages', 'event: error\ndata: {"type":"error","error":{"type":"overloaded_error"}}\n\n', true],
    ['/v1/responses', 'event: response.output_text.delta\ndata: {"type":"response.output_text.delta"}\n\n', false],
    ['/v1/responses', 'event: response.incomplete\ndata: {"type":"response.incomplete"}\n\n', true],
    ['/v1/audio/speech', 'anything', true],
  ])('%s %j: %s', (route, text, complete) => {
    expect(tailOf(route, text).isComplete).toBe(complete);
  });

  it('of a response is seen although the whole answer is repeated after the mark', () => {
    const answer = 'x'.repeat(100_000);
    const text = `event: response.completed\ndata: {"type":"response.completed","response":{"output":"${answer}"}}\n\n`;
    expect(tailOf('/v1/responses', text).isComplete).toBe(true);
    expect(tailOf('/v1/responses', ...(text.match(/.{1,7}/gs) ?? [])).isComplete).toBe(true);
  });

  it('does not depend on how the bytes were cut', () => {
    const text = `${'data: {"choices":[{"delta":{"content":"año"}}]}\n\n'.repeat(100)}data: [DONE]\n\n`;
    const bytes = Buffer.from(text);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 3_000 }), { minLength: 1, maxLength: 50 }), (sizes) => {
        const tail = new AnswerTail(CHAT);
        for (let start = 0, index = 0; start < bytes.length; index += 1) {
          const size = sizes[index % sizes.length] ?? 1;
          tail.push(bytes.subarray(start, start + size));
          start += size;
        }
        expect(tail.isComplete).toBe(true);
        expect(tail.isBetweenEvents).toBe(true);
        expect(tail.text.length).toBeLessThanOrEqual(4_096);
        expect(bytes.toString('latin1').endsWith(tail.text)).toBe(true);
      }),
    );
  });

  it('knows whether a new event may begin', () => {
    expect(tailOf(CHAT).isBetweenEvents).toBe(true);
    expect(tailOf(CHAT, 'data: {}\n').isBetweenEvents).toBe(false);
    expect(tailOf(CHAT, 'data: {}\n', '\n').isBetweenEvents).toBe(true);
    expect(tailOf(CHAT, 'data: {}\r\n\r\n').isBetweenEvents).toBe(true);
    expect(tailOf(CHAT, 'data: {').isBetweenEvents).toBe(false);
  });
});
