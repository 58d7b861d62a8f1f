import { AppError } from '../../shared/errors.ts';
import { displayName } from './display-name.ts';

/** What is wrong with a file, for the person who gave it: `says` follows its name. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

/** As clients see it. */
export function unreadable(name: string, says: string): AppError {
  return new AppError('document_unreadable', `“${displayName(name)}” ${says}`);
}
