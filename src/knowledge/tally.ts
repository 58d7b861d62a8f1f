import type { DocumentState, Store } from '../store/contract.ts';

const STATES: readonly DocumentState[] = ['queued', 'quarantined', 'ready', 'failed'];
/** Whoever looks more often sees the same again. */
const KEPT_MS = 10_000;

interface Figures {
  readonly documents: readonly (readonly [DocumentState, number])[];
  readonly chunks: number;
}

const NONE: Figures = { documents: [], chunks: 0 };

/** How much all users have together, counted when somebody asks. Never rejects: of a store that is away the last figures are shown. */
export class Tally {
  readonly #store: Store;
  #figures: Promise<Figures> = Promise.resolve(NONE);
  #countedAt = -Infinity;

  constructor(store: Store) {
    this.#store = store;
  }

  async documents(): Promise<Figures['documents']> {
    return (await this.#now()).documents;
  }

  async chunks(): Promise<number> {
    return (await this.#now()).chunks;
  }

  #now(): Promise<Figures> {
    if (performance.now() - this.#countedAt < KEPT_MS) return this.#figures;
    this.#countedAt = performance.now();
    const before = this.#figures;
    this.#figures = this.#count().catch(() => before);
    return this.#figures;
  }

  async #count(): Promise<Figures> {
    const { documents, chunks } = this.#store;
    const counts = new Map(STATES.map((state) => [state, 0]));
    let passages = 0;
    for (const user of await this.#store.users()) {
      for (const state of STATES)
        counts.set(state, (counts.get(state) ?? 0) + (await documents.count(user, { states: [state] })));
      passages += await chunks.count(user);
    }
    return { documents: [...counts], chunks: passages };
  }
}
