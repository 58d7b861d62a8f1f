const WORDS_IN_ROW = 3;
/** Share of the shorter one's rows of words that the other has too. */
const ALIKE = 0.85;

/** Tells passages that say what another has said already: copies, and copies with a word changed. */
export class NearDuplicates {
  readonly #seen: Set<string>[] = [];

  /** Whether this text repeats one that was added; where not, it is added. */
  repeats(text: string): boolean {
    const rows = rowsOf(text);
    if (this.#seen.some((other) => share(rows, other) >= ALIKE)) return true;
    this.#seen.push(rows);
    return false;
  }
}

function rowsOf(text: string): Set<string> {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [text];
  const rows = new Set<string>();
  for (let at = 0; at === 0 || at + WORDS_IN_ROW <= words.length; at += 1)
    rows.add(words.slice(at, at + WORDS_IN_ROW).join(' '));
  return rows;
}

function share(one: Set<string>, other: Set<string>): number {
  const [small, large] = one.size <= other.size ? [one, other] : [other, one];
  // A short passage inside a long one is what the long one says; a heading is not the chapter.
  if (small.size * 4 < large.size) return 0;
  let both = 0;
  for (const row of small) if (large.has(row)) both += 1;
  return both / small.size;
}
