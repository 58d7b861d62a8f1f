import type { RequestView } from './views.ts';

/** Of everybody together, some megabytes; nobody's requests push out everybody else's. */
const MOST = 2_000;
const MOST_OF_ONE = 200;

/** What became of the last requests: each user's own, found by nobody else. */
export class RequestBook {
  readonly #users = new Map<string, Map<string, RequestView>>();
  #size = 0;

  add(user: string, view: RequestView): void {
    const own = this.#users.get(user) ?? new Map<string, RequestView>();
    // Who was here last stands last: whose requests are of longest ago is let go first.
    this.#users.delete(user);
    this.#users.set(user, own);
    if (!own.delete(view.id)) this.#size += 1;
    own.set(view.id, view);
    if (own.size > MOST_OF_ONE) this.#forgetOldest(own);
    if (this.#size <= MOST) return;
    const [first] = this.#users;
    if (!first) return;
    this.#forgetOldest(first[1]);
    if (first[1].size === 0) this.#users.delete(first[0]);
  }

  find(user: string, id: string): RequestView | undefined {
    return this.#users.get(user)?.get(id);
  }

  /** All of one user's. */
  forget(user: string): void {
    this.#size -= this.#users.get(user)?.size ?? 0;
    this.#users.delete(user);
  }

  #forgetOldest(own: Map<string, RequestView>): void {
    const [oldest] = own.keys();
    if (oldest !== undefined && own.delete(oldest)) this.#size -= 1;
  }
}
