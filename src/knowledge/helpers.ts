import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

import type { Paths } from '../shared/paths.ts';
import type { Fleet } from '../supervisor/fleet.ts';
import type { Logger } from '../telemetry/logger.ts';
import { Dimensions } from './embed/dimensions.ts';
import { ExpertEmbedder } from './embed/expert-embedder.ts';
import { identityOf, type ModelIdentity } from './embed/model-identity.ts';
import { ExpertReranker } from './search/expert-reranker.ts';
import type { KnowledgeSetup } from './setup.ts';

export interface HelpersOptions {
  readonly fleet: Fleet;
  readonly logger: Logger;
  readonly paths: Paths;
}

/** Who is asked for what knowledge cannot do by itself. A reload replaces only whom it changes. */
export class Helpers {
  readonly #options: HelpersOptions;
  readonly #dimensions: Dimensions;
  #setup: KnowledgeSetup | undefined;
  #identity: ModelIdentity | undefined;
  embedder: ExpertEmbedder | undefined;
  reranker: ExpertReranker | undefined;

  constructor(options: HelpersOptions, folder: string) {
    this.#options = options;
    this.#dimensions = new Dimensions(join(folder, 'dimensions.json'), options.logger);
  }

  /** True: the embedder is another one, or there is one no more. */
  use(setup: KnowledgeSetup): boolean {
    const before = this.#setup;
    this.#setup = setup;
    this.#useReranker(setup, before);
    const { embedding, knowledge, directory } = setup;
    const identity = embedding && identityOf(embedding.expert, directory, knowledge.embeddingPrefixes);
    const isSame =
      before !== undefined &&
      isDeepStrictEqual(identity, this.#identity) &&
      isDeepStrictEqual(asked(embedding), asked(before.embedding));
    if (isSame) return false;
    this.#identity = identity;
    const { fleet } = this.#options;
    this.embedder =
      embedding && identity && new ExpertEmbedder({ fleet, helper: embedding, identity, dimensions: this.#dimensions });
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

function asked(helper: KnowledgeSetup['embedding']): unknown {
  return helper && [helper.expert.id, helper.path, helper.set];
}
