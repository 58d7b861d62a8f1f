import { describe, expect, it } from 'vitest';

import { type ActiveRequest, ActiveRequests } from '../../../src/server/active-requests.ts';
import { AppError } from '../../../src/shared/errors.ts';

function request(user: string, key: string): ActiveRequest & { told: AppError[] } {
  const told: AppError[] = [];
  const identity = { user, admin: false, credential: { kind: 'key', id: key }, scopes: {} } as const;
  return { context: { identity }, ended: undefined, onEnd: (error) => void told.push(error), place: -1, told };
}

describe('requests under way', () => {
  it('those of a credential are ended, each once, and no others', () => {
    const active = new ActiveRequests();
    const [one, two, other] = [request('ana', 'k1'), request('ana', 'k1'), request('ana', 'k2')];
    for (const each of [one, two, other]) active.add(each);
    const error = new AppError('unauthorized', 'revoked');
    expect(active.end(({ credential }) => credential.id === 'k1', error)).toBe(2);
    expect(active.end(({ credential }) => credential.id === 'k1', error)).toBe(0);
    expect([one.told, two.told, other.told]).toEqual([[error], [error], []]);
    expect([one.ended, other.ended]).toEqual([error, undefined]);
  });

  it('who has nobody to tell is marked, for whoever goes on with it', () => {
    const active = new ActiveRequests();
    const one = request('ana', 'k1');
    one.onEnd = undefined;
    active.add(one);
    expect(active.end(() => true, new AppError('forbidden', 'suspended'))).toBe(1);
    expect(one.ended?.code).toBe('forbidden');
  });

  it('one that leaves while others are being ended disturbs nobody', () => {
    const active = new ActiveRequests();
    const all = [request('a', '1'), request('b', '1'), request('c', '1')];
    for (const each of all) {
      active.add(each);
      each.onEnd = () => active.remove(each);
    }
    expect(active.end(() => true, new AppError('forbidden', 'suspended'))).toBe(3);
    expect(active.size).toBe(0);
    expect(all.every(({ ended }) => ended)).toBe(true);
  });

  it('counts users, and takes a place again that came free', () => {
    const active = new ActiveRequests();
    const all = [request('a', '1'), request('a', '2'), request('b', '3')];
    for (const each of all) active.add(each);
    expect([active.size, active.users]).toEqual([3, 2]);
    for (const each of all) active.remove(each);
    for (const each of all) active.remove(each);
    expect([active.size, active.users]).toEqual([0, 0]);
    const late = request('c', '4');
    active.add(late);
    expect(late.place).toBeLessThan(3);
  });
});
