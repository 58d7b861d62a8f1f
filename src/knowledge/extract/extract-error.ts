import { AppError } from '../../shared/errors.ts';
import { formatBytes } from '../../shared/units.ts';
import { displayName } from './display-name.ts';

/** What is wrong with a file, for the person who gave it: `says` follows its name. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

/** As clients see it. */
export function unreadable(name: string, says: string): AppError {
  return new AppError('document_unreadable', `“${displayName(name)}” ${says}`);
}

/** Bytes as a profile has them: `64 MiB`. */
export function formatLimit(bytes: number): string {
  if (bytes < 2 ** 20) return formatBytes(bytes);
  const [size, unit] = bytes >= 2 ** 30 ? [bytes / 2 ** 30, 'GiB'] : [bytes / 2 ** 20, 'MiB'];
  return `${Number(size.toFixed(1))} ${unit}`;
}
