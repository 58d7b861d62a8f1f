import { describe, expect, it } from 'vitest';

import type { GpuAnswer } from '../../../../src/binaries/nvidia-smi.ts';
import { checkPools, type PoolChecks } from '../../../../src/cli/doctor/pools.ts';
import type { PoolBudget, Profile } from '../../../../src/profiles/profile.ts';

const GIB = 2 ** 30;
const gpuOf = (usedGib: number): GpuAnswer => ({
  reading: {
    devices: [
      {
        index: 0,
        uuid: 'GPU-1',
        name: 'RTX 4080',
        totalBytes: 16 * GIB,
        usedBytes: usedGib * GIB,
        freeBytes: (16 - usedGib) * GIB,
      },
    ],
    processes: [],
    perProcess: true,
  },
});
const MACHINE: PoolChecks = { machine: { total: 64 * GIB, used: 4 * GIB }, gpus: gpuOf(1), running: false };

function said(pools: Record<string, PoolBudget>, options: Partial<PoolChecks> = {}): string[] {
  const profile = { budget: { pools } } as unknown as Profile;
  return checkPools(profile, { ...MACHINE, ...options }).map(
    ({ about, status, sentence, fix }) => `${about} ${status}: ${sentence}${fix === null ? '' : ` → ${fix}`}`,
  );
}

describe('doctor, of the pools of a profile', () => {
  it('says what there is for experts', () => {
    expect(
      said({ gpu0: { capacity: 'auto', reserve: 2 * GIB }, ram: { capacity: 32 * GIB, reserve: 8 * GIB } }),
    ).toEqual([
      'pool gpu0 ok: 16.0 GiB less 2.0 GiB in reserve: 14.0 GiB for experts.',
      'pool ram ok: 32.0 GiB less 8.0 GiB in reserve: 24.0 GiB for experts.',
    ]);
  });

  it('says that a profile grants more than there is', () => {
    expect(said({ ram: { capacity: 125 * GIB, reserve: 0 } })).toEqual([
      'pool ram warn: 64.0 GiB: 64.0 GiB for experts. The profile grants 125.0 GiB, and there are 64.0 GiB. → ' +
        'Write budget.ram.capacity: auto, or what there is.',
    ]);
  });

  it('says that nobody could look whether it is there', () => {
    const absent: GpuAnswer = { problem: { kind: 'absent', message: 'nvidia-smi cannot be run.' } };
    expect(said({ gpu0: { capacity: 8 * GIB, reserve: 0 } }, { gpus: absent })).toEqual([
      'pool gpu0 warn: 8.0 GiB: 8.0 GiB for experts. Taken as the profile says: nvidia-smi cannot be run. → ' +
        'If this machine has no GPU, take a profile for the CPU (orchestrator profile list), or write one: orchestrator profile init',
    ]);
  });

  it('says that a pool is not there, or all in reserve', () => {
    expect(said({ gpu1: { capacity: 'auto', reserve: 0 } })).toEqual([
      expect.stringMatching(/^pool gpu1 fail: There is nothing of gpu1 for experts: nvidia-smi lists no such GPU/),
    ]);
    const hung: GpuAnswer = { problem: { kind: 'timeout', message: 'nvidia-smi did not answer' } };
    expect(said({ gpu0: { capacity: 'auto', reserve: 0 } }, { gpus: hung })).toEqual([
      expect.stringMatching(/^pool gpu0 fail: .*nvidia-smi did not answer/),
    ]);
    expect(said({ ram: { capacity: 4 * GIB, reserve: 4 * GIB } })).toEqual([
      expect.stringMatching(/^pool ram fail: .*all of it/),
    ]);
  });

  it('says what other programs hold beyond the reserve, where none of it can be ours', () => {
    const budget = { gpu0: { capacity: 'auto', reserve: GIB } } as const;
    expect(said(budget, { gpus: gpuOf(6) })).toEqual([
      expect.stringMatching(
        /^pool gpu0 warn: .* Other programs hold 6\.0 GiB of it now, so 10\.0 GiB are left\. → .*reserve/,
      ),
    ]);
    expect(said(budget, { gpus: gpuOf(6), running: true })).toEqual([expect.stringMatching(/^pool gpu0 ok/)]);
  });
});
