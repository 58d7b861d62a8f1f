import { UserBook } from './user-book.ts';
import type { RequestNote } from './request-view.ts';

/** Of everybody together, some megabytes; nobody's requests push out everybody else's. */
const MOST = 2_000;
const MOST_OF_ONE = 200;

/** What became of the last requests: each user's own, found by nobody else. */
export class RequestBook {
  readonly #notes = new UserBook<RequestNote>({ most: MOST, mostOfOne: MOST_OF_ONE });

  add(user: string, note: RequestNote): void {
    this.#notes.put(user, note.id, note);
  }

  find(user: string, id: string): RequestNote | undefined {
    return this.#notes.find(user, id);
  }

  /** The user is no more. */
  forget(user: string): void {
    this.#notes.erase(user);
  }
}
