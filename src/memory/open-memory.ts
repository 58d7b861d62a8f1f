import type { Embedders } from '../knowledge/embed/embedders.ts';
import type { ExpertEmbedder } from '../knowledge/embed/expert-embedder.ts';
import { Backlog } from '../knowledge/embed/backlog.ts';
import { SearchIndex } from '../knowledge/search/search-index.ts';
import type { Store, User } from '../store/contract.ts';
import type { StoreUse } from '../store/store-keeper.ts';
import type { ExpertProcess } from '../supervisor/expert-process.ts';
import type { Fleet } from '../supervisor/fleet.ts';
import type { EventBus } from '../telemetry/events.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { MemoryMetrics } from '../telemetry/memory-metrics.ts';
import { messageOf } from '../shared/errors.ts';
import type { Candidate, Command, Said } from './contract.ts';
import { createSecondExtraction } from './expert/expert-extraction.ts';
import { readCommands } from './extract/commands.ts';
import { extract } from './extract/extract.ts';
import { StoredMemories } from './memory-base.ts';
import { memoryBacklog, memorySource } from './memory-source.ts';
import { Recall } from './recall.ts';
import type { MemoryOpener, MemorySetup, OpenMemory } from './setup.ts';
import { Standing } from './standing.ts';
import { endSummaries, keepSummary } from './summaries.ts';
import { MemoryTally } from './tally.ts';
import { Turns } from './turns.ts';
import { Writer } from './writer.ts';

/** What a message says of its user, and what it tells the memory to do, found without any model. */
export interface MessageReader {
  extract(said: Said): readonly Candidate[];
  commands(said: Said): readonly Command[];
}

/** What memory needs of the house. */
export interface MemoryHouse {
  readonly fleet: Fleet;
  readonly logger: Logger;
  readonly bus: EventBus;
  readonly metrics: MemoryMetrics;
  /** Shared with knowledge: who looks for documents and memories with the same question has one vector made of it. */
  readonly embedders: Embedders;
  /** The grammar, but in tests. */
  readonly reader?: MessageReader | undefined;
  /** The wall clock, but in tests. */
  readonly now?: (() => number) | undefined;
}

/** Of the search index of all users together, bytes. Some thousand memories take one MiB, with their vectors ten. */
const INDEX_MEMORY = 512 * 1_024 * 1_024;
/** A prompt waits so long for an index that is just being read, milliseconds. */
const FILL_WAIT_MS = 1_500;

export function createMemoryOpener(house: MemoryHouse, stores: StoreUse): MemoryOpener {
  return {
    open: async (setup) => {
      const store = await stores.open(setup.store);
      // Nothing is built on one that is away.
      const users = await store.people.memories.users();
      return joinParts(house, setup, { store, users, onClosed: () => stores.close() });
    },
    close: () => stores.close(),
  };
}

/** Builds what works on a store, and has it go on where the last process has left it. */
export function joinParts(
  house: MemoryHouse,
  first: MemorySetup,
  {
    store,
    users,
    onClosed,
  }: { readonly store: Store; readonly users: readonly User[]; readonly onClosed: () => Promise<void> },
): OpenMemory {
  const { fleet, logger, bus, metrics, reader = GRAMMAR, now = Date.now } = house;
  const { memories, conversations } = store.people;
  let setup = first;
  let embedder: ExpertEmbedder | undefined;
  const standing = new Standing();
  const index = new SearchIndex({
    source: memorySource(memories, standing),
    logger,
    model: null,
    memory: INDEX_MEMORY,
    fillWaitMs: FILL_WAIT_MS,
  });
  const onChange = (change: 'kept' | 'closed' | 'forgotten', count: number) => {
    if (count === 0) return;
    metrics.changed(change, count);
    bus.publish({ type: 'memory', at: new Date().toISOString(), change, count });
  };
  const writer: Writer = new Writer({
    memories,
    index,
    backlog: { added: (...more) => backlog.added(...more), dropped: (...more) => backlog.dropped(...more) },
    standing,
    now,
    perUser: () => setup.memory.perUser,
    onChange,
    onForgetting: (user, which) => endSummaries(conversations, user, which),
    users,
  });
  const backlog = new Backlog({
    store: memoryBacklog(memories),
    locks: writer.locks,
    logger,
    isBusy: () => fleet.totalQueued > 0 || [...fleet.processes].some(isWorking),
    onVectors: (user, model, vectors) => index.setVectors(user, model, vectors),
    onModel: (model) => index.useModel(model),
  });
  const turns = new Turns({
    memories,
    writer,
    extract: (said) => reader.extract(said),
    commands: (said) => reader.commands(said),
    embedder: () => embedder,
    sensitive: () => setup.memory.sensitive,
    onErased: (user) => second.drop(user),
  });
  const second = createSecondExtraction({
    fleet,
    logger,
    setup: first,
    conversations,
    extract: (said) => reader.extract(said),
    tellsToForget: (text) => {
      const said: Said = { text, at: now(), conversation: null, request: null, before: null, earlier: [] };
      return reader.commands(said).some((command) => command.do === 'forget' || command.do === 'forget-all');
    },
    keep: async (user, said, candidates) => {
      try {
        return await turns.keep(user, said, candidates, 'expert');
      } catch (error) {
        logger.warn('what an expert found could not be kept', { reason: messageOf(error) });
        return [];
      }
    },
    keepSummary: async (user, summary) => {
      try {
        return await keepSummary(user, summary, { memories, writer, sensitive: setup.memory.sensitive });
      } catch (error) {
        logger.warn('the summary of a conversation could not be kept', { reason: messageOf(error) });
        return undefined;
      }
    },
  });
  const settings = () => setup.memory;
  const recall = new Recall({
    memories,
    index,
    standing,
    knows: (user) => writer.knows(user),
    embedder: () => embedder,
    settings,
  });
  const use = (wanted: MemorySetup) => {
    setup = wanted;
    const before = embedder;
    embedder = house.embedders.of(embeddingOf(wanted));
    if (before !== embedder) backlog.use(embedder);
    second.reconfigure(wanted);
  };
  const close = async () => {
    metrics.observe(undefined);
    await Promise.all([second.close(), backlog.close()]);
    await index.close();
    await onClosed();
  };
  use(first);
  void index.warm(users);
  const tally = new MemoryTally(memories);
  metrics.observe({
    counts: () => tally.counts(),
    waiting: () => backlog.waiting,
    queued: () => second.queued,
    indexBytes: () => index.stats().bytes,
  });
  return new StoredMemories({
    store,
    memories,
    writer,
    recall,
    turns,
    backlog,
    second,
    settings,
    reconfigure: use,
    logger,
    now,
    extract: (said) => reader.extract(said),
    onRecall: (milliseconds) => metrics.recalled(milliseconds),
    close,
  });
}

const GRAMMAR: MessageReader = { extract, commands: ({ text, before }) => readCommands(text, before) };

/** Of an endpoint that somebody else runs only where the profile lets memories go there. */
function embeddingOf({ embedding, embeddingPrefixes: prefixes, directory, memory }: MemorySetup) {
  const isAllowed = embedding?.expert.engine !== 'remote' || memory.remoteExperts === 'allow';
  return { embedding: isAllowed ? embedding : undefined, prefixes, directory };
}

function isWorking({ inFlight, inFlightBackground }: ExpertProcess): boolean {
  return inFlight > inFlightBackground;
}
