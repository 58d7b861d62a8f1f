import { describe, expect, it } from 'vitest';

import { HostQueue, retryAfterMs } from '../../../../src/knowledge/web/host-queue.ts';

const { signal } = new AbortController();
const refused = { code: 'web_unavailable' };

describe('the line at a host', () => {
  it('lets one in at a time, in order, with a pause in between', async () => {
    const queue = new HostQueue(20);
    const log: string[] = [];
    const times: number[] = [];
    const visit = (name: string) =>
      queue.run(
        'a',
        async () => {
          times.push(performance.now());
          log.push(`${name} in`);
          await new Promise(setImmediate);
          log.push(`${name} out`);
        },
        signal,
      );
    await Promise.all(['1', '2', '3'].map(visit));
    expect(log).toEqual(['1 in', '1 out', '2 in', '2 out', '3 in', '3 out']);
    const [first = 0, second = 0, third = 0] = times;
    for (const pause of [second - first, third - second]) expect(pause).toBeGreaterThan(18);
  });

  it('goes on behind one that fails, and one that has left it does not let others pass', async () => {
    const queue = new HostQueue(0);
    const [started, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const left = new AbortController();
    const log: string[] = [];
    const hold = () => {
      started.resolve();
      return gate.promise;
    };
    const first = queue.run('a', hold, signal);
    const second = queue.run('a', async () => log.push('second'), left.signal);
    const third = queue.run('a', async () => log.push('third'), signal);
    await started.promise;
    left.abort(new Error('left'));
    await expect(second).rejects.toThrow('left');
    expect(log).toEqual([]);
    gate.reject(new Error('broken'));
    await expect(first).rejects.toThrow('broken');
    await third;
    expect(log).toEqual(['third']);
  });

  it('is not endless', async () => {
    const queue = new HostQueue(0);
    const gate = Promise.withResolvers<void>();
    const all = Array.from({ length: 50 }, () => queue.run('a', () => gate.promise, signal));
    await expect(queue.run('a', () => gate.promise, signal)).rejects.toMatchObject({ code: 'queue_full' });
    await expect(queue.run('b', async () => 'b', signal)).resolves.toBe('b');
    gate.resolve();
    await Promise.all(all);
  });

  it('stands still while the host wants patience: longer each time where it does not say how long', async () => {
    const queue = new HostQueue(0);
    const seconds = async () => {
      const error = (await queue.run('a', async () => undefined, signal).catch((failure: unknown) => failure)) as {
        readonly retryAfterSeconds: number;
      };
      expect(error).toMatchObject(refused);
      return error.retryAfterSeconds;
    };
    queue.hold('a', undefined);
    expect(await seconds()).toBe(60);
    queue.hold('a', undefined);
    expect(await seconds()).toBe(120);
    for (let time = 0; time < 20; time += 1) queue.hold('a', undefined);
    expect(await seconds()).toBe(3_600);
    await expect(queue.run('b', async () => 'b', signal)).resolves.toBe('b');
  });
});

describe('Retry-After', () => {
  const now = Date.parse('2026-11-21T10:00:00Z');

  it.each([
    ['120', 120_000],
    [' 5 ', 5_000],
    ['0', 0],
    ['Sat, 21 Nov 2026 10:01:00 GMT', 60_000],
    ['Sat, 21 Nov 2026 09:00:00 GMT', 0],
    ['99999999999', 86_400_000],
    ['soon', undefined],
    [undefined, undefined],
  ])('%s', (header, ms) => {
    expect(retryAfterMs(header, now)).toBe(ms);
  });
});
