import { delay } from '../shared/clock.ts';
import type { User } from '../store/contract.ts';
import type { MemoryRepository } from '../store/people-contract.ts';

/** Whoever looks more often sees the same again. */
const KEPT_MS = 10_000;
/** Every record is looked at: of many, that takes long, and the store has other things to do most of the time. */
const REST = 20;
/** Who asks waits no longer: the figures before are shown. */
const LONGEST_WAIT_MS = 1_000;

type Counts = readonly (readonly [state: string, count: number])[];

/** How many all users have together, counted when somebody asks. Never rejects: of a store that is away the last figures are shown. */
export class MemoryTally {
  readonly #memories: Pick<MemoryRepository, 'users' | 'count'>;
  readonly #now: () => number;
  #last: Counts = [];
  #counting: Promise<void> | undefined;
  #nextAt = -Infinity;

  /** `now`: monotonic milliseconds. */
  constructor(memories: Pick<MemoryRepository, 'users' | 'count'>, now = () => performance.now()) {
    this.#memories = memories;
    this.#now = now;
  }

  async counts(): Promise<Counts> {
    if (this.#now() >= this.#nextAt) this.#counting ??= this.#count().finally(() => (this.#counting = undefined));
    const enough = new AbortController();
    await Promise.race([this.#counting, delay(LONGEST_WAIT_MS, enough.signal)]);
    enough.abort();
    return this.#last;
  }

  async #count(): Promise<void> {
    const startedAt = this.#now();
    const totals = { active: 0, quarantined: 0, closed: 0 };
    try {
      for (const user of await this.#memories.users()) await this.#add(user, totals);
      this.#last = Object.entries(totals);
    } catch {
      // The last figures are shown.
    }
    this.#nextAt = this.#now() + Math.max(KEPT_MS, REST * (this.#now() - startedAt));
  }

  async #add(user: User, totals: { active: number; quarantined: number; closed: number }): Promise<void> {
    totals.active += await this.#memories.count(user, { states: ['active'] });
    totals.quarantined += await this.#memories.count(user, { states: ['quarantined'] });
    totals.closed += await this.#memories.count(user, { which: 'closed' });
  }
}
