/** What /proc says about processes: the tests look from outside, never through the supervisor's own books. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

import { until } from './wait.ts';

export interface ProcessEntry {
  pid: number;
  parent: number;
  /** One letter, `Z` for a zombie. */
  state: string;
  argv: string[];
}

/** Running, and not a zombie that waits to be reaped. */
export function alive(pid: number): boolean {
  const entry = readProcess(pid);
  return entry !== undefined && entry.state !== 'Z' && entry.state !== 'X';
}

export function allProcesses(): ProcessEntry[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readProcess(Number(name)) ?? []);
}

/** Live processes that carry the mark in their environment or arguments; the calling process never counts. */
export function processesMarked(mark: string): ProcessEntry[] {
  return allProcesses().filter(
    ({ pid, state, argv }) =>
      pid !== process.pid &&
      state !== 'Z' &&
      state !== 'X' &&
      (argv.some((part) => part.includes(mark)) || readText(`/proc/${pid}/environ`).includes(mark)),
  );
}

/** A signal to a process that may be gone already. */
export function kill(pid: number, signal: NodeJS.Signals = 'SIGKILL'): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Everything below a process, zombies included. */
export function descendants(pid: number): ProcessEntry[] {
  const all = allProcesses();
  const below = (parent: number): ProcessEntry[] =>
    all.filter((entry) => entry.parent === parent).flatMap((entry) => [entry, ...below(entry.pid)]);
  return below(pid);
}

export function zombiesBelow(pid: number): ProcessEntry[] {
  return descendants(pid).filter(({ state }) => state === 'Z');
}

export function environmentOf(pid: number): Record<string, string> {
  const pairs = readText(`/proc/${pid}/environ`).split('\0').filter(Boolean);
  return Object.fromEntries(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]));
}

/** Resident bytes. */
export function rssOf(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readText(`/proc/${pid}/status`))?.[1] ?? 0) * 1_024;
}

export function openFilesOf(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return 0;
  }
}

/** Addresses on which a process listens by TCP: `127.0.0.1:8082`, `[::]:8082`. */
export function listenersOf(pid: number): string[] {
  const inodes = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
      } catch {
        return [];
      }
    }),
  );
  return ['tcp', 'tcp6'].flatMap((table) =>
    readText(`/proc/net/${table}`)
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[3] === '0A' && inodes.has(fields[9] ?? ''))
      .map((fields) => readAddress(fields[1] ?? '')),
  );
}

/** Resolves when none of the marked processes is left; throws with their names after the deadline (milliseconds). */
export async function untilNoneMarked(mark: string, timeoutMs = 5_000): Promise<void> {
  let left: ProcessEntry[] = [];
  await until(
    'no process with the mark left (I2)',
    () => {
      left = processesMarked(mark);
      return left.length === 0;
    },
    timeoutMs,
    25,
  ).catch((error: unknown) => {
    const names = left.map(({ pid, state, argv }) => `${pid} ${state} ${argv.join(' ').slice(0, 160)}`).join('\n');
    throw new Error(`processes were left behind (I2):\n${names}`, { cause: error });
  });
}

function readProcess(pid: number): ProcessEntry | undefined {
  const stat = readText(`/proc/${pid}/stat`);
  const rest = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (!rest[0] || stat === '') return undefined;
  const argv = readText(`/proc/${pid}/cmdline`).split('\0').slice(0, -1);
  return { pid, parent: Number(rest[1]), state: rest[0], argv };
}

/** `0100007F:1F92` → `127.0.0.1:8082`. */
function readAddress(hex: string): string {
  const [address = '', port = ''] = hex.split(':');
  const number = Number.parseInt(port, 16);
  if (address.length === 8) {
    return `${[3, 2, 1, 0].map((at) => Number.parseInt(address.slice(at * 2, at * 2 + 2), 16)).join('.')}:${number}`;
  }
  return `[${/^0+$/.test(address) ? '::' : address}]:${number}`;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
