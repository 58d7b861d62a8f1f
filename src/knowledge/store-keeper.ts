import { join } from 'node:path';

import type { Store } from '../store/contract.ts';
import { openStore } from '../store/open-store.ts';
import type { Paths } from '../shared/paths.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { KnowledgeSetup } from './setup.ts';

export interface StoreKeeperOptions {
  readonly logger: Logger;
  readonly paths: Paths;
  readonly environment: NodeJS.ProcessEnv;
}

/** Opens stores, and keeps the embedded one for when it is wanted again: it can be opened only once in a process. */
export class StoreKeeper {
  readonly #options: StoreKeeperOptions;
  #embedded: Store | undefined;

  constructor(options: StoreKeeperOptions) {
    this.#options = options;
  }

  /** Opens in the background, and recovers by itself. */
  open(_setting: KnowledgeSetup['knowledge']['store']): Store {
    const { logger, paths } = this.#options;
    const directory = join(paths.stateDir, 'knowledge', 'store');
    return (this.#embedded ??= openStore({ place: { kind: 'embedded', directory }, logger }));
  }

  async close(): Promise<void> {
    await this.#embedded?.close();
  }
}
