import { unitOf } from '../../src/shared/unit-vector.ts';
import type { Chunk, StoredVector } from '../../src/store/contract.ts';

/** Passages of one document, words of one passage, different words. */
export const CHUNKS_A_DOCUMENT = 50;
const WORDS = 120;
const VOCABULARY = 60_000;
export const DIMENSIONS = 384;
/** Vectors of texts lie in bunches, as real ones do: random ones have no neighbours worth the name. */
const BUNCHES = 400;
const SPREAD = 0.9;

/** Numbers from 0 to 1, the same every time. */
export function dice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Texts and vectors with the statistics of real ones, made up. */
export class Synthetic {
  readonly #random: () => number;
  readonly #bunches: readonly Float32Array[];

  constructor(seed: number) {
    this.#random = dice(seed);
    this.#bunches = Array.from({ length: BUNCHES }, () => this.#direction(undefined));
  }

  /** Words by Zipf's law. */
  text(words = WORDS, rarest = VOCABULARY): string {
    return Array.from({ length: words }, () => this.word(rarest)).join(' ');
  }

  word(rarest = VOCABULARY): string {
    return `w${Math.floor(rarest ** this.#random()).toString(36)}`;
  }

  chunks(count: number, words = WORDS): Chunk[] {
    let start = 0;
    return Array.from({ length: count }, (_, ord) => {
      const text = this.text(words);
      const chunk = { ord, text, start, end: start + text.length, page: null, headings: [] };
      start += text.length;
      return chunk;
    });
  }

  vectors(document: string, count: number): StoredVector[] {
    return Array.from({ length: count }, (_, ord) => ({ document, ord, vector: this.vector() }));
  }

  vector(): Float32Array {
    return this.#direction(this.#bunches[Math.floor(this.#random() * BUNCHES)]);
  }

  #direction(near: Float32Array | undefined): Float32Array {
    const values = Array.from({ length: DIMENSIONS }, (_, index) => {
      const step = this.#normal() / Math.sqrt(DIMENSIONS);
      return near ? (near[index] ?? 0) + SPREAD * step : step;
    });
    return unitOf(values) ?? new Float32Array(DIMENSIONS);
  }

  #normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.#random())) * Math.cos(2 * Math.PI * this.#random());
  }
}
