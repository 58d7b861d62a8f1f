import { AppError } from '../../shared/errors.ts';
import type { Database } from '../connection.ts';
import type { User } from '../contract.ts';
import { checkCount, checkUser, isKey, newId } from '../ids.ts';
import type { MemoryChange, MemoryRepository, StoredMemory } from '../people-contract.ts';
import type { Serial } from '../serial.ts';
import { SLICE_ROWS } from '../slices.ts';
import { checkDigest } from './digest.ts';
import { eraseMemories, eraseNoted } from './erasure.ts';
import { memoryVectors } from './memory-vectors.ts';
import { replacing } from './replacing.ts';
import { memoriesKey } from './serial-keys.ts';

export const MEMORY_FIELDS =
  'id[1] AS id, kind, text, language, subject, attribute, said AS value, hash, state, pinned, confidence, importance, validFrom, validTo, recorded, retracted, supersededBy, expires, evidence, origin, seen, lastSeen, uses, lastUsed';

const MATCHES = `($which = 'all' OR ($which = 'current' AND retracted = NULL) OR ($which = 'closed' AND retracted != NULL))
  AND ($states = NONE OR state IN $states)
  AND ($kinds = NONE OR kind IN $kinds)
  AND ($subject = NONE OR subject = $subject)
  AND ($attribute = NONE OR attribute = $attribute)
  AND ($text = NONE OR string::contains(string::lowercase(text), $text))`;

/**
 * What is changed has no vector of another text; what counts no longer has none. A record that is not there is not
 * made by an `UPDATE`.
 */
const CHANGES = `
  FOR $change IN $changes {
    UPDATE memory:[$user, $change.id] PATCH $change.operations RETURN NONE;
    IF $change.stale { DELETE memory_vector:[$user, $change.id]..[$user, $change.id, []] RETURN NONE };
  };`;
const CHANGE = `{ ${CHANGES} }`;
/** The `INSERT` is last: after one, engine 3.0 sees no later `LET`. A hash that is there already ends the transaction. */
const ADD_AND_CHANGE = `{
  ${CHANGES}
  UPSERT presence:[$user, 'memory'] SET last = $now RETURN NONE;
  INSERT INTO memory $rows RETURN NONE;
}`;

export function memoryRepository(database: Database, serial: Serial): MemoryRepository {
  const list: MemoryRepository['list'] = async (user, filter = {}) => {
    const { which = 'current', states, kinds, subject, attribute, text, after, limit } = filter;
    checkUser(user);
    if (after !== undefined && !isKey(after)) return [];
    return database.run<StoredMemory[]>(
      `SELECT ${MEMORY_FIELDS} FROM memory:[$user, $after]>..[$user, []] WHERE ${MATCHES} LIMIT $limit`,
      {
        user,
        which,
        states,
        kinds,
        subject,
        attribute,
        text: text?.toLowerCase(),
        after: after ?? '',
        limit: checkCount(limit ?? Number.MAX_SAFE_INTEGER, 'limit'),
      },
    );
  };
  return {
    async get(user, ids) {
      checkUser(user);
      const asked = ids.filter(isKey);
      const found = new Map<string, StoredMemory>();
      for (let start = 0; start < asked.length; start += SLICE_ROWS) {
        const some = await database.run<Partial<StoredMemory>[]>(
          `SELECT ${MEMORY_FIELDS} FROM $ids.map(|$id| type::record('memory', [$user, $id]))`,
          { user, ids: asked.slice(start, start + SLICE_ROWS) },
        );
        // Of one that is not there, engine 3.0 answers an empty object.
        for (const memory of some) if (memory.id !== undefined) found.set(memory.id, memory as StoredMemory);
      }
      return asked.flatMap((id) => found.get(id) ?? []);
    },
    async byHash(user, hash) {
      const [found] = await database.run<StoredMemory[]>(
        `SELECT ${MEMORY_FIELDS} FROM memory WHERE owner = $user AND hash = $hash`,
        { user: checkUser(user), hash },
      );
      return found;
    },
    list,
    async count(user, { which = 'current', states } = {}) {
      const none = { kinds: undefined, subject: undefined, attribute: undefined, text: undefined };
      const [found] = await database.run<{ count: number }[]>(
        `SELECT count() FROM memory:[$user]..[$user, []] WHERE ${MATCHES} GROUP ALL`,
        { user: checkUser(user), which, states, ...none },
      );
      return found?.count ?? 0;
    },
    async *each(user, which = 'current') {
      // A range with a `LIMIT` would be read to its end for each slice: the ranges themselves have to be small.
      const ids = await database.run<string[]>(
        `SELECT VALUE id[1] FROM memory:[$user]..[$user, []] WHERE $which = 'all' OR retracted = NULL`,
        { user: checkUser(user), which },
      );
      for (let start = 0; start < ids.length; start += SLICE_ROWS) {
        const slice = await database.run<StoredMemory[]>(
          `SELECT ${MEMORY_FIELDS} FROM memory:[$user, $first]..=[$user, $last] WHERE $which = 'all' OR retracted = NULL`,
          { user, which, first: ids[start], last: ids[Math.min(ids.length, start + SLICE_ROWS) - 1] },
        );
        if (slice.length > 0) yield slice;
      }
    },
    async apply(user, { add = [], change = [] }) {
      checkUser(user);
      const added = add.map((memory) => ({ ...memory, id: newId('mem') }));
      for (const { hash } of added) checkDigest(hash);
      const changes = change.filter(({ id }) => isKey(id)).map((each) => changeOf(each, added));
      const rows = added.map((memory) => rowOf(user, memory));
      if (rows.length === 0 && changes.length === 0) return [];
      await serial.run(memoriesKey(user), async () => {
        await eraseNoted(database, user, 'memories', '');
        try {
          await database.run(rows.length > 0 ? ADD_AND_CHANGE : CHANGE, { user, changes, rows, now: Date.now() });
        } catch (error) {
          if (!(error instanceof Error && /already contains/.test(error.message))) throw error;
          throw new AppError('conflict', 'What is to be remembered is known already.', { cause: error });
        }
      });
      return added;
    },
    erase(user, ids) {
      checkUser(user);
      return serial.run(memoriesKey(user), () =>
        eraseMemories(database, user, ids === 'all' ? ids : [...new Set(ids.filter(isKey))]),
      );
    },
    vectors: memoryVectors(database, serial),
    users: () => database.run<User[]>("SELECT VALUE id[0] FROM presence WHERE id[1] = 'memory'"),
  };
}

function changeOf({ id, value, supersededBy, ...rest }: MemoryChange, added: readonly StoredMemory[]) {
  const isPlace = typeof supersededBy === 'number';
  const replacedBy = isPlace ? added[supersededBy]?.id : supersededBy;
  if (isPlace && replacedBy === undefined) throw new RangeError(`nothing is added at place ${supersededBy}`);
  const stale = rest.text !== undefined || typeof rest.retracted === 'number';
  return { id, stale, operations: replacing({ ...known(rest), said: value, supersededBy: replacedBy }) };
}

/** Of what a caller gives nothing else gets into a record. */
function known(change: Omit<MemoryChange, 'id' | 'value' | 'supersededBy'>): Record<string, unknown> {
  const { evidence } = change;
  return {
    ...Object.fromEntries(CHANGEABLE.map((field) => [field, change[field]])),
    evidence: evidence?.map(({ quote, at, conversation, request }) => ({ quote, at, conversation, request })),
  };
}

const CHANGEABLE = [
  ...(['kind', 'text', 'language', 'subject', 'attribute', 'state', 'pinned', 'confidence', 'importance'] as const),
  ...(['validFrom', 'validTo', 'retracted', 'expires', 'origin', 'seen', 'lastSeen', 'uses', 'lastUsed'] as const),
];

export function rowOf(user: User, memory: StoredMemory) {
  const { id, value, hash, recorded, supersededBy } = memory;
  return { ...known(memory), id: [user, id], owner: user, said: value, hash, recorded, supersededBy };
}
