import type { Footprint } from '../planner/world.ts';
import { DeviceGrowth, type TimedReading } from './device-growth.ts';
import type { ExpertProcess } from './expert-process.ts';
import { devicesOf, type Holdings } from './holdings.ts';
import { attributeGpu } from './measure.ts';

/** What came onto a device while an engine loaded is not all its own where it is so much more than was reserved: a game has begun. */
const MOST_OF_RESERVED = 1.5;

interface Unclaimed {
  readonly reserved: Record<string, number>;
  readonly measured: Record<string, number>;
}

/** Whose the memory on the devices is, from one reading to the next; what is ours is measured into the holdings. */
export class DeviceShares {
  readonly #holdings: Holdings<ExpertProcess>;
  readonly #growth = new DeviceGrowth<ExpertProcess>();
  /** The driver has said of one of ours what it holds; inside a container it never does, and lists nobody. */
  #namesOurs = false;
  #unclaimed: Unclaimed = { reserved: {}, measured: {} };
  #others: Footprint = {};
  #isRead = false;

  constructor(holdings: Holdings<ExpertProcess>) {
    this.#holdings = holdings;
  }

  /**
   * By pool: what nobody of ours holds, reserved or measured, in two readings on end. The driver tells devices and processes one after
   * the other: what an engine of ours takes or gives back in between looks like somebody else's once.
   */
  get others(): Footprint {
    return this.#others;
  }

  /** Whether the latest reading has more of others than the one before: the next one tells whether it is theirs. */
  get isUnsure(): boolean {
    return Object.entries(this.#unclaimed.reserved).some(([pool, bytes]) => bytes > (this.#others[pool] ?? 0));
  }

  /** What nobody of ours holds in the latest reading, by what was measured in place of what is reserved: what is really there, to tell what has come back. */
  get present(): Footprint {
    return this.#unclaimed.measured;
  }

  /** It is about to take memory of a device. `last`: the latest reading. */
  starts(process: ExpertProcess, last: TimedReading | undefined): void {
    this.#growth.starts(process, last, this.#holdings.returning.length === 0);
  }

  /** It has all that it takes for now. */
  settles(process: ExpertProcess): void {
    this.#growth.settles(process);
  }

  /** It has ended, or has fallen asleep. */
  ends(process: ExpertProcess): void {
    this.#growth.ends(process);
  }

  read(last: TimedReading): void {
    const processes = [...this.#holdings].flatMap(([process, account]) => (account.returning ? [] : [process]));
    const keys = new Map(processes.map((process, index) => [String(index), process]));
    const families = new Map([...keys].map(([key, process]) => [key, process.processIds()]));
    const { byExpert, others, perProcess } = attributeGpu(last.reading, families);
    this.#namesOurs ||= byExpert.size > 0;
    const unclaimed = { reserved: { ...others }, measured: { ...others } };
    for (const [key, process] of keys) {
      const shares = byExpert.get(key);
      if (shares) this.#holdings.measure(process, shares);
      // Who is not among those that are named has taken nothing yet: what is there is of others.
      else if (!perProcess || !this.#namesOurs) this.#claim(process, last, unclaimed);
    }
    const before = this.#isRead ? this.#unclaimed.reserved : unclaimed.reserved;
    this.#others = smaller(before, unclaimed.reserved);
    this.#unclaimed = unclaimed;
    this.#isRead = true;
  }

  /** The driver does not say whose memory it is (WSL2, containers): it is taken for ours as far as we hold it. */
  #claim(process: ExpertProcess, last: TimedReading, unclaimed: Unclaimed): void {
    const account = this.#holdings.account(process);
    if (!account) return;
    const grown = this.#growth.take(process, last);
    if (grown) {
      const ours = devicesOf(account);
      const plausible = (pool: string, bytes: number) => bytes <= (account.reserved[pool] ?? 0) * MOST_OF_RESERVED;
      const shares = Object.entries(grown).filter(([pool, bytes]) => ours.includes(pool) && plausible(pool, bytes));
      this.#holdings.measure(process, Object.fromEntries(shares));
    }
    const held = this.#holdings.held(process)?.footprint ?? {};
    const measured = this.#holdings.account(process)?.measured ?? {};
    for (const pool of devicesOf(account)) {
      const take = (from: Record<string, number>, bytes: number) =>
        (from[pool] = Math.max(0, (from[pool] ?? 0) - bytes));
      take(unclaimed.reserved, held[pool] ?? 0);
      take(unclaimed.measured, measured[pool] ?? held[pool] ?? 0);
    }
  }
}

function smaller(one: Footprint, other: Footprint): Footprint {
  return Object.fromEntries(Object.entries(other).map(([pool, bytes]) => [pool, Math.min(bytes, one[pool] ?? 0)]));
}
