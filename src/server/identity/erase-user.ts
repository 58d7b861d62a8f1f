import type { KeptCaches } from '../../supervisor/kept-caches.ts';
import type { KnowledgeHolder } from '../knowledge-holder.ts';
import type { PeopleHolder } from '../people-holder.ts';
import type { Remembrance } from '../remembrance.ts';
import type { UsageBook } from '../usage/usage-book.ts';

/** Where something of a user is kept. */
export interface KeptPlaces {
  readonly people: Pick<PeopleHolder, 'get' | 'users'>;
  readonly knowledge: Pick<KnowledgeHolder, 'peek'>;
  readonly remembrance: Pick<Remembrance, 'erase'>;
  readonly caches: Pick<KeptCaches, 'erase'>;
  /** Undefined where nothing is kept. */
  readonly usage: Pick<UsageBook, 'forget'> | undefined;
}

/**
 * Erases everything of a user, and of those that its keys have spoken for: first by those who hold some of it in memory, then all that
 * is in the store. Answers how much it was, by what it was. Can be repeated where it fails.
 */
export async function eraseUser(places: KeptPlaces, user: string): Promise<Readonly<Record<string, number>>> {
  const { people, knowledge, remembrance, caches, usage } = places;
  const store = people.get();
  const spokenFor = (await people.users()).filter((name) => name.startsWith(`${user}/`));
  const erased: Record<string, number> = {};
  const count = (part: string, number: number) => (erased[part] = (erased[part] ?? 0) + number);
  // The account comes last: until it is gone, all of this can be asked for again.
  for (const name of [...spokenFor, user]) {
    count('documents', (await knowledge.peek()?.clear(name)) ?? 0);
    count('memories', await remembrance.erase(name));
    count('promptCaches', caches.erase({ user: name }).caches);
    for (const [part, number] of Object.entries(await store.erase(name))) count(part, number);
  }
  // The figures stay, as nobody's.
  await usage?.forget(user);
  return erased;
}
