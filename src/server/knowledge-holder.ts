import { isDeepStrictEqual } from 'node:util';

import type { KnowledgeBase, KnowledgeStatus } from '../knowledge/contract.ts';
import type { HelperExpert, KnowledgeOpener, KnowledgeSetup, OpenKnowledge } from '../knowledge/setup.ts';
import type { Expert } from '../profiles/profile.ts';
import { AppError, messageOf } from '../shared/errors.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Settings } from './settings.ts';

export interface KnowledgeHolderOptions {
  readonly logger: Logger;
  /** Loads the code of all this. */
  readonly load: () => Promise<KnowledgeOpener>;
}

/** An opening that failed is tried again after so long, twice that, and so on. */
const FIRST_RETRY_MS = 2_000;
const LONGEST_RETRY_MS = 60_000;

/** Where routes and inference find the documents. What is switched off is neither loaded nor opened. */
export class KnowledgeHolder {
  readonly #options: KnowledgeHolderOptions;
  #setup: KnowledgeSetup | undefined;
  #opener: KnowledgeOpener | undefined;
  #base: OpenKnowledge | undefined;
  /** What `#base` was opened with. */
  #store: KnowledgeSetup['knowledge']['store'] | undefined;
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
    await this.#opener?.close();
  }

  #turn(): void {
    clearTimeout(this.#retry);
    this.#tail = this.#tail.then(() => this.#follow());
  }

  async #follow(): Promise<void> {
    const setup = this.#setup;
    const isOther = setup !== undefined && !isDeepStrictEqual(setup.knowledge.store, this.#store);
    try {
      if (this.#base && (!setup || isOther)) await this.#closeBase();
      if (!setup) this.#failure = undefined;
      else if (this.#base) this.#base.reconfigure(setup);
      else await this.#openBase(setup);
    } catch (error) {
      this.#failed(messageOf(error));
    }
  }

  async #openBase(setup: KnowledgeSetup): Promise<void> {
    const { logger, load } = this.#options;
    const startedAt = performance.now();
    this.#opener ??= await load();
    this.#base = await this.#opener.open(setup);
    this.#store = setup.knowledge.store;
    this.#failure = undefined;
    logger.info('the documents are open', { ms: Math.round(performance.now() - startedAt) });
  }

  async #closeBase(): Promise<void> {
    const base = this.#base;
    this.#base = undefined;
    await base?.close();
  }

  #failed(reason: string): void {
    // What is tried again and again is told once.
    if (reason !== this.#failure)
      this.#options.logger.error('knowledge is not available; everything else goes on', { reason });
    if (!this.#setup || this.#base) return;
    this.#failure = reason;
    this.#retry = setTimeout(() => this.#turn(), this.#retryMs).unref();
    this.#retryMs = Math.min(LONGEST_RETRY_MS, this.#retryMs * 2);
  }
}

function setupOf({ profile, serving }: Settings): KnowledgeSetup {
  const { knowledge, directory, router } = profile;
  const helper = (id: string | undefined, route: '/v1/embeddings' | '/v1/rerank'): HelperExpert | undefined => {
    const expert: Expert | undefined = profile.experts.find((other) => other.id === id);
    const served = expert && serving.find(expert, route);
    return expert && served && { expert, path: served.path, set: served.set };
  };
  return {
    knowledge,
    directory,
    primaryLanguages: router.primaryLanguages,
    embedding: helper(knowledge.embedding, '/v1/embeddings'),
    rerank: helper(knowledge.rerank?.expert, '/v1/rerank'),
  };
}
