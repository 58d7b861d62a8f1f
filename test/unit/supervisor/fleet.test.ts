import { describe, expect, it, vi } from 'vitest';

import { type FleetPlan, STARVATION_MS } from '../../../src/supervisor/house.ts';
import { AppError } from '../../../src/shared/errors.ts';
import type { ExpertProcess } from '../../../src/supervisor/expert-process.ts';
import { Fleet } from '../../../src/supervisor/fleet.ts';
import type { Lease } from '../../../src/supervisor/lease.ts';
import { EventBus } from '../../../src/telemetry/events.ts';
import { House } from './house.ts';

const UNBOUNDED: Omit<FleetPlan, 'processes'> = {
  remotes: [],
  maxLoaded: undefined,
  spillToCpu: 'refuse',
  minResidencyMs: 0,
  queueLength: 100,
  queueAgeMs: 60_000,
  drainMs: 60_000,
};

const stay = (): AbortSignal => new AbortController().signal;

function fleetOf(house: House, processes: ExpertProcess[], settings: Partial<FleetPlan> = {}): Fleet {
  const bus = new EventBus((error) => {
    throw error;
  });
  const fleet = new Fleet({ clock: house.clock, bus, logger: house.logger, memory: house.memory });
  house.onMove = (process, move) => fleet.onMove(process, move);
  house.cleanUps.push(() => fleet.close(0));
  fleet.reconfigure({
    ...UNBOUNDED,
    processes,
    ...settings,
  });
  return fleet;
}

/** Resolves with the error that the promise rejects with. */
const refusalOf = async (promise: Promise<unknown>): Promise<AppError> => {
  try {
    await promise;
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('it was granted');
};

describe('one expert', () => {
  it('is started by the first request, and all who wait share the one load', async () => {
    await using house = await House.open();
    const fleet = fleetOf(house, [house.expert({ parallel: 20 })]);
    const leases = await Promise.all(Array.from({ length: 20 }, () => fleet.acquire('a', stay())));
    expect(leases).toHaveLength(20);
    expect(house.host.engines).toHaveLength(1);
    expect(fleet.process('a')?.inFlight).toBe(20);
    for (const lease of leases) lease.release(true);
  });

  it('is given in order of arrival, and nobody overtakes who waits', async () => {
    await using house = await House.open();
    const fleet = fleetOf(house, [house.expert({ parallel: 1 })]);
    const order: number[] = [];
    const held: Lease[] = [];
    const all = [0, 1, 2, 3].map(async (number) => {
      const lease = await fleet.acquire('a', stay());
      order.push(number);
      held.push(lease);
    });
    await all[0];
    expect(fleet.queued('a')).toBe(3);
    expect(fleet.tryAcquire('a'), 'the slot is taken').toBeUndefined();
    for (const next of all.slice(1)) {
      held.at(-1)?.release(true);
      expect(fleet.tryAcquire('a'), 'others wait').toBeUndefined();
      await next;
    }
    expect(order).toEqual([0, 1, 2, 3]);
    held.at(-1)?.release(true);
  });

  it('has a queue with an end', async () => {
    await using house = await House.open();
    const fleet = fleetOf(house, [house.expert({ parallel: 1 })], { queueLength: 2 });
    const held = await fleet.acquire('a', stay());
    const waiting = [fleet.acquire('a', stay()), fleet.acquire('a', stay())];
    expect(await refusalOf(fleet.acquire('a', stay()))).toMatchObject({ code: 'queue_full', retryAfterSeconds: 2 });
    held.release(true);
    for (const lease of waiting) (await lease).release(true);
    expect(fleet.totalQueued).toBe(0);
  });

  it('has a queue with an age, which the load does not count towards', async () => {
    await using house = await House.open();
    house.host.habits.health = 503;
    const fleet = fleetOf(house, [house.expert({ parallel: 1 })], { queueAgeMs: 5_000 });
    const first = fleet.acquire('a', stay());
    const second = refusalOf(fleet.acquire('a', stay()));
    await vi.waitFor(() => expect(house.host.engines).toHaveLength(1), { interval: 1 });
    // One tick of the fleet takes up the whole load.
    const ticked = vi.spyOn(fleet, 'unloadsInMs');
    house.clock.advance(600_000);
    await vi.waitFor(() => expect(ticked).toHaveBeenCalled(), { interval: 5 });
    expect(fleet.queued('a')).toBe(2);
    house.host.habits.health = 200;
    const held = await first;
    house.clock.advance(5_500);
    expect(await second).toMatchObject({ code: 'queue_timeout', retryAfterSeconds: 5 });
    expect((await second).message).toMatch(/waited [56] s for a .*all its slots are busy/);
    held.release(true);
  });

  it('loses a waiter that leaves, and the load goes on for the others', async () => {
    await using house = await House.open();
    const fleet = fleetOf(house, [house.expert()]);
    const leaver = new AbortController();
    const left = refusalOf(fleet.acquire('a', leaver.signal));
    const stays = fleet.acquire('a', stay());
    leaver.abort();
    expect(await left).toMatchObject({ code: 'expert_stopped' });
    expect(fleet.queued('a')).toBe(1);
    (await stays).release(true);
  });

  it('takes no waiter whose signal is aborted already', async () => {
    await using house = await House.open();
    const fleet = fleetOf(house, [house.expert()]);
    expect(await refusalOf(fleet.acquire('a', AbortSignal.abort()))).toMatchObject({ code: 'expert_stopped' });
    expect(house.host.engines).toEqual([]);
  });

  it('that fails to load tells all who wait the cause', async () => {
    await using house = await House.open();
    house.host.habits.startsDead = { code: 1, signal: null, oomKilled: false, says: 'error loading model: nonsense' };
    const fleet = fleetOf(house, [house.expert()]);
    const errors = await Promise.all([
      refusalOf(fleet.acquire('a', stay())),
      refusalOf(fleet.acquire('a', stay())),
      refusalOf(fleet.load('a')),
    ]);
    expect(errors.map(({ code }) => code)).toEqual(Array.from({ length: 3 }, () => 'engine_start_failed'));
    expect(errors[0]?.message).toContain('error loading model: nonsense');
    expect(await refusalOf(fleet.acquire('a', stay())), 'and who comes later at once').toMatchObject({
      code: 'expert_failed',
    });
    expect(house.host.engines).toHaveLength(1);
  });

  it('that failed for good is tried again when somebody asks for it by name', async () => {
    await using house = await House.open();
    house.host.habits.startsDead = { code: 1, signal: null, oomKilled: false, says: 'error loading model: nonsense' };
    const fleet = fleetOf(house, [house.expert()]);
    await refusalOf(fleet.load('a'));
    house.host.habits.startsDead = undefined;
    await fleet.load('a');
    expect(fleet.process('a')?.state).toBe('ready');
  });

  it('that dies is loaded again for who asks by name before the verdict', async () => {
    await using house = await House.open();
    const fleet = fleetOf(house, [await house.ready()]);
    house.host.last.exit({ code: 1 });
    expect(fleet.process('a')?.state).toBe('ready');
    await fleet.load('a');
    expect(house.host.engines).toHaveLength(2);
    expect(fleet.process('a')?.isServing).toBe(true);
  });

  it('that is unloaded tells who had asked for it by name, and serves who waits with a request', async () => {
    await using house = await House.open();
    house.host.habits.health = 503;
    const fleet = fleetOf(house, [house.expert()]);
    const asked = refusalOf(fleet.load('a'));
    const request = fleet.acquire('a', stay());
    await vi.waitFor(() => expect(house.host.engines).toHaveLength(1), { interval: 1 });
    house.host.habits.health = 200;
    await fleet.unload('a', 'asked for by name', true);
    expect(await asked).toMatchObject({ code: 'expert_stopped' });
    (await request).release(true);
    expect(house.host.engines.length).toBeGreaterThanOrEqual(1);
  });

  it('that is not there any more is not waited for', async () => {
    await using house = await House.open();
    const fleet = fleetOf(house, [house.expert()]);
    expect(await refusalOf(fleet.acquire('b', stay()))).toMatchObject({ code: 'model_not_found' });
  });
});

describe('room for one', () => {
  it('goes to the newcomer at the cost of the one that was idle longest', async () => {
    await using house = await House.open();
    const [a, b, c] = ['a', 'b', 'c'].map((id) => house.expert({ id }));
    if (!a || !b || !c) throw new Error('no experts');
    const fleet = fleetOf(house, [a, b, c], { maxLoaded: 2 });
    for (const id of ['a', 'b', 'a']) {
      house.clock.advance(1_000);
      (await fleet.acquire(id, stay())).release(true);
    }
    (await fleet.acquire('c', stay())).release(true);
    expect([a.state, b.state, c.state]).toEqual(['ready', 'stopped', 'ready']);
  });

  it('is never more than there is, however many ask', async () => {
    await using house = await House.open();
    const experts = ['a', 'b', 'c', 'd', 'e'].map((id) => house.expert({ id }));
    const fleet = fleetOf(house, experts, { maxLoaded: 2 });
    let most = 0;
    const settle = house.onMove;
    house.onMove = (process, move) => {
      const loaded = experts.filter(({ state }) => !['stopped', 'backoff', 'failed'].includes(state)).length;
      most = Math.max(most, loaded);
      settle(process, move);
    };
    const use = async (id: string) => (await fleet.acquire(id, stay())).release(true);
    await Promise.all('abcdecabde'.split('').map(use));
    expect(most).toBe(2);
  });

  it('is not taken from a busy expert before somebody has starved', async () => {
    await using house = await House.open();
    const fleet = fleetOf(house, [house.expert({ id: 'a' }), house.expert({ id: 'b' })], { maxLoaded: 1 });
    const busy = await fleet.acquire('a', stay());
    const wants = fleet.acquire('b', stay());
    expect(fleet.plan('b').plan.action).toBe('wait');
    house.clock.advance(STARVATION_MS - 1);
    expect(fleet.plan('b').plan.action).toBe('wait');
    expect(fleet.process('a')?.state).toBe('ready');
    const draining = house.log.next('draining', 'a');
    house.clock.advance(2);
    await draining;
    busy.release(true);
    (await wants).release(true);
    expect(fleet.process('a')?.state).toBe('stopped');
  });

  it('that a preload waits for is not taken from who is busy, however long it takes', async () => {
    await using house = await House.open();
    const fleet = fleetOf(house, [house.expert({ id: 'a' }), house.expert({ id: 'b' })], { maxLoaded: 1 });
    const busy = await fleet.acquire('a', stay());
    const loaded = fleet.load('b', { patient: true });
    house.clock.advance(STARVATION_MS * 10);
    expect(fleet.plan('b').plan.action).toBe('wait');
    busy.release(true);
    await loaded;
    expect(fleet.process('b')?.state).toBe('ready');
  });
});

describe('the idle', () => {
  /** Long enough for a tick of the fleet to have looked. */
  const unloaded = (house: House): Promise<void> => house.log.next('stopped');

  it('are unloaded after their time, never with a request in flight', async () => {
    await using house = await House.open();
    const fleet = fleetOf(house, [house.expert({ idleUnload: 5_000 })]);
    const process = fleet.process('a');
    if (!process) throw new Error('no expert');
    const lease = await fleet.acquire('a', stay());
    house.clock.advance(60_000);
    expect(fleet.unloadsInMs(process)).toBeUndefined();
    lease.release(true);
    expect(fleet.unloadsInMs(process)).toBe(5_000);
    const gone = unloaded(house);
    house.clock.advance(5_000);
    await gone;
  });

  it('stay for as long as a request asked for', async () => {
    await using house = await House.open();
    const fleet = fleetOf(house, [house.expert({ idleUnload: 5_000 })]);
    const process = fleet.process('a');
    if (!process) throw new Error('no expert');
    (await fleet.acquire('a', stay())).release(true);
    fleet.keepLoaded('a', 30_000);
    expect(fleet.unloadsInMs(process)).toBe(30_000);
    fleet.keepLoaded('a', 'forever');
    expect(fleet.unloadsInMs(process)).toBeUndefined();
    const gone = unloaded(house);
    fleet.keepLoaded('a', 0);
    expect(fleet.unloadsInMs(process)).toBe(0);
    await gone;
    (await fleet.acquire('a', stay())).release(true);
    expect(fleet.unloadsInMs(process), 'the next load begins anew').toBe(5_000);
  });
});

describe('closing', () => {
  it('refuses who waits, lets what runs finish, ends every engine, and takes nothing new', async () => {
    await using house = await House.open();
    const fleet = fleetOf(house, [house.expert({ id: 'a', parallel: 1 }), house.expert({ id: 'b' })]);
    const running = await fleet.acquire('a', stay());
    const waiting = refusalOf(fleet.acquire('a', stay()));
    house.host.habits.health = 503;
    const loading = refusalOf(fleet.load('b'));
    const closed = fleet.close(60_000);
    expect(await waiting).toMatchObject({ code: 'shutting_down' });
    expect(await loading).toMatchObject({ code: 'shutting_down' });
    expect(fleet.closing).toBe(true);
    expect(await refusalOf(fleet.acquire('a', stay()))).toMatchObject({ code: 'shutting_down' });
    expect(fleet.process('a')?.state).toBe('draining');
    running.release(true);
    await closed;
    expect([...fleet.processes].map(({ state }) => state)).toEqual(['stopped', 'stopped']);
    expect(house.host.engines.every(({ exited }) => exited)).toBe(true);
  });

  it('in a hurry cuts what runs', async () => {
    await using house = await House.open();
    const fleet = fleetOf(house, [house.expert()]);
    const running = await fleet.acquire('a', stay());
    const cut = new Promise<AppError>((resolve) => {
      running.onCut = (error) => {
        running.release(false);
        resolve(error);
      };
    });
    const closed = fleet.close(600_000);
    fleet.hurry();
    expect(await cut).toMatchObject({ code: 'expert_stopped' });
    await closed;
  });
});

describe('another set of experts', () => {
  it('leaves who stays alone, and drains who goes', async () => {
    await using house = await House.open();
    const [a, b, c] = ['a', 'b', 'c'].map((id) => house.expert({ id }));
    if (!a || !b || !c) throw new Error('no experts');
    const rest = { ...UNBOUNDED, queueLength: 9 };
    const fleet = fleetOf(house, [a, b]);
    const kept = await fleet.acquire('a', stay());
    const leaving = await fleet.acquire('b', stay());
    fleet.reconfigure({ ...rest, processes: [a, c] });
    expect([a.state, b.state]).toEqual(['ready', 'draining']);
    expect(fleet.process('b')).toBeUndefined();
    const gone = house.log.next('stopped', 'b');
    leaving.release(true);
    await gone;
    kept.release(true);
    (await fleet.acquire('c', stay())).release(true);
  });

  it('does not start the new process of a name before the old one has ended', async () => {
    await using house = await House.open();
    const [old, young] = [house.expert(), house.expert()];
    const rest = { ...UNBOUNDED, queueLength: 9 };
    const fleet = fleetOf(house, [old]);
    const lease = await fleet.acquire('a', stay());
    fleet.reconfigure({ ...rest, processes: [young] });
    const next = fleet.acquire('a', stay());
    expect([old.state, young.state]).toEqual(['draining', 'stopped']);
    lease.release(true);
    (await next).release(true);
    expect([old.state, young.state]).toEqual(['stopped', 'ready']);
  });
});

describe('several users', () => {
  it('the one with fewest slots is next, however many another has waiting', async () => {
    await using house = await House.open();
    const fleet = fleetOf(house, [house.expert({ parallel: 2 })]);
    const order: string[] = [];
    const held = new Map<string, Lease>();
    const ask = (user: string, name: string) =>
      fleet.acquire('a', stay(), false, user).then((lease) => {
        order.push(name);
        held.set(name, lease);
      });
    const all = ['A1', 'A2', 'A3', 'A4'].map((name) => ask('A', name));
    await Promise.all(all.slice(0, 2));
    const other = [ask('B', 'B1'), ask('B', 'B2')];
    held.get('A1')?.release(true);
    await other[0];
    expect(order).toEqual(['A1', 'A2', 'B1']);
    held.get('B1')?.release(true);
    await other[1];
    expect(order.at(-1), 'the slot is for who has none').toBe('B2');
    held.get('A2')?.release(true);
    await all[2];
    held.get('A3')?.release(true);
    await all[3];
    expect(fleet.queued('a')).toBe(0);
    for (const name of ['A4', 'B2']) held.get(name)?.release(true);
  });

  it('one user does not fill every slot while another was there lately, and gets it when that one stays away', async () => {
    await using house = await House.open();
    const fleet = fleetOf(house, [house.expert({ parallel: 2 })]);
    (await fleet.acquire('a', stay(), false, 'B')).release(true);
    const first = await fleet.acquire('a', stay(), false, 'A');
    expect(fleet.tryAcquire('a', false, 'A')).toBeUndefined();
    const second = fleet.acquire('a', stay(), false, 'A');
    expect(fleet.queued('a')).toBe(1);
    (await fleet.acquire('a', stay(), false, 'B')).release(true);
    expect(fleet.queued('a'), 'kept for B').toBe(1);
    house.clock.advance(30_000);
    (await second).release(true);
    first.release(true);
  });

  it('in a full queue the newest request of who has most makes room for somebody who has none', async () => {
    await using house = await House.open();
    const fleet = fleetOf(house, [house.expert({ parallel: 1 })], { queueLength: 2 });
    const held = await fleet.acquire('a', stay(), false, 'A');
    const kept = fleet.acquire('a', stay(), false, 'A');
    const newest = refusalOf(fleet.acquire('a', stay(), false, 'A'));
    expect(await refusalOf(fleet.acquire('a', stay(), false, 'A'))).toMatchObject({ code: 'queue_full' });
    expect(await refusalOf(fleet.acquire('a', stay(), true, 'B')), 'background work pushes nobody').toMatchObject({
      code: 'queue_full',
    });
    const newcomer = fleet.acquire('a', stay(), false, 'B');
    expect(await newest).toMatchObject({ code: 'queue_full', retryAfterSeconds: 2 });
    expect(fleet.queued('a')).toBe(2);
    held.release(true);
    (await kept).release(true);
    (await newcomer).release(true);
  });
});
