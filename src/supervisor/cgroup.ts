import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The directory below which engines get a cgroup each, or undefined. `ORCHESTRATOR_CGROUP` names it (our systemd unit does);
 * without it only what is plainly delegated counts: our own cgroup on the unified hierarchy, writable by a user who is not root.
 */
export function findCgroupBase(environment: NodeJS.ProcessEnv): string | undefined {
  const named = environment['ORCHESTRATOR_CGROUP'];
  if (named) return isUsable(named) ? named : undefined;
  if (process.getuid?.() === 0) return undefined;
  const own = /^0::(.*)$/m.exec(readText('/proc/self/cgroup'))?.[1];
  const mount = existsSync('/sys/fs/cgroup/cgroup.controllers') ? '/sys/fs/cgroup' : '/sys/fs/cgroup/unified';
  if (own === undefined || own === '/') return undefined;
  const path = join(mount, own);
  return isUsable(path) ? path : undefined;
}

export function createCgroup(base: string, name: string): string | undefined {
  const path = join(base, name);
  try {
    mkdirSync(path, { recursive: true });
    return path;
  } catch {
    return undefined;
  }
}

/** Ends everything inside at once, where the kernel can (5.14 on). */
export function killCgroup(path: string): void {
  const file = join(path, 'cgroup.kill');
  try {
    if (existsSync(file)) writeFileSync(file, '1');
  } catch {
    // The signals that follow do the same, one process at a time.
  }
}

export function removeCgroup(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // Not empty yet, or gone: the next start takes another name.
  }
}

/** Times that the kernel's out-of-memory killer struck inside. */
export function oomKills(path: string): number {
  return Number(/^oom_kill (\d+)/m.exec(readText(join(path, 'memory.events')))?.[1] ?? 0);
}

/** Times that it struck anywhere on this machine. */
export function machineOomKills(): number {
  return Number(/^oom_kill (\d+)/m.exec(readText('/proc/vmstat'))?.[1] ?? 0);
}

function isUsable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    accessSync(join(path, 'cgroup.procs'), constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
