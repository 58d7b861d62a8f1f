import { createWriteStream, mkdirSync, openSync, renameSync, rmSync, statSync, type WriteStream } from 'node:fs';
import { dirname } from 'node:path';

/** Bytes that may wait for the disk; beyond that, lines are dropped and counted, because a log must never hold up an engine. */
const MAX_PENDING_BYTES = 1 << 20;

/** A log file of bounded size: `name`, `name.1` … `name.<files - 1>`. Writing never throws and never waits. */
export class RotatingFile {
  readonly #path: string;
  #maxBytes: number;
  #files: number;
  #stream: WriteStream | undefined;
  #bytes = 0;
  #dropped = 0;
  /** A disk that refuses is asked again after a while, not at every line. */
  #retryAt = 0;

  constructor(path: string, options: { maxBytes: number; files: number }) {
    this.#path = path;
    this.#maxBytes = options.maxBytes;
    this.#files = Math.max(1, options.files);
  }

  /** Other bounds from now on. Files beyond a smaller number go at once. */
  resize({ maxBytes, files }: { maxBytes: number; files: number }): void {
    // Rotation renames up to the last number that is kept; what was kept beyond it would stay for ever.
    for (let index = Math.max(1, files); index < this.#files; index += 1) {
      try {
        rmSync(`${this.#path}.${index}`, { force: true });
      } catch {
        // Not ours any more: it stays.
      }
    }
    this.#maxBytes = maxBytes;
    this.#files = Math.max(1, files);
  }

  /** Lines lost to a slow or full disk since the start. */
  get dropped(): number {
    return this.#dropped;
  }

  write(text: string): void {
    const stream = this.#open();
    if (!stream || stream.writableLength > MAX_PENDING_BYTES) {
      this.#dropped += 1;
      return;
    }
    stream.write(text);
    this.#bytes += Buffer.byteLength(text);
    if (this.#bytes >= this.#maxBytes) this.#rotate();
  }

  close(): Promise<void> {
    const stream = this.#stream;
    this.#stream = undefined;
    return new Promise((resolve) => (stream && !stream.destroyed ? stream.end(() => resolve()) : resolve()));
  }

  #open(): WriteStream | undefined {
    if (this.#stream) return this.#stream;
    if (performance.now() < this.#retryAt) return undefined;
    try {
      mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
      this.#bytes = statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0;
      // Opened at once: a stream that opens later would open whatever has this name after the next rotation.
      const stream = createWriteStream(this.#path, { fd: openSync(this.#path, 'a', 0o600) });
      stream.on('error', () => {
        if (this.#stream === stream) this.#giveUpForNow();
      });
      this.#stream = stream;
      return stream;
    } catch {
      this.#giveUpForNow();
      return undefined;
    }
  }

  #giveUpForNow(): void {
    this.#stream = undefined;
    this.#retryAt = performance.now() + 5_000;
  }

  #rotate(): void {
    this.#stream?.end();
    this.#stream = undefined;
    try {
      if (this.#files === 1) rmSync(this.#path, { force: true });
      for (let index = this.#files - 1; index >= 1; index -= 1) {
        const from = index === 1 ? this.#path : `${this.#path}.${index - 1}`;
        if (statSync(from, { throwIfNoEntry: false })) renameSync(from, `${this.#path}.${index}`);
      }
    } catch {
      this.#giveUpForNow();
    }
  }
}
