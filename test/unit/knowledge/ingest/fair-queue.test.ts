import { describe, expect, it } from 'vitest';

import { FairQueue } from '../../../../src/knowledge/ingest/fair-queue.ts';

const NOBODY = new Set<string>();

describe('the queue of documents', () => {
  it('gives users turns, whoever came first and with how many', () => {
    const queue = new FairQueue();
    for (const id of ['a1', 'a2', 'a3']) queue.push({ user: 'ana', id });
    queue.push({ user: 'bo', id: 'b1' });
    const order = Array.from({ length: 4 }, () => queue.shift(NOBODY)?.id);
    expect(order).toEqual(['a1', 'b1', 'a2', 'a3']);
    expect(queue.shift(NOBODY)).toBeUndefined();
  });

  it('prefers who has nothing read just now, and lets nobody idle', () => {
    const queue = new FairQueue();
    for (const id of ['a1', 'a2']) queue.push({ user: 'ana', id });
    queue.push({ user: 'bo', id: 'b1' });
    expect(queue.shift(new Set(['ana']))?.id).toBe('b1');
    expect(queue.shift(new Set(['ana']))?.id).toBe('a1');
  });

  it('has a document once, and forgets one that is removed', () => {
    const queue = new FairQueue();
    queue.push({ user: 'ana', id: 'a1' });
    queue.push({ user: 'ana', id: 'a1' });
    queue.push({ user: 'ana', id: 'a2' });
    expect(queue.length).toBe(2);
    queue.remove({ user: 'ana', id: 'a1' });
    queue.remove({ user: 'bo', id: 'a2' });
    expect(queue.shift(NOBODY)?.id).toBe('a2');
    expect(queue.length).toBe(0);
  });
});
