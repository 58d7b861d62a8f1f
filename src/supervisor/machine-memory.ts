import { join } from 'node:path';

import { textOfFile } from '../shared/text-of-file.ts';

/** Memory that processes on this machine, or in this container, have between them. Bytes. */
export interface MachineMemory {
  readonly total: number;
  /** What processes really hold; the page cache, mapped model files in it, does not count: it can be taken back. */
  readonly used: number;
  /** Percent of the last ten seconds in which nothing could go on for want of memory (PSI); absent where there were none. */
  readonly pressure?: number;
}

/** The machine's memory, or the container's where that is less. About 50 µs. */
export function readMachineMemory(root = '/'): MachineMemory {
  const pressure = pressureIn(textOfFile(join(root, 'proc/pressure/memory')));
  const machine = { ...parseMeminfo(textOfFile(join(root, 'proc/meminfo')) ?? ''), ...pressure };
  const own = /^0::(\/.*)$/m.exec(textOfFile(join(root, 'proc/self/cgroup')) ?? '')?.[1];
  let smallest = machine;
  for (const group of own === undefined ? [] : groupsUpwards(own)) {
    const limit = limitedTo(join(root, 'sys/fs/cgroup', group));
    if (limit && limit.total < smallest.total) smallest = limit;
  }
  return smallest;
}

/** `MemTotal`, and what of it is not `MemAvailable`. */
function parseMeminfo(text: string): MachineMemory {
  const kib = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0);
  const total = kib('MemTotal') * 1_024;
  return { total, used: Math.max(0, total - kib('MemAvailable') * 1_024) };
}

/** `/a/b` → `/a/b`, `/a`, `/`: any of them may have a limit. */
function groupsUpwards(group: string): string[] {
  const parts = group.split('/').filter((part) => part !== '');
  return Array.from({ length: parts.length + 1 }, (_, count) => `/${parts.slice(0, parts.length - count).join('/')}`);
}

function limitedTo(group: string): MachineMemory | undefined {
  const limit = Number(textOfFile(join(group, 'memory.max')) ?? Number.NaN);
  if (!Number.isFinite(limit) || limit <= 0) return undefined;
  const stat = textOfFile(join(group, 'memory.stat')) ?? '';
  const bytes = (name: string) => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(stat)?.[1] ?? 0);
  const pressure = pressureIn(textOfFile(join(group, 'memory.pressure')));
  return { total: limit, used: bytes('anon') + bytes('shmem'), ...pressure };
}

/** `full avg10=12.34 …` */
function pressureIn(text: string | undefined): Pick<MachineMemory, 'pressure'> {
  const pressure = Number(/^full avg10=(\d+(?:\.\d+)?)/m.exec(text ?? '')?.[1] ?? 0);
  return pressure > 0 ? { pressure } : {};
}
