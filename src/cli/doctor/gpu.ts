import { existsSync } from 'node:fs';

import { type GpuAnswer, type GpuReading, queryGpus } from '../../binaries/nvidia-smi.ts';
import { readWsl, type Wsl, WSL_TOOLS } from '../../binaries/wsl.ts';
import { formatBytes } from '../../shared/units.ts';
import { type Check, ok, warn } from './check.ts';

/** A wedged driver makes nvidia-smi hang for minutes. */
const GPU_QUESTION_MS = 5_000;

export async function checkGpu(environment: NodeJS.ProcessEnv): Promise<Check[]> {
  const answer = await queryGpus({ environment, timeoutMs: GPU_QUESTION_MS });
  return gpuChecks(answer, { wsl: readWsl(), hasDevice: existsSync('/dev/nvidia0') });
}

export interface GpuPlace {
  readonly wsl: Wsl | undefined;
  /** Linux' own driver shows an NVIDIA device. */
  readonly hasDevice: boolean;
}

/** What the driver's answer means here. */
export function gpuChecks({ reading, problem }: GpuAnswer, { wsl, hasDevice }: GpuPlace): Check[] {
  if (wsl?.version === 1) return [inWsl1()];
  const here = wsl ? [inWsl2(wsl)] : [];
  if (reading) return [...here, devices(reading, wsl !== undefined)];
  if (problem.kind !== 'absent') {
    const advice =
      'Run `nvidia-smi` by hand; a driver that hangs or was updated while it ran needs a restart of the machine.';
    return [...here, warn('gpu', problem.message, advice)];
  }
  if (wsl?.hasGpu) return [...here, withoutTool()];
  if (!hasDevice) return [...here, ok('gpu', 'No NVIDIA GPU; experts run on the processor.')];
  const advice = 'Install the tools of the driver (Debian: nvidia-smi).';
  return [...here, warn('gpu', 'There is an NVIDIA device but no nvidia-smi.', advice)];
}

function inWsl1(): Check {
  return warn(
    'wsl',
    'This is WSL1: it has no GPU, and not everything that watching over processes needs.',
    'In Windows: wsl --set-version DISTRIBUTION 2 (`wsl --list` names the distributions).',
  );
}

function inWsl2({ hasGpu }: Wsl): Check {
  const gpu = hasGpu
    ? 'Windows passes its GPU on (/dev/dxg). Its driver does not say what single programs hold, those of Windows included: ' +
      "an expert's GPU memory is learned from the device's difference while it starts, and counted as predicted until then."
    : 'Windows passes no GPU on (there is no /dev/dxg).';
  return ok(
    'wsl',
    `WSL2. ${gpu} Memory is what Windows lends it (memory= in .wslconfig), not all that the machine has.`,
  );
}

function withoutTool(): Check {
  return warn(
    'gpu',
    `Windows passes a GPU on, but nvidia-smi is neither on the PATH nor in ${WSL_TOOLS}: experts run on the processor.`,
    'For an NVIDIA GPU: install its current driver in Windows (none in WSL), then `wsl --update` and `wsl --shutdown` in Windows.',
  );
}

function devices(reading: GpuReading, isSaid: boolean): Check {
  const list = reading.devices.map(({ name, totalBytes, freeBytes }) =>
    totalBytes === undefined || freeBytes === undefined
      ? `${name} (its memory is not told)`
      : `${name}, ${formatBytes(totalBytes)}, ${formatBytes(freeBytes)} of it free`,
  );
  const sentence = `${list.join('; ')}.`;
  if (reading.perProcess || isSaid) return ok('gpu', sentence);
  return warn(
    'gpu',
    `${sentence} The driver does not say what single programs hold (containers), so an expert is measured by the device's difference while it starts.`,
    'Nothing needs to be done; start no other program on the GPU while an expert starts.',
  );
}
