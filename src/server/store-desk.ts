import type { Store } from '../store/contract.ts';
import type { StoreKeeper } from '../store/store-keeper.ts';
import { AppError } from '../shared/errors.ts';
import { keepsPeople } from './people-holder.ts';
import type { Settings } from './settings.ts';

export interface StoreDeskOptions {
  readonly settings: () => Settings;
  /** Loads the code of all this. */
  readonly stores: () => Promise<Pick<StoreKeeper, 'use'>>;
  /** Told that records have come from elsewhere: whoever holds some of them in memory looks anew. */
  readonly onRestored: () => Promise<void>;
}

/** The store of the profile as an administrator copies it, whoever keeps something in it. */
export class StoreDesk {
  readonly #options: StoreDeskOptions;

  constructor(options: StoreDeskOptions) {
    this.#options = options;
  }

  /** @throws AppError `knowledge_off` where the profile keeps nothing, `knowledge_unavailable`. */
  async with<T>(work: (store: Store) => Promise<T>): Promise<T> {
    const { store, close } = await this.#open();
    try {
      return await work(store);
    } finally {
      await close();
    }
  }

  async *backup(user: string | undefined): AsyncGenerator<string> {
    const { store, close } = await this.#open();
    try {
      yield* store.backup(user);
    } finally {
      await close();
    }
  }

  async restore(lines: AsyncIterable<string>): ReturnType<Store['restore']> {
    try {
      return await this.with((store) => store.restore(lines));
    } finally {
      // Also of a backup that was cut off, something may have come.
      await this.#options.onRestored();
    }
  }

  async #open(): Promise<{ store: Store; close: () => Promise<void> }> {
    const { profile } = this.#options.settings();
    if (!profile.knowledge.enabled && !keepsPeople(profile)) {
      throw new AppError(
        'knowledge_off',
        'This orchestrator keeps nothing: knowledge, memory, conversations and feedback are off in the profile, and nobody has an account.',
      );
    }
    const use = (await this.#options.stores()).use();
    return { store: await use.open(profile.knowledge.store), close: () => use.close() };
  }
}
