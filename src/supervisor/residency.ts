import { type Demand, NO_DEMAND, observe, rate } from '../planner/demand.ts';
import type { PlannerExpert } from '../planner/world.ts';
import type { ExpertProcess } from './expert-process.ts';

/** How long an expert stays loaded after a request: milliseconds, for ever, or (0) not at all. */
export type KeepLoaded = number | 'forever';

interface Stay {
  demand: Demand;
  /** Monotonic milliseconds until which it was asked to stay; Infinity: for ever. */
  keptUntil: number;
  unloadWhenIdle: boolean;
  /** Set by hand, in place of the profile's. */
  pinned: boolean | undefined;
  /** Had to make room, and comes back into free room. */
  wantedBack: boolean;
  /** Monotonic milliseconds of the moment it became ready. */
  readySince: number;
}

/** What is known and wished of each expert's stay in memory. Times are monotonic milliseconds, handed in. */
export class Residency {
  readonly #stays = new Map<string, Stay>();

  /** A request for it. On the hot path. */
  requested(id: string, now: number): void {
    const stay = this.#of(id);
    stay.demand = observe(stay.demand, now);
  }

  keep(id: string, keep: KeepLoaded, now: number): void {
    const stay = this.#of(id);
    stay.unloadWhenIdle = keep === 0;
    stay.keptUntil = keep === 'forever' ? Infinity : keep === 0 ? -Infinity : now + keep;
  }

  pin(id: string, pinned: boolean): void {
    this.#of(id).pinned = pinned;
  }

  isPinned({ id, expert }: ExpertProcess): boolean {
    return this.#stays.get(id)?.pinned ?? expert.pin;
  }

  started(id: string): void {
    this.#of(id).unloadWhenIdle = false;
  }

  ready(id: string, now: number): void {
    const stay = this.#of(id);
    stay.wantedBack = false;
    stay.readySince = now;
  }

  /** It makes room for another, or for the person at the desk. */
  evicted({ id, expert }: ExpertProcess): void {
    this.#of(id).wantedBack = expert.preload;
  }

  /** Unloaded by name: whoever did that does not want it back. */
  dismissed(id: string): void {
    this.#of(id).wantedBack = false;
  }

  forget(id: string): void {
    this.#stays.delete(id);
  }

  /** Whether it had to make room and is to come back. */
  isWantedBack(id: string): boolean {
    return this.#stays.get(id)?.wantedBack ?? false;
  }

  /** Whether it is to be ended, not put to sleep, once it is idle. */
  isUnwanted(id: string): boolean {
    return this.#stays.get(id)?.unloadWhenIdle ?? false;
  }

  /** Milliseconds until an idle expert is unloaded; undefined: it stays. */
  unloadsInMs(process: ExpertProcess, now: number): number | undefined {
    if (this.isUnwanted(process.id)) return 0;
    const { idleUnload } = process.expert;
    if (idleUnload === 'never' || this.isPinned(process)) return undefined;
    const until = Math.max(this.#stays.get(process.id)?.keptUntil ?? -Infinity, process.lastUsedMs + idleUnload);
    return until === Infinity ? undefined : Math.max(0, until - now);
  }

  /** Its part of the planner's picture. */
  picture(
    process: ExpertProcess,
    minResidencyMs: number,
    now: number,
  ): Pick<PlannerExpert, 'pinned' | 'minResidencyUntilMs' | 'keptUntilMs' | 'demand'> & { readonly preload: boolean } {
    const { readySince, keptUntil, demand, wantedBack } = this.#of(process.id);
    return {
      pinned: this.isPinned(process),
      minResidencyUntilMs: readySince + minResidencyMs,
      keptUntilMs: keptUntil,
      demand: rate(demand, now),
      preload: wantedBack,
    };
  }

  #of(id: string): Stay {
    let stay = this.#stays.get(id);
    if (!stay) {
      stay = {
        demand: NO_DEMAND,
        keptUntil: -Infinity,
        unloadWhenIdle: false,
        pinned: undefined,
        wantedBack: false,
        readySince: -Infinity,
      };
      this.#stays.set(id, stay);
    }
    return stay;
  }
}
