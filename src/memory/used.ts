import type { User } from '../store/contract.ts';

/** So long what was used is gathered: a conversation uses the same ones with every turn. */
const GATHERED_MS = 5_000;

/** Which memories were part of a prompt, gathered so that not every request writes. */
export class Used {
  readonly #write: (user: User, uses: ReadonlyMap<string, number>) => Promise<void>;
  #gathered = new Map<User, Map<string, number>>();
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  /** @param write Never rejects. */
  constructor(write: (user: User, uses: ReadonlyMap<string, number>) => Promise<void>) {
    this.#write = write;
  }

  add(user: User, ids: readonly string[]): void {
    if (ids.length === 0) return;
    const uses = this.#gathered.get(user) ?? new Map<string, number>();
    for (const id of ids) uses.set(id, (uses.get(id) ?? 0) + 1);
    this.#gathered.set(user, uses);
    this.#timer ??= setTimeout(() => void this.flush(), GATHERED_MS).unref();
  }

  /** Writes what has been gathered. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const gathered = this.#gathered;
    this.#gathered = new Map();
    this.#writing = this.#writing.then(async () => {
      for (const [user, uses] of gathered) await this.#write(user, uses);
    });
    return this.#writing;
  }
}
