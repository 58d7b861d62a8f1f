import { machineOomKills } from './cgroup.ts';

/** An end and the kill that caused it are seen within this. */
const LOOK_EVERY_MS = 5_000;

/**
 * Whether the kernel's out-of-memory killer struck on this machine in the last seconds: how an engine without a cgroup of its own that
 * was killed by SIGKILL tells that from a kill by hand. Looks only while somebody watches.
 */
export class OomWatch {
  #watching = 0;
  #timer: NodeJS.Timeout | undefined;
  /** Counts of the latest two looks: a kill may fall just before the latest. */
  #looks: readonly [number, number] = [0, 0];

  begin(): void {
    this.#watching += 1;
    if (this.#timer) return;
    this.#looks = [machineOomKills(), machineOomKills()];
    this.#timer = setInterval(() => (this.#looks = [this.#looks[1], machineOomKills()]), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  /** Whether it struck. */
  end(): boolean {
    const struck = machineOomKills() > this.#looks[0];
    this.#watching -= 1;
    if (this.#watching > 0) return struck;
    clearInterval(this.#timer);
    this.#timer = undefined;
    return struck;
  }
}
