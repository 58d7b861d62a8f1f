import { describe, expect, it } from 'vitest';

import { ATTRIBUTES, attributeOf, isSingle } from '../../../src/memory/attributes.ts';

describe('the attributes', () => {
  it('have a name of their own each, and words in both languages to ask for them', () => {
    expect(new Set(ATTRIBUTES.map(({ name }) => name)).size).toBe(ATTRIBUTES.length);
    for (const { keywords, name } of ATTRIBUTES) {
      expect(keywords.es.length, name).toBeGreaterThan(0);
      expect(keywords.en.length, name).toBeGreaterThan(0);
      for (const word of [...keywords.es, ...keywords.en]) {
        expect(word, name).toBe(word.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase());
      }
    }
  });

  it('a user has one residence and one mother, and may have two sisters with a job each', () => {
    expect(isSingle('residence', 'user')).toBe(true);
    expect(isSingle('name', 'mother')).toBe(true);
    expect(isSingle('occupation', 'sister')).toBe(false);
    expect(isSingle('likes', 'user')).toBe(false);
    expect(isSingle('', 'user')).toBe(false);
  });

  it('diagnoses, beliefs, politics and sexuality are marked; what must be heeded at table is not', () => {
    expect(
      ATTRIBUTES.filter(({ sensitive }) => sensitive)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['belief', 'health', 'politics', 'sexuality']);
    expect(attributeOf('diet')?.sensitive).toBe(false);
    expect(attributeOf('nothing')).toBeUndefined();
  });
});
