import { join } from 'node:path';

import type { Paths } from '../../shared/paths.ts';
import type { Fleet } from '../../supervisor/fleet.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { HelperExpert } from '../setup.ts';
import { Dimensions } from './dimensions.ts';
import { ExpertEmbedder } from './expert-embedder.ts';
import { identityOf } from './model-identity.ts';

export interface EmbeddersOptions {
  readonly fleet: Fleet;
  readonly logger: Logger;
  readonly paths: Paths;
}

/** What of a profile decides who embeds, and how. */
export interface EmbeddingSetup {
  readonly embedding: HelperExpert | undefined;
  readonly prefixes: Parameters<typeof identityOf>[2];
  /** Folder of the profile. */
  readonly directory: string;
}

/** Before and after a reload, of documents and of memories. */
const MOST = 4;

/** One embedder for all who ask the same expert for the same: with it they share the vectors of questions, and what is known of the model. */
export class Embedders {
  readonly #fleet: Fleet;
  readonly #dimensions: Dimensions;
  readonly #made = new Map<string, ExpertEmbedder>();

  constructor({ fleet, logger, paths }: EmbeddersOptions) {
    this.#fleet = fleet;
    this.#dimensions = new Dimensions(join(paths.stateDir, 'knowledge', 'dimensions.json'), logger);
  }

  /** The same as before, where nothing of it has changed. */
  of({ embedding, prefixes, directory }: EmbeddingSetup): ExpertEmbedder | undefined {
    if (!embedding) return undefined;
    const identity = identityOf(embedding.expert, directory, prefixes);
    const key = JSON.stringify([identity, embedding.expert.id, embedding.path, embedding.set]);
    const embedder =
      this.#made.get(key) ??
      new ExpertEmbedder({ fleet: this.#fleet, helper: embedding, identity, dimensions: this.#dimensions });
    this.#made.delete(key);
    this.#made.set(key, embedder);
    for (const [oldest] of this.#made) if (this.#made.size > MOST) this.#made.delete(oldest);
    return embedder;
  }
}
