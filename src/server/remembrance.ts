import type { MemoryOpener } from '../memory/setup.ts';
import type { Logger } from '../telemetry/logger.ts';
import { ConversationSweep } from './conversation-sweep.ts';
import { MemoryHolder } from './memory-holder.ts';
import type { PeopleHolder } from './people-holder.ts';
import { RateableBook } from './reminding/rateable-book.ts';
import type { Reminding } from './reminding/reminding.ts';
import type { RequestBook } from './request-book.ts';
import type { Settings } from './settings.ts';

export interface RemembranceOptions {
  readonly logger: Logger;
  readonly requests: Pick<RequestBook, 'forget'>;
  readonly people: Pick<PeopleHolder, 'peek'>;
  /** Loads the code of memory. */
  readonly loadMemory: () => Promise<MemoryOpener>;
}

/** Memory, conversations and ratings: nothing of them is loaded where a profile keeps none. */
export class Remembrance {
  readonly memory: MemoryHolder;
  readonly rateable = new RateableBook();
  readonly #options: RemembranceOptions;
  readonly #sweep: ConversationSweep;
  #reminding: Promise<Reminding> | undefined;

  constructor(options: RemembranceOptions) {
    this.#options = options;
    const { logger, people, loadMemory } = options;
    this.memory = new MemoryHolder({ logger, load: loadMemory });
    this.#sweep = new ConversationSweep({ people, logger });
  }

  /** What happens before and after answers; loaded by the first request that has to do with it. */
  readonly reminding = (): Promise<Reminding> =>
    (this.#reminding ??= import('./reminding/reminding.ts').then(
      (module) =>
        new module.Reminding({
          memory: this.memory,
          people: this.#options.people,
          rateable: this.rateable,
          logger: this.#options.logger,
        }),
    ));

  /** As the profile wants it, in the background. */
  apply(settings: Settings): void {
    const { conversations } = settings.profile;
    this.memory.apply(settings);
    this.#sweep.apply(conversations.enabled ? conversations.keep : undefined);
  }

  /**
   * A user is being erased: what this process holds of them goes, and what is under way for them leaves nothing behind. The store is
   * asked by the caller, afterwards. Resolves with how many memories there were.
   */
  async erase(user: string): Promise<number> {
    this.rateable.erase(user);
    this.#options.requests.forget(user);
    (await this.#reminding)?.erase(user);
    return (await this.memory.peek()?.clear(user)) ?? 0;
  }

  /** What is being written is waited for. */
  async close(): Promise<void> {
    this.#sweep.close();
    await (await this.#reminding)?.close();
    await this.memory.close();
  }
}
