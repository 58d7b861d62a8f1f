/** Control characters, marks that turn the direction of writing, and characters that nobody sees. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;

/** A title, an address or a quote as plain data: one line, nothing that acts on a terminal, a log or a page's direction. */
export function plainData(text: string, most: number): string {
  const line = text.replace(UNSEEN, ' ').replaceAll(/\s+/g, ' ').trim().toWellFormed();
  return line.length <= most
    ? line
    : `${line
        .slice(0, most - 1)
        .toWellFormed()
        .trimEnd()}…`;
}
