/** The embedded store and the search over it, as the program uses them. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { documentsSource } from '../../src/knowledge/search/fill.ts';
import { SearchIndex } from '../../src/knowledge/search/search-index.ts';
import type { NewDocument, Store, User } from '../../src/store/contract.ts';
import { openStore } from '../../src/store/open-store.ts';
import { quantile } from '../bench/statistics.ts';
import { BlockWatch } from './block.ts';
import { CHUNKS_A_DOCUMENT, Synthetic } from './synthetic.ts';
import type { Table } from './table.ts';

const MODEL = 'synthetic';
const QUERIES = 300;
const WARM_UP = 20;
const HITS = 6;
/** Together 100,000: the slices that the aims are about, of one store. */
const SLICES: readonly { readonly user: User; readonly chunks: number; readonly aim: string }[] = [
  { user: 'ten', chunks: 10_000, aim: 'p50 ≤ 10 ms' },
  { user: 'forty', chunks: 40_000, aim: 'p50 ≤ 20 ms' },
  { user: 'fifty', chunks: 50_000, aim: 'p50 ≤ 25 ms' },
];
const MiB = 2 ** 20;
const quiet = { debug: () => undefined, info: () => undefined, warn: console.error, error: console.error };

export async function speedTable(say: (text: string) => void): Promise<Table> {
  const folder = mkdtempSync(join(tmpdir(), 'orchestrator-knowledge-'));
  const store = openStore({ place: { kind: 'embedded', directory: join(folder, 'store') } });
  try {
    return await measure(store, say);
  } finally {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(store: Store, say: (text: string) => void): Promise<Table> {
  const watch = new BlockWatch();
  const synthetic = new Synthetic(1);
  const rows: string[][] = [['', 'aim', 'measured', 'event loop blocked at most (aim ≤ 20 ms)']];
  let [seconds, vectorSeconds, chunks, blocked] = [0, 0, 0, 0];
  for (const { user, chunks: wanted } of SLICES) {
    const { id: collection } = await store.collections.ensure(user, 'default');
    say(`${wanted} passages are written`);
    for (let done = 0; done < wanted; done += CHUNKS_A_DOCUMENT) {
      const written = await writeDocument({ store, user, collection }, synthetic, watch);
      seconds += written.chunkSeconds;
      vectorSeconds += written.vectorSeconds;
      blocked = Math.max(blocked, written.blocked);
      chunks += CHUNKS_A_DOCUMENT;
    }
  }
  const perSecond = (taken: number) => `${Math.round(chunks / taken).toLocaleString('en')}/s`;
  rows.push(['passages written, without vectors', '≥ 2,000/s', perSecond(seconds), '']);
  rows.push(['vectors written', '', perSecond(vectorSeconds), ms(blocked)]);
  const index = new SearchIndex({
    source: documentsSource(store),
    logger: quiet,
    model: MODEL,
    memory: 8 * 1_024 * MiB,
    fillWaitMs: 600_000,
  });
  try {
    for (const { user, chunks: held, aim } of SLICES) {
      say(`${held} passages are searched`);
      rows.push(...(await search(index, user, { synthetic, watch, held, aim })));
    }
    const { bytes, chunks: all } = index.stats();
    rows.push(['memory of 10,000 passages with vectors', '', `${((bytes / all) * (10_000 / MiB)).toFixed(0)} MiB`, '']);
  } finally {
    watch.stop();
    await index.close();
  }
  return rows;
}

interface Shelf {
  readonly store: Store;
  readonly user: User;
  readonly collection: string;
}

async function writeDocument({ store, user, collection }: Shelf, synthetic: Synthetic, watch: BlockWatch) {
  const { document } = await store.documents.create(user, newDocument(synthetic, collection));
  const chunks = synthetic.chunks(CHUNKS_A_DOCUMENT);
  const vectors = synthetic.vectors(document.id, CHUNKS_A_DOCUMENT);
  await breathe();
  watch.take();
  const startedAt = performance.now();
  await store.chunks.write(user, document.id, chunks);
  await store.documents.change(user, document.id, { state: 'ready' });
  const writtenAt = performance.now();
  await store.vectors.write(user, MODEL, vectors);
  const endedAt = performance.now();
  return {
    chunkSeconds: (writtenAt - startedAt) / 1_000,
    vectorSeconds: (endedAt - writtenAt) / 1_000,
    blocked: watch.take(),
  };
}

interface SearchSetup {
  readonly synthetic: Synthetic;
  readonly watch: BlockWatch;
  readonly held: number;
  readonly aim: string;
}

async function search(
  index: SearchIndex,
  user: User,
  { synthetic, watch, held, aim }: SearchSetup,
): Promise<string[][]> {
  const queries = Array.from({ length: QUERIES + WARM_UP }, () => {
    return { text: synthetic.text(6, 20_000), vector: synthetic.vector(), limit: HITS, minSimilarity: 0 };
  });
  await breathe();
  watch.take();
  const startedAt = performance.now();
  await index.warm([user]);
  const readMs = performance.now() - startedAt;
  const readBlocked = watch.take();
  const took: number[] = [];
  for (const query of queries) {
    const askedAt = performance.now();
    const { hits, degraded } = await index.search(user, query);
    took.push(performance.now() - askedAt);
    if (hits.length < HITS || degraded !== null) throw new Error(`a search found ${hits.length} (${degraded})`);
  }
  const counted = took.slice(WARM_UP);
  const name = held.toLocaleString('en');
  return [
    [`${name} of 100,000 passages read from the store`, '', `${(readMs / 1_000).toFixed(1)} s`, ms(readBlocked)],
    [
      `search by words and vectors among ${name}, p50 / p99`,
      aim,
      `${quantile(counted, 0.5).toFixed(1)} / ${quantile(counted, 0.99).toFixed(1)} ms`,
      ms(watch.take()),
    ],
  ];
}

export function newDocument(synthetic: Synthetic, collection: string): NewDocument {
  return {
    title: 'made up',
    uri: null,
    mime: 'text/plain',
    sha256: createHash('sha256').update(synthetic.text(20)).digest('hex'),
    bytes: 1,
    origin: 'text',
    collections: [collection],
    fetched: null,
    attribution: null,
    attributes: {},
  };
}

/** Lets the watch see what was done to make texts and vectors, so that it does not count. */
const breathe = () => new Promise<void>((resolve) => setTimeout(resolve, 2));
const ms = (value: number) => `${value.toFixed(1)} ms`;
