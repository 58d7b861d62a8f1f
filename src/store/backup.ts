import { BACKUP_VERSION, type BackupHeader, type BackupLine, type DocumentRecord } from './backup-lines.ts';
import { COLLECTION_FIELDS } from './collections.ts';
import { CHUNK_FIELDS } from './chunks.ts';
import type { Database } from './connection.ts';
import type { Collection, StoredChunk, User } from './contract.ts';
import { DOCUMENT_FIELDS } from './documents.ts';
import { checkUser } from './ids.ts';
import { peopleLinesOf } from './people/backup.ts';
import { SLICE_ROWS } from './slices.ts';
import { users } from './users.ts';

const DOCUMENTS_AT_ONCE = 100;

/**
 * Lines of JSON, without their ends: a header, then of each user the account, keys, memories, conversations and feedback (`people`),
 * collections and documents, each followed by what is its own.
 */
export async function* backup(
  database: Database,
  user?: User,
  { people = true }: { readonly people?: boolean } = {},
): AsyncGenerator<string, void, undefined> {
  if (user !== undefined) checkUser(user);
  const header: BackupHeader = {
    orchestrator: 'knowledge',
    version: BACKUP_VERSION,
    created: new Date().toISOString(),
    user: user ?? null,
  };
  yield JSON.stringify(header);
  let records = 0;
  const parts: Record<string, number> = {};
  for (const each of user === undefined ? await users(database) : [user]) {
    for await (const line of linesOf(database, each, people)) {
      records += 1;
      parts[line.type] = (parts[line.type] ?? 0) + 1;
      yield JSON.stringify(line);
    }
  }
  yield JSON.stringify({ type: 'end', records, parts } satisfies BackupLine);
}

async function* linesOf(database: Database, user: User, people: boolean): AsyncGenerator<BackupLine> {
  if (people) yield* peopleLinesOf(database, user);
  const collections = await database.run<Collection[]>(
    `SELECT ${COLLECTION_FIELDS} FROM collection:[$user]..[$user, []]`,
    { user },
  );
  for (const collection of collections) yield { type: 'collection', user, ...collection };
  for (let after = ''; ;) {
    const documents = await database.run<(Omit<DocumentRecord, 'type' | 'user'> & { chunks: number })[]>(
      `SELECT ${DOCUMENT_FIELDS}, extent FROM document:[$user, $after]>..[$user, []] LIMIT $limit`,
      { user, after, limit: DOCUMENTS_AT_ONCE },
    );
    for (const { chunks: _counted, ...document } of documents) {
      yield { type: 'document', user, ...document };
      yield* partsOf(database, user, document);
    }
    after = documents.at(-1)?.id ?? after;
    if (documents.length < DOCUMENTS_AT_ONCE) return;
  }
}

async function* partsOf(
  database: Database,
  user: User,
  { id: document, extent }: { readonly id: string; readonly extent: number },
): AsyncGenerator<BackupLine> {
  for (let from = 0; from < extent; from += SLICE_ROWS) {
    const range = { user, document, from, to: from + SLICE_ROWS };
    const chunks = await database.run<StoredChunk[]>(
      `SELECT ${CHUNK_FIELDS} FROM chunk:[$user, $document, $from]..[$user, $document, $to]`,
      range,
    );
    for (const { document: _same, ...chunk } of chunks) yield { type: 'chunk', ...chunk };
    const vectors = await database.run<{ ord: number; model: string; f32: ArrayBuffer }[]>(
      'SELECT id[2] AS ord, id[3] AS model, f32 FROM vector:[$user, $document, $from]..[$user, $document, $to]',
      range,
    );
    for (const { ord, model, f32 } of vectors) {
      yield { type: 'vector', ord, model, f32: Buffer.from(f32).toString('base64') };
    }
  }
}
