import { plainData } from '../../knowledge/plain-data.ts';
import type { PeopleStore, StoredConversation, Turn } from '../../store/people-contract.ts';

export interface RecorderOptions {
  readonly people: { peek(): PeopleStore | undefined };
  readonly onFailed: (request: string | null, error: unknown) => void;
}

const LONGEST_TITLE = 80;

/** Appends turns, those of one conversation in the order in which their answers ended. */
export class ConversationRecorder {
  readonly #options: RecorderOptions;
  readonly #tails = new Map<string, Promise<StoredConversation | undefined>>();

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  /**
   * In the background; `counts`: whether it is still to be done when its turn comes. Resolves with the conversation as it is then; never
   * rejects.
   */
  append(
    user: string,
    conversation: string,
    turns: readonly Omit<Turn, 'ord'>[],
    counts: () => boolean,
  ): Promise<StoredConversation | undefined> {
    const key = `${user}\n${conversation}`;
    const tail = (this.#tails.get(key) ?? Promise.resolve(undefined)).then(() =>
      counts() ? this.#write(user, conversation, turns) : undefined,
    );
    this.#tails.set(key, tail);
    return tail.finally(() => {
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    });
  }

  /** What is being written is waited for. */
  async close(): Promise<void> {
    await Promise.all(this.#tails.values());
  }

  async #write(user: string, conversation: string, turns: readonly Omit<Turn, 'ord'>[]) {
    const [first] = turns;
    if (!first) return undefined;
    try {
      const store = this.#options.people.peek();
      return await store?.conversations.append(user, conversation, turns, plainData(first.text, LONGEST_TITLE));
    } catch (error) {
      this.#options.onFailed(first.request, error);
      return undefined;
    }
  }
}
