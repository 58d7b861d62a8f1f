import { statfsSync } from 'node:fs';

import { AppError } from '../shared/errors.ts';
import { formatBytes } from '../shared/units.ts';

/** Throws `storage_full` where the folder's file system has not this many bytes left for us. */
export function requireSpace(folder: string, bytes: number): void {
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize >= bytes) return;
  throw new AppError(
    'storage_full',
    `${folder} needs ${formatBytes(bytes)} and has ${formatBytes(bavail * bsize)} left. Make room, or move it: ORCHESTRATOR_STATE_DIR for programs, ORCHESTRATOR_CACHE_DIR for downloads.`,
  );
}
