import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { serialiseComment, serialiseEvent, type SseItem, SseParser } from '../../../src/proxy/sse.ts';

const parse = (chunks: readonly Uint8Array[]): SseItem[] => {
  const parser = new SseParser();
  return chunks.flatMap((chunk) => parser.push(chunk));
};
const text = (value: string) => Buffer.from(value);
const slice = (bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] => {
  const points = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  return points.slice(1).map((end, index) => bytes.subarray(points[index], end));
};
const event = (data: string, name = 'message'): SseItem => ({ kind: 'event', event: name, data });

describe('the SSE parser', () => {
  it('reads events, names, comments and ids', () => {
    expect(parse([text(': hello\nevent: ping\ndata: {"a":1}\n\nid: 7\ndata:x\n\ndata\n\n')])).toEqual([
      { kind: 'comment', text: 'hello' },
      event('{"a":1}', 'ping'),
      { kind: 'event', event: 'message', data: 'x', id: '7' },
      { kind: 'event', event: 'message', data: '', id: '7' },
    ]);
  });

  it('joins several data lines, and keeps all but the first space', () => {
    expect(parse([text('data: one\ndata:  two\ndata:\n\n')])).toEqual([event('one\n two\n')]);
  });

  it('skips a byte order mark', () => {
    const bytes = text('\uFEFFdata: x\n\n');
    expect(parse([bytes])).toEqual([event('x')]);
    expect(parse([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual([event('x')]);
  });

  it('takes CRLF, CR and LF in one stream, also cut between the two', () => {
    expect(parse([text('data: a\r'), text('\n\r'), text('\ndata: b\r\rdata: c\n\r\n')])).toEqual([
      event('a'),
      event('b'),
      event('c'),
    ]);
  });

  it('does not wait for the newline after a carriage return', () => {
    expect(parse([text('data: a\r\r')])).toEqual([event('a')]);
  });

  it('never reports an event that the end of the stream cut off', () => {
    const parser = new SseParser();
    expect(parser.push(text('data: whole\n\ndata: ha'))).toEqual([event('whole')]);
    expect(parser.incomplete).toBe(true);
    const other = new SseParser();
    expect(other.push(text('data: no blank line\n'))).toEqual([]);
    expect(other.incomplete).toBe(true);
    const clean = new SseParser();
    clean.push(text('data: x\n\n'));
    expect(clean.incomplete).toBe(false);
  });

  it('reads the `error:` field of old llama-server builds as an event named error', () => {
    expect(parse([text('error: {"code":500}\n\n')])).toEqual([event('{"code":500}', 'error')]);
  });

  it('takes a line of 1 MB in small pieces, and refuses one without end', () => {
    const long = 'é'.repeat(2 ** 19);
    const bytes = text(`data: ${long}\n\n`);
    const pieces = Array.from({ length: Math.ceil(bytes.length / 997) }, (_, index) =>
      bytes.subarray(index * 997, (index + 1) * 997),
    );
    expect(parse(pieces)).toEqual([event(long)]);
    const parser = new SseParser(1_000);
    expect(() => parser.push(text(`data: ${'x'.repeat(1_001)}`))).toThrow(/more than 1000 characters/);
    const many = new SseParser(1_000);
    expect(() => many.push(text('data: 123456789\n'.repeat(200)))).toThrow(/more than 1000 characters/);
  });

  it('gives the same items however the bytes are cut', () => {
    const line = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 12 }).map((value) => `data: ${value.replaceAll(/[\r\n]/g, '')}`),
      fc.constantFrom('data', 'data:', ': note', 'event: ping', 'id: 3', 'retry: 10', 'nonsense', '', '', 'data: ñ😀'),
    );
    const stream = fc
      .array(fc.tuple(line, fc.constantFrom('\n', '\r', '\r\n')), { maxLength: 30 })
      .map((lines) => lines.map(([content, end]) => content + end).join(''));
    fc.assert(
      fc.property(stream, fc.array(fc.nat(), { maxLength: 40 }), (content, cuts) => {
        const bytes = text(content);
        const whole = parse([bytes]);
        expect(parse(slice(bytes, cuts))).toEqual(whole);
        expect(parse([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(whole);
      }),
      { numRuns: 300 },
    );
  });

  it('reads back what the serialiser wrote', () => {
    const names = fc.constantFrom(undefined, 'ping', 'content_block_delta');
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string({ unit: 'grapheme' }), names)), (events) => {
        const written = events.map(([data, name]) => serialiseEvent({ data, ...(name ? { event: name } : {}) }));
        const expected = events.map(([data, name]) => event(data.replaceAll(/\r\n|\r/g, '\n'), name ?? 'message'));
        expect(parse([text(written.join(serialiseComment('alive')))]).filter((item) => item.kind === 'event')).toEqual(
          expected,
        );
      }),
    );
  });
});
