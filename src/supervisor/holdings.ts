import type { Footprint, Holding, Placement } from '../planner/world.ts';
import { larger } from '../planner/room.ts';

/** Who holds memory: an engine's life from the decision to start it to the moment its memory is back. */
export interface Account {
  readonly placement: Placement;
  /** Taken from the pools whatever is measured, from the decision on; asleep it is less. */
  readonly reserved: Footprint;
  /** The latest; a pool that is absent is not measured. */
  readonly measured: Footprint;
  /** The most that was measured in this life. */
  readonly peak: Footprint;
  /** Ended, and its GPU memory has not been seen to come back yet. */
  readonly returning: Returning | undefined;
}

interface Returning {
  /** Monotonic milliseconds. */
  readonly since: number;
  /** What others held on each device before it ended. */
  readonly before: Footprint;
}

/** Memory that an ended engine did not give back. */
export interface Quarantine {
  readonly pool: string;
  readonly bytes: number;
  /** What others held on the device before. */
  readonly before: number;
}

/** A device's use moves by this much on its own. */
const TOLERANCE_BYTES = 96 * 2 ** 20;
/** Drivers tear down within a second or two. */
const RETURN_MS = 10_000;

/**
 * What each engine holds: its reservation or what was measured, whichever is larger. `Key` is an engine's process. An engine that has
 * ended holds what it had on a GPU until the device is seen to be free of it, for ten seconds; then what is missing is quarantined,
 * until it comes back after all.
 */
export class Holdings<Key> {
  readonly #accounts = new Map<Key, Account>();
  #quarantined: Quarantine[] = [];

  /** From the decision to start or wake it. */
  reserve(key: Key, placement: Placement): void {
    const measured = this.#accounts.get(key)?.measured ?? {};
    const account = { placement, reserved: placement.footprint, measured, peak: measured, returning: undefined };
    this.#accounts.set(key, account);
  }

  /** What it reserved for its start and does not need is given back. */
  settle(key: Key, placement: Placement): void {
    this.#change(key, () => ({ placement, reserved: placement.footprint }));
  }

  /** It sleeps, and will hold so much. */
  rest(key: Key, asleep: Footprint): void {
    this.#change(key, () => ({ reserved: asleep, measured: {} }));
  }

  /** Private memory of its process tree, or of devices. */
  measure(key: Key, measured: Footprint): void {
    this.#change(key, (account) => ({
      measured: { ...account.measured, ...measured },
      peak: larger(account.peak, measured),
    }));
  }

  /** It has ended. RAM is back by then; memory of a device is waited for. Returns what it was. */
  release(key: Key, now: number, othersOnDevices: Footprint | undefined): Account | undefined {
    const account = this.#accounts.get(key);
    if (!account) return undefined;
    const devices = devicesOf(account);
    if (devices.length === 0 || !othersOnDevices) this.#accounts.delete(key);
    else {
      const left = (footprint: Footprint) => Object.fromEntries(devices.map((pool) => [pool, footprint[pool] ?? 0]));
      this.#accounts.set(key, {
        ...account,
        placement: { ...account.placement, footprint: left(account.placement.footprint), mapped: [] },
        reserved: left(account.reserved),
        measured: left(account.measured),
        returning: { since: now, before: left(othersOnDevices) },
      });
    }
    return account;
  }

  /**
   * A look at the devices, taken at `at`: credits what has come back, quarantines what should have, and returns that. `others` is what
   * nobody of ours is known to hold; what is still returning shows up there.
   */
  look(others: Footprint, at: number): Quarantine[] {
    const excess = (pool: string, before: number) => (others[pool] ?? 0) - before;
    this.#quarantined = this.#quarantined
      .map((entry) => ({ ...entry, bytes: Math.min(entry.bytes, excess(entry.pool, entry.before)) }))
      .filter(({ bytes }) => bytes > TOLERANCE_BYTES);
    const lost: Quarantine[] = [];
    for (const [key, { returning }] of this.#accounts) {
      if (!returning || at <= returning.since) continue;
      const missing = Object.entries(returning.before)
        .map(([pool, before]) => ({ pool, before, bytes: excess(pool, before) }))
        .filter(({ bytes }) => bytes > TOLERANCE_BYTES);
      if (missing.length > 0 && at - returning.since < RETURN_MS) continue;
      this.#accounts.delete(key);
      lost.push(...missing);
    }
    this.#quarantined.push(...lost);
    return lost;
  }

  account(key: Key): Account | undefined {
    return this.#accounts.get(key);
  }

  isReturning(key: Key): boolean {
    return this.#accounts.get(key)?.returning !== undefined;
  }

  /** What it holds now; undefined: nothing. */
  held(key: Key): Holding | undefined {
    const account = this.#accounts.get(key);
    if (!account) return undefined;
    const { placement, reserved, measured } = account;
    return { placement: placement.name, footprint: larger(reserved, measured), mapped: placement.mapped };
  }

  /** Who has ended and still holds something of a device. */
  get returning(): Key[] {
    return [...this.#accounts].flatMap(([key, { returning }]) => (returning === undefined ? [] : [key]));
  }

  *[Symbol.iterator](): Iterator<readonly [Key, Account]> {
    yield* this.#accounts;
  }

  quarantined(pool: string): number {
    return this.#quarantined.reduce((sum, entry) => sum + (entry.pool === pool ? entry.bytes : 0), 0);
  }

  #change(key: Key, change: (account: Account) => Partial<Account>): void {
    const account = this.#accounts.get(key);
    if (account && !account.returning) this.#accounts.set(key, { ...account, ...change(account) });
  }
}

/** Pools of devices that it holds something of. */
export function devicesOf({ reserved, measured }: Pick<Account, 'reserved' | 'measured'>): string[] {
  return Object.entries(larger(reserved, measured)).flatMap(([pool, bytes]) =>
    pool !== 'ram' && bytes > 0 ? [pool] : [],
  );
}
