import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

/** A file that grows at its end and knows its digest. What an earlier process left in it is kept until it is truncated. */
export class PartFile {
  readonly path: string;
  readonly #file: FileHandle;
  #bytes: number;
  /** Undefined while the file begins with bytes that this process did not write. */
  #hash: Hash | undefined;

  private constructor(path: string, file: FileHandle, bytes: number) {
    this.path = path;
    this.#file = file;
    this.#bytes = bytes;
    this.#hash = bytes === 0 ? createHash('sha256') : undefined;
  }

  static async open(path: string): Promise<PartFile> {
    const file = await open(path, 'a');
    return new PartFile(path, file, (await file.stat()).size);
  }

  get bytes(): number {
    return this.#bytes;
  }

  async append(chunk: Uint8Array): Promise<void> {
    for (let written = 0; written < chunk.length;) {
      const { bytesWritten } = await this.#file.write(chunk, written);
      written += bytesWritten;
    }
    this.#hash?.update(chunk);
    this.#bytes += chunk.length;
  }

  async clear(): Promise<void> {
    await this.#file.truncate(0);
    this.#bytes = 0;
    this.#hash = createHash('sha256');
  }

  /** The sha256 of the whole, read again only where an earlier process began it. The bytes are on the disk afterwards. */
  async finish(options: DigestOptions): Promise<string> {
    await this.#file.sync();
    return this.#hash ? this.#hash.digest('hex') : digestOfFile(this.path, options);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

interface DigestOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onBytes?: (done: number) => void;
}

/** The sha256 of a file. */
export async function digestOfFile(path: string, { signal, onBytes }: DigestOptions = {}): Promise<string> {
  const hash = createHash('sha256');
  let done = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20, signal }) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    done += chunk.length;
    onBytes?.(done);
  }
  return hash.digest('hex');
}
