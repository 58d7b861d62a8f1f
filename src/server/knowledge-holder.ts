import type { KnowledgeBase, KnowledgeStatus } from '../knowledge/contract.ts';
import type { HelperExpert, KnowledgeSetup, OpenKnowledge } from '../knowledge/setup.ts';
import type { Expert } from '../profiles/profile.ts';
import { AppError, messageOf } from '../shared/errors.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Settings } from './settings.ts';

export interface KnowledgeHolderOptions {
  readonly logger: Logger;
  /** Loads the code and opens the store. Called again after it was closed, or has failed. */
  readonly open: (setup: KnowledgeSetup) => Promise<OpenKnowledge>;
}

/** An opening that failed is tried again after so long, twice that, and so on. */
const FIRST_RETRY_MS = 2_000;
const LONGEST_RETRY_MS = 60_000;

/** Where routes and inference find the documents. What is switched off is neither loaded nor opened. */
export class KnowledgeHolder {
  readonly #options: KnowledgeHolderOptions;
  #setup: KnowledgeSetup | undefined;
  #base: OpenKnowledge | undefined;
  #failure: string | undefined;
  #tail: Promise<void> = Promise.resolve();
  #retry: NodeJS.Timeout | undefined;
  #retryMs = FIRST_RETRY_MS;

  constructor(options: KnowledgeHolderOptions) {
    this.#options = options;
  }

  /** @throws AppError `knowledge_off` (says how to switch it on), `knowledge_unavailable` while it opens or cannot be opened. */
  get(): KnowledgeBase {
    if (this.#base) return this.#base;
    if (!this.#setup) {
      const message = 'This orchestrator keeps no documents. Write `knowledge: { enabled: true }` into the profile.';
      throw new AppError('knowledge_off', message);
    }
    const message = this.#failure ?? 'The store of the documents is just being opened.';
    throw new AppError('knowledge_unavailable', message, { retryAfterSeconds: 2 });
  }

  /** Undefined where `get` would throw. */
  peek(): KnowledgeBase | undefined {
    return this.#base;
  }

  status(): KnowledgeStatus {
    if (this.#base) return this.#base.status();
    const kind =
      this.#setup === undefined ? 'none' : this.#setup.knowledge.store === 'embedded' ? 'embedded' : 'server';
    const state = !this.#setup ? 'off' : this.#failure === undefined ? 'opening' : 'degraded';
    const store = { kind, version: null };
    return { state, reason: this.#failure ?? null, store, queued: 0, embedding: null };
  }

  /** Opens, closes, or tells what is open, as the settings want it. What goes wrong is in the log, and in what `get` throws. */
  apply(settings: Settings): void {
    this.#setup = settings.profile.knowledge.enabled ? setupOf(settings) : undefined;
    this.#retryMs = FIRST_RETRY_MS;
    this.#turn();
  }

  /** Whatever is under way comes first. */
  async close(): Promise<void> {
    this.#setup = undefined;
    this.#turn();
    await this.#tail;
  }

  #turn(): void {
    clearTimeout(this.#retry);
    this.#tail = this.#tail.then(() => this.#follow());
  }

  async #follow(): Promise<void> {
    const { logger, open } = this.#options;
    const setup = this.#setup;
    const base = this.#base;
    try {
      if (!setup) {
        this.#base = undefined;
        this.#failure = undefined;
        await base?.close();
      } else if (base) base.reconfigure(setup);
      else {
        const startedAt = performance.now();
        this.#base = await open(setup);
        this.#failure = undefined;
        logger.info('the documents are open', { ms: Math.round(performance.now() - startedAt) });
      }
    } catch (error) {
      this.#failed(messageOf(error));
    }
  }

  #failed(reason: string): void {
    this.#options.logger.error('knowledge is not available; everything else goes on', { reason });
    if (!this.#setup || this.#base) return;
    this.#failure = reason;
    this.#retry = setTimeout(() => this.#turn(), this.#retryMs).unref();
    this.#retryMs = Math.min(LONGEST_RETRY_MS, this.#retryMs * 2);
  }
}

function setupOf({ profile, serving }: Settings): KnowledgeSetup {
  const { knowledge } = profile;
  const helper = (id: string | undefined, route: '/v1/embeddings' | '/v1/rerank'): HelperExpert | undefined => {
    const expert: Expert | undefined = profile.experts.find((other) => other.id === id);
    const served = expert && serving.find(expert, route);
    return expert && served && { expert, path: served.path, set: served.set };
  };
  return {
    knowledge,
    embedding: helper(knowledge.embedding, '/v1/embeddings'),
    rerank: helper(knowledge.rerank?.expert, '/v1/rerank'),
  };
}
