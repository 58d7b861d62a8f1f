import { AppError } from '../../shared/errors.ts';
import type { Database } from '../connection.ts';
import type { User } from '../contract.ts';
import { checkCount, checkUser, isKey } from '../ids.ts';
import type { ConversationRepository, StoredConversation, Turn } from '../people-contract.ts';
import type { Serial } from '../serial.ts';
import { eraseConversation, eraseNoted } from './erasure.ts';
import { replacing } from './replacing.ts';
import { conversationKey } from './serial-keys.ts';
import { searchTurns } from './turn-search.ts';
import { searchable } from './words.ts';

export const CONVERSATION_FIELDS = 'id[1] AS id, title, created, updated, turns, private, summarized';
export const TURN_FIELDS = 'id[2] AS ord, role, text, at, request, expert';
/** Turns of one transaction, and of one answer. */
const ROWS_AT_ONCE = 250;

export function conversationRepository(database: Database, serial: Serial): ConversationRepository {
  const get = async (user: User, id: string) => {
    checkUser(user);
    if (!isKey(id)) return undefined;
    const [found] = await database.run<StoredConversation[]>(
      `SELECT ${CONVERSATION_FIELDS} FROM conversation:[$user, $id]`,
      { user, id },
    );
    return found;
  };
  const remove = (user: User, id: string) =>
    serial.run(conversationKey(user, id), () => eraseConversation(database, user, id));
  return {
    async list(user, { after, limit = Number.MAX_SAFE_INTEGER } = {}) {
      checkCount(limit, 'limit');
      const last = after === undefined ? undefined : await get(checkUser(user), after);
      if (after !== undefined && last === undefined) return [];
      // Ids are the clients' own: the order is not theirs. The rows are small.
      return database.run<StoredConversation[]>(
        `SELECT ${CONVERSATION_FIELDS} FROM conversation:[$user]..[$user, []]
          WHERE $at = NONE OR updated < $at OR (updated = $at AND id[1] > $after)
          ORDER BY updated DESC, id ASC LIMIT $limit`,
        { user: checkUser(user), after, at: last?.updated, limit },
      );
    },
    get,
    async append(user, id, turns, title) {
      checkUser(user);
      if (!isKey(id)) {
        throw new AppError(
          'invalid_request',
          'The id of a conversation has 1 to 512 characters, none of them control characters.',
        );
      }
      return serial.run(conversationKey(user, id), async () => {
        await eraseNoted(database, user, 'conversation', id);
        for (let start = 0; start === 0 || start < turns.length; start += ROWS_AT_ONCE) {
          await appendSome(database, { user, id, turns: turns.slice(start, start + ROWS_AT_ONCE), title });
        }
        const there = await get(user, id);
        if (there !== undefined) return there;
        throw new AppError('conflict', 'The conversation was erased in this moment.');
      });
    },
    async change(user, id, { title, private: isPrivate, summarized }) {
      checkUser(user);
      if (!isKey(id)) return undefined;
      return serial.run(conversationKey(user, id), async () => {
        const isErased = isPrivate === true;
        const rest = isErased ? { title: '', turns: 0, summarized: 0 } : { title, summarized };
        const changed = await database.run<StoredConversation | undefined>(
          `{
            IF $isErased AND record::exists(conversation:[$user, $id]) {
              UPSERT erasure:[$user, 'conversation', $id] RETURN NONE
            };
            UPDATE conversation:[$user, $id] PATCH $operations RETURN NONE;
            RETURN (SELECT ${CONVERSATION_FIELDS} FROM conversation:[$user, $id]..=[$user, $id])[0];
          }`,
          { user, id, isErased, operations: replacing({ ...rest, private: isPrivate }) },
        );
        // The turns, which were noted with it.
        if (isErased) await eraseNoted(database, user, 'conversation', id);
        return changed;
      });
    },
    async turns(user, id, from = 0, limit = Number.MAX_SAFE_INTEGER) {
      checkCount(from, 'from');
      checkCount(limit, 'limit');
      const end = Math.min((await get(user, id))?.turns ?? 0, from + limit);
      const found: Turn[] = [];
      for (let start = from; start < end; start += ROWS_AT_ONCE) {
        found.push(
          ...(await database.run<Turn[]>(`SELECT ${TURN_FIELDS} FROM turn:[$user, $id, $start]..[$user, $id, $end]`, {
            user,
            id,
            start,
            end: Math.min(end, start + ROWS_AT_ONCE),
          })),
        );
      }
      return found;
    },
    search: (user, words, limit) => searchTurns(database, checkUser(user), words, checkCount(limit, 'limit')),
    async remove(user, id) {
      checkUser(user);
      return isKey(id) ? remove(user, id) : false;
    },
    async sweep(before) {
      const old = await database.run<{ user: User; id: string }[]>(
        'SELECT id[0] AS user, id[1] AS id FROM conversation WHERE updated < $before',
        { before: checkCount(before, 'before') },
      );
      let erased = 0;
      for (const { user, id } of old) if (await remove(user, id)) erased += 1;
      return erased;
    },
  };
}

async function appendSome(
  database: Database,
  { user, id, turns, title }: { user: User; id: string; turns: readonly Omit<Turn, 'ord'>[]; title: string },
): Promise<void> {
  const rows = turns.map(({ role, text, at, request, expert }) => ({
    role,
    text,
    words: searchable(text),
    at,
    request,
    expert,
  }));
  await database.run(APPEND, {
    user,
    id,
    rows,
    title,
    count: rows.length,
    at: Math.max(0, ...turns.map((turn) => turn.at)) || Date.now(),
  });
}

const APPEND = `{
  LET $there = (SELECT turns, private FROM conversation:[$user, $id])[0];
  IF $there.private = true { RETURN NONE };
  LET $first = $there.turns ?? 0;
  UPSERT presence:[$user, 'conversation'] SET last = $at RETURN NONE;
  IF $there = NONE {
    CREATE conversation:[$user, $id] SET title = $title, created = $at, updated = $at, turns = $count, private = false,
      summarized = 0 RETURN NONE;
  } ELSE {
    UPDATE conversation:[$user, $id] SET turns += $count, updated = math::max([updated, $at]) RETURN NONE;
  };
  INSERT INTO turn $rows.map(|$row, $index| object::extend($row, { id: [$user, $id, $first + $index] })) RETURN NONE;
}`;
