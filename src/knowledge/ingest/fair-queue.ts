import type { User } from '../../store/contract.ts';

export interface Queued {
  readonly user: User;
  readonly id: string;
}

/** Documents that wait to be read. Users take turns, so that nobody waits behind the whole corpus of another. */
export class FairQueue {
  /** Users in the order of their turns. */
  readonly #lines = new Map<User, Set<string>>();

  get length(): number {
    let length = 0;
    for (const line of this.#lines.values()) length += line.size;
    return length;
  }

  /** Behind what this user has waiting already; once. */
  push({ user, id }: Queued): void {
    const line = this.#lines.get(user) ?? new Set();
    line.add(id);
    this.#lines.set(user, line);
  }

  /** Whose turn it is, those last of whom something is being read. */
  shift(busy: ReadonlySet<User>): Queued | undefined {
    const users = [...this.#lines.keys()];
    const user = users.find((other) => !busy.has(other)) ?? users[0];
    if (user === undefined) return undefined;
    const line = this.#lines.get(user) ?? new Set();
    const [id] = line;
    this.#lines.delete(user);
    if (id === undefined) return undefined;
    line.delete(id);
    if (line.size > 0) this.#lines.set(user, line);
    return { user, id };
  }

  remove({ user, id }: Queued): void {
    const line = this.#lines.get(user);
    line?.delete(id);
    if (line?.size === 0) this.#lines.delete(user);
  }
}
