import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** What the gauges show of the documents, asked for when somebody asks for them. */
export interface ObservedKnowledge {
  /** Of all users together. */
  documents(): Promise<Iterable<readonly [state: string, count: number]>>;
  chunks(): Promise<number>;
  /** Passages that wait for their vector. */
  waiting(): number;
  queued(): number;
  /** Bytes of the indexes. */
  indexBytes(): number;
  store(): { readonly kind: string; readonly state: string };
}

const SEARCH_SECONDS = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Figures of the documents: made when they are switched on, silent while they are off. */
export class KnowledgeMetrics {
  readonly #search: Histogram;
  readonly #settled: Counter<'state'>;
  #observed: ObservedKnowledge | undefined;

  constructor(registry: Registry) {
    const registers = [registry];
    const gauge = (name: string, help: string, read: (house: ObservedKnowledge) => number | Promise<number>) => {
      const house = () => this.#observed;
      registry.registerMetric(
        new Gauge({
          name,
          help,
          registers: [],
          async collect() {
            const observed = house();
            this.reset();
            if (observed) this.set(await read(observed));
          },
        }),
      );
    };
    const house = () => this.#observed;
    registry.registerMetric(
      new Gauge({
        name: 'orchestrator_knowledge_documents',
        help: 'Documents of all users, by state',
        labelNames: ['state'],
        registers: [],
        async collect() {
          this.reset();
          for (const [state, count] of (await house()?.documents()) ?? []) this.set({ state }, count);
        },
      }),
    );
    gauge('orchestrator_knowledge_chunks', 'Passages of all users', (observed) => observed.chunks());
    gauge('orchestrator_knowledge_queued', 'Documents that wait or are being read', (observed) => observed.queued());
    gauge('orchestrator_knowledge_unembedded_chunks', 'Passages that wait for their vector', (observed) =>
      observed.waiting(),
    );
    gauge('orchestrator_knowledge_index_bytes', 'What the search indexes hold in memory', (observed) =>
      observed.indexBytes(),
    );
    registry.registerMetric(
      new Gauge({
        name: 'orchestrator_knowledge_store_ready',
        help: '1: the store of the documents answers; 0: it is away',
        // Without a label it would be 0 where there is none.
        labelNames: ['kind'],
        registers: [],
        collect() {
          this.reset();
          const store = house()?.store();
          if (store) this.set({ kind: store.kind }, Number(store.state === 'ready'));
        },
      }),
    );
    this.#search = new Histogram({
      name: 'orchestrator_knowledge_search_seconds',
      help: 'One search, with the vector of its question',
      buckets: SEARCH_SECONDS,
      registers,
    });
    this.#settled = new Counter({
      name: 'orchestrator_knowledge_settled_total',
      help: 'Documents that were read, by what became of them',
      labelNames: ['state'],
      registers,
    });
  }

  /** Undefined: they are closed. */
  observe(observed: ObservedKnowledge | undefined): void {
    this.#observed = observed;
  }

  searched(milliseconds: number): void {
    this.#search.observe(milliseconds / 1_000);
  }

  settled(state: string): void {
    this.#settled.inc({ state });
  }
}
