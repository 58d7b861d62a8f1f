import type { FileHandle } from 'node:fs/promises';

const CHUNK = 1 << 20;
const EMPTY = Buffer.alloc(0);

/**
 * Reads a file forwards in pieces of a mebibyte, by position, little-endian. Nothing is allocated from a length that the file itself
 * does not have: `have` refuses first.
 */
export class ByteCursor {
  readonly #file: FileHandle;
  readonly #size: number;
  readonly #refuse: (what: string) => Error;
  #buffer = EMPTY;
  /** One piece at a time is in memory, and it is the same memory. */
  #piece = EMPTY;
  /** Where the buffer begins in the file. */
  #start = 0;
  #offset = 0;

  constructor(file: FileHandle, size: number, refuse: (what: string) => Error) {
    this.#file = file;
    this.#size = size;
    this.#refuse = refuse;
  }

  get position(): number {
    return this.#start + this.#offset;
  }

  get remaining(): number {
    return this.#size - this.position;
  }

  /** Whether the next bytes are in memory already; the hot loops ask before they await. */
  holds(bytes: number): boolean {
    return this.#buffer.length - this.#offset >= bytes;
  }

  /** Makes the next bytes readable, or refuses: the file ends before them. */
  async have(bytes: number): Promise<void> {
    if (this.holds(bytes)) return;
    if (bytes > this.remaining) throw this.#refuse(`it ends at byte ${this.#size}, in the middle of its header`);
    const position = this.position;
    const length = Math.min(Math.max(bytes, CHUNK), this.remaining);
    if (this.#piece.length < length)
      this.#piece = Buffer.allocUnsafeSlow(Math.max(length, Math.min(CHUNK, this.#size)));
    const buffer = this.#piece.subarray(0, length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await this.#file.read(buffer, filled, length - filled, position + filled);
      if (bytesRead === 0) throw this.#refuse('it became shorter while it was read');
      filled += bytesRead;
    }
    this.#buffer = buffer;
    this.#start = position;
    this.#offset = 0;
  }

  /** Passes over bytes without reading them. */
  skip(bytes: number): void {
    if (bytes > this.remaining) throw this.#refuse(`it ends at byte ${this.#size}, in the middle of its header`);
    if (this.holds(bytes)) {
      this.#offset += bytes;
      return;
    }
    this.#start = this.position + bytes;
    this.#offset = 0;
    this.#buffer = EMPTY;
  }

  /** The next bytes as a view that is good until the next `have`, which must have been awaited for these. */
  take(bytes: number): Buffer {
    const view = this.#buffer.subarray(this.#offset, this.#offset + bytes);
    this.#offset += bytes;
    return view;
  }

  async u32(): Promise<number> {
    await this.have(4);
    this.#offset += 4;
    return this.#buffer.readUInt32LE(this.#offset - 4);
  }

  /** A 64-bit count or length. Anything beyond 2^53 is nonsense in a file and refused. */
  async u64(what: string): Promise<number> {
    await this.have(8);
    return this.u64Held(what);
  }

  /** The same when `holds(8)`. */
  u64Held(what: string): number {
    // In two halves: a vocabulary has a quarter of a million of these, and a BigInt and a view of each is a hundred megabytes.
    const value = this.#buffer.readUInt32LE(this.#offset + 4) * 2 ** 32 + this.#buffer.readUInt32LE(this.#offset);
    this.#offset += 8;
    if (value > Number.MAX_SAFE_INTEGER) throw this.#refuse(`${what} is ${value}, which cannot be`);
    return value;
  }
}
