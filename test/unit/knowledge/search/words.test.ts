import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { questionOf } from '../../../../src/knowledge/search/question.ts';
import { nearbySpellings } from '../../../../src/knowledge/search/spelling.ts';
import { wordsOf } from '../../../../src/knowledge/search/words.ts';

describe('the words of a text', () => {
  it('are in lower case and without accents, ñ included', () => {
    expect(wordsOf('¿Cuándo vendrá la Cigüeña a España?')).toEqual([
      'cuando',
      'vendra',
      'la',
      'ciguena',
      'a',
      'espana',
    ]);
    expect(wordsOf('cafe\u0301 CAFÉ')).toEqual(['cafe', 'cafe']);
  });

  it('hold names as a whole and in parts', () => {
    expect(wordsOf('max_tokens')).toEqual(['max_tokens', 'max', 'tokens']);
    expect(wordsOf('maxTokens')).toEqual(['maxtokens', 'max', 'tokens']);
    expect(wordsOf('parseHTTPHeader')).toEqual(['parsehttpheader', 'parse', 'http', 'header']);
    expect(wordsOf('node:fs v2.0.8')).toEqual(['node:fs', 'node', 'fs', 'v2.0.8', 'v2', '0', '8']);
    expect(wordsOf('C++ and C#')).toEqual(['c++', 'and', 'c#']);
  });

  it('are pairs of characters where no spaces are written', () => {
    expect(wordsOf('東京都')).toEqual(['東京', '京都']);
  });

  it('never fail, are never empty and never long', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        expect(wordsOf(text).filter((word) => word.length === 0 || word.length > 64)).toEqual([]);
      }),
    );
  });

  it('are those of the same text written with other accents and in other case', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('España', 'año', 'está', 'Kestrel', '4711', 'niño')), (words) => {
        const text = words.join(' ');
        const plain = text.normalize('NFD').replace(/\p{M}/gu, '').toUpperCase();
        expect(wordsOf(plain)).toEqual(wordsOf(text));
      }),
    );
  });
});

describe('what of a question is looked for', () => {
  it('is what not every text has', () => {
    expect(questionOf('Can you tell me what the name of the boiler is, please?')).toEqual({
      terms: ['name', 'boiler'],
      telling: true,
    });
    expect(questionOf('¿Cuál es la contraseña de la caldera?').terms).toEqual(['contrasena', 'caldera']);
  });

  it('is all of it where nothing else remains, and then says nothing', () => {
    expect(questionOf('¿Quién es?')).toEqual({ terms: ['quien', 'es'], telling: false });
  });
});

describe('spellings nearby', () => {
  it('are one slip away, in both directions', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{6,12}$/), fc.nat(), fc.nat(), (word, where, how) => {
        const at = where % (word.length - 1);
        const slips = [
          word.slice(0, at) + word.slice(at + 1),
          `${word.slice(0, at)}x${word.slice(at)}`,
          `${word.slice(0, at)}x${word.slice(at + 1)}`,
          word.slice(0, at) + word.charAt(at + 1) + word.charAt(at) + word.slice(at + 2),
        ];
        const slip = slips[how % slips.length] ?? '';
        expect([...nearbySpellings(slip)]).toContain(word);
      }),
    );
  });

  it('are none of short words and numbers', () => {
    expect([...nearbySpellings('casa')]).toEqual([]);
    expect([...nearbySpellings('471123')]).toEqual([]);
  });
});
