import { mkdirSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

import type { Engines, Surreal } from 'surrealdb';

import { answered, type Connection, reasonOf, runStatement } from './connection.ts';
import { lockOwner } from './lock-owner.ts';

/** Where the embedded engine keeps its data; `memory` is gone with the process. */
export type EmbeddedPlace = { readonly kind: 'memory' } | { readonly kind: 'embedded'; readonly directory: string };

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

/** RocksDB opens a directory once in the life of a process: what was opened is shared, and what was closed stays closed. */
const opened = new Map<string, { connection: Promise<Connection>; users: number }>();
const closed = new Set<string>();

/**
 * Opens the embedded engine, or shares the one that this process has open in the same directory.
 * @throws Error that names who holds the directory, or why it cannot be opened.
 */
export async function connectEmbedded(place: EmbeddedPlace, limits: TimeLimits): Promise<Connection> {
  if (place.kind === 'memory') return openEngine('mem://', limits, () => undefined);
  const { directory } = place;
  if (closed.has(directory)) {
    throw new Error(
      `the knowledge store in ${directory} was closed; its engine opens a directory once in the life of a process, so restart the orchestrator`,
    );
  }
  let entry = opened.get(directory);
  if (entry === undefined) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    // Every commit reaches the disk before it is acknowledged; the version in use would do so unasked.
    const url = `rocksdb://${pathToFileURL(directory).pathname}?sync=every`;
    entry = { connection: openEngine(url, limits, () => lockOwner(directory)), users: 0 };
    opened.set(directory, entry);
    entry.connection.catch(() => opened.delete(directory));
  }
  const { connection } = entry;
  entry.users += 1;
  const shared = await connection;
  return { ...shared, close: () => release(directory, shared) };
}

async function release(directory: string, connection: Connection): Promise<void> {
  const entry = opened.get(directory);
  if (entry === undefined || --entry.users > 0) return;
  opened.delete(directory);
  closed.add(directory);
  await connection.close();
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
        return engine;
      },
    ]),
  );
  // Its declarations name a private class of the SDK.
  const database = new Surreal({ engines: engines as unknown as Engines });
  try {
    await answered(() => database.connect(url, { versionCheck: false }), limits.connectMs, failed.signal);
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
