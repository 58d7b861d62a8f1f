import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { crc32, createInflateRaw } from 'node:zlib';

import { AppError } from '../shared/errors.ts';

export interface ZipEntry {
  readonly name: string;
  /** Bytes after inflating. */
  readonly bytes: number;
  readonly packedBytes: number;
  readonly method: number;
  readonly crc: number;
  readonly headerOffset: number;
}

const END_RECORD = 0x06054b50;
const CENTRAL_ENTRY = 0x02014b50;
const LOCAL_HEADER = 0x04034b50;
const END_RECORD_BYTES = 22;
const MAX_COMMENT = 65_535;
/** A wheel of thousands of files has a directory of some hundred kilobytes. */
const MAX_DIRECTORY_BYTES = 64 * 2 ** 20;
const STORED = 0;
const DEFLATED = 8;

/** A zip file (a wheel) opened for reading. Everything in it is checked before it is believed: it came from elsewhere. */
export class ZipFile {
  readonly entries: readonly ZipEntry[];
  readonly #file: FileHandle;
  readonly #refuse: (what: string) => Error;

  private constructor(file: FileHandle, entries: ZipEntry[], refuse: (what: string) => Error) {
    this.#file = file;
    this.entries = entries;
    this.#refuse = refuse;
  }

  /** @throws AppError `model_unavailable` when it is no zip file, or one that needs zip64. */
  static async open(path: string, name: string): Promise<ZipFile> {
    const refuse = (what: string) => new AppError('model_unavailable', `${name} is not a usable zip file: ${what}`);
    const file = await open(path, 'r');
    try {
      return new ZipFile(file, await readDirectory(file, refuse), refuse);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** The bytes of an entry, inflated; fails at the end unless their number and checksum are what the directory says. */
  async *read(entry: ZipEntry): AsyncGenerator<Buffer> {
    const header = Buffer.alloc(30);
    await this.#file.read(header, 0, 30, entry.headerOffset);
    if (header.readUInt32LE(0) !== LOCAL_HEADER)
      throw this.#refuse(`the header of ${entry.name} is not where it should be`);
    if ((header.readUInt16LE(6) & 1) === 1) throw this.#refuse(`${entry.name} is encrypted`);
    const start = entry.headerOffset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
    const packed = Readable.from(this.#slice(start, entry.packedBytes));
    if (entry.method !== STORED && entry.method !== DEFLATED)
      throw this.#refuse(`${entry.name} is packed by method ${entry.method}; stored and deflate are known`);
    const plain = entry.method === STORED ? packed : this.#inflate(packed);
    let [bytes, checksum] = [0, 0];
    for await (const chunk of plain as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > entry.bytes) throw this.#refuse(`${entry.name} is larger than the ${entry.bytes} bytes it declares`);
      checksum = crc32(chunk, checksum);
      yield chunk;
    }
    if (bytes !== entry.bytes || checksum !== entry.crc) throw this.#refuse(`${entry.name} is damaged (checksum)`);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  #inflate(packed: Readable): Readable {
    const inflate = createInflateRaw({ chunkSize: 1 << 18 });
    packed.once('error', (error) => inflate.destroy(error));
    inflate.once('close', () => packed.destroy());
    return packed.pipe(inflate);
  }

  async *#slice(start: number, length: number): AsyncGenerator<Buffer> {
    for (let done = 0; done < length;) {
      const chunk = Buffer.allocUnsafe(Math.min(1 << 18, length - done));
      const { bytesRead } = await this.#file.read(chunk, 0, chunk.length, start + done);
      if (bytesRead === 0) throw this.#refuse('it ends early');
      done += bytesRead;
      yield chunk.subarray(0, bytesRead);
    }
  }
}

async function readDirectory(file: FileHandle, refuse: (what: string) => Error): Promise<ZipEntry[]> {
  const { size } = await file.stat();
  if (size < END_RECORD_BYTES) throw refuse(`it has ${size} bytes`);
  const tail = Buffer.alloc(Math.min(size, END_RECORD_BYTES + MAX_COMMENT));
  await file.read(tail, 0, tail.length, size - tail.length);
  const at = findEndRecord(tail);
  if (at < 0) throw refuse('it has no directory at its end');
  const count = tail.readUInt16LE(at + 10);
  const length = tail.readUInt32LE(at + 12);
  const offset = tail.readUInt32LE(at + 16);
  if (count === 0xffff || length === 0xffffffff || offset === 0xffffffff) throw refuse('it is a zip64 file');
  if (length > MAX_DIRECTORY_BYTES || offset + length > size) throw refuse('its directory lies outside of it');
  const directory = Buffer.alloc(length);
  await file.read(directory, 0, length, offset);
  return parseDirectory(directory, count, size, refuse);
}

/** The last end record whose comment reaches exactly to the end of the file. */
function findEndRecord(tail: Buffer): number {
  for (let at = tail.length - END_RECORD_BYTES; at >= 0; at -= 1) {
    if (tail.readUInt32LE(at) === END_RECORD && at + END_RECORD_BYTES + tail.readUInt16LE(at + 20) === tail.length)
      return at;
  }
  return -1;
}

function parseDirectory(directory: Buffer, count: number, size: number, refuse: (what: string) => Error): ZipEntry[] {
  const entries: ZipEntry[] = [];
  let at = 0;
  for (let index = 0; index < count; index += 1) {
    if (at + 46 > directory.length || directory.readUInt32LE(at) !== CENTRAL_ENTRY)
      throw refuse('its directory is damaged');
    const nameLength = directory.readUInt16LE(at + 28);
    const next = at + 46 + nameLength + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
    if (next > directory.length) throw refuse('its directory is damaged');
    const entry: ZipEntry = {
      name: directory.toString('utf8', at + 46, at + 46 + nameLength),
      method: directory.readUInt16LE(at + 10),
      crc: directory.readUInt32LE(at + 16),
      packedBytes: directory.readUInt32LE(at + 20),
      bytes: directory.readUInt32LE(at + 24),
      headerOffset: directory.readUInt32LE(at + 42),
    };
    const far = [entry.packedBytes, entry.bytes, entry.headerOffset].includes(0xffffffff);
    if (far) throw refuse(`${entry.name} needs zip64`);
    if (entry.headerOffset + 30 + entry.packedBytes > size) throw refuse(`${entry.name} lies outside of it`);
    entries.push(entry);
    at = next;
  }
  return entries;
}
