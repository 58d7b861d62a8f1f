import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { createLineSplitter, LogBuffer, printable } from '../../../src/telemetry/log-buffer.ts';

describe('the ring of lines', () => {
  it('keeps the last lines', () => {
    const buffer = new LogBuffer({ maxLines: 3, maxBytes: 1_000 });
    for (const line of ['a', 'b', 'c', 'd']) buffer.push(line);
    expect(buffer.tail(10)).toEqual(['b', 'c', 'd']);
    expect(buffer.tail(2)).toEqual(['c', 'd']);
    expect(buffer.tail(0)).toEqual([]);
    expect(buffer.tail(-1)).toEqual([]);
  });

  it('is bounded in lines and characters, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 50 }), { maxLength: 200 }), (lines) => {
        const buffer = new LogBuffer({ maxLines: 10, maxBytes: 100 });
        for (const line of lines) buffer.push(line);
        const tail = buffer.tail(1_000);
        expect(tail.length).toBeLessThanOrEqual(10);
        expect(tail.join('').length).toBeLessThanOrEqual(100);
        expect(tail).toEqual(lines.slice(lines.length - tail.length));
      }),
    );
  });

  it('tells followers of every line until they leave', () => {
    const buffer = new LogBuffer();
    const heard: string[] = [];
    const leave = buffer.follow((line) => heard.push(line));
    buffer.push('one');
    leave();
    buffer.push('two');
    expect(heard).toEqual(['one']);
  });
});

describe('the line splitter', () => {
  const split = (chunks: readonly (Buffer | string)[]): string[] => {
    const lines: string[] = [];
    const splitter = createLineSplitter((line) => lines.push(line));
    for (const chunk of chunks) splitter.write(Buffer.from(chunk));
    splitter.end();
    return lines;
  };

  it('takes lines apart, and the last one without its end', () => {
    expect(split(['one\ntwo\r\n\nthree'])).toEqual(['one', 'two', '', 'three']);
    expect(split([])).toEqual([]);
  });

  it('is the same however the bytes were cut, in the middle of a letter too', () => {
    const text = 'año 1 €\r\nsmile 😀 end\nlast';
    const whole = split([text]);
    expect(split([...Buffer.from(text)].map((byte) => Buffer.of(byte)))).toEqual(whole);
    expect(whole).toEqual(['año 1 €', 'smile 😀 end', 'last']);
  });

  it('takes colours and other control characters out: a line is text and one record', () => {
    expect(split(['\u001b[31mred\u001b[0m\u0007 a\u0000b\tc\n'])).toEqual(['red ab\tc']);
    expect(printable('\u009b31mx\u007f')).toBe('31mx');
  });

  it('cuts what is longer than a line may be, and holds no more than that', () => {
    const lines = split(['x'.repeat(10_000), '\n', 'short\n']);
    expect(lines.every((line) => line.length <= 4_096)).toBe(true);
    expect(lines.join('')).toBe(`${'x'.repeat(10_000)}short`);
    expect(lines.at(-1)).toBe('short');
  });
});
