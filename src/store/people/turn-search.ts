import type { Database } from '../connection.ts';
import type { User } from '../contract.ts';
import type { Turn } from '../people-contract.ts';
import { needle } from './words.ts';

type Found = Turn & { readonly conversation: string };

/** Turns read for one answer: a few milliseconds each. */
const TURNS_AT_ONCE = 2_000;

/** Looks through a user's turns, the conversations that were used last first, until nothing newer can come. */
export async function searchTurns(
  database: Database,
  user: User,
  words: readonly string[],
  limit: number,
): Promise<readonly Found[]> {
  const needles = [...new Set(words.map(needle))].filter((each) => each !== '');
  if (needles.length === 0 || limit === 0) return [];
  const conversations = await database.run<{ id: string; turns: number; updated: number }[]>(
    'SELECT id[1] AS id, turns, updated FROM conversation:[$user]..[$user, []] WHERE turns > 0 ORDER BY updated DESC',
    { user },
  );
  let hits: Found[] = [];
  for (let next = 0; next < conversations.length;) {
    const oldest = hits[limit - 1]?.at ?? -Infinity;
    if ((conversations[next]?.updated ?? 0) < oldest) break;
    const ids: string[] = [];
    for (let turns = 0; next < conversations.length && turns < TURNS_AT_ONCE; next += 1) {
      ids.push(conversations[next]!.id);
      turns += conversations[next]!.turns;
    }
    const more = await database.run<Found[]>(
      `RETURN array::flatten($ids.map(|$id| (
        SELECT id[1] AS conversation, id[2] AS ord, role, text, at, request, expert FROM turn:[$user, $id]..[$user, $id, []]
        WHERE array::all($needles, |$needle| string::contains(words, $needle))
      )))`,
      { user, ids, needles },
    );
    hits = [...hits, ...more].sort((one, other) => other.at - one.at || other.ord - one.ord).slice(0, limit);
  }
  return hits;
}
