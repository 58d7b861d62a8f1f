import type { Database } from '../connection.ts';
import type { User } from '../contract.ts';
import type { Account, StoredConversation, StoredFeedback, StoredKey, StoredMemory, Turn } from '../people-contract.ts';
import { SLICE_ROWS } from '../slices.ts';
import { ACCOUNT_FIELDS } from './accounts.ts';
import type { PeopleLine } from './backup-lines.ts';
import { CONVERSATION_FIELDS, TURN_FIELDS } from './conversations.ts';
import { FEEDBACK_FIELDS } from './feedback.ts';
import { KEY_FIELDS } from './keys.ts';
import { MEMORY_FIELDS } from './memories.ts';

/** All that is kept of a person but logins and documents. */
export async function* peopleLinesOf(database: Database, user: User): AsyncGenerator<PeopleLine> {
  const accounts = await database.run<Account[]>(`SELECT ${ACCOUNT_FIELDS} FROM account:[$user]`, { user });
  for (const { name: _same, ...account } of accounts) yield { type: 'account', user, ...account };
  const keys = await database.run<StoredKey[]>(`SELECT ${KEY_FIELDS} FROM api_key:[$user]..[$user, []]`, { user });
  for (const { scopes, ...key } of keys) yield { type: 'key', ...key, scopes: { ...scopes } };
  yield* memoryLines(database, user);
  yield* conversationLines(database, user);
  yield* feedbackLines(database, user);
}

async function* memoryLines(database: Database, user: User): AsyncGenerator<PeopleLine> {
  const ids = await database.run<string[]>('SELECT VALUE id[1] FROM memory:[$user]..[$user, []]', { user });
  for (const [first, last] of rangesOf(ids)) {
    const memories = await database.run<StoredMemory[]>(
      `SELECT ${MEMORY_FIELDS} FROM memory:[$user, $first]..=[$user, $last]`,
      { user, first, last },
    );
    for (const { evidence, ...memory } of memories) yield { type: 'memory', user, ...memory, evidence: [...evidence] };
    const vectors = await database.run<{ memory: string; model: string; f32: ArrayBuffer }[]>(
      'SELECT id[1] AS memory, id[2] AS model, f32 FROM memory_vector:[$user, $first]..[$user, $last, []]',
      { user, first, last },
    );
    for (const { memory, model, f32 } of vectors) {
      yield { type: 'memory-vector', user, memory, model, f32: Buffer.from(f32).toString('base64') };
    }
  }
}

async function* conversationLines(database: Database, user: User): AsyncGenerator<PeopleLine> {
  const conversations = await database.run<StoredConversation[]>(
    `SELECT ${CONVERSATION_FIELDS} FROM conversation:[$user]..[$user, []]`,
    { user },
  );
  for (const { turns, ...conversation } of conversations) {
    yield { type: 'conversation', user, ...conversation };
    for (let from = 0; from < turns; from += SLICE_ROWS) {
      const some = await database.run<Turn[]>(
        `SELECT ${TURN_FIELDS} FROM turn:[$user, $id, $from]..[$user, $id, $to]`,
        { user, id: conversation.id, from, to: Math.min(turns, from + SLICE_ROWS) },
      );
      for (const turn of some) yield { type: 'turn', ...turn };
    }
  }
}

async function* feedbackLines(database: Database, user: User): AsyncGenerator<PeopleLine> {
  const ids = await database.run<string[]>('SELECT VALUE id[1] FROM feedback:[$user]..[$user, []]', { user });
  for (const [first, last] of rangesOf(ids)) {
    const some = await database.run<StoredFeedback[]>(
      `SELECT ${FEEDBACK_FIELDS} FROM feedback:[$user, $first]..=[$user, $last]`,
      { user, first, last },
    );
    for (const { messages, ...feedback } of some) yield { type: 'feedback', ...feedback, messages: [...messages] };
  }
}

/** First and last of each slice: a range with a `LIMIT` would be read to its end for each. */
function* rangesOf(ids: readonly string[]): Generator<readonly [first: string, last: string]> {
  for (let start = 0; start < ids.length; start += SLICE_ROWS) {
    const slice = ids.slice(start, start + SLICE_ROWS);
    yield [slice[0] ?? '', slice.at(-1) ?? ''];
  }
}
