import type { User } from '../../store/contract.ts';

/** One piece of work at a time for each user, in order of arrival: what looks before it writes is not overtaken. */
export class UserLocks {
  readonly #tails = new Map<User, Promise<unknown>>();

  async run<T>(user: User, work: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(user) ?? Promise.resolve();
    const result = before.then(work);
    const tail = result.catch(() => undefined);
    this.#tails.set(user, tail);
    try {
      return await result;
    } finally {
      if (this.#tails.get(user) === tail) this.#tails.delete(user);
    }
  }
}
