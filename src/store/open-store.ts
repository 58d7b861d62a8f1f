import type { Logger } from '../telemetry/logger.ts';
import { chunkRepository } from './chunks.ts';
import { collectionRepository } from './collections.ts';
import type { Connection, Database } from './connection.ts';
import type { Store, User } from './contract.ts';
import { documentRepository } from './documents.ts';
import { connectEmbedded, type EmbeddedPlace, type TimeLimits } from './embedded.ts';
import { Keeper } from './keeper.ts';
import { sweepAll } from './removal.ts';
import { migrate } from './schema.ts';
import { Serial } from './serial.ts';
import { vectorRepository } from './vectors.ts';

/** `embedded`: the directory belongs to the store alone. */
export type StorePlace = EmbeddedPlace;

export interface StoreOptions {
  readonly place: StorePlace;
  readonly logger?: Logger | undefined;
  /** For tests: milliseconds. */
  readonly limits?: Partial<TimeLimits & { readonly heartbeatMs: number; readonly backoffMs: number }>;
}

/**
 * Opens the store in the background: calls that come meanwhile wait for it. Where it cannot be opened, `health` says why, calls are
 * refused with `knowledge_unavailable`, and it is tried again until `close`. Loads the database engine, and nothing before does.
 */
export function openStore({ place, logger, limits = {} }: StoreOptions): Store {
  const time = { ...LIMITS.embedded, ...limits };
  const keeper = new Keeper({
    kind: place.kind,
    connect: () => connectEmbedded(place, time),
    prepare,
    logger,
    heartbeatMs: time.heartbeatMs,
    backoffMs: time.backoffMs,
    backoffCapMs: 30_000,
    openingMs: time.connectMs,
  });
  const serial = new Serial();
  return {
    collections: collectionRepository(keeper, serial),
    documents: documentRepository(keeper, serial),
    chunks: chunkRepository(keeper, serial),
    vectors: vectorRepository(keeper, serial),
    health: () => keeper.health(),
    users: () => users(keeper),
    backup: () => {
      throw new Error('unfinished');
    },
    restore: () => {
      throw new Error('unfinished');
    },
    close: () => keeper.close(),
  };
}

/** Milliseconds. */
const LIMITS = {
  embedded: { connectMs: 30_000, callMs: 30_000, heartbeatMs: 0, backoffMs: 1_000 },
};

async function prepare(connection: Connection): Promise<void> {
  await migrate(connection);
  await sweepAll(connection);
}

async function users(database: Database): Promise<readonly User[]> {
  return database.run<User[]>(
    `RETURN array::distinct(array::concat(
      (SELECT VALUE owner FROM document GROUP BY owner),
      (SELECT VALUE owner FROM collection GROUP BY owner)
    ))`,
  );
}
