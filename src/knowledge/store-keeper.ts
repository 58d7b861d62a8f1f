import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

import type { Store } from '../store/contract.ts';
import { openStore } from '../store/open-store.ts';
import type { ServerPlace } from '../store/server.ts';
import type { Paths } from '../shared/paths.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { KnowledgeSetup } from './setup.ts';

export interface StoreKeeperOptions {
  readonly logger: Logger;
  readonly paths: Paths;
  readonly environment: NodeJS.ProcessEnv;
  /** Keeps it out of the logs. */
  readonly hideSecret: (secret: string) => void;
}

type StoreSetting = KnowledgeSetup['knowledge']['store'];
type ServerSetting = Exclude<StoreSetting, 'embedded'>;

/** Opens stores, and keeps the embedded one for when it is wanted again: it can be opened only once in a process. */
export class StoreKeeper {
  readonly #options: StoreKeeperOptions;
  #embedded: Store | undefined;
  #server: { readonly place: ServerPlace; readonly store: Store } | undefined;

  constructor(options: StoreKeeperOptions) {
    this.#options = options;
  }

  /** Opens in the background, and recovers by itself. @throws Error that names the variable that is not set. */
  async open(setting: StoreSetting): Promise<Store> {
    const { logger, paths } = this.#options;
    if (setting === 'embedded') {
      await this.#closeServer();
      const directory = join(paths.stateDir, 'knowledge', 'store');
      return (this.#embedded ??= openStore({ place: { kind: 'embedded', directory }, logger }));
    }
    const place = this.#placeOf(setting);
    if (this.#server && !isDeepStrictEqual(this.#server.place, place)) await this.#closeServer();
    this.#server ??= { place, store: openStore({ place, logger }) };
    return this.#server.store;
  }

  async close(): Promise<void> {
    await Promise.all([this.#embedded?.close(), this.#closeServer()]);
  }

  async #closeServer(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    await server?.store.close();
  }

  #placeOf({ url, namespace, database, userEnv, passwordEnv }: ServerSetting): ServerPlace {
    const username = this.#variable(userEnv);
    const password = this.#variable(passwordEnv);
    this.#options.hideSecret(password);
    return { kind: 'server', url, namespace, database, username, password };
  }

  #variable(name: string): string {
    const value = this.#options.environment[name];
    if (value === undefined || value === '')
      throw new Error(`The environment variable ${name}, which knowledge.store names, is not set. Set it and restart.`);
    return value;
  }
}
