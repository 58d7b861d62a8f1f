import { Unreadable } from './extract-error.ts';

export interface ZipEntry {
  readonly name: string;
  readonly isDeflated: boolean;
  readonly compressed: number;
  readonly size: number;
  /** Of its local header. */
  readonly offset: number;
}

const END_MARK = 0x06054b50;
const ENTRY_MARK = 0x02014b50;
const END_LENGTH = 22;
const ENTRY_LENGTH = 46;
const LONGEST_COMMENT = 0xffff;
const ENCRYPTED = 1;
const STORED = 0;
const DEFLATED = 8;
const LINK_TYPE = 0o120000;
const TYPE_MASK = 0o170000;
const IN_ZIP64 = 0xffffffff;

const MOST_ENTRIES = 10_000;
const LONGEST_NAME = 1_024;
/** Bytes out of one byte: markup of tables reaches fifty. */
const MOST_RATIO = 200;
/** Bytes; what is smaller may be as dense as it likes. */
const LEAST_JUDGED = 1 << 20;
const MOST_BYTES = 1 << 30;

/**
 * What a zip file says is in it, read from its directory before anything is unpacked.
 * @throws Unreadable where it is damaged, or made to do harm: too many entries, too large, names that lead outside, links, overlaps.
 */
export function zipDirectory(bytes: Buffer): ZipEntry[] {
  const end = endOf(bytes);
  const count = bytes.readUInt16LE(end + 10);
  const start = bytes.readUInt32LE(end + 16);
  if (count === 0xffff || start === IN_ZIP64) throw harm('has more entries than a document has');
  if (count > MOST_ENTRIES) throw harm(`has ${count} entries, more than the ${MOST_ENTRIES} that are looked at`);
  const entries: ZipEntry[] = [];
  for (let at = start; entries.length < count;) {
    if (at + ENTRY_LENGTH > end || bytes.readUInt32LE(at) !== ENTRY_MARK) throw damaged();
    const [nameLength, extra, comment] = [28, 30, 32].map((field) => bytes.readUInt16LE(at + field));
    const nameEnd = at + ENTRY_LENGTH + (nameLength ?? 0);
    entries.push(entryAt(bytes, at, bytes.toString('utf8', at + ENTRY_LENGTH, nameEnd)));
    at = nameEnd + (extra ?? 0) + (comment ?? 0);
  }
  checkTogether(entries, start);
  return entries;
}

/** Where the bytes of an entry lie. @throws Unreadable */
export function entryBytes(bytes: Buffer, { offset, compressed }: ZipEntry): Buffer {
  if (offset + 30 > bytes.length) throw damaged();
  const from = offset + 30 + bytes.readUInt16LE(offset + 26) + bytes.readUInt16LE(offset + 28);
  if (from + compressed > bytes.length) throw damaged();
  return bytes.subarray(from, from + compressed);
}

export function damaged(): Unreadable {
  return new Unreadable('is damaged: it is no whole zip file inside. Open it, save it anew and add that.');
}

export function harm(what: string): Unreadable {
  return new Unreadable(
    `was refused: it ${what}, as files do that are made to do harm. Open it, save it anew and add that.`,
  );
}

function endOf(bytes: Buffer): number {
  const least = Math.max(0, bytes.length - END_LENGTH - LONGEST_COMMENT);
  for (let at = bytes.length - END_LENGTH; at >= least; at--) if (bytes.readUInt32LE(at) === END_MARK) return at;
  throw damaged();
}

function entryAt(bytes: Buffer, at: number, name: string): ZipEntry {
  const flags = bytes.readUInt16LE(at + 8);
  const method = bytes.readUInt16LE(at + 10);
  const compressed = bytes.readUInt32LE(at + 20);
  const size = bytes.readUInt32LE(at + 24);
  const mode = bytes.readUInt32LE(at + 38) >>> 16;
  if ((flags & ENCRYPTED) !== 0) throw new Unreadable('is protected by a password. Save it without one and add that.');
  if (method !== STORED && method !== DEFLATED) throw damaged();
  if ((mode & TYPE_MASK) === LINK_TYPE) throw harm('holds a link to another file');
  if (leadsOutside(name)) throw harm('holds a name that leads outside of it');
  if (size === IN_ZIP64 || compressed === IN_ZIP64) throw harm('holds an entry of more than 4 GiB');
  if (size > LEAST_JUDGED && size > compressed * MOST_RATIO)
    throw harm(`unpacks to more than ${MOST_RATIO} times its size`);
  return { name, isDeflated: method === DEFLATED, compressed, size, offset: bytes.readUInt32LE(at + 42) };
}

function leadsOutside(name: string): boolean {
  return (
    name.length > LONGEST_NAME ||
    /[\p{Cc}\\]|^\/|^[A-Za-z]:/u.test(name) ||
    name.split('/').some((part) => part === '..' || part === '.')
  );
}

function checkTogether(entries: readonly ZipEntry[], directory: number): void {
  const total = entries.reduce((sum, { size }) => sum + size, 0);
  if (total > MOST_BYTES) throw harm('unpacks to more than 1 GiB');
  const names = new Set(entries.map(({ name }) => name.toLowerCase()));
  if (names.size < entries.length) throw harm('holds two entries of one name');
  // Entries that share their bytes make a small file a large one.
  const inOrder = [...entries].sort((left, right) => left.offset - right.offset);
  for (const [index, { offset, compressed }] of inOrder.entries()) {
    if (offset + 30 + compressed > (inOrder[index + 1]?.offset ?? directory)) throw harm('holds entries that overlap');
  }
}
