import { mkdir, statfs } from 'node:fs/promises';

import { AppError } from '../shared/errors.ts';
import { formatBytes } from '../shared/units.ts';

/** Bytes that this user may still write below a directory. */
export type FreeBytes = (directory: string) => Promise<number>;

const freeBytesOf: FreeBytes = async (directory) => {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize;
};

/** A disk filled to its last byte harms others. */
const MARGIN_BYTES = 16 * 2 ** 20;

/**
 * Makes the directory and sees that it can take so many bytes more.
 * @throws AppError `storage_full` with what is needed and what is free.
 */
export async function ensureSpace(directory: string, bytes: number, freeBytes: FreeBytes = freeBytesOf): Promise<void> {
  await mkdir(directory, { recursive: true });
  const free = await freeBytes(directory);
  if (bytes + MARGIN_BYTES <= free) return;
  throw new AppError(
    'storage_full',
    `${formatBytes(bytes + MARGIN_BYTES)} are needed in ${directory}, and ${formatBytes(free)} are free. ` +
      'Make room (orchestrator model list shows what could go), or point ORCHESTRATOR_CACHE_DIR at a larger disk.',
  );
}

/** Several downloads to one disk: what the others have still to write is not free. */
export class SpaceKeeper {
  readonly #freeBytes: FreeBytes;
  readonly #toCome = new Map<string, number>();

  constructor(freeBytes: FreeBytes = freeBytesOf) {
    this.#freeBytes = freeBytes;
  }

  /**
   * Sets so many bytes aside for a file, in place of what it had.
   * @throws AppError `storage_full`; then nothing is set aside for it.
   */
  async claim(file: string, directory: string, bytes: number): Promise<void> {
    this.#toCome.set(file, bytes);
    const all = [...this.#toCome.values()].reduce((sum, one) => sum + one, 0);
    try {
      await ensureSpace(directory, all, this.#freeBytes);
    } catch (error) {
      this.#toCome.delete(file);
      throw error;
    }
  }

  /** So much of it is still to be written. */
  left(file: string, bytes: number): void {
    if (this.#toCome.has(file)) this.#toCome.set(file, Math.max(0, bytes));
  }

  release(file: string): void {
    this.#toCome.delete(file);
  }
}
