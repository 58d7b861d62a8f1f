import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { AnswerMalformed, AnswerParser } from '../../../src/supervisor/answer-parser.ts';

interface Seen {
  status: number;
  headers: Record<string, string | string[]>;
  body: string;
  /** How long the connection may rest; undefined while the answer is not complete. */
  reusableMs: number | undefined;
}

/** Reads the text in pieces that end at the given places; `closes`: the connection ends after it. */
function read(text: string, cuts: readonly number[] = [], closes = false): Seen & { ended: boolean } {
  const seen: Seen = { status: 0, headers: {}, body: '', reusableMs: undefined };
  const parser = new AnswerParser({
    head: (status, headers) => Object.assign(seen, { status, headers: { ...headers } }),
    data: (bytes) => (seen.body += bytes.toString('latin1')),
    done: (reusableMs) => (seen.reusableMs = reusableMs),
  });
  parser.expectAnswer();
  const places = [...new Set(cuts)].sort((left, right) => left - right);
  let from = 0;
  for (const to of [...places, text.length]) {
    // A buffer of its own that is overwritten afterwards, as the real one is.
    const piece = Buffer.from(text.slice(from, to), 'latin1');
    parser.push(piece);
    piece.fill(0);
    from = to;
  }
  const ended = closes ? parser.end() : seen.reusableMs !== undefined;
  return { ...seen, ended };
}

const ANSWERS: Record<string, { text: string; body: string; reusableMs: number; closes?: boolean }> = {
  'a length': {
    text: 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 13\r\nKeep-Alive: timeout=3, max=100\r\n\r\n{"text":"hé"}',
    body: '{"text":"hé"}',
    reusableMs: 2_000,
  },
  chunks: {
    text: 'HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\ncontent-type: text/event-stream\r\n\r\n6\r\ndata: \r\n0000a;x=1\r\n{"a":[1]}\n\r\n1\r\n\n\r\n0\r\nx-trailer: 1\r\n\r\n',
    body: 'data: {"a":[1]}\n\n',
    reusableMs: 0,
  },
  'the end of the connection': {
    text: 'HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nall of it',
    body: 'all of it',
    reusableMs: 0,
    closes: true,
  },
  'no body': { text: 'HTTP/1.1 204 No Content\r\n\r\n', body: '', reusableMs: 4_000 },
  'a length of nothing, and a close': {
    text: 'HTTP/1.1 500 \r\nconnection: Close\r\ncontent-length: 0\r\n\r\n',
    body: '',
    reusableMs: 0,
  },
  'an announcement before it': {
    text: 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200\r\ncontent-length: 2\r\n\r\nok',
    body: 'ok',
    reusableMs: 4_000,
  },
};

describe('answers', () => {
  test.each(Object.entries(ANSWERS))(
    'with %s are read alike however they are cut',
    (_name, { text, closes, ...wanted }) => {
      const whole = read(text, [], closes);
      expect(whole).toMatchObject({ ...wanted, ended: true });
      for (let cut = 1; cut < text.length; cut += 1) expect(read(text, [cut], closes), `cut at ${cut}`).toEqual(whole);
      const everywhere = Array.from({ length: text.length }, (_, index) => index);
      expect(read(text, everywhere, closes)).toEqual(whole);
    },
  );

  test('any body comes out as it went in, whatever the chunks and the cuts', () => {
    const property = fc.property(
      fc.array(fc.string({ minLength: 1, unit: 'binary-ascii' }), { maxLength: 8 }),
      fc.array(fc.nat(2_000)),
      (parts, cuts) => {
        const chunks = parts.map((part) => `${part.length.toString(16)}\r\n${part}\r\n`).join('');
        const text = `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`;
        const inside = cuts.filter((cut) => cut < text.length);
        expect(read(text, inside)).toMatchObject({ body: parts.join(''), ended: true });
      },
    );
    fc.assert(property, { numRuns: 300 });
  });

  test('a header that comes twice is a list; names are lower case', () => {
    const { headers } = read('HTTP/1.1 200 OK\r\nX-A: 1\r\nx-a:  2 \r\nX-A: 3\r\nContent-Length: 0\r\n\r\n');
    expect(headers).toEqual({ 'x-a': ['1', '2', '3'], 'content-length': '0' });
  });

  test('an answer that is cut off has not ended', () => {
    expect(read('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nabc', [], true).ended).toBe(false);
    expect(read('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n', [], true).ended).toBe(false);
    expect(read('HTTP/1.1 200 OK\r\ncontent-le', [], true).ended).toBe(false);
  });

  test('bytes after an answer: it is whole, and the connection is not used again', () => {
    const head = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n';
    expect(() => read(`${head}okHTTP/1.1 200 OK\r\n`)).toThrow(AnswerMalformed);
    const seen: (number | string)[] = [];
    const parser = new AnswerParser({
      head: () => undefined,
      data: (bytes) => seen.push(bytes.toString()),
      done: (reusableMs) => seen.push(reusableMs),
    });
    parser.expectAnswer();
    expect(() => parser.push(Buffer.from(`${head}okmore`))).toThrow(AnswerMalformed);
    expect(seen).toEqual(['ok', 0]);
  });
});

const head = (...lines: string[]) => `${['HTTP/1.1 200 OK', ...lines].join('\r\n')}\r\n\r\n`;
const MALFORMED: Record<string, string> = {
  'another protocol': 'SSH-2.0-OpenSSH_9.2p1\r\n\r\n',
  'another version': 'HTTP/2.0 200 OK\r\n\r\n',
  'a status of four digits': 'HTTP/1.1 2000 OK\r\n\r\n',
  'a switched protocol': 'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\n',
  'a bare line feed': 'HTTP/1.1 200 OK\r\nx-a: 1\nx-b: 2\r\n\r\n',
  'a bare carriage return': 'HTTP/1.1 200 OK\r\nx-a: 1\rx-b: 2\r\n\r\n',
  'a NUL': 'HTTP/1.1 200 OK\r\nx-a: \0\r\n\r\n',
  'a continued line': head('x-a: 1', ' more'),
  'a blank before the colon': head('content-length : 1'),
  'a line without a colon': head('nonsense'),
  'two lengths': head('content-length: 1', 'content-length: 2'),
  'a length below nothing': head('content-length: -1'),
  'a length and chunks': head('content-length: 1', 'transfer-encoding: chunked'),
  'an unknown encoding': head('transfer-encoding: gzip, chunked'),
  'a chunk without a size': `${head('transfer-encoding: chunked')}\r\n\r\n`,
  'a chunk size with a sign': `${head('transfer-encoding: chunked')}+1\r\na\r\n`,
  'a chunk size that is too large': `${head('transfer-encoding: chunked')}fffffffff\r\n`,
  'a chunk longer than its size': `${head('transfer-encoding: chunked')}1\r\nab\r\n0\r\n\r\n`,
  'an endless line': `${head('transfer-encoding: chunked')}${'0'.repeat(5_000)}`,
  'an endless head': `HTTP/1.1 200 OK\r\nx-a: ${'a'.repeat(70_000)}`,
};

test.each(Object.entries(MALFORMED))('%s is malformed', (_name, text) => {
  expect(() => read(text)).toThrow(AnswerMalformed);
});
