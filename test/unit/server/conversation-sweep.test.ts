import { describe, expect, it } from 'vitest';

import { ConversationSweep } from '../../../src/server/conversation-sweep.ts';
import type { PeopleStore } from '../../../src/store/people-contract.ts';
import { silentLogger } from '../supervisor/house.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const T0 = Date.UTC(2026, 0, 1);

function sweeping(keepMs = 30 * DAY) {
  const swept: number[] = [];
  const clock = { now: 0, wall: T0 };
  const store = {
    conversations: {
      sweep: (before: number) => {
        swept.push(before);
        return Promise.resolve(0);
      },
    },
  } as unknown as PeopleStore;
  const house: { store: PeopleStore | undefined } = { store };
  const sweep = new ConversationSweep({
    people: { peek: () => house.store },
    logger: silentLogger,
    now: () => clock.now,
    wallNow: () => clock.wall,
  });
  sweep.apply(keepMs);
  const pass = (ms: number) => {
    clock.now += ms;
    clock.wall += ms;
    return sweep.look();
  };
  return { swept, clock, house, sweep, pass };
}

describe('conversations of long ago', () => {
  it('are erased every six hours, however long they are kept', async () => {
    const { swept, sweep, pass } = sweeping();
    await pass(0);
    for (let hour = 0; hour < 12; hour += 1) await pass(HOUR);
    expect(swept).toEqual([0, 6, 12].map((hours) => T0 + hours * HOUR - 30 * DAY));
    sweep.apply(100 * 365 * DAY);
    await pass(6 * HOUR);
    expect(swept).toHaveLength(3);
    sweep.close();
  });

  it('stay for a day where the clock has jumped, and are erased where it stands by that', async () => {
    const { swept, clock, sweep, pass } = sweeping();
    await pass(0);
    clock.wall += 400 * DAY;
    for (let hour = 0; hour < 23; hour += 1) await pass(HOUR);
    expect(swept).toHaveLength(1);
    clock.wall -= 400 * DAY;
    for (let hour = 0; hour < 24; hour += 1) await pass(HOUR);
    expect(swept).toHaveLength(1);
    await pass(HOUR);
    expect(swept).toEqual([T0 - 30 * DAY, T0 + 48 * HOUR - 30 * DAY]);
    sweep.close();
  });

  it('are looked at when the store is open', async () => {
    const { swept, house, sweep, pass } = sweeping();
    const { store } = house;
    house.store = undefined;
    await pass(0);
    house.store = store;
    await pass(HOUR);
    expect(swept).toEqual([T0 + HOUR - 30 * DAY]);
    sweep.close();
  });
});
