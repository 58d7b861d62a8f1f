import { describe, expect, it } from 'vitest';

import { forEachLimited, Limiter } from '../../../src/shared/limiter.ts';

/** Work that ends when it is told to. */
function gates(count: number) {
  const all = Array.from({ length: count }, () => Promise.withResolvers<void>());
  const running = new Set<number>();
  const work = async (index: number) => {
    running.add(index);
    await all[index]?.promise;
    running.delete(index);
  };
  return {
    running,
    work,
    open: (index: number) => all[index]?.resolve(),
    fail: (index: number) => all[index]?.reject(new Error(`${index}`)),
  };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('a limiter', () => {
  it('runs so many at the same time, and the others in their order', async () => {
    const { running, work, open } = gates(5);
    const done = forEachLimited([0, 1, 2, 3, 4], { limiter: new Limiter(2) }, work);
    await settle();
    expect([...running]).toEqual([0, 1]);
    open(1);
    await settle();
    expect([...running]).toEqual([0, 2]);
    for (const index of [0, 2, 3, 4]) open(index);
    await done;
    expect([...running]).toEqual([]);
  });

  it('is shared by several lists', async () => {
    const limiter = new Limiter(1);
    const { running, work, open } = gates(2);
    const both = [forEachLimited([0], { limiter }, work), forEachLimited([1], { limiter }, work)];
    await settle();
    expect([...running]).toEqual([0]);
    open(0);
    open(1);
    await Promise.all(both);
  });

  it('stops the others when one fails, starts no further one, and gives its slots back', async () => {
    const limiter = new Limiter(2);
    const started: number[] = [];
    const done = forEachLimited([0, 1, 2], { limiter }, async (index, signal) => {
      started.push(index);
      if (index === 0) throw new Error('the first');
      await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    });
    await expect(done).rejects.toThrow('the first');
    expect(started).toEqual([0, 1]);
    await expect(limiter.run(() => Promise.resolve('free'))).resolves.toBe('free');
  });

  it('throws the reason of a signal that was given', async () => {
    const stop = new AbortController();
    stop.abort(new Error('enough'));
    await expect(forEachLimited([0], { limiter: new Limiter(1), signal: stop.signal }, async () => {})).rejects.toThrow(
      'enough',
    );
  });
});
