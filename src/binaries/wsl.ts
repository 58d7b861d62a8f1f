import { existsSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';

/** Where Windows puts its driver's programs and libraries for WSL2; many a shell, and no systemd unit, has it on the PATH. */
export const WSL_TOOLS = '/usr/lib/wsl/lib';

export interface Wsl {
  readonly version: 1 | 2;
  /** Windows passes its GPU on, whoever made it. */
  readonly hasGpu: boolean;
}

/** The Windows Subsystem for Linux that this is; undefined: it is none. Containers on it have its kernel, and so are it too. */
export function readWsl(kernel: string = release(), root = '/'): Wsl | undefined {
  if (!/microsoft/i.test(kernel)) return undefined;
  // 4.4.0-19041-Microsoft, and 5.15.153.1-microsoft-standard-WSL2; kernels of one's own keep the name as a rule.
  const version = /WSL2|-microsoft-/.test(kernel) ? 2 : 1;
  return { version, hasGpu: existsSync(join(root, 'dev/dxg')) };
}
