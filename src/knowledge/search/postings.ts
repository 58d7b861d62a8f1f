import { grown } from './column.ts';

/** Numbers of one block. */
const BLOCK = 1 << 16;
const FIRST_RUN = 2;
const LONGEST_RUN = 1_024;
const NEVER = 0xffff_ffff;
/** A row and how often the term is in it share 32 bits. */
const COUNT_BITS = 8;
const MOST_COUNTED = (1 << COUNT_BITS) - 1;
/** Rows that fit beside a count. */
export const MOST_ROWS = 1 << (32 - COUNT_BITS);

export const rowOf = (posting: number): number => posting >>> COUNT_BITS;
export const countOf = (posting: number): number => posting & MOST_COUNTED;

/**
 * Which rows have each term, and how often: for each term a chain of runs in common blocks, each twice as long as the one before, the
 * last number of which leads to the next. Most terms are in one or two rows; an array for each would cost more than what is in it.
 */
export class Postings {
  readonly #blocks: Uint32Array[] = [];
  /** Where the blocks are free. */
  #end = 0;
  /** By term: its first run, where its next posting goes, what is left of its last run, how long that is, how many postings it has. */
  #first = new Uint32Array(0);
  #next = new Uint32Array(0);
  #left = new Uint16Array(0);
  #run = new Uint16Array(0);
  #counts = new Uint32Array(0);

  get bytes(): number {
    const terms = this.#first.length;
    return 4 * BLOCK * this.#blocks.length + 16 * terms;
  }

  /** Of a term, those of rows that are gone included. */
  length(term: number): number {
    return this.#counts[term] ?? 0;
  }

  /** @param count Above 255 it counts as 255. */
  add(term: number, row: number, count: number): void {
    this.#makeRoom(term);
    if (this.#counts[term] === 0) this.#begin(term);
    else if (this.#left[term] === 0) this.#lengthen(term);
    this.#write(this.#next[term] ?? 0, ((row << COUNT_BITS) | Math.min(count, MOST_COUNTED)) >>> 0);
    this.#next[term] = (this.#next[term] ?? 0) + 1;
    this.#left[term] = (this.#left[term] ?? 0) - 1;
    this.#counts[term] = (this.#counts[term] ?? 0) + 1;
  }

  /** In the order in which they were added. */
  each(term: number, visit: (posting: number) => void): void {
    let unread = this.length(term);
    let at = this.#first[term] ?? 0;
    for (let length = FIRST_RUN; unread > 0; length = Math.min(2 * length, LONGEST_RUN)) {
      const block = this.#blocks[Math.floor(at / BLOCK)];
      const from = at % BLOCK;
      const to = from + Math.min(length, unread);
      if (!block) return;
      for (let index = from; index < to; index += 1) visit(block[index] as number);
      unread -= to - from;
      at = block[from + length] ?? NEVER;
    }
  }

  #begin(term: number): void {
    this.#first[term] = this.#next[term] = this.#reserve(FIRST_RUN);
    this.#left[term] = this.#run[term] = FIRST_RUN;
  }

  #lengthen(term: number): void {
    const length = Math.min(2 * (this.#run[term] ?? 0), LONGEST_RUN);
    const start = this.#reserve(length);
    this.#write(this.#next[term] ?? 0, start);
    this.#next[term] = start;
    this.#left[term] = this.#run[term] = length;
  }

  /** Room for a run and the number that leads on, in one block. */
  #reserve(length: number): number {
    const room = BLOCK - (this.#end % BLOCK);
    if (this.#blocks.length === 0 || room === BLOCK || room < length + 1) {
      this.#end = BLOCK * this.#blocks.length;
      this.#blocks.push(new Uint32Array(BLOCK));
    }
    const start = this.#end;
    this.#end += length + 1;
    return start;
  }

  #write(at: number, value: number): void {
    const block = this.#blocks[Math.floor(at / BLOCK)];
    if (block) block[at % BLOCK] = value;
  }

  #makeRoom(term: number): void {
    if (term < this.#first.length) return;
    this.#first = grown(this.#first, term + 1);
    this.#next = grown(this.#next, term + 1);
    this.#left = grown(this.#left, term + 1);
    this.#run = grown(this.#run, term + 1);
    this.#counts = grown(this.#counts, term + 1);
  }
}
