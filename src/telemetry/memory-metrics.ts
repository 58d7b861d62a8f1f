import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** What the gauges show of memories, asked for when somebody asks for them: counts of all users together. */
export interface ObservedMemory {
  counts(): Promise<Iterable<readonly [state: string, count: number]>>;
  /** Memories that wait for their vector. */
  waiting(): number;
  /** Turns that wait for a second extraction. */
  queued(): number;
  /** Bytes of the indexes. */
  indexBytes(): number;
}

const RECALL_SECONDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** Figures of the memories: made when they are switched on, silent while they are off. */
export class MemoryMetrics {
  readonly #recall: Histogram;
  readonly #changes: Counter<'change'>;
  #observed: ObservedMemory | undefined;

  constructor(registry: Registry) {
    const registers = [registry];
    const house = () => this.#observed;
    registry.registerMetric(
      new Gauge({
        name: 'orchestrator_memory_memories',
        help: 'Memories of all users, by state',
        labelNames: ['state'],
        registers: [],
        async collect() {
          this.reset();
          for (const [state, count] of (await house()?.counts()) ?? []) this.set({ state }, count);
        },
      }),
    );
    const gauge = (name: string, help: string, read: (observed: ObservedMemory) => number) =>
      registry.registerMetric(
        new Gauge({
          name,
          help,
          registers: [],
          collect() {
            const observed = house();
            this.reset();
            if (observed) this.set(read(observed));
          },
        }),
      );
    gauge('orchestrator_memory_unembedded', 'Memories that wait for their vector', (observed) => observed.waiting());
    gauge('orchestrator_memory_queued_turns', 'Turns that wait for a second extraction', (observed) =>
      observed.queued(),
    );
    gauge('orchestrator_memory_index_bytes', 'What the search indexes hold in memory', (observed) =>
      observed.indexBytes(),
    );
    this.#recall = new Histogram({
      name: 'orchestrator_memory_recall_seconds',
      help: 'What of a memory belongs to a prompt, found',
      buckets: RECALL_SECONDS,
      registers,
    });
    this.#changes = new Counter({
      name: 'orchestrator_memory_changes_total',
      help: 'Memories that were kept, closed by something newer, or forgotten',
      labelNames: ['change'],
      registers,
    });
  }

  /** Undefined: they are closed. */
  observe(observed: ObservedMemory | undefined): void {
    this.#observed = observed;
  }

  recalled(milliseconds: number): void {
    this.#recall.observe(milliseconds / 1_000);
  }

  changed(change: 'kept' | 'closed' | 'forgotten', count: number): void {
    this.#changes.inc({ change }, count);
  }
}
