import type { KnowledgeBase, KnowledgeStatus } from '../knowledge/contract.ts';
import type { KnowledgeOpener, KnowledgeSetup, OpenKnowledge } from '../knowledge/setup.ts';
import { AppError } from '../shared/errors.ts';
import type { Logger } from '../telemetry/logger.ts';
import { helperOf } from './helper-expert.ts';
import { Holder } from './holder.ts';
import type { Settings } from './settings.ts';

export interface KnowledgeHolderOptions {
  readonly logger: Logger;
  /** Loads the code of all this. */
  readonly load: () => Promise<KnowledgeOpener>;
}

/** Where routes and inference find the documents. What is switched off is neither loaded nor opened. */
export class KnowledgeHolder {
  readonly #holder: Holder<KnowledgeSetup, OpenKnowledge>;

  constructor({ logger, load }: KnowledgeHolderOptions) {
    this.#holder = new Holder({
      logger,
      load,
      placeOf: ({ knowledge }) => knowledge.store,
      says: { open: 'the documents are open', failed: 'knowledge is not available; everything else goes on' },
    });
  }

  /** @throws AppError `knowledge_off` (says how to switch it on), `knowledge_unavailable` while it opens or cannot be opened. */
  get(): KnowledgeBase {
    const { base, setup, failure } = this.#holder;
    if (base) return base;
    if (!setup) {
      const message = 'This orchestrator keeps no documents. Write `knowledge: { enabled: true }` into the profile.';
      throw new AppError('knowledge_off', message);
    }
    const message = failure ?? 'The store of the documents is just being opened.';
    throw new AppError('knowledge_unavailable', message, { retryAfterSeconds: 2 });
  }

  /** Undefined where `get` would throw. */
  peek(): KnowledgeBase | undefined {
    return this.#holder.base;
  }

  status(): KnowledgeStatus {
    const { base, setup, failure } = this.#holder;
    if (base) return base.status();
    const kind = setup === undefined ? 'none' : setup.knowledge.store === 'embedded' ? 'embedded' : 'server';
    const state = !setup ? 'off' : failure === undefined ? 'opening' : 'degraded';
    const store = { kind, version: null } as const;
    return { state, reason: failure ?? null, store, queued: 0, embedding: null };
  }

  /** Opens, closes, or tells what is open, as the settings want it. What goes wrong is in the log, and in what `get` throws. */
  apply(settings: Settings): void {
    this.#holder.want(settings.profile.knowledge.enabled ? setupOf(settings) : undefined);
  }

  /** Whatever is under way comes first. */
  close(): Promise<void> {
    return this.#holder.close();
  }
}

function setupOf(settings: Settings): KnowledgeSetup {
  const { knowledge, directory, router } = settings.profile;
  return {
    knowledge,
    directory,
    primaryLanguages: router.primaryLanguages,
    embedding: helperOf(settings, knowledge.embedding, '/v1/embeddings'),
    rerank: helperOf(settings, knowledge.rerank?.expert, '/v1/rerank'),
  };
}
