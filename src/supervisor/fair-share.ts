import type { Lease } from './lease.ts';

/** An expert as far as its slots go. */
export interface SlotOwner {
  readonly id: string;
  readonly expert: { readonly parallel: number };
  readonly inFlight: number;
  /** The requests in its slots. */
  readonly leases: Iterable<Lease>;
}

/** What decides about a free slot: who has how many, and whether the last one is kept for somebody. */
export interface Shares {
  /** Slots that the user has; Infinity: may have none now. */
  of(user: string, background: boolean): number;
}

/** Who has asked within this time may ask again at any moment: a conversation has turns, and an agent its steps. */
export const SEEN_MS = 30_000;
/** Of so many users of an expert it is known when they were seen last. */
const MOST_USERS = 64;

interface Seen {
  ms: number;
}

/**
 * One user's flood of long answers must not fill every slot of an expert while others use it too, for then their next request waits
 * for the end of an answer. So the last free slot is kept for those who have none, for as long as one of them was seen lately. Who is
 * alone has every slot, and an expert with one slot has none to keep.
 */
export class FairShare {
  /** By expert, then by user: who was seen last stands last. */
  readonly #seen = new Map<string, Map<string, Seen>>();
  /** The one who asked last, mostly the one who asks next. */
  #last: { readonly id: string; readonly user: string; readonly seen: Seen } | undefined;

  /** Called for every request: for the same user again it costs a comparison. */
  asked(id: string, user: string, nowMs: number): void {
    if (this.#last?.user === user && this.#last.id === id) {
      this.#last.seen.ms = nowMs;
      return;
    }
    if (user === '') return;
    const users = this.#seen.get(id) ?? new Map<string, Seen>();
    this.#seen.set(id, users);
    const seen = users.get(user) ?? { ms: nowMs };
    seen.ms = nowMs;
    users.delete(user);
    users.set(user, seen);
    const [oldest] = users.keys();
    if (users.size > MOST_USERS && oldest !== undefined) users.delete(oldest);
    this.#last = { id, user, seen };
  }

  /** Whether the user may have a slot that is free, without a look at who has which where there are more than one. */
  mayEnter(owner: SlotOwner, user: string, background: boolean, nowMs: number): boolean {
    if (!isLast(owner)) return true;
    return this.shares(owner, nowMs).of(user, background) < Infinity;
  }

  shares(owner: SlotOwner, nowMs: number): Shares {
    const held = new Map<string, number>();
    for (const { user } of owner.leases) held.set(user, (held.get(user) ?? 0) + 1);
    const isKept = isLast(owner) && this.#someoneHasNone(owner.id, held, nowMs);
    return {
      of: (user, background) => {
        const own = held.get(user) ?? 0;
        return isKept && (own > 0 || background) ? Infinity : own;
      },
    };
  }

  forget(id: string): void {
    this.#seen.delete(id);
    if (this.#last?.id === id) this.#last = undefined;
  }

  #someoneHasNone(id: string, held: ReadonlyMap<string, number>, nowMs: number): boolean {
    for (const [user, { ms }] of this.#seen.get(id) ?? []) if (nowMs - ms < SEEN_MS && !held.has(user)) return true;
    return false;
  }
}

function isLast({ expert, inFlight }: SlotOwner): boolean {
  return expert.parallel > 1 && inFlight === expert.parallel - 1;
}
