import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { AppError } from '../../../src/shared/errors.ts';
import { type Waiter, WaitingLines } from '../../../src/supervisor/waiting-lines.ts';

const waiter = (user: string, background = false): Waiter & { rejected?: AppError } => ({
  expert: 'x',
  user,
  background,
  since: 0,
  resolve: () => undefined,
  reject(error) {
    this.rejected = error;
  },
});

const anyone = () => 0;

/** Serves all who wait, in the order in which they are. */
function serveAll(lines: WaitingLines): string[] {
  const order: string[] = [];
  for (let next = lines.next('x', anyone); next; next = lines.next('x', anyone)) {
    order.push(next.user);
    lines.served(next);
  }
  return order;
}

function joined(users: string, background = false): WaitingLines {
  const lines = new WaitingLines();
  for (const user of users) lines.join(waiter(user, background));
  return lines;
}

describe('the queue of an expert', () => {
  it('lets users take turns, each of them in order of arrival', () => {
    expect(serveAll(joined('aaaabbc')).join('')).toBe('abcabaa');
    const lines = new WaitingLines();
    const own = [waiter('a'), waiter('a'), waiter('a')];
    for (const one of own) lines.join(one);
    for (const one of own) {
      expect(lines.next('x', anyone)).toBe(one);
      lines.served(one);
    }
    expect(lines.total).toBe(0);
    expect(lines.has('x')).toBe(false);
  });

  it('serves background requests when nobody else waits, in turns as well', () => {
    const lines = joined('aab', true);
    for (const user of 'cd') lines.join(waiter(user));
    expect(lines.of('x').map(({ user }) => user)).toEqual(['c', 'd', 'a', 'a', 'b']);
    expect(serveAll(lines).join('')).toBe('cdaba');
  });

  it('gives to who has least, and nobody what is out of reach for all', () => {
    const lines = joined('aab');
    expect(lines.next('x', ({ user }) => (user === 'a' ? 2 : 1))?.user).toBe('b');
    expect(lines.next('x', ({ user }) => (user === 'a' ? 2 : Infinity))?.user).toBe('a');
    expect(lines.next('x', () => Infinity)).toBeUndefined();
    expect(new WaitingLines().next('x', anyone)).toBeUndefined();
  });

  it('does not let background work pass those who may have nothing just now', () => {
    const lines = joined('a');
    lines.join(waiter('b', true));
    expect(lines.next('x', ({ background }) => (background ? 0 : Infinity))).toBeUndefined();
  });

  it('who leaves is gone, also twice', () => {
    const lines = joined('a');
    const leaver = waiter('b');
    lines.join(leaver);
    lines.leave(leaver);
    lines.leave(leaver);
    expect([lines.total, lines.length('x'), serveAll(lines).join('')]).toEqual([1, 1, 'a']);
  });

  it('rejects all, and is empty then', () => {
    const lines = new WaitingLines();
    const all = [waiter('a'), waiter('b', true)];
    for (const one of all) lines.join(one);
    const error = new AppError('no_room', 'none');
    lines.rejectAll('x', error);
    expect(all.map(({ rejected }) => rejected)).toEqual([error, error]);
    expect([lines.total, [...lines.wanted()]]).toEqual([0, []]);
  });

  it('finds who makes room in a full line: the newest of the user who has most, background first; nobody for who has as many', () => {
    const lines = new WaitingLines();
    const [first, second, third] = [waiter('a'), waiter('a'), waiter('a')];
    for (const one of [first, waiter('b'), second, third]) lines.join(one);
    expect(lines.crowding('x', 'c')).toBe(third);
    expect(lines.crowding('x', 'b'), 'two of b, two of a afterwards').toBe(third);
    expect(lines.crowding('x', 'a')).toBeUndefined();
    const background = waiter('a', true);
    lines.join(background);
    expect(lines.crowding('x', 'c')).toBe(background);
    expect(joined('abc').crowding('x', 'd'), 'everybody has one').toBeUndefined();
    expect(joined('ab').crowding('y', 'd')).toBeUndefined();
  });

  it('starves nobody: between two turns of who waits, every other user has one at most, whoever comes and goes', () => {
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ do: fc.constant('join' as const), user: fc.nat(5) }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('serve' as const), user: fc.constant(0) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), user: fc.nat(5) }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const lines = new WaitingLines();
        /** Of each user who waits: whose turns there were since its own. */
        const since = new Map<string, string[]>();
        for (const { do: what, user: number } of steps) {
          const user = `u${number}`;
          if (what === 'join') {
            lines.join(waiter(user));
            if (!since.has(user)) since.set(user, []);
          } else if (what === 'leave') {
            const newest = lines.of('x').findLast((one) => one.user === user);
            if (newest) lines.leave(newest);
            if (!lines.of('x').some((one) => one.user === user)) since.delete(user);
          } else {
            const next = lines.next('x', anyone);
            if (!next) continue;
            lines.served(next);
            for (const [one, turns] of since) if (one !== next.user) turns.push(next.user);
            if (lines.of('x').some((one) => one.user === next.user)) since.set(next.user, []);
            else since.delete(next.user);
          }
          for (const turns of since.values()) expect(new Set(turns).size).toBe(turns.length);
        }
      }),
    );
  });
});
