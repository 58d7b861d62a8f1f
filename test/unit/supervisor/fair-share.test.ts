import { describe, expect, it } from 'vitest';

import { FairShare, SEEN_MS, type SlotOwner } from '../../../src/supervisor/fair-share.ts';
import type { Lease } from '../../../src/supervisor/lease.ts';

/** An expert whose slots these users have. */
const owner = (parallel: number, holders: string): SlotOwner => ({
  id: 'x',
  expert: { parallel },
  inFlight: holders.length,
  leases: holders.split('').map((user) => ({ user }) as Lease),
});

function seen(...users: readonly (readonly [string, number])[]): FairShare {
  const shares = new FairShare();
  for (const [user, ms] of users) shares.asked('x', user, ms);
  return shares;
}

describe('the last free slot', () => {
  it('is kept for who has none and was seen lately', () => {
    const shares = seen(['a', 0], ['b', 0]);
    expect(shares.mayEnter(owner(2, 'a'), 'a', false, 1_000)).toBe(false);
    expect(shares.mayEnter(owner(2, 'a'), 'b', false, 1_000)).toBe(true);
    expect(shares.mayEnter(owner(2, 'a'), 'c', false, 1_000), 'somebody new').toBe(true);
    expect(shares.mayEnter(owner(2, 'a'), 'a', false, SEEN_MS), 'b has not come again').toBe(true);
  });

  it('is for anybody where all who were seen have one', () => {
    const shares = seen(['a', 0], ['b', 0]);
    expect(shares.mayEnter(owner(4, 'aab'), 'a', false, 0)).toBe(true);
  });

  it('is for anybody where one user is alone, and where there is only one slot', () => {
    expect(seen(['a', 0]).mayEnter(owner(2, 'a'), 'a', false, 0)).toBe(true);
    expect(seen(['a', 0], ['b', 0]).mayEnter(owner(1, ''), 'a', true, 0)).toBe(true);
  });

  it('is not for background work while it is kept', () => {
    const shares = seen(['a', 0], ['b', 0]);
    expect(shares.mayEnter(owner(2, 'a'), 'b', true, 0)).toBe(false);
    expect(shares.mayEnter(owner(2, 'a'), '', true, 0)).toBe(false);
    expect(shares.mayEnter(owner(3, 'a'), '', true, 0), 'others are').toBe(true);
  });

  it('work of the house itself is nobody for whom a slot is kept', () => {
    expect(seen(['a', 0], ['', 0]).mayEnter(owner(2, 'a'), 'a', false, 0)).toBe(true);
  });

  it('of other experts means nothing, and nothing after they are gone', () => {
    const shares = seen(['a', 0]);
    shares.asked('y', 'b', 0);
    expect(shares.mayEnter(owner(2, 'a'), 'a', false, 0)).toBe(true);
    const left = seen(['b', 0], ['a', 0]);
    left.forget('x');
    left.asked('x', 'a', 0);
    expect(left.mayEnter(owner(2, 'a'), 'a', false, 0)).toBe(true);
  });

  it('many users are known only so far, the latest ones', () => {
    const shares = new FairShare();
    for (let user = 0; user < 1_000; user += 1) shares.asked('x', `u${user}`, user);
    expect(shares.mayEnter(owner(2, 'a'), 'a', false, 1_000)).toBe(false);
    expect(shares.mayEnter(owner(2, 'a'), 'a', false, 999 + SEEN_MS), 'the last one was 999').toBe(true);
  });
});
