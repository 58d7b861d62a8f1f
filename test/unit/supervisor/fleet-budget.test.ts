/** The fleet where memory is counted: who makes room, who waits, and who gets the devices back. */
import { describe, expect, it, vi } from 'vitest';

import { AppError } from '../../../src/shared/errors.ts';
import type { Appraisal } from '../../../src/supervisor/appraisal.ts';
import type { ExpertProcess } from '../../../src/supervisor/expert-process.ts';
import { Fleet } from '../../../src/supervisor/fleet.ts';
import { STARVATION_MS } from '../../../src/supervisor/house.ts';
import type { Lease } from '../../../src/supervisor/lease.ts';
import type { MachineMemory } from '../../../src/supervisor/machine-memory.ts';
import { Memory } from '../../../src/supervisor/memory.ts';
import { EventBus } from '../../../src/telemetry/events.ts';
import type { OrchestratorEvent } from '../../../src/telemetry/events.ts';
import { House } from './house.ts';

const GiB = 2 ** 30;
const stay = (): AbortSignal => new AbortController().signal;

interface Counted {
  readonly fleet: Fleet;
  readonly memory: Memory;
  readonly machine: { memory: MachineMemory };
  readonly events: OrchestratorEvent[];
  readonly use: (id: string, background?: boolean) => Promise<void>;
}

/** Experts by the GiB that they take: of `gpu0`, or of `ram` where the number stands under `cpu`. Ten of each. */
function counted(
  house: House,
  processes: readonly ExpertProcess[],
  sizes: Record<string, { gpu?: number; ram?: number }>,
): Counted {
  const events: OrchestratorEvent[] = [];
  const bus = new EventBus((error) => {
    throw error;
  });
  bus.subscribe((event) => events.push(event));
  const machine = { memory: { total: 10 * GiB, used: 0 } as MachineMemory };
  const memory = new Memory({
    clock: house.clock,
    logger: house.logger,
    machine: () => machine.memory,
    gpus: undefined,
    learned: undefined,
  });
  const fleet = new Fleet({ clock: house.clock, bus, logger: house.logger, memory });
  house.onMove = (process, move) => fleet.onMove(process, move);
  house.cleanUps.push(() => fleet.close(0));
  const appraise = ({ id }: ExpertProcess): Promise<Appraisal> => {
    const { gpu, ram } = sizes[id] ?? {};
    const footprint = { ...(gpu ? { gpu0: gpu * GiB } : {}), ...(ram ? { ram: ram * GiB } : {}) };
    const placement = {
      name: gpu ? 'gpu0' : 'cpu',
      footprint,
      parts: [],
      estimated: false,
      learned: false,
      launch: undefined,
    };
    return Promise.resolve({ placements: [placement], asleep: undefined, learnedKey: () => undefined });
  };
  const pools = { ram: { capacity: 10 * GiB, reserve: 0 }, gpu0: { capacity: 10 * GiB, reserve: 0 } };
  const budget = { pools, spillToCpu: 'refuse', minResidency: 0, maxLoadedExperts: undefined } as const;
  memory.reconfigure({ budget, appraise, stamp: () => '' }, processes);
  fleet.reconfigure({
    processes,
    remotes: [],
    maxLoaded: undefined,
    spillToCpu: 'refuse',
    minResidencyMs: 0,
    queueLength: 100,
    queueAgeMs: 600_000,
    drainMs: 60_000,
  });
  const use = async (id: string, background = false) => (await fleet.acquire(id, stay(), background)).release(true);
  return { fleet, memory, machine, events, use };
}

const refusalOf = async (promise: Promise<unknown>): Promise<AppError> => {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof AppError) return error;
  throw new Error(`it was granted, or failed with ${String(error)}`);
};

describe('a GPU that is handed back', () => {
  it('is free at once, of pinned and busy experts too, while the CPU goes on; then it is ours again', async () => {
    await using house = await House.open();
    const [pinned, busy, cpu] = [
      house.expert({ id: 'pinned', pin: true }),
      house.expert({ id: 'busy' }),
      house.expert({ id: 'cpu' }),
    ];
    const { fleet, use } = counted(house, [pinned, busy, cpu], {
      pinned: { gpu: 4 },
      busy: { gpu: 4 },
      cpu: { ram: 4 },
    });
    await use('pinned');
    await use('cpu');
    const running = await fleet.acquire('busy', stay());
    fleet.pause(undefined);
    expect([pinned.state, busy.state, cpu.state]).toEqual(['draining', 'draining', 'ready']);
    expect(await refusalOf(fleet.acquire('pinned', stay()))).toMatchObject({ code: 'no_room' });
    const gone = house.log.next('stopped', 'busy');
    running.release(true);
    await gone;
    const refusal = await refusalOf(fleet.acquire('busy', stay()));
    expect(refusal.message).toMatch(
      /gpu0 is handed back to the person at the desk; `orchestrator resume` takes it again/,
    );
    await use('cpu');
    fleet.resume();
    await use('pinned');
    await use('busy');
    expect([pinned.state, busy.state, cpu.starts]).toEqual(['ready', 'ready', 1]);
  });

  it('for a time comes back by itself', async () => {
    await using house = await House.open();
    const { fleet, use, events } = counted(house, [house.expert({ preload: true })], { a: { gpu: 4 } });
    await use('a');
    fleet.pause(7_200_000);
    await vi.waitFor(() => expect(fleet.process('a')?.state).toBe('stopped'), { interval: 1 });
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'plan', action: 'evict', victim: 'a', cause: 'pause' }),
    );
    house.clock.advance(7_199_000);
    expect(await refusalOf(fleet.acquire('a', stay()))).toMatchObject({ code: 'no_room' });
    const back = house.log.next('ready', 'a');
    house.clock.advance(1_001);
    // It was preloaded: nobody has to ask for it.
    await back;
    expect(house.logger.messages).toContain('the GPUs are ours again');
  });

  it('has to be one that the budget counts', async () => {
    await using house = await House.open();
    const { fleet, memory } = counted(house, [house.expert()], { a: { ram: 4 } });
    const budget = {
      pools: { ram: { capacity: 10 * GiB, reserve: 0 } },
      spillToCpu: 'refuse',
      minResidency: 0,
    } as const;
    const appraise = () => Promise.resolve({ placements: [], asleep: undefined, learnedKey: () => undefined });
    memory.reconfigure({ budget: { ...budget, maxLoadedExperts: undefined }, appraise, stamp: () => '' }, []);
    expect(() => fleet.pause(undefined)).toThrow(expect.objectContaining({ code: 'conflict' }));
  });
});

describe('a background request', () => {
  it('evicts nobody, waits behind all others, and is served when there is room', async () => {
    await using house = await House.open();
    const experts = [house.expert({ id: 'a', parallel: 1 }), house.expert({ id: 'b', parallel: 1 })];
    const { fleet, use, events } = counted(house, experts, { a: { ram: 6 }, b: { ram: 6 } });
    await use('a');
    const order: string[] = [];
    const waits = (name: string, background: boolean) =>
      fleet.acquire('b', stay(), background).then((lease) => (order.push(name), lease.release(true)));
    const background = waits('background', true);
    house.clock.advance(STARVATION_MS * 10);
    await vi.waitFor(() => expect(fleet.queued('b')).toBe(1), { interval: 1 });
    expect(fleet.process('a')?.state).toBe('ready');
    await Promise.all([waits('person', false), background]);
    expect(order, 'who came later went first').toEqual(['person', 'background']);
    expect(events.filter((event) => event.type === 'plan' && event.action === 'evict')).toHaveLength(1);
  });

  it('has its work finished, and then yields the room to a person', async () => {
    await using house = await House.open();
    const { fleet } = counted(house, [house.expert({ id: 'a' }), house.expert({ id: 'b' })], {
      a: { ram: 6 },
      b: { ram: 6 },
    });
    const work = await fleet.acquire('a', stay(), true);
    const draining = house.log.next('draining', 'a');
    const person = fleet.acquire('b', stay());
    await draining;
    expect(fleet.process('b')?.state, 'nothing is cut').toBe('stopped');
    work.release(true);
    (await person).release(true);
    expect(fleet.process('a')?.state).toBe('stopped');
  });
});

describe('room for one', () => {
  it('is had by one after the other where both are wanted at once', async () => {
    await using house = await House.open();
    const both = [house.expert({ id: 'a' }), house.expert({ id: 'b' })];
    const { use } = counted(house, both, { a: { ram: 6 }, b: { ram: 6 } });
    let together = 0;
    const settle = house.onMove;
    house.onMove = (process, move) => {
      together = Math.max(together, both.filter(({ state }) => state !== 'stopped').length);
      settle(process, move);
    };
    await Promise.all('abbaabab'.split('').map((id) => use(id)));
    expect(together).toBe(1);
  });

  it('is taken from a busy expert with a queue of its own, which loses nobody', async () => {
    await using house = await House.open();
    const [a, b] = [house.expert({ id: 'a', parallel: 1 }), house.expert({ id: 'b' })];
    const { fleet } = counted(house, [a, b], { a: { ram: 6 }, b: { ram: 6 } });
    const running = await fleet.acquire('a', stay());
    const served: string[] = [];
    const waits = (id: string, name: string) =>
      fleet.acquire(id, stay()).then((lease: Lease) => (served.push(name), lease.release(true)));
    const starving = waits('b', 'b');
    house.clock.advance(STARVATION_MS - 1_000);
    const behind = [waits('a', 'a1'), waits('a', 'a2')];
    const draining = house.log.next('draining', 'a');
    house.clock.advance(1_001);
    await draining;
    expect(fleet.queued('a')).toBe(2);
    running.release(true);
    await Promise.all([starving, ...behind]);
    expect(served).toEqual(['b', 'a1', 'a2']);
    expect([a.starts, b.starts]).toEqual([2, 1]);
  });
});

describe('an engine that runs out of memory at its start', () => {
  const OUT = {
    code: 134,
    signal: null,
    oomKilled: false,
    says: "terminate called after throwing an instance of 'std::bad_alloc'",
  };

  it('is started once more with the room of idle experts, and who waits for it goes on waiting', async () => {
    await using house = await House.open();
    const experts = ['a', 'idle', 'pinned'].map((id) => house.expert({ id, pin: id === 'pinned' }));
    const { fleet, use, memory } = counted(house, experts, { a: { ram: 2 }, idle: { ram: 2 }, pinned: { ram: 2 } });
    await use('idle');
    await use('pinned');
    house.host.habits.startsDead = OUT;
    const answers = [use('a'), fleet.load('a')];
    await house.log.next('backoff', 'a');
    house.host.habits.startsDead = undefined;
    await Promise.all(answers);
    const [a, idle, pinned] = experts;
    expect([a?.state, idle?.state, pinned?.state]).toEqual(['ready', 'stopped', 'ready']);
    expect([a?.starts, a?.crashes, a?.failure?.class]).toEqual([2, 1, 'host_oom']);
    expect(a && memory.held(a)?.footprint, 'the room is given back when it runs').toEqual({ ram: 2 * GiB });
    await use('idle');
    expect(a?.state).toBe('ready');
  });

  it('twice is over: those who wait are told, and nothing is started any more', async () => {
    await using house = await House.open();
    const { fleet, use } = counted(house, [house.expert({ id: 'a' }), house.expert({ id: 'b' })], {
      a: { ram: 2 },
      b: { ram: 2 },
    });
    await use('b');
    house.host.habits.startsDead = OUT;
    const refusal = await refusalOf(fleet.acquire('a', stay()));
    expect(refusal).toMatchObject({ code: 'engine_start_failed' });
    expect(refusal.message).toContain('ran out of memory');
    expect(fleet.process('a')).toMatchObject({ state: 'failed', starts: 2, crashes: 2 });
    expect(await refusalOf(fleet.acquire('a', stay()))).toMatchObject({ code: 'expert_failed' });
    expect(fleet.process('a')?.starts).toBe(2);
  });
});

describe('a machine that is short of memory', () => {
  it('gives less to experts, however much the account says is free: an idle one goes, and comes back afterwards', async () => {
    await using house = await House.open();
    const experts = ['a', 'b', 'c'].map((id) => house.expert({ id }));
    const { fleet, use, machine, memory } = counted(house, experts, { a: { ram: 3 }, b: { ram: 3 }, c: { ram: 3 } });
    for (const id of ['a', 'b', 'c']) await use(id);
    const gone = house.log.next('stopped');
    machine.memory = { ...machine.memory, pressure: 35 };
    await gone;
    expect(experts.filter(({ state }) => state === 'ready')).toHaveLength(2);
    expect(memory.pools.find(({ id }) => id === 'ram')?.note).toMatch(/^memory is short \(35 % of the time/);
    const stopped = experts.find(({ state }) => state === 'stopped')?.id ?? '';
    expect(fleet.plan(stopped).plan.action, 'no more are let in').toBe('evict');
    machine.memory = { ...machine.memory, pressure: 2 };
    memory.tick(experts);
    expect(fleet.plan(stopped).plan.action).toBe('start');
  });
});
