import type { AppError } from '../shared/errors.ts';
import type { Lease } from './lease.ts';

/** A request in front of an expert. */
export interface Waiter {
  readonly expert: string;
  /** Whose request it is; empty: work of the house itself. */
  readonly user: string;
  /** Evicts nobody, and lets the others go first. */
  readonly background: boolean;
  /** Monotonic milliseconds; moved on while a load runs that has deadlines of its own. */
  since: number;
  resolve(lease: Lease): void;
  reject(error: AppError): void;
}

/** Each user's own requests in order of arrival; the users in the order of their turns. None is empty. */
type Turns = Map<string, Waiter[]>;

interface Line {
  readonly urgent: Turns;
  readonly background: Turns;
}

/**
 * The queue in front of each expert. Users take turns, whoever of them has the most requests: between two turns of a user who waits
 * every other one has one at most. Background requests stand behind all others, and take turns among themselves.
 */
export class WaitingLines {
  readonly #lines = new Map<string, Line>();
  #total = 0;

  /** Those who wait for the expert: user by user, background requests last. */
  of(id: string): readonly Waiter[] {
    const line = this.#lines.get(id);
    return line ? [...waitersOf(line.urgent), ...waitersOf(line.background)] : NOBODY;
  }

  length(id: string): number {
    const line = this.#lines.get(id);
    return line ? count(line.urgent) + count(line.background) : 0;
  }

  /** Whether anybody waits for the expert. */
  has(id: string): boolean {
    const line = this.#lines.get(id);
    return line !== undefined && (line.urgent.size > 0 || line.background.size > 0);
  }

  /** All who wait, for whomever. Asked at the end of every request. */
  get total(): number {
    return this.#total;
  }

  join(waiter: Waiter): void {
    const line = this.#lines.get(waiter.expert) ?? { urgent: new Map(), background: new Map() };
    this.#lines.set(waiter.expert, line);
    this.#total += 1;
    const turns = turnsOf(line, waiter);
    const own = turns.get(waiter.user);
    if (own) own.push(waiter);
    else turns.set(waiter.user, [waiter]);
  }

  leave(waiter: Waiter): void {
    const line = this.#lines.get(waiter.expert);
    const turns = line && turnsOf(line, waiter);
    const own = turns?.get(waiter.user);
    const index = own?.indexOf(waiter) ?? -1;
    if (!own || index < 0) return;
    own.splice(index, 1);
    if (own.length === 0) turns?.delete(waiter.user);
    this.#total -= 1;
  }

  /** The next one: of the users with the smallest share, the one whose turn is next. A share of Infinity may have nothing now. */
  next(id: string, shareOf: (waiter: Waiter) => number): Waiter | undefined {
    const line = this.#lines.get(id);
    if (!line) return undefined;
    let best: Waiter | undefined;
    let least = Infinity;
    for (const [waiter] of (line.urgent.size > 0 ? line.urgent : line.background).values()) {
      const share = waiter ? shareOf(waiter) : Infinity;
      if (share < least) [best, least] = [waiter, share];
    }
    return best;
  }

  /** Takes out who was served: its user has the last turn from now on. */
  served(waiter: Waiter): void {
    this.leave(waiter);
    const line = this.#lines.get(waiter.expert);
    const turns = line && turnsOf(line, waiter);
    const own = turns?.get(waiter.user);
    if (!own) return;
    turns?.delete(waiter.user);
    turns?.set(waiter.user, own);
  }

  /**
   * Who makes room in a full line for one more request of this user: the newest request, background ones first, of the user who has
   * the most. Undefined: nobody has more than the user would have.
   */
  crowding(id: string, user: string): Waiter | undefined {
    const line = this.#lines.get(id);
    if (!line) return undefined;
    const lengthOf = (one: string) => (line.urgent.get(one)?.length ?? 0) + (line.background.get(one)?.length ?? 0);
    let most = lengthOf(user) + 1;
    let found: string | undefined;
    for (const one of [...line.urgent.keys(), ...line.background.keys()]) {
      const length = lengthOf(one);
      if (length > most) [found, most] = [one, length];
    }
    if (found === undefined) return undefined;
    return line.background.get(found)?.at(-1) ?? line.urgent.get(found)?.at(-1);
  }

  rejectAll(id: string, error: AppError): void {
    const waiters = this.of(id);
    this.#lines.delete(id);
    this.#total -= waiters.length;
    for (const waiter of waiters) waiter.reject(error);
  }

  /** Experts that somebody waits for. */
  *wanted(): Iterable<string> {
    for (const id of this.#lines.keys()) if (this.has(id)) yield id;
  }
}

const NOBODY: readonly Waiter[] = [];

function turnsOf(line: Line, { background }: Waiter): Turns {
  return background ? line.background : line.urgent;
}

function waitersOf(turns: Turns): Waiter[] {
  return [...turns.values()].flat();
}

function count(turns: Turns): number {
  let total = 0;
  for (const { length } of turns.values()) total += length;
  return total;
}
