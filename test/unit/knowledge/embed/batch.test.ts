import { describe, expect, it } from 'vitest';

import { BATCH_LOOK, firstBatch, nextSize } from '../../../../src/knowledge/embed/batch.ts';

describe('a batch of passages', () => {
  it('becomes small where it takes long, down to one text, and grows again where it does not', () => {
    let size = BATCH_LOOK;
    for (const expected of [8, 4, 2, 1, 1]) {
      size = nextSize(size, { texts: size, ms: 5_000 });
      expect(size).toBe(expected);
    }
    expect(nextSize(4, { texts: 4, ms: 600 })).toBe(4);
    // Few texts that were fast say nothing about many.
    expect(nextSize(8, { texts: 1, ms: 5 })).toBe(8);
    for (const expected of [2, 4, 8, 16, 16]) {
      size = nextSize(size, { texts: size, ms: 100 });
      expect(size).toBe(expected);
    }
  });

  it('has so many texts, and at least one, however long', () => {
    const chunk = (text: string) => ({ document: 'd', ord: 0, start: 0, end: 1, text, page: null, headings: [] });
    const chunks = Array.from({ length: 9 }, () => chunk('short'));
    expect(firstBatch(chunks, 4)).toHaveLength(4);
    expect(firstBatch(chunks, 1)).toHaveLength(1);
    expect(firstBatch(chunks)).toHaveLength(9);
    expect(firstBatch([chunk('x'.repeat(30_000)), chunk('y')])).toHaveLength(1);
  });
});
