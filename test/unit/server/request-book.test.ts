import { describe, expect, it } from 'vitest';

import { RequestBook } from '../../../src/server/request-book.ts';
import type { RequestNote } from '../../../src/server/request-view.ts';

const view = (id: string, expert = 'a') => ({ id, expert }) as RequestNote;

describe('the book of requests', () => {
  it('shows everybody their own, also where two have the same id', () => {
    const book = new RequestBook();
    book.add('ana', view('r-1', 'a'));
    book.add('eva', view('r-1', 'b'));
    expect(book.find('ana', 'r-1')?.expert).toBe('a');
    expect(book.find('eva', 'r-1')?.expert).toBe('b');
    expect(book.find('max', 'r-1')).toBeUndefined();
    expect(book.find('ana', 'constructor')).toBeUndefined();
  });

  it('keeps the last of each, and the last of all; nobody pushes out the others', () => {
    const book = new RequestBook();
    book.add('quiet', view('first'));
    for (let index = 0; index < 5_000; index += 1) book.add('loud', view(`r-${index}`));
    expect(book.find('quiet', 'first')).toBeDefined();
    expect(book.find('loud', 'r-4799')).toBeUndefined();
    expect(book.find('loud', 'r-4800')).toBeDefined();
    for (let user = 0; user < 2_500; user += 1) book.add(`user-${user}`, view('only'));
    const kept = Array.from({ length: 2_500 }, (_, user) => book.find(`user-${user}`, 'only')).filter(Boolean);
    expect(kept).toHaveLength(2_000);
    expect(book.find('user-2499', 'only')).toBeDefined();
    expect(book.find('quiet', 'first')).toBeUndefined();
  });

  it('counts a request that comes again once', () => {
    const book = new RequestBook();
    book.add('ana', view('kept'));
    for (let round = 0; round < 5_000; round += 1) book.add('ana', view('again', String(round)));
    expect(book.find('ana', 'kept')).toBeDefined();
    expect(book.find('ana', 'again')?.expert).toBe('4999');
  });
});
