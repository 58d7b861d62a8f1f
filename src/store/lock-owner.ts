import { readdirSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { textOfFile } from '../shared/text-of-file.ts';

/**
 * Who has the database of a directory open, as `process 4711 (orchestrator up)`: by the kernel's table of locks, else by the open files
 * of the processes that we may look into. Undefined where nobody is found.
 */
export function lockOwner(directory: string, proc = '/proc'): string | undefined {
  const path = join(directory, 'LOCK');
  const pid = fromLocks(path, proc) ?? fromOpenFiles(path, proc);
  if (pid === undefined) return undefined;
  const command = textOfFile(join(proc, String(pid), 'cmdline'))
    ?.split('\0')
    .filter(Boolean)
    .join(' ')
    .slice(0, 80);
  return `process ${pid}${command ? ` (${command})` : ''}`;
}

/** `1: POSIX  ADVISORY  WRITE 4711 fe:01:1234 0 EOF` */
function fromLocks(path: string, proc: string): number | undefined {
  let inode: number;
  try {
    inode = statSync(path).ino;
  } catch {
    return undefined;
  }
  for (const line of textOfFile(join(proc, 'locks'))?.split('\n') ?? []) {
    const match = /\s(\d+)\s[0-9a-f]+:[0-9a-f]+:(\d+)\s/.exec(line);
    if (match?.[2] === String(inode)) return Number(match[1]);
  }
  return undefined;
}

/** Of a file system whose inodes the kernel tells otherwise, and in a container that hides the table. */
function fromOpenFiles(path: string, proc: string): number | undefined {
  for (const pid of list(proc).filter((name) => /^\d+$/.test(name))) {
    const descriptors = join(proc, pid, 'fd');
    for (const descriptor of list(descriptors)) {
      try {
        if (readlinkSync(join(descriptors, descriptor)) === path) return Number(pid);
      } catch {
        // It was closed in this moment.
      }
    }
  }
  return undefined;
}

function list(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
