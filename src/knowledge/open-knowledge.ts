import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Store, StoredDocument, User } from '../store/contract.ts';
import type { StoreUse } from '../store/store-keeper.ts';
import { messageOf } from '../shared/errors.ts';
import type { Paths } from '../shared/paths.ts';
import type { ExpertProcess } from '../supervisor/expert-process.ts';
import type { Fleet } from '../supervisor/fleet.ts';
import type { DocumentEventState, EventBus } from '../telemetry/events.ts';
import type { KnowledgeMetrics } from '../telemetry/knowledge-metrics.ts';
import type { Logger } from '../telemetry/logger.ts';
import { Backlog } from './embed/backlog.ts';
import { Embedders } from './embed/embedders.ts';
import { Extractor } from './extract/extractor.ts';
import { Finder } from './find.ts';
import { Helpers } from './helpers.ts';
import { Ingestion, type ReadDocument } from './ingest/ingestion.ts';
import { Intake } from './ingest/intake.ts';
import { Spool } from './ingest/spool.ts';
import { UserLocks } from './ingest/user-locks.ts';
import { StoredKnowledge } from './knowledge-base.ts';
import { documentsSource, factsOf } from './search/fill.ts';
import { SearchIndex } from './search/search-index.ts';
import type { KnowledgeOpener, KnowledgeSetup, OpenKnowledge } from './setup.ts';
import { Tally } from './tally.ts';
import { openWeb } from './web/open-web.ts';
import type { Net } from './web/pinned-agent.ts';

/** What knowledge needs of the house. */
export interface KnowledgeHouse {
  readonly fleet: Fleet;
  readonly logger: Logger;
  readonly bus: EventBus;
  readonly metrics: KnowledgeMetrics;
  readonly paths: Paths;
  /** Shared with memory; default: its own. */
  readonly embedders?: Embedders | undefined;
  /** The net itself, but in tests. */
  readonly net?: Net | undefined;
}

export function createKnowledgeOpener(house: KnowledgeHouse, stores: StoreUse): KnowledgeOpener {
  return {
    open: async (setup) => {
      const store = await stores.open(setup.knowledge.store);
      // Nothing is built on one that is away.
      const users = await store.users();
      return joinParts(house, setup, { store, users, onClosed: () => stores.close() });
    },
    close: () => stores.close(),
  };
}

/** Builds what works on a store, and has it go on where the last process has left it. */
export async function joinParts(
  house: KnowledgeHouse,
  first: KnowledgeSetup,
  {
    store,
    users,
    onClosed,
  }: { readonly store: Store; readonly users: readonly User[]; readonly onClosed?: () => Promise<void> },
): Promise<OpenKnowledge> {
  const { fleet, logger, metrics } = house;
  const folder = join(house.paths.stateDir, 'knowledge');
  let setup = first;
  const locks = new UserLocks();
  const spool = new Spool(join(folder, 'spool'));
  await spool.open();
  const extractor = new Extractor({ folder: join(folder, 'reading') });
  const helpers = new Helpers(house, house.embedders ?? new Embedders(house));
  const web = openWeb({
    folder: join(folder, 'web'),
    settings: () => setup.knowledge.web,
    languages: () => setup.primaryLanguages,
    net: house.net,
  });
  const index = new SearchIndex({
    source: documentsSource(store),
    logger,
    model: null,
    memory: setup.knowledge.searchMemory,
  });

  const report = (user: User, document: string, state: DocumentEventState, reason: string | null) => {
    const at = new Date().toISOString();
    house.bus.publish({ type: 'knowledge', at, user, document, state, reason });
  };
  const onSettled = (user: User, document: StoredDocument) => {
    index.setDocument(user, document.id, factsOf(document));
    report(user, document.id, document.state, document.error);
    if (document.state !== 'queued') metrics.settled(document.state);
  };
  const backlog = new Backlog({
    store,
    locks,
    logger,
    isBusy: () => fleet.totalQueued > 0 || [...fleet.processes].some(isWorking),
    onVectors: (user, model, vectors) => index.setVectors(user, model, vectors),
    onModel: (model) => index.useModel(model),
  });
  const ingestion = new Ingestion({
    store,
    spool,
    locks,
    logger,
    read: readerWith(extractor, () => setup),
    chunksPerUser: () => setup.knowledge.limits.chunksPerUser,
    quarantine: () => setup.knowledge.web.quarantine,
    onChunks: (user, document, chunks) => {
      index.addChunks(user, document, chunks);
      backlog.added(
        user,
        document,
        chunks.map(({ ord }) => ord),
      );
    },
    onClear: (user, document) => {
      index.clearChunks(user, document);
      backlog.dropped(user, document);
    },
    onSettled,
  });
  const intake = new Intake({
    store,
    spool,
    locks,
    web,
    fileSize: () => setup.knowledge.limits.fileSize,
    enqueue: (user, id) => ingestion.enqueue(user, id),
    onAccepted: (user, document, isNew) => {
      if (isNew) onSettled(user, document);
      else index.setDocument(user, document.id, factsOf(document));
    },
  });
  const finder = new Finder({ store, index, embedder: () => helpers.embedder, reranker: () => helpers.reranker });
  const use = (wanted: KnowledgeSetup) => {
    setup = wanted;
    index.resize(wanted.knowledge.searchMemory);
    if (helpers.use(wanted)) backlog.use(helpers.embedder);
  };
  const end = async () => {
    metrics.observe(undefined);
    await Promise.all([ingestion.close(), backlog.close(), web.close()]);
    await Promise.all([extractor.close(), index.close()]);
  };
  try {
    use(first);
    await ingestion.recover();
  } catch (error) {
    await end();
    throw error;
  }
  void index.warm(users);
  const tally = new Tally(store);
  metrics.observe({
    documents: () => tally.documents(),
    chunks: () => tally.chunks(),
    waiting: () => backlog.waiting,
    queued: () => ingestion.queued,
    indexBytes: () => index.stats().bytes,
    store: () => store.health(),
  });
  return new StoredKnowledge({
    store,
    spool,
    locks,
    intake,
    ingestion,
    backlog,
    index,
    web,
    find: (user, query) => finder.search(user, query, setup.knowledge),
    reconfigure: use,
    onSettled,
    onRemoved: (user, document) => report(user, document, 'removed', null),
    onSearch: (milliseconds) => metrics.searched(milliseconds),
    webSettings: () => setup.knowledge.web,
    onLearnFailed: (error) => logger.warn('nothing could be learned by itself', { reason: messageOf(error) }),
    close: async () => {
      await end();
      await onClosed?.();
    },
  });
}

function isWorking({ inFlight, inFlightBackground }: ExpertProcess): boolean {
  return inFlight > inFlightBackground;
}

function readerWith(extractor: Extractor, setup: () => KnowledgeSetup): ReadDocument {
  return async (path, { title, uri, mime, origin }, { signal, onProgress }) => {
    const { limits, chunkTokens, web } = setup().knowledge;
    const name = uri ?? (title === '' ? 'the text' : title);
    const options = { name, mime: mime === '' ? undefined : mime, limits, chunkTokens, signal, onProgress };
    if (origin === 'text' || origin === 'conversation')
      return extractor.extractText(await readFile(path, 'utf8'), options);
    const isWebPage = origin === 'url' || origin === 'learned';
    return extractor.extractFile({
      ...options,
      path,
      isWebPage,
      ...(isWebPage && { maxCharacters: web.maxCharacters }),
    });
  };
}
