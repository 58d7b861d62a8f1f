import { describe, expect, it } from 'vitest';

import { embeddedText, firstBatch } from '../../../../src/knowledge/embed/batch.ts';
import { Pending } from '../../../../src/knowledge/embed/pending.ts';
import type { StoredChunk } from '../../../../src/store/contract.ts';

const chunk = (text: string, headings: string[] = []): StoredChunk => ({
  document: 'd',
  ord: 0,
  text,
  start: 0,
  end: text.length,
  page: null,
  headings,
});

describe('passages that wait for a vector', () => {
  it('are counted once, by user and document, and users take turns', () => {
    const pending = new Pending();
    pending.add('ana', 'd1', [0, 1, 1]);
    pending.add('ana', 'd2', [0]);
    pending.add('bo', 'd3', [4]);
    pending.add('bo', 'd4', []);
    expect([pending.length, pending.of('ana', 'd1'), pending.of('bo', 'd1')]).toEqual([4, 2, 0]);
    expect([pending.nextUser(), pending.nextUser(), pending.nextUser()]).toEqual(['ana', 'bo', 'ana']);
    expect(pending.first('ana', 2)).toEqual([
      { document: 'd1', ord: 0 },
      { document: 'd1', ord: 1 },
    ]);
    pending.remove('ana', [
      { document: 'd1', ord: 0 },
      { document: 'd1', ord: 7 },
      { document: 'd2', ord: 0 },
    ]);
    expect([pending.length, pending.first('ana', 9).length]).toEqual([2, 1]);
    pending.removeDocument('ana', 'd1');
    expect([pending.has('ana'), pending.length]).toEqual([false, 1]);
  });

  it('go in batches that are small by count and by characters', () => {
    const lengthOf = (chunks: readonly StoredChunk[]) => firstBatch(chunks).length;
    expect(lengthOf(Array.from({ length: 40 }, () => chunk('short')))).toBe(16);
    expect(lengthOf(Array.from({ length: 40 }, () => chunk('x'.repeat(6_000))))).toBe(3);
    expect(lengthOf([chunk('x'.repeat(50_000)), chunk('y')])).toBe(1);
    expect(lengthOf([])).toBe(0);
  });

  it('bring the headings that they stand under and do not say themselves', () => {
    expect(embeddedText(chunk('## Battery\nEight hours.', ['Kestrel', '## Battery']))).toBe(
      'Kestrel\n## Battery\nEight hours.',
    );
    expect(embeddedText(chunk('Plain.'))).toBe('Plain.');
  });
});
