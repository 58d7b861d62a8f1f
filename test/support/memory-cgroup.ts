import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where memory can be limited on this machine: by the unified hierarchy, or by the older one. */
const PARENTS = [
  { path: '/sys/fs/cgroup', controllers: 'cgroup.subtree_control', limit: 'memory.max', swap: 'memory.swap.max' },
  { path: '/sys/fs/cgroup/memory', controllers: undefined, limit: 'memory.limit_in_bytes', swap: undefined },
];

export interface MemoryCgroup {
  /** An expert like this one whose engine, with all that it forks, may take no more than the limit. */
  wrap(expert: Record<string, unknown>): Record<string, unknown>;
  /** Once every engine has ended. */
  remove(): void;
}

/** A cgroup with a limit in bytes; undefined where none can be made. */
export function limitedMemory(bytes: number): MemoryCgroup | undefined {
  for (const { path, controllers, limit, swap } of PARENTS) {
    try {
      if (controllers && !readFileSync(join(path, controllers), 'utf8').includes('memory')) continue;
      if (!controllers && !existsSync(join(path, limit))) continue;
      const directory = mkdtempSync(join(path, 'orchestrator-test-'));
      mkdirSync(directory, { recursive: true });
      writeFileSync(join(directory, limit), String(bytes));
      if (swap && existsSync(join(directory, swap))) writeFileSync(join(directory, swap), '0');
      return { wrap: (expert) => inside(directory, expert), remove: () => rmdirSync(directory) };
    } catch {
      // Not ours to make: the next one, perhaps.
    }
  }
  return undefined;
}

function inside(directory: string, expert: Record<string, unknown>): Record<string, unknown> {
  const command = expert['command'] as { argv: string[] };
  const join = 'echo $$ > "$0/cgroup.procs" && exec "$@"';
  return { ...expert, command: { ...command, argv: ['/bin/sh', '-c', join, directory, ...command.argv] } };
}
