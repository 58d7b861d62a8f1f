import { AppError } from '../../shared/errors.ts';
import { isUserName } from './user-name.ts';

/** @throws AppError `invalid_request`. */
export function nameOf(value: unknown): string {
  if (typeof value === 'string' && isUserName(value)) return value;
  throw new AppError('invalid_request', '`user` is a name of letters, digits and . _ @ -, at most 64.', {
    param: 'user',
  });
}

/** @throws AppError `invalid_request`. */
export function flag(value: unknown, param: string): boolean | undefined {
  if (value === undefined || typeof value === 'boolean') return value;
  throw new AppError('invalid_request', `\`${param}\` is true or false.`, { param });
}

/** When a date is over (UTC), milliseconds since 1970. */
export function endOfDay(date: string): number {
  return Date.parse(`${date}T00:00:00Z`) + 86_400_000;
}
