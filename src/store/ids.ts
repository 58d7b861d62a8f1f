import { randomBytes } from 'node:crypto';

import { AppError } from '../shared/errors.ts';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const TIME_LENGTH = 11;
/** Microseconds: the year 2255. */
const LATEST = Number.MAX_SAFE_INTEGER;
let last = 0;

/**
 * A new id such as `doc_3zx…`: unguessable (80 bits), and smaller than all that were made before. Records lie in the order of their ids
 * and are read in that order alone: so the newest comes first.
 */
export function newId(prefix: 'doc' | 'vs' | 'key' | 'login' | 'mem' | 'fb'): string {
  last = Math.max(Date.now() * 1_000, last + 1);
  let time = '';
  for (let rest = LATEST - last; time.length < TIME_LENGTH; rest = Math.floor(rest / 32)) {
    time = `${ALPHABET[rest % 32]}${time}`;
  }
  const chance = Array.from(randomBytes(16), (byte) => ALPHABET[byte % 32]).join('');
  return `${prefix}_${time}${chance}`;
}

const LONGEST = 512;

/** @throws AppError `invalid_request` for what cannot be a part of a key: two such texts might become the same one. */
export function checkUser(user: string): string {
  if (isKey(user)) return user;
  throw new AppError(
    'invalid_request',
    `A user has a name of 1 to ${LONGEST} characters, without control characters and half characters.`,
  );
}

/** Whether a text can be a key as it is; what cannot is not there. */
export function isKey(text: unknown): text is string {
  if (typeof text !== 'string' || text.length === 0 || text.length > LONGEST) return false;
  // oxlint-disable-next-line no-control-regex -- control characters are what this refuses
  return text.isWellFormed() && !/[\u0000-\u001f\u007f]/.test(text);
}

/** @throws RangeError: where an integer is expected, nothing else reaches a statement. */
export function checkCount(value: number, name: string, most = Number.MAX_SAFE_INTEGER): number {
  if (Number.isSafeInteger(value) && value >= 0 && value <= most) return value;
  throw new RangeError(`${name} is an integer from 0 to ${most}`);
}
