import type { Embedders } from '../knowledge/embed/embedders.ts';
import type { Paths } from '../shared/paths.ts';
import type { StoreKeeper } from '../store/store-keeper.ts';
import type { Fleet } from '../supervisor/fleet.ts';
import type { KeptCaches } from '../supervisor/kept-caches.ts';
import type { EventBus } from '../telemetry/events.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { AppError } from '../shared/errors.ts';
import type { Identity } from './identity/contract.ts';
import { eraseKept, eraseUser } from './identity/erase-user.ts';
import { IdentityHolder } from './identity/identity-holder.ts';
import { KnowledgeHolder } from './knowledge-holder.ts';
import { PeopleHolder } from './people-holder.ts';
import { Remembrance } from './remembrance.ts';
import type { RequestBook } from './request-book.ts';
import type { Settings } from './settings.ts';
import { StoreDesk } from './store-desk.ts';
import type { UsageBook } from './usage/usage-book.ts';

export interface KeptPartsOptions {
  readonly fleet: Fleet;
  readonly logger: Logger;
  readonly bus: EventBus;
  readonly metrics: Metrics;
  readonly paths: Paths;
  readonly environment: NodeJS.ProcessEnv;
  readonly requests: RequestBook;
  readonly caches: KeptCaches;
  /** Those in force. */
  readonly settings: () => Settings;
  readonly usage: () => UsageBook | undefined;
  /** Keeps it out of the logs. */
  readonly hideSecret: (secret: string) => void;
  readonly onRevoked: () => void;
  /** Those under way, of whom it is said. */
  readonly endRequests: (matches: (identity: Identity) => boolean, error: AppError) => void;
}

/**
 * Joins what rests on the store: documents, memories, conversations, judgements, accounts. Each is opened in the background when the
 * settings want it, and what they do not want is not even read from the disk.
 */
export function joinKeptParts(options: KeptPartsOptions) {
  const { fleet, logger, bus, metrics, paths, environment, requests, caches, settings, hideSecret } = options;
  let storeKeeper: Promise<StoreKeeper> | undefined;
  const stores = () =>
    (storeKeeper ??= import('../store/store-keeper.ts').then(
      (module) => new module.StoreKeeper({ logger, paths, environment, hideSecret }),
    ));
  let embedders: Promise<Embedders> | undefined;
  /** Of documents and memories: the same question is embedded once. */
  const sharedEmbedders = () =>
    (embedders ??= import('../knowledge/embed/embedders.ts').then(
      (module) => new module.Embedders({ fleet, logger, paths }),
    ));
  const knowledge = new KnowledgeHolder({
    logger,
    load: async () => {
      const { createKnowledgeOpener } = await import('../knowledge/open-knowledge.ts');
      const house = { fleet, logger, bus, metrics: metrics.knowledge, paths, embedders: await sharedEmbedders() };
      return createKnowledgeOpener(house, (await stores()).use());
    },
  });
  const people = new PeopleHolder({
    logger,
    load: async () => {
      const use = (await stores()).use();
      return {
        open: async (setting) => {
          const store = await use.open(setting);
          return {
            store: store.people,
            users: () => store.users(),
            reconfigure: () => undefined,
            close: () => use.close(),
          };
        },
        close: () => use.close(),
      };
    },
  });
  const remembrance = new Remembrance({
    logger,
    requests,
    people,
    loadMemory: async () => {
      const { createMemoryOpener } = await import('../memory/open-memory.ts');
      const house = { fleet, logger, bus, metrics: metrics.memory, embedders: await sharedEmbedders() };
      return createMemoryOpener(house, (await stores()).use());
    },
  });
  const places = () => ({ people, knowledge, remembrance, caches, usage: options.usage() });
  const identities = new IdentityHolder({
    logger,
    load: async () => {
      const { createIdentityOpener } = await import('./identity/open-identities.ts');
      return createIdentityOpener({
        logger,
        paths,
        store: () => people.get(),
        isShared: () => settings().profile.knowledge.store !== 'embedded',
        erase: (user) => eraseUser(places(), user),
        onRevoked: options.onRevoked,
        hideSecret,
      });
    },
  });
  const storeDesk = new StoreDesk({
    settings,
    stores,
    onRestored: async () => {
      remembrance.memory.renew();
      await Promise.all([knowledge.peek()?.renew(), identities.peek()?.book.reread()]);
    },
  });
  return {
    knowledge,
    people,
    remembrance,
    identities,
    storeDesk,
    /** Of somebody without an account; undefined: nothing was kept. */
    eraseKept: (user: string) => eraseKept(places(), user, options.endRequests),
    /** Opens, closes, or tells what is open, in the background, as the settings in force want it. */
    follow: (): void => {
      const wanted = settings();
      knowledge.apply(wanted);
      people.apply(wanted);
      identities.apply(wanted);
      remembrance.apply(wanted);
    },
    close: async (): Promise<void> => {
      await Promise.all([knowledge.close(), identities.close(), remembrance.close()]);
      await people.close();
      await (await storeKeeper)?.close();
    },
  };
}
