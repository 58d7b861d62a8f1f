import type { Best } from './best.ts';
import { grown } from './column.ts';
import { countOf, Postings, rowOf } from './postings.ts';
import type { Question } from './question.ts';
import { hashTerm, TermTable } from './term-table.ts';
import { nearbySpellings } from './spelling.ts';

/** BM25: how soon a word that comes again counts no more, and how much long texts are held back. */
const K1 = 1.2;
const B = 0.75;
/** A word that is one letter off counts less than the word itself. */
const MISSPELT = 0.7;
/**
 * How much a word that nobody has counts of what the question asks for: it may be of the user's own way of speaking, or the very point.
 * On our own corpus, less than that finds something for more of the questions that nothing answers, and more misses what answers.
 */
const UNKNOWN = 0.7;
/** Rare words of a question that a short statement has at most. */
const WORDS_OF_SHORT = 2.5;

/** Who takes part in a search: `takesPart[groups[row]]`. Group 0 is of rows that are gone. */
export interface Participants {
  readonly groups: Uint32Array;
  readonly takesPart: Uint8Array;
}

/** Words of rows, ranked by BM25 over all rows of the slice, whoever takes part. */
export class Lexical {
  readonly #terms = new TermTable();
  #postings = new Postings();
  #lengths = new Uint32Array(0);
  #rows = 0;
  #totalLength = 0;
  /** Of the last search. */
  #scores = new Float32Array(0);
  #covered = new Float32Array(0);
  #touched = new Uint32Array(0);
  #touchedCount = 0;
  #mass = 0;

  get bytes(): number {
    return this.#terms.bytes + this.#postings.bytes + 16 * this.#lengths.length;
  }

  add(row: number, words: readonly string[]): void {
    this.#lengths = grown(this.#lengths, row + 1);
    this.#lengths[row] = 0;
    this.#rows += 1;
    this.extend(row, words);
  }

  /** Further words of a row that is there. */
  extend(row: number, words: readonly string[]): void {
    const counts = new Map<number, number>();
    for (const word of words) {
      const term = this.#terms.add(hashTerm(word));
      counts.set(term, (counts.get(term) ?? 0) + 1);
    }
    for (const [term, count] of counts) this.#postings.add(term, row, count);
    this.#lengths[row] = (this.#lengths[row] ?? 0) + words.length;
    this.#totalLength += words.length;
  }

  /** The caller has put the row into group 0. */
  remove(row: number): void {
    this.#rows -= 1;
    this.#totalLength -= this.#lengths[row] ?? 0;
  }

  /** Lets go of rows that are gone. @param moved The new number of each row that stays; undefined: gone. */
  compact(moved: (row: number) => number | undefined): void {
    const old = { postings: this.#postings, lengths: this.#lengths };
    this.#postings = new Postings();
    this.#lengths = new Uint32Array(0);
    for (let term = 1; term <= this.#terms.size; term += 1) {
      old.postings.each(term, (posting) => {
        const row = moved(rowOf(posting));
        if (row !== undefined) this.#postings.add(term, row, countOf(posting));
      });
    }
    for (const [row, length] of old.lengths.entries()) {
      const now = moved(row);
      if (now === undefined) continue;
      this.#lengths = grown(this.#lengths, now + 1);
      this.#lengths[now] = length;
    }
    this.#forget();
    [this.#scores, this.#covered, this.#touched] = [new Float32Array(0), new Float32Array(0), new Uint32Array(0)];
  }

  /** Offers what has a word of the question; `score` and `coverage` tell of this search until the next. @param leastRows Rarity is as among so many. */
  search(question: Question, participants: Participants, best: Best, leastRows = 0): void {
    this.#forget();
    this.#makeRoom();
    const rows = Math.max(this.#rows, leastRows);
    const averageLength = this.#totalLength / Math.max(1, this.#rows);
    for (const word of question.terms) {
      const { term, frequency, weight } = this.#lookUp(word, participants.groups);
      const rarity = Math.log(1 + (rows - frequency + 0.5) / (frequency + 0.5));
      this.#mass += term === 0 ? UNKNOWN * rarity : rarity;
      if (term > 0) this.#credit(term, weight * rarity, averageLength, participants);
    }
    // A statement of a few words cannot have more than so much of a question that tells a story.
    if (leastRows > 0) this.#mass = Math.min(this.#mass, WORDS_OF_SHORT * Math.log(1 + (rows + 0.5) / 0.5));
    if (!question.telling) this.#mass = Infinity;
    for (let index = 0; index < this.#touchedCount; index += 1) {
      const row = this.#touched[index] as number;
      best.offer(row, this.#scores[row] as number);
    }
  }

  /** BM25; null: it has no word of the question. */
  score(row: number): number | null {
    return this.#scores[row] || null;
  }

  /** From 0 to 1: how much it has of what the question asks for, rare words counting most. 0 where only words remain that say nothing. */
  coverage(row: number): number {
    return this.#mass > 0 ? Math.min(1, (this.#covered[row] ?? 0) / this.#mass) : 0;
  }

  /** The term of a word, or of the most frequent one that is a letter away from it where nobody has it. */
  #lookUp(word: string, groups: Uint32Array): { term: number; frequency: number; weight: number } {
    const exact = this.#terms.find(hashTerm(word));
    const frequency = this.#frequency(exact, groups);
    if (frequency > 0) return { term: exact, frequency, weight: 1 };
    let found = { term: 0, frequency: 0, weight: MISSPELT };
    for (const spelling of nearbySpellings(word)) {
      const term = this.#terms.find(hashTerm(spelling));
      if (term === 0) continue;
      const frequency = this.#frequency(term, groups);
      if (frequency > found.frequency) found = { term, frequency, weight: MISSPELT };
    }
    return found;
  }

  /** Rows that have it and are still there. */
  #frequency(term: number, groups: Uint32Array): number {
    if (term === 0) return 0;
    let frequency = 0;
    this.#postings.each(term, (posting) => {
      if (groups[rowOf(posting)] !== 0) frequency += 1;
    });
    // A word of a new title may stand beside the same word of the text.
    return Math.min(frequency, this.#rows);
  }

  #credit(term: number, weight: number, averageLength: number, { groups, takesPart }: Participants): void {
    this.#postings.each(term, (posting) => {
      const row = rowOf(posting);
      if (takesPart[groups[row] as number] === 0) return;
      const count = countOf(posting);
      const held = K1 * (1 - B + (B * (this.#lengths[row] as number)) / averageLength);
      if (this.#covered[row] === 0) {
        this.#touched[this.#touchedCount] = row;
        this.#touchedCount += 1;
      }
      this.#scores[row] = (this.#scores[row] as number) + (weight * count * (K1 + 1)) / (count + held);
      this.#covered[row] = (this.#covered[row] as number) + weight;
    });
  }

  #forget(): void {
    for (let index = 0; index < this.#touchedCount; index += 1) {
      const row = this.#touched[index] as number;
      this.#scores[row] = 0;
      this.#covered[row] = 0;
    }
    this.#touchedCount = 0;
    this.#mass = 0;
  }

  #makeRoom(): void {
    const rows = this.#lengths.length;
    this.#scores = grown(this.#scores, rows);
    this.#covered = grown(this.#covered, rows);
    this.#touched = grown(this.#touched, rows);
  }
}
