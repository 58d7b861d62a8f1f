import { describe, expect, it } from 'vitest';

import { Fleet } from '../../../src/supervisor/fleet.ts';
import { standingOf } from '../../../src/supervisor/standing.ts';
import { AppError } from '../../../src/shared/errors.ts';
import { EventBus } from '../../../src/telemetry/events.ts';
import { House } from './house.ts';

function fleetOf(house: House, processes: ReturnType<House['expert']>[], maxLoaded?: number): Fleet {
  const bus = new EventBus((error) => {
    throw error;
  });
  const fleet = new Fleet({ clock: house.clock, bus, logger: house.logger, memory: house.memory });
  house.onMove = (process, move) => fleet.onMove(process, move);
  house.cleanUps.push(() => fleet.close(0));
  fleet.reconfigure({
    processes,
    remotes: [],
    maxLoaded,
    spillToCpu: 'refuse',
    minResidencyMs: 0,
    queueLength: 100,
    queueAgeMs: 60_000,
    drainMs: 60_000,
  });
  return fleet;
}

describe('the standing of an expert', () => {
  it('follows the house: free room, its load, loaded, the room of others, others at work, pinned ones', async () => {
    await using house = await House.open();
    const fleet = fleetOf(house, [house.expert({ id: 'a' }), house.expert({ id: 'b' })], 1);
    expect([fleet.standing('a'), fleet.standing('b')]).toEqual(['fits', 'fits']);
    const load = fleet.load('a');
    expect([fleet.standing('a'), fleet.standing('b')]).toEqual(['loading', 'waits']);
    await load;
    expect([fleet.standing('a'), fleet.standing('b')]).toEqual(['loaded', 'evicts']);
    const lease = fleet.tryAcquire('a');
    // Who is at work is looked at again after a moment.
    house.clock.advance(300);
    expect(fleet.standing('b')).toBe('waits');
    lease?.release(true);
    fleet.pin('a', true);
    expect(fleet.standing('b')).toBe('refused');
    expect(fleet.standing('nobody')).toBe('failed');
  });

  it('is failed where it has failed, and for a while where it could not even be started', async () => {
    await using house = await House.open();
    const missing = new AppError('model_unavailable', 'the model is not here');
    const fleet = fleetOf(house, [
      house.expert({ id: 'a' }, { prepare: () => Promise.reject(missing) }),
      house.expert({ id: 'b' }),
    ]);
    await expect(fleet.load('a')).rejects.toBe(missing);
    expect(fleet.standing('a')).toBe('failed');
    house.clock.advance(11_000);
    expect(fleet.standing('a')).toBe('fits');
    house.host.habits.startsDead = { code: 1, signal: null, oomKilled: false, says: 'unknown argument' };
    await expect(fleet.load('b')).rejects.toThrow(/b/);
    expect(fleet.standing('b')).toBe('failed');
  });

  it('is never where the whole budget is too small', () => {
    expect(standingOf({ expert: 'a', action: 'refuse', never: true, reason: '' })).toBe('never');
    expect(standingOf({ expert: 'a', action: 'wake', placement: { name: 'x', footprint: {} }, reason: '' })).toBe(
      'asleep',
    );
    expect(standingOf({ expert: 'a', action: 'wait', for: 'unload', reason: '' })).toBe('fits');
  });
});
