import { expect, test } from 'vitest';

import { ownWords } from '../../../../src/memory/extract/own-words.ts';

/** Milliseconds, the best of some: what else the machine does is not counted. */
function costOf(text: string): number {
  const times = Array.from({ length: 5 }, () => {
    const startedAt = performance.now();
    ownWords(text);
    return performance.now() - startedAt;
  });
  return Math.min(...times);
}

test.each(['@', 'a@', ' ', '\n', '\t \n', '- ', 'a: ', '[', '<a>'])(
  'a message that is nothing but %j costs in proportion to its length: everybody waits for it',
  (piece) => {
    const [short, long] = [2_000, 16_000].map((length) => costOf(piece.repeat(length).slice(0, length)));
    // Eight times as long; tried anew at each place it would be 64 times as much.
    expect(long ?? Infinity).toBeLessThan(30 * Math.max(0.3, short ?? 0));
  },
);

test('an address is nobody’s word, and what stands beside it is', () => {
  const text = 'Write to ana@example.org, I live in Oviedo';
  const own = ownWords(text);
  expect(own).toHaveLength(text.length);
  expect(own).not.toContain('example');
  expect(own).toContain('I live in Oviedo');
});
