import type { Remembered } from '../router/route.ts';

/** About a megabyte. */
const MOST = 4_096;

/** Where conversations went, those of longest ago forgotten: all that the router remembers between requests. */
export class Recollection {
  readonly #known = new Map<string, Remembered>();

  readonly recall = (key: string): Remembered | undefined => {
    const found = this.#known.get(key);
    if (!found) return undefined;
    this.#known.delete(key);
    this.#known.set(key, found);
    return found;
  };

  remember(key: string, where: Remembered): void {
    this.#known.delete(key);
    this.#known.set(key, where);
    if (this.#known.size <= MOST) return;
    const [oldest] = this.#known.keys();
    if (oldest !== undefined) this.#known.delete(oldest);
  }
}
