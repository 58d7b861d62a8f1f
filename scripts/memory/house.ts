/** The whole of memory over a store of its own in memory: as the product joins it, without an orchestrator around it. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Registry } from 'prom-client';

import { Embedders } from '../../src/knowledge/embed/embedders.ts';
import type { HelperExpert } from '../../src/knowledge/setup.ts';
import { joinParts, type MessageReader } from '../../src/memory/open-memory.ts';
import type { OpenMemory } from '../../src/memory/setup.ts';
import { Conversations, Memory } from '../../src/profiles/memory-section.ts';
import { resolvePaths } from '../../src/shared/paths.ts';
import type { Store } from '../../src/store/contract.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Fleet } from '../../src/supervisor/fleet.ts';
import type { Upstream } from '../../src/supervisor/host.ts';
import { Lease } from '../../src/supervisor/lease.ts';
import { EventBus } from '../../src/telemetry/events.ts';
import { MemoryMetrics } from '../../src/telemetry/memory-metrics.ts';
import { asExpert } from '../footprint/real-run.ts';

export interface BenchMemory {
  readonly base: OpenMemory;
  readonly store: Store;
  /** What the search index holds in memory. */
  indexBytes(): Promise<number>;
  close(): Promise<void>;
}

export interface BenchMemoryOptions {
  readonly reader?: MessageReader;
  /** Answers `/v1/embeddings`. */
  readonly embeddings?: Upstream | undefined;
  /** Filled before the memory is opened over it. */
  readonly store?: Store;
}

const quiet = { debug: () => undefined, info: () => undefined, warn: console.error, error: console.error };
const EMBEDDER = 'bench';

export async function openBenchMemory({
  reader,
  embeddings,
  store = openStore({ place: { kind: 'memory' } }),
}: BenchMemoryOptions): Promise<BenchMemory> {
  const folder = mkdtempSync(join(tmpdir(), 'orchestrator-memory-'));
  mkdirSync(join(folder, 'state', 'knowledge'), { recursive: true });
  const fleet = fleetOf(embeddings);
  const registry = new Registry();
  const paths = resolvePaths({ HOME: folder }, join(folder, 'state'));
  const house = {
    fleet,
    logger: quiet,
    bus: new EventBus((error) => {
      throw error;
    }),
    metrics: new MemoryMetrics(registry),
    embedders: new Embedders({ fleet, logger: quiet, paths }),
    reader,
  };
  const setup = {
    memory: Memory.parse({ enabled: true }),
    conversations: Conversations.parse({}),
    store: 'embedded' as const,
    embedding: embeddings && embeddingHelper(),
    embeddingPrefixes: undefined,
    expert: undefined,
    directory: folder,
    primaryLanguages: ['es', 'en'],
  };
  const users = await store.people.memories.users();
  const base = joinParts(house, setup, { store, users, onClosed: () => Promise.resolve() });
  const close = async () => {
    await base.close();
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  };
  const indexBytes = async () => {
    const gauge = await registry.getSingleMetric('orchestrator_memory_index_bytes')?.get();
    return gauge?.values[0]?.value ?? Number.NaN;
  };
  return { base, store, indexBytes, close };
}

/** The embedding expert of {@link openBenchMemory}. */
export function embeddingHelper(): HelperExpert {
  const expert = asExpert({ task: 'embed', model: { path: 'embeddings.gguf', size: 1 } });
  return { expert: expert as unknown as HelperExpert['expert'], path: '/v1/embeddings', set: undefined };
}

/** A house with nobody in it but, perhaps, somebody who embeds and is always there. */
function fleetOf(embeddings: Upstream | undefined): Fleet {
  const owner = { leave: () => undefined, silent: () => undefined };
  const ready = { id: EMBEDDER, state: 'ready', expert: { task: 'embed' }, inFlight: 0, inFlightBackground: 0 };
  const fleet = {
    acquire: () => {
      if (!embeddings) return Promise.reject(new Error('there is no embedding expert'));
      return Promise.resolve(new Lease(owner, embeddings));
    },
    plan: () => ({ plan: { action: 'serve' } }),
    processes: embeddings ? [ready] : [],
    totalQueued: 0,
    queued: () => 0,
    borrow: () => undefined,
  };
  return fleet as unknown as Fleet;
}
