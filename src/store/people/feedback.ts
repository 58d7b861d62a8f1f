import type { Database } from '../connection.ts';
import { checkCount, checkUser, isKey, newId } from '../ids.ts';
import type { FeedbackRepository, StoredFeedback } from '../people-contract.ts';
import type { Serial } from '../serial.ts';
import { forgetPresence } from './erasure.ts';

export const FEEDBACK_FIELDS =
  'id[1] AS id, id[0] AS user, request, rating, comment, ideal, at, expert, route, messages, answer';
const ROWS_AT_ONCE = 100;

export function feedbackRepository(database: Database, serial: Serial): FeedbackRepository {
  return {
    put: ({ user, request, rating, comment, ideal, expert, route, messages, answer }) =>
      serial.run(`${checkUser(user)}\n\nfeedback`, async () => {
        const values = { request, rating, comment, ideal, at: Date.now(), expert, route, answer };
        const said = { ...values, messages: messages.map(({ role, content }) => ({ role, content })) };
        const id = await database.run<string>(PUT, { user, id: newId('fb'), request, said });
        return { id, user, ...said };
      }),
    async list({ user, rating, after, limit = Number.MAX_SAFE_INTEGER } = {}) {
      checkCount(limit, 'limit');
      if (user !== undefined) checkUser(user);
      if (after !== undefined && !isKey(after)) return [];
      // Ids go down with time, also those of different users. Whole rows are large: first what they are.
      const found = await database.run<{ owner: string; id: string }[]>(user === undefined ? FIND_ALL : FIND_OWN, {
        user,
        rating,
        after: after ?? '',
      });
      const wanted = found.sort((one, other) => (one.id < other.id ? -1 : 1)).slice(0, limit);
      const rows: StoredFeedback[] = [];
      for (let start = 0; start < wanted.length; start += ROWS_AT_ONCE) {
        const some = await database.run<Partial<StoredFeedback>[]>(
          `SELECT ${FEEDBACK_FIELDS} FROM $some.map(|$each| type::record('feedback', [$each.owner, $each.id]))`,
          { some: wanted.slice(start, start + ROWS_AT_ONCE) },
        );
        for (const row of some) if (row.id !== undefined) rows.push(row as StoredFeedback);
      }
      return rows;
    },
    async remove(user, id) {
      if (!isKey(user) || !isKey(id)) return false;
      const gone = await database.run<unknown[]>('DELETE feedback:[$user, $id] RETURN BEFORE', { user, id });
      if (gone.length > 0) await forgetPresence(database, user, 'feedback');
      return gone.length > 0;
    },
  };
}

const PUT = `{
  LET $found = (SELECT VALUE id[1] FROM feedback WHERE owner = $user AND request = $request)[0];
  IF $found != NONE {
    UPDATE feedback:[$user, $found] MERGE $said RETURN NONE;
    RETURN $found;
  };
  UPSERT presence:[$user, 'feedback'] SET last = $said.at RETURN NONE;
  CREATE feedback:[$user, $id] CONTENT object::extend($said, { owner: $user }) RETURN NONE;
  RETURN $id;
}`;

const FIND_ALL = `SELECT id[0] AS owner, id[1] AS id FROM feedback
  WHERE ($rating = NONE OR rating = $rating) AND id[1] > $after`;
const FIND_OWN = `SELECT id[0] AS owner, id[1] AS id FROM feedback:[$user, $after]>..[$user, []]
  WHERE $rating = NONE OR rating = $rating`;
