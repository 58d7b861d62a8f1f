import { chmodSync, mkdirSync, realpathSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';

import type { Engines, Surreal } from 'surrealdb';

import { AppError } from '../shared/errors.ts';
import { formatBytes } from '../shared/units.ts';
import { answered, type Connection, reasonOf, runStatement } from './connection.ts';
import { lockOwner } from './lock-owner.ts';

/** Where the embedded engine keeps its data; `memory` is gone with the process. */
export type EmbeddedPlace =
  | { readonly kind: 'memory' }
  | {
      readonly kind: 'embedded';
      readonly directory: string;
      /** Bytes of its disk that are left free. */
      readonly spareBytes?: number;
    };

/** Milliseconds. */
export interface TimeLimits {
  readonly connectMs: number;
  readonly callMs: number;
}

/** What statements of ours need, and nothing that reaches out of the engine: no scripts, no sockets, no files. */
const CAPABILITIES = {
  scripting: false,
  guest_access: false,
  live_query_notifications: false,
  functions: { allow: ['array', 'count', 'math', 'object', 'record', 'string', 'type', 'vector'] },
  network_targets: false,
  experimental: false,
};

/**
 * After one write that met a full disk RocksDB refuses every write until the process ends, also when there is room again. So nothing
 * is added where the room becomes scarce; what is deleted is.
 */
const SPARE_BYTES = 64_000_000;
const ADDS = /\b(?:CREATE|INSERT)\b/;

/**
 * RocksDB opens a directory once in the life of a process (its lock outlives `close`): what was opened stays open, and whoever opens the
 * same directory again shares it. Every commit is on the disk already; nothing is lost where the process just ends.
 */
const opened = new Map<string, Promise<Connection>>();

/**
 * Opens the embedded engine, or shares the one that this process has open in the same directory.
 * @throws Error that names who holds the directory, or why it cannot be opened.
 */
export async function connectEmbedded(place: EmbeddedPlace, limits: TimeLimits): Promise<Connection> {
  if (place.kind === 'memory') return openEngine('mem://', limits, () => undefined);
  mkdirSync(place.directory, { recursive: true, mode: 0o700 });
  const directory = realpathSync(place.directory);
  let connection = opened.get(directory);
  if (connection === undefined) {
    if (directory.includes('?')) throw new Error(`${directory}: a “?” in the path is more than the database can take`);
    // It may have been there.
    chmodSync(directory, 0o700);
    // Every commit reaches the disk before it is acknowledged; the version in use would do so unasked.
    connection = openEngine(`rocksdb://${directory}?sync=every`, limits, () => lockOwner(directory));
    opened.set(directory, connection);
    connection.catch(() => opened.delete(directory));
  }
  const engine = await connection;
  const run: Connection['run'] = async (statement, values) => {
    if (ADDS.test(statement)) await requireRoom(directory, place.spareBytes ?? SPARE_BYTES);
    return engine.run(statement, values);
  };
  return { ...engine, run, close: () => Promise.resolve() };
}

async function requireRoom(directory: string, spareBytes: number): Promise<void> {
  // The engine's own file: what was deleted under it takes every write, and keeps none.
  const left = await statfs(join(directory, 'LOCK')).then(
    ({ bavail, bsize }) => bavail * bsize,
    (error: NodeJS.ErrnoException) => {
      // A disk that does not say how much is left is asked by writing.
      if (error.code !== 'ENOENT') return Infinity;
      const message = `The knowledge store was deleted while it was in use (${directory}). Restart the orchestrator; it begins with an empty one.`;
      throw new AppError('knowledge_unavailable', message, { cause: error });
    },
  );
  if (left >= spareBytes) return;
  throw new AppError(
    'storage_full',
    `The disk of the knowledge store has ${formatBytes(left)} left; nothing is added below ${formatBytes(spareBytes)}. Make room and try again.`,
  );
}

async function openEngine(url: string, limits: TimeLimits, owner: () => string | undefined): Promise<Connection> {
  const [{ Surreal }, { NodeEngine }] = await Promise.all([import('surrealdb'), import('@surrealdb/node')]);
  const failed = new AbortController();
  // A failed `connect` of the embedded engine never settles: it says so by an event that the SDK does not listen to.
  const engines = Object.fromEntries(
    ['mem', 'rocksdb'].map((scheme) => [
      scheme,
      (context: ConstructorParameters<typeof NodeEngine>[0]) => {
        const engine = new NodeEngine(context, { capabilities: CAPABILITIES });
        engine.subscribe('error', (error) => failed.abort(reasonOf(error)));
        // A path goes to the engine as it is: it would take “%20” for a part of the name.
        const open = engine.open.bind(engine);
        engine.open = (state) => open({ ...state, url: { toString: () => url } as URL });
        return engine;
      },
    ]),
  );
  // Its declarations name a private class of the SDK.
  const database = new Surreal({ engines: engines as unknown as Engines });
  try {
    await answered(
      () => database.connect(`${new URL(url).protocol}//local`, { versionCheck: false }),
      limits.connectMs,
      failed.signal,
    );
    return await enter(database, limits.callMs);
  } catch (error) {
    const pid = /lock/i.test(reasonOf(error)) ? owner() : undefined;
    const holder = pid === undefined ? '' : `; ${pid} has it open: stop it first`;
    throw new Error(`the knowledge store cannot be opened: ${reasonOf(error)}${holder}`, { cause: error });
  }
}

async function enter(database: Surreal, callMs: number): Promise<Connection> {
  const { version } = await database.version();
  await database.query('DEFINE NAMESPACE IF NOT EXISTS orchestrator');
  await database.use({ namespace: 'orchestrator' });
  await database.query('DEFINE DATABASE IF NOT EXISTS main STRICT');
  await database.use({ namespace: 'orchestrator', database: 'main' });
  const lost = new AbortController();
  return {
    version: version.replace(/^surrealdb-/, ''),
    lost: lost.signal,
    run: (statement, values) => runStatement(database, statement, { values, timeoutMs: callMs, lost: lost.signal }),
    close: async () => {
      lost.abort('the knowledge store is closed');
      await database.close();
    },
  };
}
