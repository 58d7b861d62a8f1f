/** The real SurrealDB server that `scripts/prepare-surrealdb.ts` builds (`npm run test:surrealdb` runs it first), in the XDG cache. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';

import { Surreal } from 'surrealdb';

import type { ServerPlace } from '../../src/store/server.ts';
import { REAL_CACHE_DIR } from './real-parts.ts';
import { Hopeless, until } from './wait.ts';

export const SERVER_PROJECT = join(REAL_CACHE_DIR, 'surrealdb-server');
export const SERVER_BINARY = join(SERVER_PROJECT, 'target', 'release', 'surreal-server');

/** As README.md of engines/surrealdb says: loopback, no guests, nothing outbound; it was built without scripts. */
const POSTURE = ['--deny-guests', '--deny-net', '--no-banner', '--log', 'warn'];
const ROOT = { username: 'root', password: 'of-the-test' };

export interface RunningServer {
  readonly process: ChildProcess;
  readonly port: number;
  /** Of a user of one database. */
  readonly place: ServerPlace;
  /** Runs a statement as root. */
  readonly asRoot: (statement: string) => Promise<unknown>;
  stop(): Promise<void>;
}

export interface ServerOptions {
  /** Absent: in memory. */
  readonly directory?: string;
  readonly port?: number;
  /** Instead of those of the README. */
  readonly flags?: readonly string[];
}

export async function startSurrealServer({
  directory,
  port,
  flags = POSTURE,
}: ServerOptions = {}): Promise<RunningServer> {
  const listening = port ?? (await freePort());
  const credentials = ['--user', ROOT.username, '--pass', ROOT.password];
  const where = directory === undefined ? 'memory' : `surrealkv://${directory}`;
  const child: ChildProcess = spawn(
    SERVER_BINARY,
    ['start', ...credentials, '--bind', `127.0.0.1:${listening}`, ...flags, where],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  const asRoot = async (statement: string) => {
    const root = new Surreal();
    try {
      await root.connect(`ws://127.0.0.1:${listening}`, { reconnect: false, authentication: ROOT });
      return await root.query(statement);
    } finally {
      await root.close();
    }
  };
  await until('the SurrealDB server', async () => {
    if (child.exitCode !== null) throw new Hopeless(`the SurrealDB server ended with ${child.exitCode}`);
    return (await fetch(`http://127.0.0.1:${listening}/health`)).ok;
  });
  await asRoot(`DEFINE NAMESPACE IF NOT EXISTS orchestrator; USE NS orchestrator; DEFINE DATABASE IF NOT EXISTS main;
    USE DB main; DEFINE USER IF NOT EXISTS keeper ON DATABASE PASSWORD 'of-one-database' ROLES EDITOR;`);
  return {
    process: child,
    port: listening,
    place: {
      kind: 'server',
      url: `ws://127.0.0.1:${listening}`,
      namespace: 'orchestrator',
      database: 'main',
      username: 'keeper',
      password: 'of-one-database',
    },
    asRoot,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGCONT');
      child.kill('SIGKILL');
      await exited;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
