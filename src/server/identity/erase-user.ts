import type { KeptCaches } from '../../supervisor/kept-caches.ts';
import type { KnowledgeHolder } from '../knowledge-holder.ts';
import type { PeopleHolder } from '../people-holder.ts';
import type { Remembrance } from '../remembrance.ts';
import type { UsageBook } from '../usage/usage-book.ts';
import { AppError } from '../../shared/errors.ts';
import type { Identity } from './contract.ts';
import { isUserOrSpokenFor } from './user-name.ts';

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

/**
 * The same for somebody who has no account; their requests under way are ended first (`end`). Undefined: nothing was kept of them.
 */
export async function eraseKept(
  places: KeptPlaces,
  user: string,
  end: (matches: (identity: Pick<Identity, 'user'>) => boolean, error: AppError) => void,
): Promise<Readonly<Record<string, number>> | undefined> {
  if (!isUserOrSpokenFor(user)) return undefined;
  const isTheirs = (name: string) => name === user || name.startsWith(`${user}/`);
  const wasKept = (await places.people.users()).some(isTheirs);
  end((identity) => isTheirs(identity.user), new AppError('unauthorized', 'The user of this request was just erased.'));
  const erased = await eraseUser(places, user);
  return wasKept || Object.values(erased).some((number) => number > 0) ? erased : undefined;
}
