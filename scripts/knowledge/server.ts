/** A SurrealDB server's index of vectors against comparing all of them, for slices of growing size. */
import { setTimeout as delay } from 'node:timers/promises';

import { Best } from '../../src/knowledge/search/best.ts';
import { Vectors } from '../../src/knowledge/search/vectors.ts';
import type { ChunkRef, Store, User } from '../../src/store/contract.ts';
import { openStore } from '../../src/store/open-store.ts';
import { startSurrealServer } from '../../test/support/surrealdb-server.ts';
import { quantile } from '../bench/statistics.ts';
import { newDocument } from './speed.ts';
import { CHUNKS_A_DOCUMENT, Synthetic } from './synthetic.ts';
import type { Table } from './table.ts';

const USER: User = 'one';
const MODEL = 'synthetic';
const NEAREST = 10;
const QUERIES = 50;
const SETTLE_STEP_MS = 15_000;
const LONGEST_SETTLE_MS = 600_000;
const STILL_FALLING = 0.8;
/** As the search asks: near-duplicates and what takes no part are among them. */
const ASKED = 40;

/** @param sizes Passages, growing. */
export async function serverTable(sizes: readonly number[], say: (text: string) => void): Promise<Table> {
  const server = await startSurrealServer();
  const store = openStore({ place: server.place, limits: { callMs: 120_000 } });
  try {
    return await measure(store, sizes, say);
  } finally {
    await store.close();
    await server.stop();
  }
}

async function measure(store: Store, sizes: readonly number[], say: (text: string) => void): Promise<Table> {
  const nearest = (vector: Float32Array) => store.vectors.nearest?.(USER, MODEL, vector, { limit: ASKED });
  const synthetic = new Synthetic(2);
  const exact = new Vectors();
  const places: string[] = [];
  const rows: string[][] = [
    [
      'passages',
      'written with vectors',
      'index settled after',
      'index p50 / p99',
      `recall@${NEAREST}`,
      'comparing all p50',
      'recall@10',
    ],
  ];
  const { id: collection } = await store.collections.ensure(USER, 'default');
  for (const size of sizes) {
    const added = size - places.length;
    const startedAt = performance.now();
    while (places.length < size) await addDocument(store, collection, { synthetic, exact, places });
    const perSecond = (1_000 * added) / (performance.now() - startedAt);
    const settledSeconds = await settled(async () => nearest(synthetic.vector()));
    const [byIndex, byComparing]: [number[], number[]] = [[], []];
    let common = 0;
    for (let number = 0; number < QUERIES; number += 1) {
      const vector = synthetic.vector();
      const askedAt = performance.now();
      const found = (await nearest(vector)) ?? [];
      const answeredAt = performance.now();
      const best = new Best(NEAREST);
      exact.scan(vector, new Uint32Array(places.length).fill(1), Uint8Array.of(0, 1), best);
      const comparedAt = performance.now();
      byIndex.push(answeredAt - askedAt);
      byComparing.push(comparedAt - answeredAt);
      const wanted = new Set(best.ranked().map((row) => places[row]));
      common += found.slice(0, NEAREST).filter((ref) => wanted.has(placeOf(ref))).length;
    }
    const row = [
      size.toLocaleString('en'),
      `${Math.round(perSecond)}/s`,
      `${settledSeconds.toFixed(0)} s`,
      `${quantile(byIndex, 0.5).toFixed(1)} / ${quantile(byIndex, 0.99).toFixed(1)} ms`,
      (common / (QUERIES * NEAREST)).toFixed(2),
      `${quantile(byComparing, 0.5).toFixed(1)} ms`,
      '1.00',
    ];
    say(row.join('  '));
    rows.push(row);
  }
  return rows;
}

/** Seconds until the index, which the server builds behind what is written, answers no sooner than before. */
async function settled(ask: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  let before = Infinity;
  for (;;) {
    const took: number[] = [];
    for (let number = 0; number < 5; number += 1) {
      const askedAt = performance.now();
      await ask();
      took.push(performance.now() - askedAt);
    }
    const now = quantile(took, 0.5);
    const waited = performance.now() - startedAt;
    if (now > STILL_FALLING * before || waited > LONGEST_SETTLE_MS) return waited / 1_000;
    before = now;
    await delay(SETTLE_STEP_MS);
  }
}

interface Growing {
  readonly synthetic: Synthetic;
  readonly exact: Vectors;
  /** By row. */
  readonly places: string[];
}

async function addDocument(store: Store, collection: string, { synthetic, exact, places }: Growing): Promise<void> {
  const { document } = await store.documents.create(USER, newDocument(synthetic, collection));
  const vectors = synthetic.vectors(document.id, CHUNKS_A_DOCUMENT);
  await store.chunks.write(USER, document.id, synthetic.chunks(CHUNKS_A_DOCUMENT, 8));
  await store.vectors.write(USER, MODEL, vectors);
  for (const vector of vectors) {
    exact.set(places.length, vector.vector);
    places.push(placeOf(vector));
  }
}

const placeOf = ({ document, ord }: ChunkRef) => `${document} ${ord}`;
