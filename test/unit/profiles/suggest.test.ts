import { describe, expect, it } from 'vitest';

import { nearest } from '../../../src/profiles/suggest.ts';

describe('a suggestion', () => {
  const keys = ['context', 'idleUnload', 'parallel', 'model', 'aliases'];

  it.each([
    ['contxt', 'context'],
    ['conetxt', 'context'],
    ['idle_unload', 'idleUnload'],
    ['Parallel', 'parallel'],
    ['modle', 'model'],
    ['alias', 'aliases'],
  ])('for %s is %s', (word, meant) => {
    expect(nearest(word, keys)).toBe(meant);
  });

  it.each(['temperature', 'x', '', 'm'.repeat(100_000)])('is not made for what is far from everything', (word) => {
    expect(nearest(word, keys)).toBeUndefined();
  });
});
