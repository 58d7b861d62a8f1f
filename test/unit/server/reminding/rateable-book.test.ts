import { describe, expect, it } from 'vitest';

import { type Rateable, RateableBook } from '../../../../src/server/reminding/rateable-book.ts';

const of = (length: number): Rateable => ({
  expert: 'a',
  route: '',
  messages: [{ role: 'user', content: 'x'.repeat(length) }],
  answer: 'y',
});

describe('the book of answers that may be rated', () => {
  it('holds so many characters of one user and no more, the last ones, and of nobody what another one pushes', () => {
    const book = new RateableBook();
    book.add('quiet', 'r', of(10));
    for (let index = 0; index < 100; index += 1) book.add('loud', `r-${index}`, of(100_000));
    const kept = Array.from({ length: 100 }, (_, index) => book.find('loud', `r-${index}`)).filter(Boolean);
    expect(kept.length).toBeGreaterThan(10);
    expect(kept.length * 100_000).toBeLessThan(2 * 2 ** 20);
    expect(book.find('loud', 'r-99')).toBeDefined();
    expect(book.find('quiet', 'r')).toBeDefined();
  });

  it('holds so many characters of everybody', () => {
    const book = new RateableBook();
    for (let user = 0; user < 300; user += 1) book.add(`user-${user}`, 'r', of(100_000));
    const kept = Array.from({ length: 300 }, (_, user) => book.find(`user-${user}`, 'r')).filter(Boolean);
    expect(kept.length * 100_000).toBeLessThan(16 * 2 ** 20);
    expect(kept.length).toBeGreaterThan(100);
    expect(book.find('user-299', 'r')).toBeDefined();
  });

  it('holds nothing that is too long, and nothing of who is erased', () => {
    const book = new RateableBook();
    book.add('ana', 'long', of(600_000));
    book.add('ana', 'short', of(10));
    expect(book.find('ana', 'long')).toBeUndefined();
    expect(book.find('eva', 'short')).toBeUndefined();
    book.erase('ana');
    expect(book.find('ana', 'short')).toBeUndefined();
  });
});
