import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

import type { Profile } from '../profiles/profile.ts';
import type { Paths } from '../shared/paths.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Store } from './contract.ts';
import { openStore } from './open-store.ts';
import { finishRewrite } from './rewrite.ts';
import type { ServerPlace } from './server.ts';

export interface StoreKeeperOptions {
  readonly logger: Logger;
  readonly paths: Pick<Paths, 'stateDir'>;
  readonly environment: NodeJS.ProcessEnv;
  /** Keeps it out of the logs. */
  readonly hideSecret: (secret: string) => void;
}

/** `knowledge.store` of a profile, whoever keeps something there. */
export type StoreSetting = Profile['knowledge']['store'];
type ServerSetting = Exclude<StoreSetting, 'embedded'>;

/** The store as one part of the program uses it: one at a time. */
export interface StoreUse {
  /**
   * Opens in the background, and recovers by itself; who asks for the same place gets the same store. What this part used before is let
   * go. @throws Error that names the variable that is not set.
   */
  open(setting: StoreSetting): Promise<Store>;
  /** This part needs none any more, until it opens one again. */
  close(): Promise<void>;
}

interface OpenServer {
  readonly place: ServerPlace;
  readonly store: Store;
  readonly users: Set<StoreUse>;
}

/**
 * The stores of this program, shared by all who keep something in them. The embedded one can be opened only once in a process and stays
 * open until the end; the connection to a server is closed when nobody uses it any more.
 */
export class StoreKeeper {
  readonly #options: StoreKeeperOptions;
  #embedded: Store | undefined;
  readonly #servers: OpenServer[] = [];

  constructor(options: StoreKeeperOptions) {
    this.#options = options;
  }

  /** For one more part of the program. */
  use(): StoreUse {
    const use: StoreUse = {
      open: async (setting) => {
        const place = setting === 'embedded' ? undefined : this.#placeOf(setting);
        await this.#release(use, place);
        return place === undefined ? this.#openEmbedded() : this.#openServer(use, place);
      },
      close: () => this.#release(use),
    };
    return use;
  }

  /** For good: after all who use them. */
  async close(): Promise<void> {
    const servers = this.#servers.splice(0);
    await Promise.all([this.#embedded?.close(), ...servers.map(({ store }) => store.close())]);
  }

  #openEmbedded(): Store {
    const { logger, paths } = this.#options;
    const directory = join(paths.stateDir, 'knowledge', 'store');
    if (this.#embedded === undefined) finishRewrite(directory);
    return (this.#embedded ??= openStore({ place: { kind: 'embedded', directory }, logger }));
  }

  #openServer(use: StoreUse, place: ServerPlace): Store {
    const { logger } = this.#options;
    let server = this.#servers.find((each) => isDeepStrictEqual(each.place, place));
    if (server === undefined) {
      server = { place, store: openStore({ place, logger }), users: new Set() };
      this.#servers.push(server);
    }
    server.users.add(use);
    return server.store;
  }

  /** `wanted` stays open: it is asked for again in this moment. */
  async #release(use: StoreUse, wanted?: ServerPlace): Promise<void> {
    const server = this.#servers.find(({ users }) => users.has(use));
    if (server === undefined || isDeepStrictEqual(server.place, wanted)) return;
    server.users.delete(use);
    if (server.users.size > 0) return;
    this.#servers.splice(this.#servers.indexOf(server), 1);
    await server.store.close();
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
