import type { Database } from './connection.ts';
import { PEOPLE_TABLES } from './people/schema.ts';

/**
 * Numbered for ever: one that was published is never changed, a new one is added. Each statement can be repeated, so that a migration
 * that was interrupted goes on where it was.
 */
export interface Migration {
  readonly version: number;
  readonly statements: readonly string[];
}

/**
 * Keys begin with the user: what is one user's is one range, and a key without its user finds nothing.
 * `collection:[user, id]`, `document:[user, id]`, `chunk:[user, document, ord]`, `vector:[user, document, ord, model]`,
 * `coverage:[user, document, model]` (how many vectors of a model a document has), `removal:[user, document]` (what is being taken away).
 */
export const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    statements: [
      'DEFINE TABLE IF NOT EXISTS collection TYPE NORMAL SCHEMAFULL PERMISSIONS NONE',
      'DEFINE FIELD IF NOT EXISTS id ON collection TYPE [string, string]',
      'DEFINE FIELD IF NOT EXISTS owner ON collection TYPE string ASSERT $value = record::id($this.id)[0]',
      'DEFINE FIELD IF NOT EXISTS name ON collection TYPE string ASSERT string::len($value) > 0',
      'DEFINE FIELD IF NOT EXISTS created ON collection TYPE int ASSERT $value >= 0',
      'DEFINE FIELD IF NOT EXISTS metadata ON collection TYPE object FLEXIBLE',
      'DEFINE INDEX IF NOT EXISTS collection_name ON collection FIELDS owner, name UNIQUE',

      'DEFINE TABLE IF NOT EXISTS document TYPE NORMAL SCHEMAFULL PERMISSIONS NONE',
      'DEFINE FIELD IF NOT EXISTS id ON document TYPE [string, string]',
      'DEFINE FIELD IF NOT EXISTS owner ON document TYPE string ASSERT $value = record::id($this.id)[0]',
      'DEFINE FIELD IF NOT EXISTS title ON document TYPE string',
      'DEFINE FIELD IF NOT EXISTS uri ON document TYPE string | null',
      'DEFINE FIELD IF NOT EXISTS mime ON document TYPE string',
      'DEFINE FIELD IF NOT EXISTS sha256 ON document TYPE string ASSERT string::len($value) = 64',
      'DEFINE FIELD IF NOT EXISTS bytes ON document TYPE int ASSERT $value >= 0',
      'DEFINE FIELD IF NOT EXISTS language ON document TYPE string | null',
      "DEFINE FIELD IF NOT EXISTS origin ON document TYPE 'text' | 'file' | 'url' | 'learned' | 'conversation'",
      "DEFINE FIELD IF NOT EXISTS state ON document TYPE 'queued' | 'quarantined' | 'ready' | 'failed'",
      'DEFINE FIELD IF NOT EXISTS error ON document TYPE string | null',
      'DEFINE FIELD IF NOT EXISTS collections ON document TYPE array<string>',
      'DEFINE FIELD IF NOT EXISTS chunks ON document TYPE int ASSERT $value >= 0',
      'DEFINE FIELD IF NOT EXISTS extent ON document TYPE int ASSERT $value >= 0',
      'DEFINE FIELD IF NOT EXISTS characters ON document TYPE int ASSERT $value >= 0',
      'DEFINE FIELD IF NOT EXISTS created ON document TYPE int ASSERT $value >= 0',
      'DEFINE FIELD IF NOT EXISTS updated ON document TYPE int ASSERT $value >= 0',
      'DEFINE FIELD IF NOT EXISTS fetched ON document TYPE int | null',
      'DEFINE FIELD IF NOT EXISTS attribution ON document TYPE string | null',
      'DEFINE FIELD IF NOT EXISTS attributes ON document TYPE object FLEXIBLE',
      'DEFINE INDEX IF NOT EXISTS document_bytes ON document FIELDS owner, sha256 UNIQUE',

      'DEFINE TABLE IF NOT EXISTS chunk TYPE NORMAL SCHEMAFULL PERMISSIONS NONE',
      'DEFINE FIELD IF NOT EXISTS id ON chunk TYPE [string, string, int]',
      'DEFINE FIELD IF NOT EXISTS text ON chunk TYPE string',
      'DEFINE FIELD IF NOT EXISTS begins ON chunk TYPE int ASSERT $value >= 0',
      'DEFINE FIELD IF NOT EXISTS ends ON chunk TYPE int ASSERT $value >= $this.begins',
      'DEFINE FIELD IF NOT EXISTS page ON chunk TYPE int | null',
      'DEFINE FIELD IF NOT EXISTS headings ON chunk TYPE array<string>',

      'DEFINE TABLE IF NOT EXISTS vector TYPE NORMAL SCHEMAFULL PERMISSIONS NONE',
      'DEFINE FIELD IF NOT EXISTS id ON vector TYPE [string, string, int, string]',
      'DEFINE FIELD IF NOT EXISTS f32 ON vector TYPE bytes',

      'DEFINE TABLE IF NOT EXISTS coverage TYPE NORMAL SCHEMAFULL PERMISSIONS NONE',
      'DEFINE FIELD IF NOT EXISTS id ON coverage TYPE [string, string, string]',
      'DEFINE FIELD IF NOT EXISTS vectors ON coverage TYPE int ASSERT $value >= 0',

      'DEFINE TABLE IF NOT EXISTS removal TYPE NORMAL SCHEMAFULL PERMISSIONS NONE',
      'DEFINE FIELD IF NOT EXISTS id ON removal TYPE [string, string]',
      'DEFINE FIELD IF NOT EXISTS whole ON removal TYPE bool',
      'DEFINE FIELD IF NOT EXISTS extent ON removal TYPE int ASSERT $value >= 0',
    ],
  },
  { version: 2, statements: PEOPLE_TABLES },
];

/** A database of a newer program: nothing is touched. */
export class NewerSchema extends Error {
  override readonly name = 'NewerSchema';
}

/**
 * Brings the database to the newest of the migrations, and answers its version.
 * @throws {NewerSchema} where it is beyond that already.
 */
export async function migrate(database: Database, migrations: readonly Migration[] = MIGRATIONS): Promise<number> {
  await database.run('DEFINE TABLE IF NOT EXISTS meta TYPE NORMAL SCHEMAFULL PERMISSIONS NONE');
  await database.run('DEFINE FIELD IF NOT EXISTS version ON meta TYPE int ASSERT $value >= 0');
  const [found = 0] = await database.run<number[]>('SELECT VALUE version FROM meta:schema');
  const newest = Math.max(...migrations.map(({ version }) => version));
  if (found > newest) {
    throw new NewerSchema(
      `the knowledge store was written by a newer orchestrator (its schema is ${found}, this program knows ${newest}): use that version again, or another state directory and a backup`,
    );
  }
  for (const { version, statements } of migrations.filter((each) => each.version > found)) {
    for (const statement of statements) await database.run(statement);
    await database.run('UPSERT meta:schema SET version = $version RETURN NONE', { version });
  }
  return newest;
}
