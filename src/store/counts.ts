import type { Database } from './connection.ts';

const TABLES = {
  accounts: 'SELECT count() FROM account GROUP ALL',
  keys: 'SELECT count() FROM api_key GROUP ALL',
  logins: 'SELECT count() FROM login GROUP ALL',
  memories: 'SELECT count() FROM memory GROUP ALL',
  memoryVectors: 'SELECT count() FROM memory_vector GROUP ALL',
  conversations: 'SELECT count() FROM conversation GROUP ALL',
  turns: 'SELECT count() FROM turn GROUP ALL',
  feedback: 'SELECT count() FROM feedback GROUP ALL',
  collections: 'SELECT count() FROM collection GROUP ALL',
  documents: 'SELECT count() FROM document GROUP ALL',
  passages: 'SELECT count() FROM chunk GROUP ALL',
  vectors: 'SELECT count() FROM vector GROUP ALL',
};

/** How much of everything there is, of everybody. */
export async function counts(database: Database): Promise<Readonly<Record<keyof typeof TABLES, number>>> {
  const found = await Promise.all(
    Object.entries(TABLES).map(async ([name, statement]) => {
      const [row] = await database.run<{ count: number }[]>(statement);
      return [name, row?.count ?? 0] as const;
    }),
  );
  return Object.fromEntries(found) as Record<keyof typeof TABLES, number>;
}
