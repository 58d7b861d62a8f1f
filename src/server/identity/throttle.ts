import { runningNow } from '../../shared/clock.ts';

const MOST_KEYS = 10_000;

interface Bucket {
  left: number;
  atMs: number;
}

/** So many attempts for each key; what is used up comes back evenly. */
export class Throttle {
  readonly #most: number;
  readonly #perMs: number;
  readonly #buckets = new Map<string, Bucket>();

  /** `most` attempts at once, and as many again in each `windowMs`. */
  constructor(most: number, windowMs: number) {
    this.#most = most;
    this.#perMs = most / windowMs;
  }

  /** Takes one attempt; answers the seconds to wait where none is left. */
  take(key: string): number | undefined {
    const bucket = this.#bucket(key);
    if (bucket.left < 1) return Math.ceil((1 - bucket.left) / this.#perMs / 1_000);
    bucket.left -= 1;
    return undefined;
  }

  /** It was none after all. */
  giveBack(key: string): void {
    const bucket = this.#bucket(key);
    bucket.left = Math.min(this.#most, bucket.left + 1);
  }

  #bucket(key: string): Bucket {
    const now = runningNow();
    const known = this.#buckets.get(key);
    // Whoever was here last stands last: who has been quiet longest is forgotten first.
    this.#buckets.delete(key);
    const left = known ? Math.min(this.#most, known.left + (now - known.atMs) * this.#perMs) : this.#most;
    const bucket = { left, atMs: now };
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > MOST_KEYS) {
      const [oldest] = this.#buckets.keys();
      if (oldest !== undefined) this.#buckets.delete(oldest);
    }
    return bucket;
  }
}
