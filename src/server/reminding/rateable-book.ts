import type { StoredFeedback } from '../../store/people-contract.ts';
import { UserBook } from '../user-book.ts';

/** What a judgement of a request is kept with. */
export type Rateable = Pick<StoredFeedback, 'expert' | 'route' | 'messages' | 'answer'>;

/** UTF-16 code units, of two bytes: 32 MiB for everybody together, 4 MiB for one, and 1 MiB for one request. */
const MOST = 16 * 2 ** 20;
const MOST_OF_ONE = 2 * 2 ** 20;
const LONGEST = 2 ** 19;
/** An entry itself, and each of its messages. */
const WEIGHT_AROUND = 200;

/** Late requests with their answers, so that they can be rated: each user's own, bounded, and in memory alone. */
export class RateableBook {
  readonly #entries = new UserBook<Rateable>({ most: MOST, mostOfOne: MOST_OF_ONE, weightOf });

  /** What is too long to be kept is not: it cannot be rated. */
  add(user: string, requestId: string, rateable: Rateable): void {
    if (weightOf(rateable) <= LONGEST) this.#entries.put(user, requestId, rateable);
  }

  find(user: string, requestId: string): Rateable | undefined {
    return this.#entries.find(user, requestId);
  }

  /** The user is no more. */
  erase(user: string): void {
    this.#entries.erase(user);
  }
}

function weightOf({ messages, answer }: Rateable): number {
  return messages.reduce((sum, { content }) => sum + content.length + WEIGHT_AROUND, answer.length + WEIGHT_AROUND);
}
