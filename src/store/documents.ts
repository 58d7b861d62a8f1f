import { AppError } from '../shared/errors.ts';
import type { Database } from './connection.ts';
import type { DocumentRepository, StoredDocument } from './contract.ts';
import { checkCount, checkUser, isKey, newId } from './ids.ts';
import { beginRemoval, removeMany, sweep } from './removal.ts';
import type { Serial } from './serial.ts';

/** One record is read as a range of one where it was written in the same transaction, and is written once in it: engine 3.0 forgets its id. */
export const DOCUMENT_FIELDS =
  'id[1] AS id, title, uri, mime, sha256, bytes, language, origin, state, error, collections, chunks, characters, created, updated, fetched, attribution, attributes';

const CHANGEABLE = new Set([
  'title',
  'uri',
  'mime',
  'bytes',
  'language',
  'origin',
  'state',
  'error',
  'collections',
  'characters',
  'updated',
  'fetched',
  'attribution',
  'attributes',
]);

const MATCHES = `($collection = NONE OR collections CONTAINS $collection)
  AND ($states = NONE OR state IN $states)
  AND ($text = NONE OR string::contains(string::lowercase(title), $text) OR string::contains(string::lowercase(uri ?? ''), $text))`;

export function documentRepository(database: Database, serial: Serial): DocumentRepository {
  return {
    create: (user, document) =>
      serial.run(checkUser(user), async () => {
        if (!/^[0-9a-f]{64}$/.test(document.sha256)) throw new RangeError('sha256 is 64 hexadecimal digits');
        const { title, uri, mime, sha256, bytes, origin, collections, fetched, attribution, attributes } = document;
        const id = newId('doc');
        const values = { title, uri, mime, sha256, bytes, origin, fetched, attribution, attributes };
        const now = Date.now();
        const first = await createOnce(database, { user, id, sha256, collections, values, now });
        // Another process of the same server was faster: now its document is there.
        return first ?? (await createOnce(database, { user, id, sha256, collections, values, now })) ?? taken();
      }),
    async get(user, id) {
      checkUser(user);
      if (!isKey(id)) return undefined;
      const [found] = await database.run<StoredDocument[]>(`SELECT ${DOCUMENT_FIELDS} FROM document:[$user, $id]`, {
        user,
        id,
      });
      return found;
    },
    async list(user, { collection, states, text, after, limit } = {}) {
      checkUser(user);
      if (after !== undefined && !isKey(after)) return [];
      return database.run<StoredDocument[]>(
        `SELECT ${DOCUMENT_FIELDS} FROM document:[$user, $after]>..[$user, []] WHERE ${MATCHES} LIMIT $limit`,
        {
          user,
          collection,
          states,
          text: text?.toLowerCase(),
          after: after ?? '',
          limit: checkCount(limit ?? Number.MAX_SAFE_INTEGER, 'limit'),
        },
      );
    },
    async count(user, { collection, states } = {}) {
      const [found] = await database.run<{ count: number }[]>(
        `SELECT count() FROM document:[$user]..[$user, []] WHERE ${MATCHES} GROUP ALL`,
        { user: checkUser(user), collection, states, text: undefined },
      );
      return found?.count ?? 0;
    },
    async change(user, id, change) {
      checkUser(user);
      if (!isKey(id)) return undefined;
      const operations = Object.entries({ updated: Date.now(), ...change })
        .filter(([key, value]) => CHANGEABLE.has(key) && value !== undefined && key !== 'collections')
        .map(([key, value]) => ({ op: 'replace', path: `/${key}`, value }));
      const found = await database.run<StoredDocument | undefined>(
        `{
          LET $all = IF $collections = NONE { $operations } ELSE { array::append($operations, {
            op: 'replace', path: '/collections', value: array::distinct(
              $collections.filter(|$each| record::exists(type::record('collection', [$user, $each]))))
          }) };
          UPDATE document:[$user, $id] PATCH $all RETURN NONE;
          RETURN (SELECT ${DOCUMENT_FIELDS} FROM document:[$user, $id]..=[$user, $id])[0];
        }`,
        { user, id, operations, collections: change.collections },
      );
      return found;
    },
    async remove(user, id) {
      checkUser(user);
      if (!isKey(id)) return false;
      return serial.run(documentKey(user, id), async () => {
        if (!(await beginRemoval(database, user, id, true))) return false;
        await sweep(database, user, id);
        return true;
      });
    },
    async removeMany(user, ids) {
      checkUser(user);
      return removeMany(database, user, [...new Set(ids.filter(isKey))]);
    },
  };
}

/** Neither part has control characters. */
export function documentKey(user: string, document: string): string {
  return `${user}\n${document}`;
}

type Created = { readonly document: StoredDocument; readonly existed: boolean };

async function createOnce(
  database: Database,
  values: { user: string; id: string; sha256: string; collections: readonly string[]; values: object; now: number },
): Promise<Created | undefined> {
  try {
    return await database.run<Created>(
      `{
        LET $known = array::distinct($collections.filter(|$each| record::exists(type::record('collection', [$user, $each]))));
        LET $found = (SELECT VALUE id FROM document WHERE owner = $user AND sha256 = $sha256)[0];
        IF $found != NONE {
          UPDATE $found SET collections = array::union(collections, $known), updated = $now RETURN NONE;
          LET $id = record::id($found)[1];
          RETURN { existed: true, document: (SELECT ${DOCUMENT_FIELDS} FROM document:[$user, $id]..=[$user, $id])[0] };
        };
        CREATE document:[$user, $id] CONTENT object::extend($values, {
          owner: $user, collections: $known, state: 'queued', error: null, language: null,
          chunks: 0, extent: 0, characters: 0, created: $now, updated: $now
        }) RETURN NONE;
        RETURN { existed: false, document: (SELECT ${DOCUMENT_FIELDS} FROM document:[$user, $id]..=[$user, $id])[0] };
      }`,
      values,
    );
  } catch (error) {
    if (error instanceof Error && /already contains/.test(error.message)) return undefined;
    throw error;
  }
}

function taken(): never {
  throw new AppError('conflict', 'The same bytes are being added and removed at the same time. Try again.');
}
