/** The whole of memory over a real store in memory, with the real index on its thread; only the embedding expert and the clock are made up. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Registry } from 'prom-client';

import { Embedders } from '../../../src/knowledge/embed/embedders.ts';
import type { Candidate, Command, Said } from '../../../src/memory/contract.ts';
import { joinParts, type MessageReader } from '../../../src/memory/open-memory.ts';
import type { MemorySetup, OpenMemory } from '../../../src/memory/setup.ts';
import { resolvePaths } from '../../../src/shared/paths.ts';
import type { Store } from '../../../src/store/contract.ts';
import { openStore } from '../../../src/store/open-store.ts';
import type { Fleet } from '../../../src/supervisor/fleet.ts';
import { EventBus, type OrchestratorEvent } from '../../../src/telemetry/events.ts';
import { MemoryMetrics } from '../../../src/telemetry/memory-metrics.ts';
import { FakeEmbeddingExpert } from '../knowledge/embed/fake-embedding-expert.ts';
import { Sandbox } from '../profiles/sandbox.ts';
import { silentLogger } from '../supervisor/house.ts';

/** 10 May 2026, at noon. */
export const NOON = Date.UTC(2026, 4, 10, 12);

export class MemoryHouse {
  readonly directory = mkdtempSync(join(tmpdir(), 'orchestrator-memory-'));
  readonly store: Store = openStore({ place: { kind: 'memory' } });
  readonly registry = new Registry();
  readonly events: OrchestratorEvent[] = [];
  readonly expert: FakeEmbeddingExpert;
  /** What the wall clock says. */
  clock = NOON;
  base!: OpenMemory;
  readonly #metrics = new MemoryMetrics(this.registry);
  #requests = 0;

  constructor(expert = new FakeEmbeddingExpert()) {
    this.expert = expert;
  }

  async open(setup: MemorySetup, reader?: MessageReader): Promise<void> {
    const bus = new EventBus((error) => {
      throw error;
    });
    bus.subscribe((event) => this.events.push(event));
    const fleet = { ...this.expert.fleet, totalQueued: 0 } as unknown as Fleet;
    const paths = resolvePaths({ HOME: this.directory }, join(this.directory, 'state'));
    const house = {
      fleet,
      bus,
      logger: silentLogger,
      metrics: this.#metrics,
      embedders: new Embedders({ fleet, logger: silentLogger, paths }),
      reader,
      now: () => this.clock,
    };
    const users = await this.store.people.memories.users();
    this.base = joinParts(house, setup, { store: this.store, users, onClosed: () => Promise.resolve() });
  }

  /** As after a restart, without an expert. */
  async reopen(): Promise<void> {
    await this.open(await memorySetup(), plainReader);
  }

  /** Another message of a conversation, a minute later. */
  said(text: string, more: Partial<Said> = {}): Said {
    this.clock += 60_000;
    this.#requests += 1;
    return {
      text,
      at: this.clock,
      conversation: 'c1',
      request: `r${this.#requests}`,
      before: null,
      earlier: [],
      ...more,
    };
  }

  observe(user: string, text: string, more?: Partial<Said>) {
    return this.base.observe(user, this.said(text, more));
  }

  async told(user: string, text: string, topK?: number): Promise<string[]> {
    const { memories, degraded } = await this.base.recall(user, { text, at: this.clock, topK });
    if (degraded !== null) throw new Error(degraded);
    return memories.map(({ memory }) => memory.text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.base.close();
    await this.store.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export async function memorySetup(memory = '{ enabled: true }', expert?: FakeEmbeddingExpert): Promise<MemorySetup> {
  const sandbox = new Sandbox();
  const yaml = `experts:\n  a: { model: { path: a.gguf } }\nmemory: ${memory}\n`;
  const profile = await sandbox.load(sandbox.write('p.yaml', yaml));
  return {
    memory: profile.memory,
    conversations: profile.conversations,
    store: 'embedded',
    embedding: expert?.helper,
    embeddingPrefixes: undefined,
    expert: undefined,
    directory: sandbox.directory,
    primaryLanguages: ['es', 'en'],
  };
}

export async function openMemory({
  memory,
  expert,
  reader = plainReader,
}: { memory?: string; expert?: FakeEmbeddingExpert; reader?: MessageReader } = {}): Promise<MemoryHouse> {
  const house = new MemoryHouse(expert);
  await house.open(await memorySetup(memory, expert), reader);
  return house;
}

export function candidateOf(text: string, quote: string, more: Partial<Candidate> = {}): Candidate {
  const start = text.indexOf(quote);
  return {
    kind: 'fact',
    subject: 'user',
    attribute: '',
    value: '',
    text: quote,
    language: 'es',
    quote,
    start,
    end: start + quote.length,
    confidence: 0.95,
    importance: 0.6,
    corrects: false,
    negated: false,
    validFrom: null,
    expires: null,
    ...more,
  };
}

type Row = readonly [pattern: RegExp, make: (value: string) => Partial<Candidate>];
const ROWS: readonly Row[] = [
  [/(?<!no )\bvivo en (\p{Lu}\p{L}+)/gu, (value) => ({ attribute: 'residence', text: `Vive en ${value}` })],
  [
    /\bya no vivo en (\p{Lu}\p{L}+)/gu,
    (value) => ({ attribute: 'residence', text: `Vive en ${value}`, negated: true }),
  ],
  [
    /(?<!no )\bme gusta (?:el |la )?(\p{L}+)/gu,
    (value) => ({ attribute: 'likes', kind: 'preference', text: `Le gusta ${value}` }),
  ],
  [
    /\bodio (?:el |la )?(\p{L}+)/gu,
    (value) => ({ attribute: 'dislikes', kind: 'preference', text: `No le gusta ${value}` }),
  ],
  [
    /\bcreo que trabajo en (\p{L}+)/gu,
    (value) => ({ attribute: 'employer', text: `Trabaja en ${value}`, confidence: 0.5 }),
  ],
  [/\bme llamo (\p{L}+)/gu, (value) => ({ attribute: 'name', text: `Se llama ${value}`, importance: 0.9 })],
  [/\bsoy (budista)/gu, (value) => ({ attribute: 'belief', text: `Es ${value}` })],
];

/** A few sentences of Spanish, so that these tests are about memory and not about grammar. */
export const plainReader: MessageReader = {
  extract: ({ text }) =>
    ROWS.flatMap(([pattern, make]) =>
      [...text.matchAll(pattern)].map(({ 0: quote, 1: value = '' }) =>
        candidateOf(text, quote, { value, ...make(value) }),
      ),
    ),
  commands: ({ text }): Command[] => {
    const [, remember] = /recuerda que ([^.]+)/iu.exec(text) ?? [];
    if (remember !== undefined) return [{ do: 'remember', text: remember, quote: `recuerda que ${remember}` }];
    if (/olvida todo/iu.test(text)) return [{ do: 'forget-all', quote: 'olvida todo' }];
    const [quote, what] = /olvida(?: ([^.]+))?/iu.exec(text) ?? [];
    if (quote !== undefined) return [{ do: 'forget', what: what === 'eso' ? '' : (what ?? ''), quote }];
    if (/no recuerdes esto/iu.test(text)) return [{ do: 'ignore', scope: 'message', quote: 'no recuerdes esto' }];
    return [];
  },
};
