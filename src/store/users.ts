import type { Database } from './connection.ts';
import type { User } from './contract.ts';

/** Everybody who has anything here. */
export function users(database: Database): Promise<readonly User[]> {
  return database.run<User[]>(
    `RETURN array::distinct(array::concat(
      (SELECT VALUE owner FROM document GROUP BY owner),
      (SELECT VALUE owner FROM collection GROUP BY owner),
      (SELECT VALUE id[0] FROM account),
      (SELECT VALUE owner FROM api_key GROUP BY owner),
      (SELECT VALUE id[0] FROM presence)
    ))`,
  );
}
