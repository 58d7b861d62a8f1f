import { readFileSync } from 'node:fs';

import type { Machine } from '../engines/contract.ts';

let machine: Machine | undefined;

/** This machine's processor, read once. */
export function thisMachine(): Machine {
  machine ??= { architecture: process.arch, cpuFlags: cpuFlagsOf(readText('/proc/cpuinfo')) };
  return machine;
}

/** What the first core can do: `flags` on x86, `Features` on Arm. Empty where the text says neither. */
export function cpuFlagsOf(cpuinfo: string): ReadonlySet<string> {
  const line = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(cpuinfo)?.[1] ?? '';
  return new Set(line.split(/\s+/).filter(Boolean));
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
