import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { Best } from '../../../../src/knowledge/search/best.ts';
import { countOf, Postings, rowOf } from '../../../../src/knowledge/search/postings.ts';
import { hashTerm, TermTable } from '../../../../src/knowledge/search/term-table.ts';
import { Vectors } from '../../../../src/knowledge/search/vectors.ts';

describe('the best of many', () => {
  it('are those that sorting finds', () => {
    const values = fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 200 });
    fc.assert(
      fc.property(values, fc.integer({ min: 0, max: 30 }), (values, most) => {
        const best = new Best(most);
        for (const [row, value] of values.entries()) best.offer(row, value);
        const sorted = [...values.entries()].sort(([left, one], [right, other]) => other - one || left - right);
        expect(best.ranked()).toEqual(sorted.slice(0, most).map(([row]) => row));
      }),
    );
  });
});

describe('postings', () => {
  it('give back what was put in, of each term, in order', () => {
    const postings = new Postings();
    const expected = new Map<number, [number, number][]>();
    for (let row = 0; row < 20_000; row += 1) {
      // Term 1 is everywhere, term 2 in every second row, and so on; most are in a few rows.
      for (let term = 1; term <= 40; term += 1) {
        if (row % (term * term) !== 0) continue;
        postings.add(term, row, (row % 300) + 1);
        expected.set(term, [...(term > 3 ? (expected.get(term) ?? []) : []), [row, Math.min(255, (row % 300) + 1)]]);
      }
    }
    for (let term = 1; term <= 40; term += 1) {
      const found: [number, number][] = [];
      postings.each(term, (posting) => found.push([rowOf(posting), countOf(posting)]));
      expect(found).toHaveLength(postings.length(term));
      expect(found).toHaveLength(Math.ceil(20_000 / (term * term)));
      expect(found.slice(-1)).toEqual(expected.get(term)?.slice(-1));
      if (term > 3) expect(found).toEqual(expected.get(term));
    }
    postings.each(41, () => expect.unreachable());
  });

  it('keep the last row and the highest count apart', () => {
    const postings = new Postings();
    postings.add(1, (1 << 24) - 1, 255);
    postings.each(1, (posting) => {
      expect(rowOf(posting)).toBe((1 << 24) - 1);
      expect(countOf(posting)).toBe(255);
    });
  });
});

describe('the table of terms', () => {
  it('knows each term by one number', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (words) => {
        const table = new TermTable();
        const numbers = new Map(words.map((word) => [word, table.add(hashTerm(word))]));
        expect(table.size).toBe(numbers.size);
        for (const [word, number] of numbers) expect(table.find(hashTerm(word))).toBe(number);
      }),
    );
  });

  it('tells 200,000 terms apart', () => {
    const table = new TermTable();
    for (let number = 1; number <= 200_000; number += 1) table.add(hashTerm(`w${number}`));
    expect(table.size).toBe(200_000);
    expect(table.find(hashTerm('w0'))).toBe(0);
    expect(table.find(hashTerm('w77777'))).toBe(77_777);
  });
});

describe('vectors', () => {
  const everybody = (rows: number) => ({ groups: new Uint32Array(rows).fill(1), takesPart: Uint8Array.of(0, 1) });

  it('are compared as a plain sum of products says', () => {
    const numbers = fc.integer({ min: 1, max: 20 }).chain((dimensions) =>
      fc.array(
        fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: dimensions, maxLength: dimensions }),
        {
          minLength: 2,
          maxLength: 20,
        },
      ),
    );
    fc.assert(
      fc.property(numbers, ([query = [], ...rows]) => {
        const vectors = new Vectors();
        for (const [row, values] of rows.entries()) vectors.set(row, Float32Array.from(values));
        const asked = Float32Array.from(query);
        for (const [row, values] of rows.entries()) {
          const sum = values.reduce((sum, value, at) => sum + Math.fround(value) * (asked[at] ?? 0), 0);
          expect(vectors.similarity(row, asked)).toBeCloseTo(sum, 5);
        }
      }),
    );
  });

  it('are scanned over all blocks, but for those that take no part or have none', () => {
    const vectors = new Vectors();
    for (let row = 0; row < 5_000; row += 1) if (row % 2 === 0) vectors.set(row, Float32Array.of(row, 1));
    vectors.clear(4_998);
    const participants = everybody(5_000);
    participants.groups[4_996] = 0;
    const best = new Best(3);
    vectors.scan(Float32Array.of(1, 0), participants.groups, participants.takesPart, best);
    expect(best.ranked()).toEqual([4_994, 4_992, 4_990]);
    expect(vectors.count).toBe(2_499);
    expect(vectors.set(1, Float32Array.of(1, 2, 3))).toBe(false);
  });
});
