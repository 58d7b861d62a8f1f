import type { GpuReading } from '../binaries/nvidia-smi.ts';
import type { Footprint } from '../planner/world.ts';
import { runningNow } from '../shared/clock.ts';
import { deviceDifference } from './measure.ts';

export interface TimedReading {
  readonly reading: GpuReading;
  /** Monotonic milliseconds of when it was begun: of what came later it knows nothing. */
  readonly at: number;
}

/**
 * What each engine's start adds to the devices, where the driver does not say whose memory it is (WSL2, containers): the difference between
 * a reading before it and one after, where nothing else of ours came or went in between.
 */
export class DeviceGrowth<Key> {
  readonly #before = new Map<Key, { readonly reading: GpuReading; readonly changes: number }>();
  /** Those that still take memory. */
  readonly #settling = new Set<Key>();
  #changes = 0;
  /** Of the latest start, readiness or end. */
  #disturbedAt = -Infinity;

  /** It is about to take memory. `quiet`: none is just on its way back. */
  starts(key: Key, last: TimedReading | undefined, quiet: boolean): void {
    this.#changes += 1;
    const isKnown = last !== undefined && quiet && last.at >= this.#disturbedAt && this.#settling.size === 0;
    if (isKnown) this.#before.set(key, { reading: last.reading, changes: this.#changes });
    else this.#before.delete(key);
    this.#settling.add(key);
    this.#disturbedAt = runningNow();
  }

  /** It has all that it takes for now. */
  settles(key: Key): void {
    if (this.#settling.delete(key)) this.#disturbedAt = runningNow();
  }

  /** It has ended, or has fallen asleep. */
  ends(key: Key): void {
    this.#before.delete(key);
    this.#settling.delete(key);
    this.#changes += 1;
    this.#disturbedAt = runningNow();
  }

  /** Bytes by pool that it added, told once; undefined: that cannot be told, or not from this reading. */
  take(key: Key, { reading, at }: TimedReading): Footprint | undefined {
    const before = this.#before.get(key);
    if (!before || before.changes !== this.#changes) return undefined;
    if (this.#settling.has(key) || at < this.#disturbedAt) return undefined;
    this.#before.delete(key);
    return deviceDifference(before.reading, reading);
  }
}
