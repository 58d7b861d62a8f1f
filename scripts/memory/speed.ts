import type { Dispatcher } from 'undici';

import { hashOf } from '../../src/memory/hash.ts';
import type { User } from '../../src/store/contract.ts';
import type { StoredMemory } from '../../src/store/people-contract.ts';
import type { Upstream } from '../../src/supervisor/host.ts';
import { quantile } from '../bench/statistics.ts';
import { BlockWatch } from '../knowledge/block.ts';
import { dice, Synthetic } from '../knowledge/synthetic.ts';
import type { Table } from '../knowledge/table.ts';
import { type BenchMemory, openBenchMemory } from './house.ts';

const SIZES = [1_000, 10_000];
const QUERIES = 300;
const WARM_UP = 30;
const BATCH = 500;
const MiB = 2 ** 20;
const MUST_MS = 10;
const NOW = Date.UTC(2026, 5, 1, 12);

export interface SpeedResult {
  readonly table: Table;
  readonly failures: readonly string[];
}

/** How long it takes to find what of a user's memories belongs to a prompt. */
export async function speedTable(say: (text: string) => void): Promise<SpeedResult> {
  const rows: string[][] = [['recall, p50 / p99', 'must', 'measured', 'event loop blocked at most']];
  const failures: string[] = [];
  for (const withVectors of [false, true]) {
    for (const size of SIZES) {
      say(`${size} memories ${withVectors ? 'with' : 'without'} vectors`);
      const { p50, p99, blocked, indexBytes } = await measure(size, withVectors);
      const name = `${size.toLocaleString('en')} memories of one user, ${withVectors ? 'words and vectors' : 'words'}`;
      rows.push([name, `p50 ≤ ${MUST_MS} ms`, `${p50.toFixed(1)} / ${p99.toFixed(1)} ms`, `${blocked.toFixed(1)} ms`]);
      if (p50 > MUST_MS) failures.push(`recall p50 ${p50.toFixed(1)} ms: ${name}`);
      if (size === SIZES.at(-1))
        rows.push([`memory that their index takes`, '', `${(indexBytes / MiB).toFixed(0)} MiB`, '']);
    }
  }
  return { table: rows, failures };
}

async function measure(size: number, withVectors: boolean) {
  const synthetic = new Synthetic(3);
  const embeddings = withVectors ? upstreamOf(synthetic) : undefined;
  const memory = await openBenchMemory({ embeddings });
  const watch = new BlockWatch();
  const user = 'ana';
  try {
    await fill(memory, user, size);
    await untilEmbedded(memory);
    const random = dice(5);
    const took: number[] = [];
    // The first reads the index from the store.
    while ((await memory.base.recall(user, { text: 'w1', at: NOW })).degraded !== null) await breathe();
    await breathe();
    watch.take();
    for (let number = 0; number < QUERIES + WARM_UP; number += 1) {
      const text = `¿${synthetic.text(3 + Math.floor(random() * 8), 20_000)}?`;
      const startedAt = performance.now();
      const { degraded } = await memory.base.recall(user, { text, at: NOW });
      took.push(performance.now() - startedAt);
      if (degraded !== null) throw new Error(`a recall was not whole: ${degraded}`);
    }
    const counted = took.slice(WARM_UP);
    return {
      p50: quantile(counted, 0.5),
      p99: quantile(counted, 0.99),
      blocked: watch.take(),
      indexBytes: await memory.indexBytes(),
    };
  } finally {
    watch.stop();
    await memory.close();
  }
}

/** Statements of some words, a few of each kind that stands in every prompt. */
async function fill({ store, base }: BenchMemory, user: User, size: number): Promise<void> {
  const synthetic = new Synthetic(1);
  for (let done = 0; done < size; done += BATCH) {
    const add = Array.from({ length: Math.min(BATCH, size - done) }, (_, index) =>
      memoryOf(`${synthetic.text(6, 20_000)} n${(done + index).toString(36)}`, done + index),
    );
    await store.people.memories.apply(user, { add });
  }
  // Opened before there was anything: it is told by one that comes the usual way.
  await base.add(user, { text: 'la última de todas', origin: 'written' });
}

const ATTRIBUTES = ['likes', 'dislikes', 'owns', 'plan', 'happened', 'hobby', ''];

export function memoryOf(text: string, number: number): Omit<StoredMemory, 'id'> {
  const attribute = ATTRIBUTES[number % ATTRIBUTES.length] ?? '';
  const at = NOW - (number % 700) * 86_400_000;
  return {
    kind: 'fact',
    text,
    language: 'es',
    subject: 'user',
    attribute,
    value: text,
    hash: hashOf({ subject: 'user', attribute, value: text, text }),
    state: 'active',
    pinned: false,
    confidence: 0.9,
    importance: 0.5,
    validFrom: at,
    validTo: null,
    recorded: at,
    retracted: null,
    supersededBy: null,
    expires: null,
    evidence: [{ quote: text, at, conversation: null, request: null }],
    origin: 'extracted',
    seen: 1,
    lastSeen: at,
    uses: 0,
    lastUsed: null,
  };
}

/** An embedding engine that takes no time: what is measured is the memory. */
function upstreamOf(synthetic: Synthetic): Upstream {
  const request = ({ body }: { readonly body: string }) => {
    const { input } = JSON.parse(body) as { readonly input: readonly string[] };
    const data = input.map((_, index) => ({ index, embedding: [...synthetic.vector()] }));
    return Promise.resolve({ statusCode: 200, body: { text: () => Promise.resolve(JSON.stringify({ data })) } });
  };
  return { dispatcher: { request } as unknown as Dispatcher, origin: 'http://engine', headers: {} };
}

async function untilEmbedded({ base }: BenchMemory): Promise<void> {
  while ((base.status().embedding?.waiting ?? 0) > 0) await breathe();
}

const breathe = () => new Promise<void>((resolve) => setTimeout(resolve, 50));
