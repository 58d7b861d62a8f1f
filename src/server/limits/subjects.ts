/** What is known of one key, user or address. Times are monotonic milliseconds. */
export interface Subject {
  /** Requests to models that are under way. */
  active: number;
  /** When its bucket of requests is full again, and that of tokens. */
  requestsFullAtMs: number;
  tokensFullAtMs: number;
}

/** Some 150 bytes each. */
const MOST = 50_000;

/** Everybody whose limits are counted, bounded: who has nothing under way and full buckets is as good as never seen. */
export class Subjects {
  readonly #subjects = new Map<string, Subject>();
  readonly #most: number;

  constructor(most = MOST) {
    this.#most = most;
  }

  get size(): number {
    return this.#subjects.size;
  }

  of(key: string, nowMs: number): Subject {
    const known = this.#subjects.get(key);
    if (known) return known;
    if (this.#subjects.size >= this.#most) this.#makeRoom(nowMs);
    const subject = { active: 0, requestsFullAtMs: nowMs, tokensFullAtMs: nowMs };
    this.#subjects.set(key, subject);
    return subject;
  }

  /** First those of whom nothing has to be known; where that is too few, those who are nearest to it. */
  #makeRoom(nowMs: number): void {
    const fullAt = ({ requestsFullAtMs, tokensFullAtMs }: Subject) => Math.max(requestsFullAtMs, tokensFullAtMs);
    for (const [key, subject] of this.#subjects)
      if (subject.active === 0 && fullAt(subject) <= nowMs) this.#subjects.delete(key);
    const enough = Math.floor((this.#most * 3) / 4);
    if (this.#subjects.size <= enough) return;
    const idle = [...this.#subjects].filter(([, { active }]) => active === 0);
    idle.sort(([, one], [, other]) => fullAt(one) - fullAt(other));
    for (const [key] of idle.slice(0, this.#subjects.size - enough)) this.#subjects.delete(key);
  }
}
