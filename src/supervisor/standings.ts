import { plan } from '../planner/decide.ts';
import type { World } from '../planner/world.ts';
import type { Clock } from '../shared/clock.ts';
import type { House } from './house.ts';
import { type Standing, standingOf } from './standing.ts';

/** What other programs take, and who is busy, may be seen this late: a request is routed in microseconds, a plan takes longer. */
const AGE_MS = 250;
/** What could not even be started (no model file, no program) is not tried for others' sake again at once. */
const REFUSED_MS = 10_000;

/** How close each expert is to serving a request. Planned once for many requests: until the house changes, or for a moment. */
export class Standings {
  readonly #house: House;
  readonly #clock: Clock;
  #world: World | undefined;
  readonly #known = new Map<string, Standing>();
  /** When the last start was refused. */
  readonly #refused = new Map<string, number>();
  #since = 0;

  constructor(house: House, clock: Clock) {
    this.#house = house;
    this.#clock = clock;
  }

  /** Somebody moved, came or went. */
  forget(): void {
    this.#world = undefined;
    this.#known.clear();
  }

  refused(id: string): void {
    this.#refused.set(id, this.#clock.now());
  }

  of(id: string): Standing {
    const remote = this.#house.remotes.get(id);
    if (remote) return remote.refusal() ? 'failed' : 'loaded';
    const process = this.#house.processes.get(id);
    if (process?.isServing) return 'loaded';
    if (!process || process.refusal()) return 'failed';
    const now = this.#clock.now();
    if (now - (this.#refused.get(id) ?? -Infinity) < REFUSED_MS && process.state === 'stopped') return 'failed';
    if (now - this.#since > AGE_MS) this.forget();
    const known = this.#known.get(id);
    if (known) return known;
    const standing = this.#plan(id);
    this.#known.set(id, standing);
    return standing;
  }

  #plan(id: string): Standing {
    if (!this.#world) {
      this.#world = this.#house.world();
      this.#since = this.#clock.now();
    }
    // Patience passes: what can be had in the end is asked for.
    const found = plan(this.#world, id, { waitedMs: Number.MAX_SAFE_INTEGER, background: false });
    // Its files are still being read.
    if (found.action === 'wait' && found.for === 'recovery') return 'fits';
    return standingOf(found);
  }
}
