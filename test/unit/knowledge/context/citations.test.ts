import { describe, expect, it } from 'vitest';

import { checkCitations } from '../../../../src/knowledge/context/citations.ts';

const SOURCES = [
  { n: 1, text: 'The archive room has the code 7341.\nIt is on the second floor.' },
  { n: 2, text: 'El café es gratis para los invitados del taller.' },
];
const check = (answer: string) => checkCitations(answer, SOURCES);

describe('citations', () => {
  it.each([
    ['It is 7341 [1].', [1], []],
    ['It is 7341[1][2], and more [3].', [1, 2], [3]],
    ['Both [1, 2] say so; [4; 5] do not.', [1, 2], [4, 5]],
    ['A range [1-3].', [1, 2], [3]],
    ['As 【2】 says.', [2], []],
    ['No citation. See [the docs](http://x) and [1](http://x).', [], []],
    ['Code: `list[1]` and\n```\na[2] = b[1]\n[1]\n```', [], []],
    ['', [], []],
  ])('are numbers of sources: %j', (answer, used, unknown) => {
    expect(check(answer)).toEqual({ used, unknown, unsupportedQuotes: [] });
  });

  it.each([
    ['It says "the archive room has the code 7341" [1].', []],
    ['Dice: «El CAFE es gratis para los invitados» [2].', []],
    ['It says “has the code 7341. It is on” [1].', []],
    ['It says "the code is kept by Bertram Oake" [1].', ['the code is kept by Bertram Oake']],
    // In the other source, and not in the one that is cited.
    ['It says "es gratis para los invitados" [1].', ['es gratis para los invitados']],
    ['It says "es gratis para los invitados".', []],
    ['It is called "Bertram Oake" [1].', []],
  ])('are quotes that the sources have: %j', (answer, unsupported) => {
    expect(check(answer).unsupportedQuotes).toEqual(unsupported);
  });

  it('of sources that were not given are unknown, and quote nobody', () => {
    const answer = 'As "the code is kept by Bertram Oake" says [1].';
    expect(checkCitations(answer, [])).toEqual({ used: [], unknown: [1], unsupportedQuotes: [] });
  });

  it('take no time over a long answer of nothing but marks', () => {
    const startedAt = performance.now();
    for (const piece of ['[', '[1', '"', '[1]', '[1,', '`', '.”[1] ', '« ', '[1] ', '. ', '.[1 '])
      expect(check(piece.repeat(100_000)).used.length).toBeLessThanOrEqual(2);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });
});
