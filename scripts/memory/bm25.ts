/** The baseline that every memory has to beat: BM25 over the turns as they stand. k1 1.2, b 0.75, accents folded, no stop words. */
const K1 = 1.2;
const B = 0.75;

export class Bm25 {
  /** Of each word, how often it stands in which text. */
  readonly #postings = new Map<string, Map<number, number>>();
  readonly #lengths: readonly number[];
  readonly #average: number;

  constructor(texts: readonly string[]) {
    const all = texts.map(wordsOf);
    this.#lengths = all.map(({ length }) => length);
    this.#average = this.#lengths.reduce((sum, length) => sum + length, 0) / Math.max(1, texts.length);
    for (const [index, words] of all.entries()) {
      for (const word of words) {
        const posting = this.#postings.get(word) ?? new Map<number, number>();
        posting.set(index, (posting.get(index) ?? 0) + 1);
        this.#postings.set(word, posting);
      }
    }
  }

  /** Indexes of the texts that fit best, the best first; of equals the earlier one. */
  rank(query: string, limit: number): readonly number[] {
    const scores = new Map<number, number>();
    const count = this.#lengths.length;
    for (const word of wordsOf(query)) {
      const posting = this.#postings.get(word);
      if (!posting) continue;
      const rarity = Math.log(1 + (count - posting.size + 0.5) / (posting.size + 0.5));
      for (const [index, times] of posting) {
        const long = 1 - B + (B * (this.#lengths[index] ?? 0)) / this.#average;
        scores.set(index, (scores.get(index) ?? 0) + (rarity * times * (K1 + 1)) / (times + K1 * long));
      }
    }
    const best = [...scores].toSorted(([one, its], [other, theirs]) => theirs - its || one - other);
    return best.slice(0, limit).map(([index]) => index);
  }
}

function wordsOf(text: string): readonly string[] {
  const folded = text.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase();
  return folded.match(/[\p{L}\p{N}]+/gu) ?? [];
}
