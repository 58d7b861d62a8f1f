import { isDeepStrictEqual } from 'node:util';

import type { Fleet } from '../supervisor/fleet.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Embedders } from './embed/embedders.ts';
import type { ExpertEmbedder } from './embed/expert-embedder.ts';
import { ExpertReranker } from './search/expert-reranker.ts';
import type { KnowledgeSetup } from './setup.ts';

export interface HelpersOptions {
  readonly fleet: Fleet;
  readonly logger: Logger;
}

/** Who is asked for what knowledge cannot do by itself. A reload replaces only whom it changes. */
export class Helpers {
  readonly #options: HelpersOptions;
  readonly #embedders: Embedders;
  #setup: KnowledgeSetup | undefined;
  embedder: ExpertEmbedder | undefined;
  reranker: ExpertReranker | undefined;

  constructor(options: HelpersOptions, embedders: Embedders) {
    this.#options = options;
    this.#embedders = embedders;
  }

  /** True: the embedder is another one, or there is one no more. */
  use(setup: KnowledgeSetup): boolean {
    const before = this.#setup;
    this.#setup = setup;
    this.#useReranker(setup, before);
    const { embedding, knowledge, directory } = setup;
    const embedder = this.#embedders.of({ embedding, prefixes: knowledge.embeddingPrefixes, directory });
    if (before && embedder === this.embedder) return false;
    this.embedder = embedder;
    return true;
  }

  #useReranker(setup: KnowledgeSetup, before: KnowledgeSetup | undefined): void {
    const { rerank: helper, knowledge } = setup;
    const isSame =
      isDeepStrictEqual(helper, before?.rerank) && isDeepStrictEqual(knowledge.rerank, before?.knowledge.rerank);
    if (before && isSame) return;
    const { fleet, logger } = this.#options;
    const timeoutMs = knowledge.rerank?.timeout;
    this.reranker =
      helper && timeoutMs !== undefined ? new ExpertReranker({ fleet, helper, timeoutMs, logger }) : undefined;
  }
}
