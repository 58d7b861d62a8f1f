import { stat } from 'node:fs/promises';

/**
 * Files are looked at by name rather than by kernel notifications: those see nothing on network file systems, WSL2's drives and
 * some container mounts, lose an editor that replaces its file, and run out where other programs watch much. A look is a few
 * `stat` calls.
 */
const LOOK_EVERY_MS = 300;
/** Files that never come to rest are read after so much time all the same. */
const RESTLESS_MS = 3_000;

export interface FileWatchOptions {
  /** Files have changed and come to rest; the next look is after it has settled. It must not reject. */
  readonly onChange: () => Promise<void>;
  readonly lookEveryMs?: number;
}

/** Path → what tells one content from another; undefined: there is no such file. */
type Prints = ReadonlyMap<string, string | undefined>;

/** Watches files and folders by name. Never keeps the process alive by itself. */
export class FileWatch {
  readonly #options: FileWatchOptions;
  #timer: NodeJS.Timeout | undefined;
  /** What was there when the files were last read. */
  #known: Prints = new Map();
  #last: Prints = new Map();
  #changedAt: number | undefined;
  #closed = false;

  constructor(options: FileWatchOptions) {
    this.#options = options;
  }

  /**
   * Watches these paths, and no others, from what they are now on: call it before the last reading, so that nothing falls in
   * between. No paths: the watch rests.
   */
  async follow(paths: readonly string[]): Promise<void> {
    const prints = await printsOf(paths);
    if (this.#closed) return;
    this.#known = prints;
    this.#last = prints;
    this.#changedAt = undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (paths.length > 0) this.#lookLater();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #lookLater(): void {
    const timer = setTimeout(() => void this.#look(timer), this.#options.lookEveryMs ?? LOOK_EVERY_MS);
    timer.unref();
    this.#timer = timer;
  }

  async #look(timer: NodeJS.Timeout): Promise<void> {
    const prints = await printsOf([...this.#known.keys()]);
    // Somebody else has read the files meanwhile, or the watch has ended.
    if (this.#timer !== timer || this.#closed) return;
    const due = this.#isDue(prints);
    this.#last = prints;
    if (due) {
      this.#known = prints;
      this.#changedAt = undefined;
      await this.#options.onChange();
    }
    if (this.#timer === timer && !this.#closed) this.#lookLater();
  }

  #isDue(prints: Prints): boolean {
    const changed = [...prints].filter(([path, print]) => print !== this.#known.get(path));
    if (changed.length === 0) {
      this.#changedAt = undefined;
      return false;
    }
    const now = performance.now();
    this.#changedAt ??= now;
    return changed.every(([path, print]) => print === this.#last.get(path)) || now - this.#changedAt >= RESTLESS_MS;
  }
}

async function printsOf(paths: readonly string[]): Promise<Prints> {
  return new Map(await Promise.all(paths.map(async (path) => [path, await printOf(path)] as const)));
}

/** Follows links, so that a link that points elsewhere is a change too. */
async function printOf(path: string): Promise<string | undefined> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(':');
  } catch {
    return undefined;
  }
}
