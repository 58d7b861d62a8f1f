import { type Stats, statSync } from 'node:fs';

/** What is behind a path, links followed; undefined where there is nothing, or it may not be looked at. */
export function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** Why a path cannot be looked at (`EACCES`, `ELOOP`); undefined where it can be, and where there is nothing. */
export function obstacleAt(path: string): string | undefined {
  try {
    statSync(path, { throwIfNoEntry: false });
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
}
