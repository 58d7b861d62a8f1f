import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

import { formatLimit, Unreadable } from './extract-error.ts';

/** The system reads no more than 2 GiB at once. */
const MOST_AT_ONCE = 1 << 30;

/**
 * All bytes of a file, as they are at one time.
 * @param most Bytes; a larger file is refused before it is read.
 * @throws Unreadable where there is none, it is too large or no file, or it changes meanwhile.
 */
export function readBytes(path: string, most: number): Buffer {
  const file = open(path);
  try {
    const before = fstatSync(file);
    if (!before.isFile()) throw new Unreadable('is not a file. Give a file; a folder is added with a glob.');
    if (before.size > most) throw tooLarge(before.size, most);
    if (before.size === 0) throw new Unreadable('is empty: there is nothing in it to read.');
    // Not of the pool: a parser may take it over.
    const bytes = Buffer.allocUnsafeSlow(before.size);
    let read = 0;
    for (let count = 1; count > 0 && read < bytes.length; read += count)
      count = readSync(file, bytes, read, Math.min(bytes.length - read, MOST_AT_ONCE), read);
    const after = fstatSync(file);
    if (read < bytes.length || after.size !== before.size || after.mtimeMs !== before.mtimeMs)
      throw new Unreadable('changed while it was read. Add it again when nothing writes to it any more.');
    return bytes;
  } finally {
    closeSync(file);
  }
}

function tooLarge(bytes: number, most: number): Unreadable {
  return new Unreadable(
    `has ${formatLimit(bytes)}, more than the ${formatLimit(most)} that knowledge.limits.fileSize allows. Split it, or raise the limit in the profile.`,
  );
}

/** A pipe would keep us waiting for ever: it is opened without, and then refused. */
function open(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new Unreadable('is not there any more. Add it again.');
    if (code === 'EACCES' || code === 'EPERM')
      throw new Unreadable(
        'may not be read: the orchestrator has no permission for it. Change that, and add it again.',
      );
    throw error;
  }
}
