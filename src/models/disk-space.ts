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
