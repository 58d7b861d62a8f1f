import type { User } from '../../store/contract.ts';

export interface AutoLearnOptions {
  /** `knowledge.web` of the profile, as it is now. */
  readonly settings: () => { readonly enabled: boolean; readonly autoLearn: boolean };
  /** Asks the sources and adds what they have. */
  readonly learn: (user: User, topic: string, signal: AbortSignal) => Promise<unknown>;
  /** Told why nothing came of it. */
  readonly onFailed: (error: unknown) => void;
  /** Milliseconds, monotonic. */
  readonly now?: (() => number) | undefined;
}

const BETWEEN_MS = 60_000;
/** The same question is not looked up again before this. */
const SAME_QUESTION_MS = 24 * 3_600_000;
const MOST_REMEMBERED = 1_000;
const MOST_RUNNING = 2;
const LONGEST_TOPIC = 300;

/**
 * Looks up what no document answered, in the background: the answer that is being given does not wait for it, the next one may profit.
 * One question a minute for each user, and each question once.
 */
export class AutoLearn {
  readonly #options: AutoLearnOptions;
  readonly #lastOf = new Map<User, number>();
  readonly #asked = new Map<string, number>();
  readonly #running = new Set<Promise<void>>();
  readonly #closing = new AbortController();
  readonly #now: () => number;

  constructor(options: AutoLearnOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** Called when nothing was found. True: it is being looked up. */
  nothingFound(user: User, question: string): boolean {
    const { enabled, autoLearn } = this.#options.settings();
    const topic = question.replaceAll(/\s+/g, ' ').trim();
    // A longer one is a text to work on: it is no topic, and whose it is it should stay.
    const isTopic = topic.length > 2 && topic.length <= LONGEST_TOPIC;
    if (!enabled || !autoLearn || !isTopic || this.#closing.signal.aborted || this.#running.size >= MOST_RUNNING)
      return false;
    const now = this.#now();
    const key = `${user}\0${topic.toLowerCase()}`;
    if (now - (this.#lastOf.get(user) ?? -Infinity) < BETWEEN_MS) return false;
    if (now - (this.#asked.get(key) ?? -Infinity) < SAME_QUESTION_MS) return false;
    remember(this.#lastOf, user, now);
    remember(this.#asked, key, now);
    const work: Promise<void> = this.#learn(user, topic).finally(() => this.#running.delete(work));
    this.#running.add(work);
    return true;
  }

  /** Ends what is being looked up. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#running);
  }

  /** Never rejects. */
  async #learn(user: User, topic: string): Promise<void> {
    const { learn, onFailed } = this.#options;
    try {
      await learn(user, topic, this.#closing.signal);
    } catch (error) {
      if (!this.#closing.signal.aborted) onFailed(error);
    }
  }
}

/** The oldest is forgotten first. */
function remember<Key>(times: Map<Key, number>, key: Key, now: number): void {
  times.delete(key);
  times.set(key, now);
  const [oldest] = times.keys();
  if (times.size > MOST_REMEMBERED && oldest !== undefined) times.delete(oldest);
}
