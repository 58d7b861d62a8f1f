/**
 * The longest time for which nothing else could run on this thread: how late a timer of a millisecond came, as far as this thread was
 * computing meanwhile (what other programs take of a busy machine is not ours).
 */
export class BlockWatch {
  readonly #timer: NodeJS.Timeout;
  #last = look();
  #longest = 0;

  constructor() {
    this.#timer = setInterval(() => this.#look(), 1);
  }

  /** Milliseconds, since the last call. */
  take(): number {
    this.#look();
    const longest = this.#longest;
    this.#longest = 0;
    return longest;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const now = look();
    const blocked = Math.min(now.wall - this.#last.wall - 1, now.computed - this.#last.computed);
    this.#longest = Math.max(this.#longest, blocked);
    this.#last = now;
  }
}

/** Milliseconds. Node 22 does not tell what a thread computed. */
function look(): { readonly wall: number; readonly computed: number } {
  const wall = performance.now();
  if (!('threadCpuUsage' in process)) return { wall, computed: wall };
  const { user, system } = process.threadCpuUsage();
  return { wall, computed: (user + system) / 1_000 };
}
