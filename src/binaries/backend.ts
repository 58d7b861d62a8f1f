import { existsSync, readdirSync } from 'node:fs';

import { readDevices } from './nvidia-smi.ts';
import type { Backend } from './recipe.ts';

export type BackendChoice = Backend | 'auto';

interface Machine {
  readonly environment: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
  /** Root of the file system that is looked at; tests give their own. */
  readonly root?: string | undefined;
}

/** The backend to install, and one sentence that says why. */
export async function chooseBackend(
  choice: BackendChoice,
  machine: Machine,
): Promise<{ backend: Backend; reason: string }> {
  if (choice !== 'auto') return { backend: choice, reason: `backend ${choice}, as asked` };
  const gpu = (await readDevices(machine.environment))[0]?.name;
  machine.signal?.throwIfAborted();
  if (gpu) return { backend: 'cuda', reason: `backend cuda: nvidia-smi reports ${gpu}` };
  const root = machine.root ?? '';
  const render = namesIn(`${root}/dev/dri`).find((name) => name.startsWith('renderD'));
  const driver = [`${root}/usr/share/vulkan/icd.d`, `${root}/etc/vulkan/icd.d`].some((directory) =>
    namesIn(directory).some((name) => name.endsWith('.json') && !/lvp|lavapipe|swiftshader/i.test(name)),
  );
  if (render && driver)
    return { backend: 'vulkan', reason: `backend vulkan: /dev/dri/${render} and a Vulkan driver are here` };
  if (render) return { backend: 'cpu', reason: `backend cpu: /dev/dri/${render} is here, but no Vulkan driver for it` };
  return { backend: 'cpu', reason: 'backend cpu: no NVIDIA GPU answers nvidia-smi and /dev/dri shows no other' };
}

function namesIn(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory) : [];
}
