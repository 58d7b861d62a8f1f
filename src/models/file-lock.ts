import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { link, mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';

import { delay } from '../shared/clock.ts';

const HEARTBEAT_MS = 5_000;
/** The owner is on another machine, or its process table cannot be seen: without a heartbeat for so long it is gone. */
const SILENT_MS = 30_000;
const POLL_MS = 250;

interface Owner {
  readonly host: string;
  readonly pid: number;
  /** Clock ticks since boot: a reused pid has another start. */
  readonly started: string | undefined;
  readonly nonce: string;
}

/**
 * Runs `work` while no other process holds the lock file, waiting for one that does. A lock whose owner died is taken over: the owner
 * is known by pid and start time on this machine, and by its heartbeat (the file's mtime) elsewhere.
 */
export async function withFileLock<T>(
  path: string,
  options: { readonly signal?: AbortSignal | undefined; readonly onWait?: () => void },
  work: () => Promise<T>,
): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  const nonce = randomUUID();
  const own = `${path}.${nonce}`;
  const owner: Owner = { host: hostname(), pid: process.pid, started: startOf(process.pid), nonce };
  await writeFile(own, JSON.stringify(owner));
  try {
    // A link appears with its whole content or not at all.
    while (!(await tryLink(own, path))) {
      options.signal?.throwIfAborted();
      const holder = await readHolder(path);
      if (holder && isGone(holder)) await removeStale(path, holder, nonce);
      else if (holder) {
        options.onWait?.();
        await delay(POLL_MS, options.signal);
      }
    }
  } finally {
    await rm(own, { force: true });
  }
  const heartbeat = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => {}), HEARTBEAT_MS);
  heartbeat.unref();
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    const holder = await readHolder(path);
    if (holder?.owner?.nonce === nonce) await rm(path, { force: true });
  }
}

interface Holder {
  readonly text: string;
  readonly owner: Owner | undefined;
  readonly silentMs: number;
}

async function tryLink(own: string, path: string): Promise<boolean> {
  try {
    await link(own, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    const [text, { mtimeMs }] = await Promise.all([readFile(path, 'utf8'), stat(path)]);
    return { text, owner: parse(text), silentMs: Date.now() - mtimeMs };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function parse(text: string): Owner | undefined {
  try {
    return JSON.parse(text) as Owner;
  } catch {
    return undefined;
  }
}

function isGone({ owner, silentMs }: Holder): boolean {
  if (owner === undefined || owner.host !== hostname() || owner.started === undefined) return silentMs > SILENT_MS;
  return startOf(owner.pid) !== owner.started;
}

/** Two may find the same dead owner at once: what was moved away is looked at again, and a living lock is put back. */
async function removeStale(path: string, holder: Holder, nonce: string): Promise<void> {
  const moved = `${path}.stale.${nonce}`;
  try {
    await rename(path, moved);
    if ((await readFile(moved, 'utf8')) !== holder.text) await tryLink(moved, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  } finally {
    await rm(moved, { force: true });
  }
}

/** Field 22 of /proc/PID/stat; undefined where the process or /proc is not there. */
function startOf(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
