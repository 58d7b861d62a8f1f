import { describe, expect, it } from 'vitest';

import { translateErrorLines } from '../../../src/proxy/error-lines.ts';
import { recordingsOf } from '../../contract/recordings.ts';

const recordings = recordingsOf('bitnet');

/** What a client gets when the stream comes in pieces of this size. */
function translate(stream: string, size = stream.length) {
  const bytes = Buffer.from(stream);
  const translator = translateErrorLines();
  let text = '';
  for (let at = 0; at < bytes.length; at += size) text += translator.push(bytes.subarray(at, at + size));
  const end = translator.end();
  return { text: text + end.text, complete: end.complete };
}

const CHUNK = 'data: {"choices":[{"delta":{"content":"ñ 😀"}}]}\n\n';
const ERROR = { code: 500, message: 'context shift is disabled', type: 'server_error' };
const FRAME = `data: ${JSON.stringify({ error: ERROR })}\n\n`;

describe('a stream of a server of 2024', () => {
  it.each([1, 7, 64, 100_000])('that is sound stays as it is, cut into pieces of %i bytes', (size) => {
    const stream = recordings.text('chat.sse');
    expect(translate(stream, size)).toEqual({ text: stream, complete: true });
    expect(translate(CHUNK + CHUNK, size)).toEqual({ text: CHUNK + CHUNK, complete: false });
  });

  it.each([1, 7, 100_000])('that fails at once becomes one error and no [DONE] (pieces of %i bytes)', (size) => {
    const { text, complete } = translate(recordings.text('too-long.sse'), size);
    expect(complete).toBe(true);
    expect(text.match(/data: /g)).toHaveLength(1);
    expect(JSON.parse(text.slice('data: '.length))).toMatchObject({
      error: { code: 400, type: 'invalid_request_error', message: expect.stringContaining('context size') as string },
    });
    expect(text).not.toContain('[DONE]');
  });

  it.each([1, 5, 100_000])('that fails in the middle keeps what came before (pieces of %i bytes)', (size) => {
    const json = JSON.stringify(ERROR);
    for (const failure of [`error: ${json}\n\n`, `data: ${json}\n\nerror: ${json}\n\n`]) {
      const { text, complete } = translate(`${CHUNK}${failure}data: [DONE]\n\n`, size);
      expect(text).toBe(CHUNK + FRAME);
      expect(complete).toBe(true);
    }
  });

  it('whose error is no JSON is passed on as a message', () => {
    expect(translate('error: boom\n\ndata: [DONE]\n\n').text).toBe('data: {"error":{"message":"boom"}}\n\n');
  });

  it('is not taken for an error because a model writes about one', () => {
    const stream = 'data: {"choices":[{"delta":{"content":"\\nerror: {\\"code\\": 1}"}}]}\n\ndata: [DONE]\n\n';
    expect(translate(stream)).toEqual({ text: stream, complete: true });
  });

  it('gives whole answers back untouched', () => {
    const body = recordings.text('chat.json');
    expect(translateErrorLines().body(200, Buffer.from(body))).toBe(body);
  });
});
