import type { Connection } from './connection.ts';
import { eraseAllNoted } from './people/erasure.ts';
import { sweepAll } from './removal.ts';
import { migrate } from './schema.ts';

/** Makes a database ready for use: its schema, and what was left half removed. */
export async function prepare(connection: Connection): Promise<void> {
  await migrate(connection);
  await sweepAll(connection);
  await eraseAllNoted(connection);
}
