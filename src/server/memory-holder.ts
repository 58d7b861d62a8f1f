import type { MemoryBase, MemoryStatus } from '../memory/contract.ts';
import type { MemoryOpener, MemorySetup, OpenMemory } from '../memory/setup.ts';
import { AppError } from '../shared/errors.ts';
import type { Logger } from '../telemetry/logger.ts';
import { helperOf } from './helper-expert.ts';
import { Holder } from './holder.ts';
import type { Settings } from './settings.ts';

export interface MemoryHolderOptions {
  readonly logger: Logger;
  /** Loads the code of all this. */
  readonly load: () => Promise<MemoryOpener>;
}

/** Where routes and inference find what is remembered. What is switched off is neither loaded nor opened. */
export class MemoryHolder {
  readonly #holder: Holder<MemorySetup, OpenMemory>;

  constructor({ logger, load }: MemoryHolderOptions) {
    this.#holder = new Holder({
      logger,
      load,
      placeOf: ({ store }) => store,
      says: { open: 'the memory is open', failed: 'memory is not available; everything else goes on' },
    });
  }

  /** @throws AppError `memory_off` (says how to switch it on), `knowledge_unavailable` while it opens or cannot be opened. */
  get(): MemoryBase {
    const { base, setup, failure } = this.#holder;
    if (base) return base;
    if (!setup) {
      const message =
        'This orchestrator remembers nothing of its users. Write `memory: { enabled: true }` into the profile.';
      throw new AppError('memory_off', message);
    }
    const message = failure ?? 'The store of the memories is just being opened.';
    throw new AppError('knowledge_unavailable', message, { retryAfterSeconds: 2 });
  }

  /** Undefined where `get` would throw. */
  peek(): OpenMemory | undefined {
    return this.#holder.base;
  }

  status(): MemoryStatus {
    const { base, setup, failure } = this.#holder;
    if (base) return base.status();
    const state = !setup ? 'off' : failure === undefined ? 'opening' : 'degraded';
    return { state, reason: failure ?? null, queued: 0, embedding: null };
  }

  /** Opens, closes, or tells what is open, as the settings want it. What goes wrong is in the log, and in what `get` throws. */
  apply(settings: Settings): void {
    this.#holder.want(settings.profile.memory.enabled ? setupOf(settings) : undefined);
  }

  /** Records have come into the store from elsewhere: they are found like the others. */
  renew(): void {
    this.#holder.renew();
  }

  /** Whatever is under way comes first. */
  close(): Promise<void> {
    return this.#holder.close();
  }
}

function setupOf(settings: Settings): MemorySetup {
  const { memory, conversations, knowledge, directory, router } = settings.profile;
  return {
    memory,
    conversations,
    store: knowledge.store,
    embedding: helperOf(settings, knowledge.embedding, '/v1/embeddings'),
    embeddingPrefixes: knowledge.embeddingPrefixes,
    expert: helperOf(settings, memory.expert?.id, '/v1/chat/completions'),
    directory,
    primaryLanguages: router.primaryLanguages,
  };
}
