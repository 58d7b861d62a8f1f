export interface UserBookOptions<T> {
  /** Of everybody together, and of one; in what `weightOf` counts. */
  readonly most: number;
  readonly mostOfOne: number;
  /** Default: 1 for each. */
  readonly weightOf?: (value: T) => number;
}

/** What is kept of each user's last doings, bounded: found by nobody else, and nobody's push out everybody else's. */
export class UserBook<T> {
  readonly #options: UserBookOptions<T>;
  readonly #users = new Map<string, { readonly entries: Map<string, T>; weight: number }>();
  #weight = 0;

  constructor(options: UserBookOptions<T>) {
    this.#options = options;
  }

  put(user: string, id: string, value: T): void {
    const own = this.#users.get(user) ?? { entries: new Map<string, T>(), weight: 0 };
    // Who was here last stands last: whose entries are of longest ago is let go first.
    this.#users.delete(user);
    this.#users.set(user, own);
    this.#remove(user, id);
    own.entries.set(id, value);
    this.#count(own, this.#weightOf(value));
    while (own.weight > this.#options.mostOfOne) this.#forgetOldest(user);
    while (this.#weight > this.#options.most) {
      const [first] = this.#users.keys();
      if (first === undefined) break;
      this.#forgetOldest(first);
    }
  }

  find(user: string, id: string): T | undefined {
    return this.#users.get(user)?.entries.get(id);
  }

  /** All of one user. */
  erase(user: string): void {
    const own = this.#users.get(user);
    if (!own) return;
    this.#weight -= own.weight;
    this.#users.delete(user);
  }

  #forgetOldest(user: string): void {
    const own = this.#users.get(user);
    const [oldest] = own?.entries.keys() ?? [];
    if (oldest !== undefined) this.#remove(user, oldest);
    if (own?.entries.size === 0) this.#users.delete(user);
  }

  #remove(user: string, id: string): void {
    const own = this.#users.get(user);
    const value = own?.entries.get(id);
    if (!own || value === undefined) return;
    own.entries.delete(id);
    this.#count(own, -this.#weightOf(value));
  }

  #count(own: { weight: number }, weight: number): void {
    own.weight += weight;
    this.#weight += weight;
  }

  #weightOf(value: T): number {
    return this.#options.weightOf?.(value) ?? 1;
  }
}
