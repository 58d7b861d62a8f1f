/**
 * What runs really takes. Private memory (RssAnon + RssShmem) over an engine's whole family is cheap enough for ten samples a second;
 * mapped model files are counted once for as long as anyone maps them: by file, never by process, and never by PSS, which would
 * shrink when a sibling shares the file and overbook when the sibling is evicted.
 */
import { readFileSync } from 'node:fs';

import type { GpuReading } from '../binaries/nvidia-smi.ts';
import { residentBytes } from './proc.ts';

export interface MappedFile {
  /** Device and inode: the same file under two names is one. */
  readonly id: string;
  readonly path: string;
  /** Bytes of the address space that show it; an upper bound of what the pages take. */
  readonly bytes: number;
}

/** Bytes that end with the family. Give it what `findFamily` found. */
export function privateBytes(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + residentBytes(pid), 0);
}

/** Model files that a family maps, each once. A walk over every mapping: for every few seconds, not for every sample. */
export function mappedFiles(pids: readonly number[]): readonly MappedFile[] {
  return uniqueFiles(pids.flatMap((pid) => parseMaps(readMaps(pid))));
}

/** The files of several families, each once, with the most that any of them maps of it. */
export function uniqueFiles(files: readonly MappedFile[]): readonly MappedFile[] {
  const byId = new Map<string, MappedFile>();
  for (const file of files) {
    const known = byId.get(file.id);
    if (!known || known.bytes < file.bytes) byId.set(file.id, file);
  }
  return [...byId.values()];
}

const MODEL_FILE = /\.(?:gguf|safetensors)(?: \(deleted\))?$/;

/** Model files in the text of `/proc/PID/maps`, with the bytes of all their mappings. */
export function parseMaps(maps: string): readonly MappedFile[] {
  const files = new Map<string, MappedFile>();
  for (const line of maps.split('\n')) {
    const match = /^([0-9a-f]+)-([0-9a-f]+) \S+ \S+ (\S+) (\d+) +(\/.*)$/.exec(line);
    if (!match) continue;
    const [, from = '0', to = '0', device = '', inode = '', path = ''] = match;
    if (!MODEL_FILE.test(path)) continue;
    const id = `${device}:${inode}`;
    const bytes = Number.parseInt(to, 16) - Number.parseInt(from, 16) + (files.get(id)?.bytes ?? 0);
    files.set(id, { id, path: path.replace(/ \(deleted\)$/, ''), bytes });
  }
  return [...files.values()];
}

export interface GpuShares {
  /** Bytes by expert and pool; an expert is absent where nothing is known of it. */
  readonly byExpert: ReadonlyMap<string, Readonly<Record<string, number>>>;
  /** Bytes by pool that belong to none of the families: a desktop, a game, the driver. */
  readonly others: Readonly<Record<string, number>>;
  /** False on WSL2 and inside containers: `others` then holds everything, and the device's difference is all there is. */
  readonly perProcess: boolean;
}

/** Whose GPU memory it is, by the process ids of each expert's family. Pure. */
export function attributeGpu(reading: GpuReading, families: ReadonlyMap<string, readonly number[]>): GpuShares {
  const owners = new Map([...families].flatMap(([expert, pids]) => pids.map((pid) => [pid, expert] as const)));
  const byExpert = new Map<string, Record<string, number>>();
  const others: Record<string, number> = {};
  for (const device of reading.devices)
    if (device.usedBytes !== undefined) others[poolOf(device.index)] = device.usedBytes;
  for (const { uuid, pid, bytes } of reading.processes) {
    const device = reading.devices.find((one) => one.uuid === uuid);
    const expert = owners.get(pid);
    if (!device || expert === undefined || bytes === undefined) continue;
    const pool = poolOf(device.index);
    const shares = byExpert.get(expert) ?? {};
    shares[pool] = (shares[pool] ?? 0) + bytes;
    byExpert.set(expert, shares);
    others[pool] = Math.max(0, (others[pool] ?? 0) - bytes);
  }
  return { byExpert, others, perProcess: reading.perProcess };
}

/**
 * What came onto each device between two readings: an expert's share where no per-process figures are to be had, as long as only that
 * expert started in between. Pools that one of the readings does not know are left out; what shrank counts as nothing.
 */
export function deviceDifference(before: GpuReading, after: GpuReading): Readonly<Record<string, number>> {
  const used = (reading: GpuReading, uuid: string) => reading.devices.find((device) => device.uuid === uuid)?.usedBytes;
  return Object.fromEntries(
    after.devices.flatMap(({ index, uuid }) => {
      const [first, last] = [used(before, uuid), used(after, uuid)];
      return first === undefined || last === undefined ? [] : [[poolOf(index), Math.max(0, last - first)]];
    }),
  );
}

export const poolOf = (gpuIndex: number) => `gpu${gpuIndex}`;

function readMaps(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/maps`, 'utf8');
  } catch {
    return '';
  }
}
