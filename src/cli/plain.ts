/** What others have written, as a terminal may show it: no escape sequence, no control character, no turned writing direction. */
import { stripVTControlCharacters } from 'node:util';

// oxlint-disable-next-line no-control-regex -- control characters are what is taken out
const STEERING = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u200E\u200F\u2028\u2029\u202A-\u202E\u2066-\u2069]/g;
// oxlint-disable-next-line no-control-regex -- JSON escapes those below by itself
const STEERING_IN_JSON = /[\u007F-\u009F\u200E\u200F\u2028\u2029\u202A-\u202E\u2066-\u2069]/g;

/** Lines and tabs stay. */
export function plainText(text: string): string {
  return stripVTControlCharacters(text.replaceAll(/\r\n?/g, '\n')).replaceAll(STEERING, '');
}

/** On one line. */
export function plainLine(text: string): string {
  return plainText(text).replaceAll(/\s+/g, ' ').trim();
}

/** JSON that says the same, for a program or a terminal. */
export function plainJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replaceAll(
    STEERING_IN_JSON,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
