import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';

import { CliError } from '../shared/errors.ts';

/**
 * One orchestrator per state directory. The lock is a socket in the kernel's abstract namespace, named after the directory's device
 * and inode: taking it is one atomic bind, and it ends with the process however that ends. (Two containers with network namespaces
 * of their own that share one directory do not see each other's lock.)
 */
export async function lockStateDir(stateDir: string): Promise<Server> {
  const { dev, ino } = statSync(stateDir);
  const name = createHash('sha256').update(`${dev}:${ino}`).digest('hex').slice(0, 32);
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new CliError(
              `${ownerOf(stateDir)} already uses the state directory ${stateDir}. Stop it (orchestrator down), or give this one another with --state-dir.`,
            )
          : error,
      ),
    );
    server.listen(`\0orchestrator-${name}`, resolve);
  });
  server.unref();
  return server;
}

function ownerOf(stateDir: string): string {
  try {
    const { pid, url } = JSON.parse(readFileSync(join(stateDir, 'runtime.json'), 'utf8')) as {
      pid?: number;
      url?: string;
    };
    return `Another orchestrator (pid ${pid}, ${url})`;
  } catch {
    return 'Another orchestrator, which is just starting,';
  }
}
