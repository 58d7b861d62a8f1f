import { describe, expect, it } from 'vitest';

import type { GpuAnswer, GpuDevice } from '../../../../src/binaries/nvidia-smi.ts';
import { gpuChecks, type GpuPlace } from '../../../../src/cli/doctor/gpu.ts';

const GIB = 2 ** 30;
const device: GpuDevice = {
  index: 0,
  uuid: 'GPU-1',
  name: 'RTX 4080',
  totalBytes: 16 * GIB,
  usedBytes: GIB,
  freeBytes: 15 * GIB,
};
const answer = (perProcess: boolean): GpuAnswer => ({ reading: { devices: [device], processes: [], perProcess } });
const absent: GpuAnswer = { problem: { kind: 'absent', message: 'nvidia-smi cannot be run.' } };
const LINUX: GpuPlace = { wsl: undefined, hasDevice: false };
const WSL2: GpuPlace = { wsl: { version: 2, hasGpu: true }, hasDevice: false };

const said = (answer: GpuAnswer, place: GpuPlace) =>
  gpuChecks(answer, place).map(({ about, status, sentence, fix }) => `${about} ${status}: ${sentence} ${fix ?? ''}`);

describe('doctor, of a GPU', () => {
  it('says what there is, and where single programs cannot be told apart', () => {
    expect(said(answer(true), LINUX)).toEqual(['gpu ok: RTX 4080, 16.0 GiB, 15.0 GiB of it free. ']);
    expect(said(answer(false), LINUX)).toEqual([
      expect.stringMatching(/^gpu warn: .*does not say what single programs/),
    ]);
  });

  it('says under WSL2 that the device’s difference is used, once, whatever the tool says of processes', () => {
    for (const perProcess of [true, false]) {
      const [wsl, gpu, ...more] = said(answer(perProcess), WSL2);
      expect(wsl).toMatch(/^wsl ok: WSL2\. .*does not say what single programs hold.*device's difference.*\.wslconfig/);
      expect(gpu).toBe('gpu ok: RTX 4080, 16.0 GiB, 15.0 GiB of it free. ');
      expect(more).toEqual([]);
    }
  });

  it('tells a driver that is missing in Windows from a machine without a GPU', () => {
    expect(said(absent, WSL2)[1]).toMatch(/^gpu warn: .*\/usr\/lib\/wsl\/lib.*in Windows \(none in WSL\)/);
    expect(said(absent, { ...WSL2, wsl: { version: 2, hasGpu: false } })).toEqual([
      expect.stringMatching(/^wsl ok: .*no \/dev\/dxg/),
      'gpu ok: No NVIDIA GPU; experts run on the processor. ',
    ]);
    expect(said(absent, LINUX)).toEqual(['gpu ok: No NVIDIA GPU; experts run on the processor. ']);
    expect(said(absent, { ...LINUX, hasDevice: true })).toEqual([expect.stringMatching(/^gpu warn: .*no nvidia-smi/)]);
    expect(said(absent, { ...LINUX, wsl: { version: 1, hasGpu: false } })).toEqual([
      expect.stringMatching(/^wsl warn: .*--set-version/),
    ]);
  });

  it('passes a driver in trouble on', () => {
    const hung: GpuAnswer = { problem: { kind: 'timeout', message: 'nvidia-smi did not answer.' } };
    expect(said(hung, LINUX)).toEqual([
      expect.stringMatching(/^gpu warn: nvidia-smi did not answer\. Run `nvidia-smi`/),
    ]);
  });
});
