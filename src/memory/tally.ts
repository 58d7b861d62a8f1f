import type { User } from '../store/contract.ts';
import type { MemoryRepository } from '../store/people-contract.ts';

/** Whoever looks more often sees the same again. */
const KEPT_MS = 10_000;

type Counts = readonly (readonly [state: string, count: number])[];

/** How many all users have together, counted when somebody asks. Never rejects: of a store that is away the last figures are shown. */
export class MemoryTally {
  readonly #memories: Pick<MemoryRepository, 'users' | 'count'>;
  #counts: Promise<Counts> = Promise.resolve([]);
  #countedAt = -Infinity;

  constructor(memories: Pick<MemoryRepository, 'users' | 'count'>) {
    this.#memories = memories;
  }

  counts(): Promise<Counts> {
    if (performance.now() - this.#countedAt < KEPT_MS) return this.#counts;
    this.#countedAt = performance.now();
    const before = this.#counts;
    this.#counts = this.#count().catch(() => before);
    return this.#counts;
  }

  async #count(): Promise<Counts> {
    const totals = { active: 0, quarantined: 0, closed: 0 };
    for (const user of await this.#memories.users()) await this.#add(user, totals);
    return Object.entries(totals);
  }

  async #add(user: User, totals: { active: number; quarantined: number; closed: number }): Promise<void> {
    totals.active += await this.#memories.count(user, { states: ['active'] });
    totals.quarantined += await this.#memories.count(user, { states: ['quarantined'] });
    totals.closed += await this.#memories.count(user, { which: 'closed' });
  }
}
