/** What the kernel says of processes. Every reader answers undefined (or nothing) for a process that is gone. */
import { closeSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs';

import { textOfFile } from '../shared/text-of-file.ts';

export interface ProcessStat {
  readonly pid: number;
  readonly state: string;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** Clock ticks since boot: with the pid, the identity of a process. */
  readonly startTicks: number;
}

export function readStat(pid: number): ProcessStat | undefined {
  const text = textOfFile(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  // The command name may hold spaces and parentheses: the fields begin after the last one.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return {
    pid,
    state: fields[0] ?? '',
    parent: Number(fields[1]),
    group: Number(fields[2]),
    session: Number(fields[3]),
    startTicks: Number(fields[19]),
  };
}

export function allPids(): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0);
}

/** Alive and not a zombie. */
export function isAlive(pid: number): boolean {
  const stat = readStat(pid);
  return stat !== undefined && stat.state !== 'Z' && stat.state !== 'X';
}

/** The group and session of `leader`, their descendants, and every process with the marker in its environment; without zombies. */
export function findFamily(leader: number, marker: string | undefined): number[] {
  const stats = allPids()
    .map(readStat)
    .filter((stat) => stat !== undefined && stat.state !== 'Z')
    .filter((stat) => stat !== undefined);
  const family = new Set<number>();
  for (const stat of stats) {
    if (stat.pid === leader || stat.group === leader || stat.session === leader) family.add(stat.pid);
    else if (marker !== undefined && hasEnvironment(stat.pid, marker)) family.add(stat.pid);
  }
  for (let grown = true; grown;) {
    grown = false;
    for (const stat of stats) {
      if (!family.has(stat.pid) && family.has(stat.parent)) {
        family.add(stat.pid);
        grown = true;
      }
    }
  }
  family.delete(process.pid);
  return [...family];
}

/** Whether `NAME=value` stands in the environment that the process was started with. */
export function hasEnvironment(pid: number, entry: string): boolean {
  const environment = textOfFile(`/proc/${pid}/environ`);
  return environment !== undefined && environment.split('\0').includes(entry);
}

/** Private and shared-anonymous bytes (RssAnon + RssShmem): what ends with the process. Mapped model files are the page cache's. */
export function residentBytes(pid: number): number {
  const status = textOfFile(`/proc/${pid}/status`) ?? '';
  const kib = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0);
  return (kib('RssAnon') + kib('RssShmem')) * 1_024;
}

/** Steps that count as progress: smaller ones come from answering our own health checks. */
const IO_STEP_BYTES = 1 << 20;
const MEMORY_STEP_KIB = 4 << 10;

/** Changes while processes load: what each has read and written, and the most memory it has had, in coarse steps. */
export function progressMark(pids: readonly number[]): string {
  return pids
    .map((pid) => {
      const io = textOfFile(`/proc/${pid}/io`) ?? '';
      const bytes = (name: string) => Number(new RegExp(`^${name}: (\\d+)`, 'm').exec(io)?.[1] ?? 0);
      const peak = Number(/^VmHWM:\s+(\d+)/m.exec(textOfFile(`/proc/${pid}/status`) ?? '')?.[1] ?? 0);
      return `${pid}:${Math.floor((bytes('rchar') + bytes('wchar')) / IO_STEP_BYTES)}/${Math.floor(peak / MEMORY_STEP_KIB)}`;
    })
    .join(' ');
}

/** Bytes of the process's memory that are mapped in, files included: against a model file's size, the progress of a load. */
export function mappedBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(textOfFile(`/proc/${pid}/status`) ?? '')?.[1] ?? 0) * 1_024;
}

/** Whether one of the processes holds the listening TCP port on loopback or every address. */
export function listensOnPort(pids: readonly number[], port: number): boolean {
  const inodes = tcpListeners().flatMap((listener) => (listener.port === port ? [listener.inode] : []));
  return holdsSocket(pids, new Set(inodes));
}

/** A TCP port that one of the processes listens on: the lowest of them; undefined while there is none. */
export function listeningPort(pids: readonly number[]): number | undefined {
  const held = tcpListeners().filter(({ inode }) => holdsSocket(pids, new Set([inode])));
  return held.length === 0 ? undefined : Math.min(...held.map(({ port }) => port));
}

interface TcpListener {
  readonly port: number;
  readonly inode: string;
}

const LISTENING = '0A';

function tcpListeners(): TcpListener[] {
  return ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => {
    const rows = readWhile(table, (row) => row[3] === LISTENING);
    return rows.map((row) => ({ port: Number.parseInt(row[1]?.split(':').at(-1) ?? '', 16), inode: row[9] ?? '' }));
  });
}

/**
 * The rows of a table of sockets, as fields, up to the first that is not wanted. The kernel writes the listening ones first: a busy
 * machine has tens of thousands of others, which take longer to write and to read than a small model takes to load.
 */
function readWhile(table: string, isWanted: (row: string[]) => boolean): string[][] {
  const rows: string[][] = [];
  let file: number;
  try {
    file = openSync(table, 'r');
  } catch {
    return rows;
  }
  try {
    const chunk = Buffer.alloc(4_096);
    let rest = '';
    for (let isHead = true; ;) {
      const bytes = readSync(file, chunk);
      if (bytes === 0) return rows;
      const lines = (rest + chunk.toString('latin1', 0, bytes)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const row = line.trim().split(/\s+/);
        if (!isHead && !isWanted(row)) return rows;
        if (!isHead) rows.push(row);
        isHead = false;
      }
    }
  } finally {
    closeSync(file);
  }
}

/** Whether one of the processes holds the listening unix socket. */
export function listensOnSocket(pids: readonly number[], path: string): boolean {
  const inodes = new Set<string>();
  for (const row of (textOfFile('/proc/net/unix') ?? '').split('\n').slice(1)) {
    const fields = row.trim().split(/\s+/);
    if (fields[7] === path) inodes.add(fields[6] ?? '');
  }
  return holdsSocket(pids, inodes);
}

function holdsSocket(pids: readonly number[], inodes: ReadonlySet<string>): boolean {
  if (inodes.size === 0) return false;
  return pids.some((pid) => {
    try {
      return readdirSync(`/proc/${pid}/fd`).some((fd) => {
        const target = link(`/proc/${pid}/fd/${fd}`);
        return target !== undefined && target.startsWith('socket:[') && inodes.has(target.slice(8, -1));
      });
    } catch {
      return false;
    }
  });
}

export function bootId(): string {
  return (textOfFile('/proc/sys/kernel/random/boot_id') ?? '').trim();
}

function link(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
