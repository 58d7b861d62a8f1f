import { withoutInvisible } from '../knowledge/web/invisible.ts';

/** Of one memory. */
export const MOST_CHARACTERS = 500;

/** A text on one line, without what nobody sees, never cut within a character. */
export function oneLine(text: string, most = MOST_CHARACTERS): string {
  // Nothing far behind the end is looked at: a text may be as long as it likes.
  const near = text.slice(0, 4 * most + 1_000).toWellFormed();
  const line = withoutInvisible(near).replaceAll(/\s+/gu, ' ').trim();
  return line.length <= most ? line : `${line.slice(0, most - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/** As it is compared: lower case, no accents, one space between words, nothing around them. */
export function folded(text: string): string {
  return text
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}+#]+/gu, ' ')
    .trim();
}
