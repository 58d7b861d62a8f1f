import type { PeopleStore } from '../../store/people-contract.ts';
import { UserBook } from '../user-book.ts';
import type { Asked } from './asked.ts';

/** Conversations of which nothing is to be kept, as far as it was said since this process runs. */
const MOST = 4_000;
const MOST_OF_ONE = 200;

/** "Don't remember this conversation": known again by the client's id, also after a restart, or by the turns that it repeats. */
export class Privacy {
  readonly #people: { peek(): PeopleStore | undefined };
  readonly #known = new UserBook<true>({ most: MOST, mostOfOne: MOST_OF_ONE });

  constructor(people: { peek(): PeopleStore | undefined }) {
    this.#people = people;
  }

  /** From now on nothing of it is kept; what was kept of its turns is erased. */
  async begin(asked: Asked): Promise<void> {
    this.#know(asked);
    const { user, conversation } = asked;
    const conversations = this.#people.peek()?.conversations;
    if (conversation === null || !conversations) return;
    await conversations.append(user, conversation, [], '');
    await conversations.change(user, conversation, { private: true });
  }

  async covers(asked: Asked): Promise<boolean> {
    const { user, conversation, keys } = asked;
    const knows = (key: string | undefined) => key !== undefined && this.#known.find(user, key) === true;
    if (knows(keys.own) || knows(keys.previous)) {
      // The next request repeats this turn as the one before its own.
      this.#know(asked);
      return true;
    }
    if (conversation === null) return false;
    return (await this.#people.peek()?.conversations.get(user, conversation))?.private ?? false;
  }

  erase(user: string): void {
    this.#known.erase(user);
  }

  #know({ user, keys: { own } }: Asked): void {
    if (own !== undefined) this.#known.put(user, own, true);
  }
}
