import { hashTerm } from './term-table.ts';

/** Numbers of one sketch. */
export const SKETCH_LENGTH = 32;
/** Words that follow each other. */
const SHINGLE = 3;
const NONE = 0xffff;
/** Of the shingles of both. */
const NEARLY_ALL = 0.85;

/** What tells whether two texts are nearly the same, in 68 bytes. */
export interface Sketch {
  /** The least hash of a shingle in each of 32 parts of the hashes. */
  readonly shingles: Uint16Array;
  /** Of the words with digits, whatever their order: texts that differ in a figure say different things. */
  readonly figures: number;
}

export function sketchOf(words: readonly string[]): Sketch {
  const shingles = new Uint16Array(SKETCH_LENGTH).fill(NONE);
  const hashes = words.map((word) => hashTerm(word).low);
  const last = Math.max(1, hashes.length - SHINGLE + 1);
  for (let start = 0; start < last && hashes.length > 0; start += 1) {
    let hash = 0;
    for (const word of hashes.slice(start, start + SHINGLE)) hash = Math.imul(hash ^ word, 0x9e3779b1);
    hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
    hash ^= hash >>> 13;
    const part = hash & (SKETCH_LENGTH - 1);
    shingles[part] = Math.min(shingles[part] ?? NONE, (hash >>> 5) & 0x7fff);
  }
  let figures = 0;
  for (const [index, word] of words.entries()) if (/\d/.test(word)) figures = (figures + (hashes[index] ?? 0)) >>> 0;
  return { shingles, figures };
}

/** The same words, or nearly all of them in the same order, and every figure the same. */
export function nearlySame(one: Sketch, other: Sketch): boolean {
  if (one.figures !== other.figures) return false;
  let [equal, parts] = [0, 0];
  for (let part = 0; part < SKETCH_LENGTH; part += 1) {
    const [left, right] = [one.shingles[part], other.shingles[part]];
    if (left === NONE && right === NONE) continue;
    parts += 1;
    if (left === right) equal += 1;
  }
  return parts > 0 && equal >= NEARLY_ALL * parts;
}
