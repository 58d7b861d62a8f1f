import type { Profile } from '../profiles/profile.ts';
import type { PeopleStore } from '../store/people-contract.ts';
import { AppError } from '../shared/errors.ts';
import type { Logger } from '../telemetry/logger.ts';
import { type Held, Holder, type Opener } from './holder.ts';
import type { Settings } from './settings.ts';

type StoreSetting = Profile['knowledge']['store'];

/** The part of the store that is about people, as its holder keeps it. `close` leaves the store open. */
export interface OpenPeople extends Held<StoreSetting> {
  readonly store: PeopleStore;
  /** Everybody who has anything there. */
  users(): Promise<readonly string[]>;
}

export interface PeopleHolderOptions {
  readonly logger: Logger;
  /** Loads the code of all this. */
  readonly load: () => Promise<Opener<StoreSetting, OpenPeople>>;
}

/** Where accounts, conversations and feedback are kept. What is switched off is neither loaded nor opened. */
export class PeopleHolder {
  readonly #holder: Holder<StoreSetting, OpenPeople>;

  constructor({ logger, load }: PeopleHolderOptions) {
    this.#holder = new Holder({
      logger,
      load,
      placeOf: (store) => store,
      says: {
        open: 'the store of users, conversations and feedback is open',
        failed: 'users, conversations and feedback are not available; everything else goes on',
      },
    });
  }

  /** @throws AppError `knowledge_unavailable` while it opens or cannot be opened, `memory_off` where the profile has no use for it. */
  get(): PeopleStore {
    const { base, setup, failure } = this.#holder;
    if (base) return base.store;
    if (setup === undefined)
      throw new AppError(
        'memory_off',
        'This orchestrator keeps no memories, conversations or feedback, and has no accounts (memory, conversations, feedback, security.auth in the profile).',
      );
    const message = failure ?? 'The store of users, conversations and feedback is just being opened.';
    throw new AppError('knowledge_unavailable', message, { retryAfterSeconds: 2 });
  }

  /** Everybody who has anything in the store. @throws AppError as `get`. */
  async users(): Promise<readonly string[]> {
    this.get();
    return (await this.#holder.base?.users()) ?? [];
  }

  /** Undefined where `get` would throw. */
  peek(): PeopleStore | undefined {
    return this.#holder.base?.store;
  }

  /** Opens or closes, as the settings want it. What goes wrong is in the log, and in what `get` throws. */
  apply({ profile }: Settings): void {
    this.#holder.want(keepsPeople(profile) ? profile.knowledge.store : undefined);
  }

  /** Whatever is under way comes first. */
  close(): Promise<void> {
    return this.#holder.close();
  }
}

/** Whether a profile has a use for what is kept of people. */
export function keepsPeople({ memory, conversations, feedback, security }: Profile): boolean {
  return memory.enabled || conversations.enabled || feedback.enabled || security.auth === 'users';
}
