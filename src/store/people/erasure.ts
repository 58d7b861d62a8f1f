import type { Database } from '../connection.ts';
import type { User } from '../contract.ts';
import { removeMany } from '../removal.ts';

/** `user`: everything of this user; `conversation`: its turns. Noted before anything goes; whoever opens the store after a crash finishes it. */
type What = 'user' | 'memories' | 'conversation';

/** Taken away in one transaction. */
const ROWS_AT_ONCE = 500;
/** Of one user, while others may still be writing for it. */
const MOST_ROUNDS = 10;

/** Erases these, with their vectors. Answers how many there were. */
export async function eraseMemories(database: Database, user: User, ids: readonly string[] | 'all'): Promise<number> {
  if (ids === 'all') {
    await note(database, user, 'memories', '');
    return sweepMemories(database, user);
  }
  let erased = 0;
  for (let start = 0; start < ids.length; start += ROWS_AT_ONCE) {
    erased += await database.run<number>(ERASE_MEMORIES, { user, ids: ids.slice(start, start + ROWS_AT_ONCE) });
  }
  if (erased > 0) await forgetPresence(database, user, 'memory');
  return erased;
}

const ERASE_MEMORIES = `{
  LET $there = $ids.filter(|$id| record::exists(type::record('memory', [$user, $id])));
  FOR $id IN $there {
    DELETE memory:[$user, $id] RETURN NONE;
    DELETE memory_vector:[$user, $id]..[$user, $id, []] RETURN NONE;
  };
  RETURN array::len($there);
}`;

/** Who has nothing left is not named any more. Whoever adds something in this moment writes the same record: one of both comes again. */
const FORGET_PRESENCE = {
  memory: `{
    IF ((SELECT count() FROM memory:[$user]..[$user, []] GROUP ALL)[0].count ?? 0) = 0 {
      DELETE presence:[$user, 'memory'] RETURN NONE
    };
  }`,
  conversation: `{
    IF ((SELECT count() FROM conversation:[$user]..[$user, []] GROUP ALL)[0].count ?? 0) = 0 {
      DELETE presence:[$user, 'conversation'] RETURN NONE
    };
  }`,
  feedback: `{
    IF ((SELECT count() FROM feedback:[$user]..[$user, []] GROUP ALL)[0].count ?? 0) = 0 {
      DELETE presence:[$user, 'feedback'] RETURN NONE
    };
  }`,
};

export function forgetPresence(database: Database, user: User, table: keyof typeof FORGET_PRESENCE): Promise<unknown> {
  return database.run(FORGET_PRESENCE[table], { user });
}

/** Erases a conversation with its turns: it is not there from the first statement on. */
export async function eraseConversation(database: Database, user: User, conversation: string): Promise<boolean> {
  const there = await database.run<boolean>(
    `{
      IF !record::exists(conversation:[$user, $conversation]) { RETURN false };
      UPSERT erasure:[$user, 'conversation', $conversation] RETURN NONE;
      DELETE conversation:[$user, $conversation] RETURN NONE;
      RETURN true;
    }`,
    { user, conversation },
  );
  if (there) await sweepTurns(database, user, conversation);
  return there;
}

/** Everything of a user; answers what it was. Can be repeated, and begun anew after a crash. */
export async function eraseUser(database: Database, user: User): Promise<Readonly<Record<string, number>>> {
  await note(database, user, 'user', '');
  return sweepUser(database, user);
}

/** What was noted, and is not finished. Before anything new is written in its place. */
export async function eraseNoted(database: Database, user: User, what: What, id: string): Promise<void> {
  const noted = await database.run<boolean>('RETURN record::exists(erasure:[$user, $what, $id])', { user, what, id });
  if (noted) await finish(database, { user, what, id });
}

/** What a crash, or a database that went away, has left half erased. */
export async function eraseAllNoted(database: Database): Promise<void> {
  const left = await database.run<Noted[]>('SELECT id[0] AS user, id[1] AS what, id[2] AS id FROM erasure');
  for (const noted of left) await finish(database, noted);
}

interface Noted {
  readonly user: User;
  readonly what: What;
  readonly id: string;
}

async function finish(database: Database, { user, what, id }: Noted): Promise<void> {
  if (what === 'user') await sweepUser(database, user);
  else if (what === 'memories') await sweepMemories(database, user);
  else await sweepTurns(database, user, id);
}

function note(database: Database, user: User, what: What, id: string): Promise<unknown> {
  return database.run('UPSERT erasure:[$user, $what, $id] RETURN NONE', { user, what, id });
}

async function sweepMemories(database: Database, user: User): Promise<number> {
  const ids = await database.run<string[]>('SELECT VALUE id[1] FROM memory:[$user]..[$user, []]', { user });
  for (let start = 0; start < ids.length; start += ROWS_AT_ONCE) {
    await database.run(
      `{
        DELETE memory:[$user, $first]..=[$user, $last] RETURN NONE;
        DELETE memory_vector:[$user, $first]..[$user, $last, []] RETURN NONE;
      }`,
      { user, first: ids[start], last: ids[Math.min(ids.length, start + ROWS_AT_ONCE) - 1] },
    );
  }
  await database.run(
    `{
      DELETE memory_vector:[$user]..[$user, []] RETURN NONE;
      DELETE presence:[$user, 'memory'] RETURN NONE;
      DELETE erasure:[$user, 'memories', ''] RETURN NONE;
    }`,
    { user },
  );
  return ids.length;
}

async function sweepTurns(database: Database, user: User, conversation: string): Promise<void> {
  const ords = await database.run<number[]>(
    'SELECT VALUE id[2] FROM turn:[$user, $conversation]..[$user, $conversation, []]',
    { user, conversation },
  );
  for (let from = 0; from <= (ords.at(-1) ?? -1); from += ROWS_AT_ONCE) {
    await database.run('DELETE turn:[$user, $conversation, $from]..[$user, $conversation, $to] RETURN NONE', {
      user,
      conversation,
      from,
      to: from + ROWS_AT_ONCE,
    });
  }
  await database.run("DELETE erasure:[$user, 'conversation', $conversation] RETURN NONE", { user, conversation });
  await forgetPresence(database, user, 'conversation');
}

async function sweepUser(database: Database, user: User): Promise<Readonly<Record<string, number>>> {
  const erased: Record<string, number> = {};
  // First what opens doors, so that nobody comes in meanwhile.
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const counts = await eraseOnce(database, user);
    for (const [part, count] of Object.entries(counts)) erased[part] = (erased[part] ?? 0) + count;
    // What was written meanwhile goes in the next round.
    if (Object.values(counts).every((count) => count === 0)) break;
  }
  await database.run(
    `{
      DELETE presence:[$user]..[$user, []] RETURN NONE;
      DELETE erasure:[$user]..[$user, []] RETURN NONE;
    }`,
    { user },
  );
  return erased;
}

/** All of a user's, and the turns of those that are just being erased. */
async function sweepConversations(database: Database, user: User): Promise<number> {
  const found = await database.run<{ id: string; turns: number }[]>(
    'SELECT id[1] AS id, turns FROM conversation:[$user]..[$user, []]',
    { user },
  );
  for (let next = 0; next < found.length;) {
    const ids: string[] = [];
    for (let rows = 0; next < found.length && (ids.length === 0 || rows < ROWS_AT_ONCE); next += 1) {
      const { id, turns } = found[next]!;
      if (turns > ROWS_AT_ONCE) await eraseConversation(database, user, id);
      else ids.push(id);
      rows += turns;
    }
    await database.run(
      `FOR $id IN $ids {
        DELETE turn:[$user, $id]..[$user, $id, []] RETURN NONE;
        DELETE conversation:[$user, $id] RETURN NONE;
      }`,
      { user, ids },
    );
  }
  const left = await database.run<string[]>(
    "SELECT VALUE id[2] FROM erasure:[$user, 'conversation']..[$user, 'conversation', []]",
    { user },
  );
  for (const conversation of left) await sweepTurns(database, user, conversation);
  return found.length;
}

async function eraseOnce(database: Database, user: User): Promise<Record<string, number>> {
  const doors = await database.run<{ accounts: number; keys: number; logins: number }>(
    `{
      LET $accounts = array::len(DELETE account:[$user] RETURN BEFORE);
      LET $keys = array::len(DELETE api_key:[$user]..[$user, []] RETURN BEFORE);
      LET $logins = array::len(DELETE login:[$user]..[$user, []] RETURN BEFORE);
      RETURN { accounts: $accounts, keys: $keys, logins: $logins };
    }`,
    { user },
  );
  const memories = await sweepMemories(database, user);
  const conversations = await sweepConversations(database, user);
  const feedback = await database.run<number>('RETURN array::len(DELETE feedback:[$user]..[$user, []] RETURN BEFORE)', {
    user,
  });
  const documents = await database.run<string[]>('SELECT VALUE id[1] FROM document:[$user]..[$user, []]', { user });
  await removeMany(database, user, documents);
  const collections = await database.run<number>(
    'RETURN array::len(DELETE collection:[$user]..[$user, []] RETURN BEFORE)',
    { user },
  );
  return {
    ...doors,
    memories,
    conversations,
    feedback,
    documents: documents.length,
    collections,
  };
}
