import { describe, expect, it } from 'vitest';

import { type PoolReadings, poolsOf } from '../../../src/supervisor/pools.ts';

const GiB = 2 ** 30;
const device = (index: number, totalBytes: number | undefined, usedBytes = 0) => ({
  index,
  uuid: `GPU-${index}`,
  name: 'a card',
  totalBytes,
  usedBytes,
  freeBytes: undefined,
});
const readings = (overrides: Partial<PoolReadings> = {}): PoolReadings => ({
  machine: { total: 64 * GiB, used: 10 * GiB },
  ourRam: 4 * GiB,
  gpus: { devices: [device(0, 16 * GiB)], processes: [], perProcess: true },
  gpuProblem: undefined,
  othersOnDevices: {},
  quarantined: () => 0,
  paused: false,
  ...overrides,
});
const one = (id: string, capacity: number | 'auto', overrides?: Partial<PoolReadings>) =>
  poolsOf({ [id]: { capacity, reserve: GiB } }, readings(overrides))[0];

describe('the pool of RAM', () => {
  it('is the machine, less what others hold', () => {
    expect(one('ram', 'auto')).toEqual({
      id: 'ram',
      capacity: 64 * GiB,
      reserve: GiB,
      foreign: 6 * GiB,
      quarantined: 0,
      paused: false,
    });
  });

  it('that is a part of the machine is not touched by others before they have used the rest', () => {
    expect(one('ram', 32 * GiB)).toMatchObject({ capacity: 32 * GiB, foreign: 0 });
    expect(one('ram', 32 * GiB, { machine: { total: 64 * GiB, used: 40 * GiB } })).toMatchObject({ foreign: 4 * GiB });
  });

  it('is a fifth less while memory is short, whatever is set aside', () => {
    const short = { machine: { total: 64 * GiB, used: 10 * GiB, pressure: 12 } };
    const pool = one('ram', 32 * GiB, short);
    expect(pool).toMatchObject({ capacity: 32 * GiB, foreign: GiB + Math.round(6.4 * GiB) });
    expect(pool?.note).toBe('memory is short (12 % of the time nothing goes on for want of it): 6.4 GiB are held back');
    expect(one('ram', 32 * GiB, { machine: { ...short.machine, pressure: 3 } })).toMatchObject({ foreign: 0 });
  });

  it('is never more than the machine has', () => {
    expect(one('ram', 128 * GiB)).toMatchObject({ capacity: 64 * GiB, note: expect.stringContaining('128.0 GiB') });
  });
});

describe('the pool of a GPU', () => {
  it('counts what others hold, and what did not come back once', () => {
    const others = { othersOnDevices: { gpu0: 3 * GiB }, quarantined: () => 2 * GiB };
    expect(one('gpu0', 'auto', others)).toMatchObject({ capacity: 16 * GiB, foreign: GiB, quarantined: 2 * GiB });
  });

  it('that has vanished offers nothing, and says so', () => {
    const gone = { gpus: { devices: [], processes: [], perProcess: true } };
    expect(one('gpu0', 16 * GiB, gone)).toMatchObject({ capacity: 0, note: expect.stringContaining('no such GPU') });
  });

  it('is believed as the profile has it where nothing can be read, and empty where it is to be found out', () => {
    const blind = { gpus: undefined, gpuProblem: 'nvidia-smi cannot be run' };
    expect(one('gpu0', 16 * GiB, blind)).toMatchObject({
      capacity: 16 * GiB,
      note: expect.stringContaining('cannot be run'),
    });
    expect(one('gpu0', 'auto', blind)).toMatchObject({ capacity: 0, note: 'nvidia-smi cannot be run' });
  });

  it('is in trouble where the driver cannot be read, or reports a fault, and keeps the size that is known', () => {
    expect(one('gpu0', 'auto', { gpuTrouble: 'it hangs' })).toMatchObject({
      capacity: 16 * GiB,
      trouble: 'it hangs',
      note: 'nothing is started on it: it hangs',
    });
    expect(one('gpu0', 'auto', { gpus: undefined, gpuTrouble: 'it hangs' })).toMatchObject({
      capacity: 0,
      trouble: 'it hangs',
    });
    const faulty = { ...device(0, undefined), trouble: 'ERR!' };
    const gpus = { devices: [faulty, device(1, 16 * GiB)], processes: [], perProcess: true };
    expect(one('gpu0', 8 * GiB, { gpus })).toMatchObject({
      capacity: 8 * GiB,
      trouble: 'the driver says ERR! of its memory',
    });
    expect(one('gpu1', 8 * GiB, { gpus })).not.toHaveProperty('trouble');
  });

  it('is handed back while it is paused', () => {
    expect(one('gpu0', 'auto', { paused: true })).toMatchObject({ paused: true });
    expect(one('ram', 'auto', { paused: true })).toMatchObject({ paused: false });
  });
});
