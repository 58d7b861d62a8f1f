/** Words of a table, as they are compared: lower case, without accents, parted by blanks; `_` stands for a blank within one. */
export function wordSet(words: string): ReadonlySet<string> {
  return new Set(
    words
      .trim()
      .split(/\s+/)
      .map((word) => word.replaceAll('_', ' ')),
  );
}

/** The longest entry of `set` (of at most `most` words) that begins at `from`: how many of the words it has; 0: none. */
export function longestIn(
  set: ReadonlySet<string>,
  words: readonly { readonly plain: string }[],
  from: number,
  to: number,
  most = 4,
): number {
  let phrase = '';
  let found = 0;
  for (let count = 1; count <= most && from + count <= to; count++) {
    phrase += (count === 1 ? '' : ' ') + (words[from + count - 1]?.plain ?? '');
    if (set.has(phrase)) found = count;
  }
  return found;
}
