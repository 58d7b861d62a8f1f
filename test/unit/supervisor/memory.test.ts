/** One account of the machine's memory, with devices that a script describes. */
import { describe, expect, it } from 'vitest';

import type { GpuAnswer, GpuProblem, GpuReading } from '../../../src/binaries/nvidia-smi.ts';
import type { Appraisal } from '../../../src/supervisor/appraisal.ts';
import type { ExpertProcess } from '../../../src/supervisor/expert-process.ts';
import { Fleet } from '../../../src/supervisor/fleet.ts';
import { GpuPoller } from '../../../src/supervisor/gpu-poller.ts';
import { Memory } from '../../../src/supervisor/memory.ts';
import { EventBus } from '../../../src/telemetry/events.ts';
import { House } from './house.ts';

const GiB = 2 ** 30;

interface Devices {
  used: number;
  total: number | undefined;
  ours: { pid: number; bytes: number | undefined }[];
  gone: boolean;
}

/** A house with one GPU of 16 GiB, read on demand. */
function withGpu(house: House, devices: Devices): { memory: Memory; look: () => Promise<unknown> } {
  const reading = (): GpuReading => ({
    devices: devices.gone
      ? []
      : [
          {
            index: 0,
            uuid: 'GPU-0',
            name: 'a card',
            totalBytes: devices.total,
            usedBytes: devices.used,
            freeBytes: undefined,
          },
        ],
    processes: devices.ours.map(({ pid, bytes }) => ({ uuid: 'GPU-0', pid, bytes })),
    perProcess: devices.ours.every(({ bytes }) => bytes !== undefined),
  });
  const gpus = new GpuPoller({
    environment: {},
    everyMs: 3_600_000,
    query: (): Promise<GpuAnswer> => Promise.resolve({ reading: reading() }),
    onAnswer: (answer) => answer.reading && memory.readDevices(answer.reading),
  });
  const memory = new Memory({
    clock: house.clock,
    logger: house.logger,
    machine: () => ({ total: 64 * GiB, used: 0 }),
    gpus,
    learned: undefined,
  });
  house.cleanUps.push(() => Promise.resolve(memory.close()));
  const appraisal: Appraisal = { placements: [], asleep: undefined, learnedKey: () => undefined };
  memory.reconfigure(
    {
      budget: {
        pools: { ram: { capacity: 'auto', reserve: 0 }, gpu0: { capacity: 'auto', reserve: GiB } },
        spillToCpu: 'refuse',
        minResidency: 0,
        maxLoadedExperts: undefined,
      },
      appraise: () => Promise.resolve(appraisal),
      stamp: () => '',
    },
    house.processes,
  );
  return { memory, look: () => gpus.ask() };
}

const gpu0 = (memory: Memory) => memory.pools.find(({ id }) => id === 'gpu0');
const onGpu = (bytes: number) => ({ name: 'gpu0', footprint: { ram: GiB, gpu0: bytes } });

async function started(house: House): Promise<ExpertProcess> {
  const process = house.expert();
  const ready = house.log.next('ready', 'a');
  process.start('wanted');
  await ready;
  return process;
}

describe('a driver', () => {
  const asked = (house: House, problem: GpuProblem) => {
    const gpus = new GpuPoller({ environment: {}, query: () => Promise.resolve({ problem }) });
    const memory = new Memory({
      clock: house.clock,
      logger: house.logger,
      machine: () => ({ total: 64 * GiB, used: 0 }),
      gpus,
      learned: undefined,
    });
    house.cleanUps.push(() => Promise.resolve(memory.close()));
    const budget = {
      pools: { gpu0: { capacity: 8 * GiB, reserve: 0 } },
      spillToCpu: 'refuse',
      minResidency: 0,
    } as const;
    const appraise = () => Promise.resolve({ placements: [], asleep: undefined, learnedKey: () => undefined });
    memory.reconfigure({ budget: { ...budget, maxLoadedExperts: undefined }, appraise, stamp: () => '' }, []);
    return gpus.ask().then(() => memory.pools[0]);
  };

  it('that never answered is in trouble; one that says there is no GPU leaves none; where there is none, the profile is believed', async () => {
    await using house = await House.open();
    const message = 'as it says';
    for (const kind of ['timeout', 'failed', 'garbled'] as const) {
      expect(await asked(house, { kind, message })).toMatchObject({ capacity: 8 * GiB, trouble: message });
    }
    expect(await asked(house, { kind: 'lost', message })).toMatchObject({
      capacity: 0,
      note: 'nvidia-smi lists no such GPU: as it says',
    });
    const believed = await asked(house, { kind: 'absent', message });
    expect(believed).toMatchObject({ capacity: 8 * GiB, note: 'taken as the profile says: as it says' });
    expect(believed).not.toHaveProperty('trouble');
  });
});

describe('a shared GPU', () => {
  it('has what other programs hold taken off, ours by their process', async () => {
    await using house = await House.open();
    const process = await started(house);
    const devices: Devices = {
      used: 7 * GiB,
      total: 16 * GiB,
      ours: [{ pid: process.pid ?? 0, bytes: 5 * GiB }],
      gone: false,
    };
    const { memory, look } = withGpu(house, devices);
    memory.reserve(process, onGpu(4 * GiB));
    await look();
    expect(gpu0(memory)).toMatchObject({ capacity: 16 * GiB, foreign: 2 * GiB });
    expect(memory.held(process)?.footprint).toEqual({ ram: GiB, gpu0: 5 * GiB });
  });

  it('is not thought free of a game because one of ours is about to load', async () => {
    await using house = await House.open();
    const [first, second] = [await started(house), await started(house)];
    const devices: Devices = {
      used: 10 * GiB,
      total: 16 * GiB,
      ours: [{ pid: first.pid ?? 0, bytes: 2 * GiB }],
      gone: false,
    };
    const { memory, look } = withGpu(house, devices);
    memory.reserve(first, onGpu(2 * GiB));
    await look();
    memory.reserve(second, onGpu(4 * GiB));
    await look();
    expect(gpu0(memory)).toMatchObject({ foreign: 8 * GiB });
  });

  it('is measured by difference where the driver does not say whose memory it is', async () => {
    await using house = await House.open();
    const process = await started(house);
    const devices: Devices = { used: 2 * GiB, total: 16 * GiB, ours: [], gone: false };
    const { memory, look } = withGpu(house, devices);
    await look();
    memory.reserve(process, onGpu(4 * GiB));
    devices.used = 7 * GiB;
    devices.ours = [{ pid: process.pid ?? 0, bytes: undefined }];
    memory.ready(process);
    await look();
    expect(memory.account(process)?.measured).toMatchObject({ gpu0: 5 * GiB });
    expect(gpu0(memory)).toMatchObject({ foreign: 2 * GiB });
  });

  it('is not measured by a difference that a game has made', async () => {
    await using house = await House.open();
    const process = await started(house);
    const devices: Devices = { used: 0, total: 16 * GiB, ours: [], gone: false };
    const { memory, look } = withGpu(house, devices);
    await look();
    memory.reserve(process, onGpu(4 * GiB));
    devices.used = 11 * GiB;
    memory.ready(process);
    await look();
    expect(memory.account(process)?.measured).toEqual({});
    expect(gpu0(memory), 'seen once, it may be of one of ours').toMatchObject({ foreign: 0 });
    await look();
    expect(gpu0(memory)).toMatchObject({ foreign: 7 * GiB });
  });

  it('is not measured by difference against a reading from before another load', async () => {
    await using house = await House.open();
    const [first, second] = [await started(house), await started(house)];
    const devices: Devices = { used: 0, total: 16 * GiB, ours: [], gone: false };
    const { memory, look } = withGpu(house, devices);
    await look();
    memory.reserve(first, onGpu(4 * GiB));
    memory.ready(first);
    devices.used = 8 * GiB;
    // Nobody has looked since the first one came: what is there now may be of either.
    memory.reserve(second, onGpu(4 * GiB));
    memory.ready(second);
    await look();
    expect(memory.account(first)?.measured).toEqual({});
    expect(memory.account(second)?.measured).toEqual({});
    expect(gpu0(memory)).toMatchObject({ foreign: 0 });
  });

  it('credits at once what was reserved and never taken, where the driver does not say whose memory it is', async () => {
    await using house = await House.open();
    const process = await started(house);
    const devices: Devices = { used: 2 * GiB, total: 16 * GiB, ours: [], gone: false };
    const { memory, look } = withGpu(house, devices);
    await look();
    memory.reserve(process, onGpu(6 * GiB));
    devices.used = 7 * GiB;
    memory.ready(process);
    await look();
    expect(memory.held(process)?.footprint).toMatchObject({ gpu0: 6 * GiB });
    expect(memory.account(process)?.measured).toMatchObject({ gpu0: 5 * GiB });
    memory.release(process);
    devices.used = 2 * GiB;
    await look();
    expect(memory.isReturning(process)).toBe(false);
    await look();
    expect(gpu0(memory)).toMatchObject({ foreign: 2 * GiB, quarantined: 0 });
  });

  it('credits an ended engine when its memory is back', async () => {
    await using house = await House.open();
    const process = await started(house);
    const devices: Devices = {
      used: 6 * GiB,
      total: 16 * GiB,
      ours: [{ pid: process.pid ?? 0, bytes: 5 * GiB }],
      gone: false,
    };
    const { memory, look } = withGpu(house, devices);
    memory.reserve(process, onGpu(5 * GiB));
    await look();
    devices.ours = [];
    memory.release(process);
    await look();
    expect(memory.isReturning(process)).toBe(true);
    expect(memory.held(process)?.footprint).toEqual({ gpu0: 5 * GiB });
    devices.used = GiB;
    await look();
    expect(memory.held(process)).toBeUndefined();
    expect(gpu0(memory)).toMatchObject({ foreign: GiB, quarantined: 0 });
  });

  it('holds what a process had that a reload took out until it is back', async () => {
    await using house = await House.open();
    const before = await started(house);
    const devices: Devices = {
      used: 10 * GiB,
      total: 16 * GiB,
      ours: [{ pid: before.pid ?? 0, bytes: 10 * GiB }],
      gone: false,
    };
    const { memory, look } = withGpu(house, devices);
    const fleet = new Fleet({
      clock: house.clock,
      bus: new EventBus(() => undefined),
      logger: house.logger,
      memory,
    });
    house.cleanUps.push(() => fleet.close(0));
    house.onMove = (process, move) => fleet.onMove(process, move);
    const bounds = {
      remotes: [],
      maxLoaded: undefined,
      spillToCpu: 'refuse',
      minResidencyMs: 0,
      queueLength: 1,
      queueAgeMs: 60_000,
      drainMs: 0,
    } as const;
    fleet.reconfigure({ ...bounds, processes: [before] });
    memory.reserve(before, onGpu(10 * GiB));
    await look();
    const ended = house.log.next('stopped', 'a');
    fleet.reconfigure({ ...bounds, processes: [house.expert({ id: 'b' })] });
    await ended;
    // Every microtask of its end has run.
    await new Promise(setImmediate);
    const onDevice = () => fleet.budget().holders.map(({ expert, held }) => [expert, held['gpu0']]);
    expect(onDevice(), 'the device has not been seen to be free').toEqual([['a', 10 * GiB]]);
    expect(fleet.budget().world.experts.map(({ id, state }) => [id, state])).toContainEqual(['a#1', 'stopping']);
    devices.used = 0;
    devices.ours = [];
    await look();
    expect(onDevice()).toEqual([]);
    expect(fleet.budget().world.experts.map(({ id }) => id)).toEqual(['b']);
  });

  it('that vanishes offers nothing', async () => {
    await using house = await House.open();
    const devices: Devices = { used: 0, total: 16 * GiB, ours: [], gone: false };
    const { memory, look } = withGpu(house, devices);
    await look();
    devices.gone = true;
    await look();
    expect(gpu0(memory)).toMatchObject({ capacity: 0 });
  });

  it('is handed back for a while, and taken again when that is over', async () => {
    await using house = await House.open();
    const { memory, look } = withGpu(house, { used: 0, total: 16 * GiB, ours: [], gone: false });
    await look();
    memory.pause(60_000);
    expect(gpu0(memory)).toMatchObject({ paused: true });
    house.clock.advance(60_001);
    expect(memory.tick([])).toBe(true);
    expect([gpu0(memory)?.paused, memory.pausedUntil]).toEqual([false, undefined]);
  });
});

describe('RAM', () => {
  it('that an engine has taken since the last look is not thought to be of others', async () => {
    await using house = await House.open();
    const process = await started(house);
    let used = 10 * GiB;
    const memory = new Memory({
      clock: house.clock,
      logger: house.logger,
      machine: () => ({ total: 64 * GiB, used }),
      gpus: undefined,
      learned: undefined,
    });
    house.cleanUps.push(() => Promise.resolve(memory.close()));
    const budget = {
      pools: { ram: { capacity: 'auto', reserve: 0 } },
      spillToCpu: 'refuse',
      minResidency: 0,
      maxLoadedExperts: undefined,
    } as const;
    const appraise = () => Promise.resolve({ placements: [], asleep: undefined, learnedKey: () => undefined });
    memory.reconfigure({ budget, appraise, stamp: () => '' }, []);
    memory.reserve(process, { name: 'cpu', footprint: { ram: 8 * GiB } });
    const foreign = () => memory.pools[0]?.foreign;
    expect(foreign()).toBe(10 * GiB);
    used = 14 * GiB;
    expect(foreign(), 'what it has itself is not measured yet').toBe(10 * GiB);
    memory.tick([process]);
    expect(foreign()).toBe(14 * GiB - (memory.account(process)?.measured['ram'] ?? 0));
  });
});

describe('a footprint', () => {
  it('is unknown until the files have been read, and read again when they have changed', async () => {
    await using house = await House.open();
    const process = house.expert();
    let stamp = 'one';
    let read = 0;
    const memory = house.memory;
    const changed = Promise.withResolvers<void>();
    const placement = {
      name: 'cpu',
      footprint: { ram: GiB },
      parts: [],
      estimated: false,
      learned: false,
      launch: undefined,
    };
    memory.onChange = () => read === 2 && changed.resolve();
    memory.reconfigure(
      {
        budget: {
          pools: { ram: { capacity: 'auto', reserve: 0 } },
          spillToCpu: 'refuse',
          minResidency: 0,
          maxLoadedExperts: undefined,
        },
        appraise: () => {
          read += 1;
          return Promise.resolve({ placements: [placement], asleep: undefined, learnedKey: () => undefined });
        },
        stamp: () => stamp,
      },
      [process],
    );
    expect(memory.isPending(process)).toBe(true);
    memory.look(process);
    stamp = 'two';
    memory.look(process);
    await changed.promise;
    expect([memory.isPending(process), read]).toEqual([false, 2]);
    expect(memory.appraisal(process)?.placements).toEqual([placement]);
  });
});
