import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { countsAsFound, descending, fitOf, fuse } from '../../../../src/knowledge/search/fuse.ts';
import type { SliceQuery } from '../../../../src/knowledge/search/protocol.ts';
import { nearlySame, sketchOf } from '../../../../src/knowledge/search/sketch.ts';
import { Slice } from '../../../../src/knowledge/search/slice.ts';
import { searchSlice } from '../../../../src/knowledge/search/slice-search.ts';
import { wordsOf } from '../../../../src/knowledge/search/words.ts';
import { chunksOf, vectorOf } from './memory-store.ts';

const FACTS = { title: '', collections: ['c'], created: 10, searchable: true };

function sliceOf(documents: Readonly<Record<string, readonly string[]>>): Slice {
  const slice = new Slice();
  for (const [id, texts] of Object.entries(documents)) {
    slice.apply({ kind: 'document', id, facts: FACTS });
    slice.apply({ kind: 'chunks', id, chunks: chunksOf(texts) });
  }
  slice.apply({ kind: 'filled' });
  return slice;
}

function find(slice: Slice, text: string, more: Partial<SliceQuery> = {}): string[] {
  return searchSlice(slice, { text, limit: 5, minSimilarity: 0.3, ...more }).hits.map(
    ({ document, ord }) => `${document}/${ord}`,
  );
}

describe('a search by words', () => {
  it('ranks by BM25, over what is there now', () => {
    const slice = sliceOf({
      a: ['The garden has a pond.', 'The pond, the pond and again the pond of the garden.', 'A shed.'],
      b: ['Nothing of the kind.'],
    });
    expect(find(slice, 'pond')).toEqual(['a/1', 'a/0']);
    // By hand: N 4, df 2, k1 1.2, b 0.75; lengths 5, 12, 2, 4.
    const { hits } = searchSlice(slice, { text: 'pond', limit: 5, minSimilarity: 0.3 });
    const expected = Math.log(1 + 2.5 / 2.5) * ((1 * 2.2) / (1 + 1.2 * (0.25 + (0.75 * 5) / 5.5)));
    expect(hits[1]?.lexical).toBeCloseTo(expected, 3);
  });

  it('finds a misspelt word where nobody has it as it was typed', () => {
    const slice = sliceOf({ a: ['The boiler is called Kestrel.'], b: ['La contraseña está en el armario.'] });
    expect(find(slice, 'kestral')).toEqual(['a/0']);
    expect(find(slice, 'contrasenna')).toEqual(['b/0']);
  });

  it('does not count as found what only has the lesser words of a question', () => {
    const slice = sliceOf({
      a: ['The capital of Spain is Madrid.', 'The capital of a company is its money.', 'Madrid has a river.'],
    });
    expect(find(slice, 'What is the capital of Mongolia?')).toEqual([]);
    expect(find(slice, 'What is the capital of Spain?')).toEqual(['a/0']);
    expect(find(slice, 'What is it?')).toEqual([]);
  });

  it('knows a passage by the headings above it', () => {
    const slice = new Slice();
    slice.apply({ kind: 'document', id: 'a', facts: FACTS });
    const chunk = { ord: 0, text: 'Two years, from the day of purchase.', headings: ['Garantía'] };
    slice.apply({ kind: 'chunks', id: 'a', chunks: [chunk] });
    expect(find(slice, 'garantia')).toEqual(['a/0']);
  });

  it('knows a passage by the title of its document, also by a later one', () => {
    const slice = sliceOf({ a: ['Two years.', 'By post.'], b: ['Three years.'] });
    slice.apply({ kind: 'document', id: 'a', facts: { ...FACTS, title: 'Caldera Mirlo' } });
    slice.apply({ kind: 'chunks', id: 'a', chunks: [{ ord: 2, text: 'By phone.', headings: [] }] });
    expect(find(slice, 'years of the mirlo')).toEqual(['a/0', 'b/0']);
    expect(find(slice, 'mirlo phone')).toEqual(['a/2']);
    slice.apply({ kind: 'document', id: 'a', facts: { ...FACTS, title: 'Caldera Tordo' } });
    expect(find(slice, 'tordo phone')).toEqual(['a/2']);
    slice.apply({ kind: 'document', id: 'b', facts: { ...FACTS, title: 'Years, three' } });
    slice.apply({ kind: 'document', id: 'a', facts: { ...FACTS, title: 'Two years by post, by phone' } });
    const { hits } = searchSlice(slice, { text: 'years', limit: 5, minSimilarity: 0.3 });
    expect(hits).toHaveLength(4);
    expect(hits.filter(({ lexical }) => (lexical ?? 0) <= 0)).toEqual([]);
  });

  it('is the same after rows are gone and moved together', () => {
    const texts = (prefix: string) => Array.from({ length: 1_200 }, (_, at) => `${prefix}${at} common word${at % 7}`);
    const churned = sliceOf({ gone: texts('gone'), a: texts('kept') });
    for (const [ord] of texts('kept').entries())
      churned.apply({ kind: 'vectors', id: 'a', ords: [ord], packed: vectorOf(1, ord) });
    churned.apply({ kind: 'remove', id: 'gone' });
    const fresh = sliceOf({ a: texts('kept') });
    for (const [ord] of texts('kept').entries())
      fresh.apply({ kind: 'vectors', id: 'a', ords: [ord], packed: vectorOf(1, ord) });
    for (const question of ['kept77', 'word3 common', 'gone5']) {
      const query = { text: question, limit: 20, minSimilarity: 0.3, vector: vectorOf(1, 50) };
      expect(searchSlice(churned, query)).toEqual(searchSlice(fresh, query));
    }
    expect(churned.size().chunks).toBe(1_200);
  });
});

describe('a search by words and vectors', () => {
  it('takes filters before the best, not after', () => {
    const slice = new Slice();
    for (let number = 0; number < 500; number += 1) {
      const id = `d${number}`;
      const facts = {
        title: '',
        collections: number === 400 ? ['rare'] : ['c'],
        created: number,
        searchable: number !== 300,
      };
      slice.apply({ kind: 'document', id, facts });
      slice.apply({ kind: 'chunks', id, chunks: chunksOf([`passage n${number} about boilers`]) });
      slice.apply({ kind: 'vectors', id, ords: [0], packed: vectorOf(1, number / 10_000) });
    }
    const vector = vectorOf(1, 0);
    expect(find(slice, 'boilers', { vector, collections: ['rare'] })).toEqual(['d400/0']);
    expect(find(slice, 'boilers', { vector, documents: ['d499'] })).toEqual(['d499/0']);
    expect(find(slice, 'boilers', { vector, after: 498 })).toEqual(['d498/0', 'd499/0']);
    expect(find(slice, 'boilers', { vector, after: 300, before: 301 })).toEqual([]);
    expect(find(slice, 'boilers', { vector, collections: [] })).toEqual([]);
    expect(find(slice, 'boilers', { vector, collections: ['nobody’s'] })).toEqual([]);
  });

  it('keeps what is in no collection, and does not search it', () => {
    const slice = sliceOf({ a: ['kestrel'] });
    slice.apply({ kind: 'document', id: 'a', facts: { ...FACTS, collections: [] } });
    expect(find(slice, 'kestrel')).toEqual([]);
  });

  it('counts as found what is near enough or has the words', () => {
    const slice = sliceOf({ a: ['one', 'two', 'three'] });
    slice.apply({ kind: 'vectors', id: 'a', ords: [0, 1], packed: Float32Array.of(0.29, 0.957, 0.31, 0.951) });
    expect(find(slice, 'unheard', { vector: Float32Array.of(1, 0) })).toEqual(['a/1']);
    expect(find(slice, 'three', { vector: Float32Array.of(1, 0) })).toEqual(['a/1', 'a/2']);
  });

  it('goes by words where the vectors cannot tell', () => {
    const slice = new Slice();
    for (let number = 0; number < 60; number += 1) {
      const id = `d${number}`;
      slice.apply({ kind: 'document', id, facts: FACTS });
      slice.apply({ kind: 'chunks', id, chunks: chunksOf([`passage n${number}`]) });
      // All as near as each other, but for a trifle.
      slice.apply({ kind: 'vectors', id, ords: [0], packed: vectorOf(1, 1 + (number % 2) / 100) });
    }
    const vector = vectorOf(1, 1);
    expect(find(slice, 'n17', { vector })).toEqual(['d17/0']);
    expect(find(slice, 'unheard', { vector })).toEqual([]);
    slice.apply({ kind: 'vectors', id: 'd9', ords: [0], packed: vectorOf(-1, 1) });
    expect(find(slice, 'unheard', { vector: vectorOf(-1, 1.1) })).toEqual(['d9/0']);
  });

  it('answers from an index of the store in place of comparing', () => {
    const slice = sliceOf({ a: ['one', 'two'], b: ['three'] });
    const near = [
      { document: 'b', ord: 0, similarity: 0.9 },
      { document: 'nobody’s', ord: 0, similarity: 0.8 },
      { document: 'a', ord: 1, similarity: 0.4 },
      { document: 'a', ord: 0, similarity: 0.2 },
    ];
    expect(find(slice, 'x', { near })).toEqual(['b/0', 'a/1']);
    expect(find(slice, 'x', { near, documents: ['a'] })).toEqual(['a/1']);
  });

  it('leaves out what was said already, but not what differs in a figure', () => {
    const long = 'The annual fee of the club is due on the first working day and is paid by transfer to account';
    const slice = sliceOf({ a: [`${long} 11.`, `${long} 12.`, `${long.toUpperCase()} 11!`] });
    expect(find(slice, 'annual fee')).toEqual(['a/0', 'a/1']);
  });

  it('has scores from 0 to 1 that never rise', () => {
    const words = fc.array(fc.constantFrom('sun', 'moon', 'star', 'sea', 'tide'), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(fc.array(words, { minLength: 1, maxLength: 12 }), words, (texts, question) => {
        const slice = sliceOf({ a: texts.map((text) => text.join(' ')) });
        const { hits } = searchSlice(slice, { text: question.join(' '), limit: 12, minSimilarity: 0 });
        for (const [index, { score }] of hits.entries()) {
          expect(score).toBeGreaterThanOrEqual(0);
          expect(score).toBeLessThanOrEqual(hits[index - 1]?.score ?? 1);
        }
      }),
    );
  });
});

const ranked = (...rows: readonly number[]) => rows.map((row) => ({ row, weight: 1 }));

describe('fusing', () => {
  it('puts first what both rankings have near the top', () => {
    expect(fuse([ranked(1, 2, 3), ranked(3, 2, 9)])).toEqual([3, 2, 1, 9]);
    expect(fuse([ranked(5), []])).toEqual([5]);
    expect(fuse([])).toEqual([]);
  });

  it('lets a ranking that says little change little', () => {
    const faint = [4, 5].map((row) => ({ row, weight: 0.1 }));
    expect(fuse([ranked(1, 2, 5), faint])).toEqual([5, 1, 2, 4]);
  });

  it('keeps every row once', () => {
    const ranking = fc.uniqueArray(fc.nat(50));
    fc.assert(
      fc.property(ranking, ranking, (one, other) => {
        const fused = fuse([ranked(...one), ranked(...other)]);
        expect(new Set(fused)).toEqual(new Set([...one, ...other]));
        expect(fused).toHaveLength(new Set(fused).size);
      }),
    );
  });

  it('says what counts as found, and how well it fits', () => {
    expect(countsAsFound({ similarity: 0.3, coverage: 0 }, 0.3)).toBe(true);
    expect(countsAsFound({ similarity: 0.29, coverage: 0.1 }, 0.3)).toBe(false);
    expect(countsAsFound({ similarity: null, coverage: 0.9 }, 1)).toBe(true);
    expect(fitOf({ similarity: 0.5, coverage: 0.5 })).toBe(0.75);
    expect(fitOf({ similarity: -1, coverage: 0 })).toBe(0);
    expect(descending([0.5, 0.8, 0.2])).toEqual([0.5, 0.5, 0.2]);
  });
});

describe('near-duplicates', () => {
  const nearly = (one: string, other: string) => nearlySame(sketchOf(wordsOf(one)), sketchOf(wordsOf(other)));
  const text = Array.from(
    { length: 120 },
    (_, at) => `word${'abcdefghij'.charAt(at % 10)}${'xyzuvw'.charAt(at % 6)}${'klmno'.charAt(Math.floor(at / 30))}`,
  ).join(' ');

  it('are texts that differ in case, accents, signs and a word or two', () => {
    expect(nearly('¡Mañana, sí!', 'manana si')).toBe(true);
    expect(nearly(text, `${text} indeed`)).toBe(true);
    expect(nearly(text, text.split(' ').toReversed().join(' '))).toBe(false);
    expect(nearly('', '')).toBe(false);
  });

  it('are every text and itself', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(nearly(text, text)).toBe(wordsOf(text).length > 0);
      }),
    );
  });
});
