import type { Logger } from '../telemetry/logger.ts';
import { backup } from './backup.ts';
import { chunkRepository } from './chunks.ts';
import { collectionRepository } from './collections.ts';
import type { Store } from './contract.ts';
import { counts } from './counts.ts';
import { documentRepository } from './documents.ts';
import { connectEmbedded, type EmbeddedPlace, type TimeLimits } from './embedded.ts';
import { Keeper } from './keeper.ts';
import { NearestIndex } from './nearest.ts';
import { peopleStore } from './people/people.ts';
import { prepare } from './prepare.ts';
import { restore } from './restore.ts';
import { Serial } from './serial.ts';
import { connectServer, type ServerPlace } from './server.ts';
import { users } from './users.ts';
import { vectorRepository } from './vectors.ts';

/** `embedded`: the directory belongs to the store alone, and is made where it is not there. */
export type StorePlace = EmbeddedPlace | ServerPlace;

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
  const time = { ...(place.kind === 'server' ? LIMITS.server : LIMITS.embedded), ...limits };
  const keeper = new Keeper({
    kind: place.kind,
    connect: () => (place.kind === 'server' ? connectServer(place, time) : connectEmbedded(place, time)),
    prepare,
    logger,
    heartbeatMs: time.heartbeatMs,
    backoffMs: time.backoffMs,
    backoffCapMs: 30_000,
    openingMs: time.connectMs,
  });
  const serial = new Serial();
  const index = place.kind === 'server' ? new NearestIndex(keeper) : undefined;
  return {
    collections: collectionRepository(keeper, serial),
    documents: documentRepository(keeper, serial),
    chunks: chunkRepository(keeper, serial),
    vectors: vectorRepository(keeper, serial, index),
    people: peopleStore(keeper, serial),
    health: () => keeper.health(),
    users: () => users(keeper),
    counts: () => counts(keeper),
    backup: (user, options) => backup(keeper, user, options),
    restore: (lines) => restore(keeper, lines, index),
    close: () => keeper.close(),
  };
}

/** Milliseconds. */
const LIMITS = {
  embedded: { connectMs: 30_000, callMs: 30_000, heartbeatMs: 0, backoffMs: 1_000 },
  // A server that is slower than this is as good as away: whoever asks a model does not wait for it.
  server: { connectMs: 5_000, callMs: 5_000, heartbeatMs: 10_000, backoffMs: 250 },
};
