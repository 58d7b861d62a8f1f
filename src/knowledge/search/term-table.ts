/** What tells terms apart: 64 bits of each, in two halves, so that no string is kept. */
export interface TermHash {
  low: number;
  high: number;
}

/** After cyrb53: two lanes, mixed at the end. */
export function hashTerm(term: string): TermHash {
  let low = 0xdeadbeef | 0;
  let high = 0x41c6ce57 | 0;
  for (let index = 0; index < term.length; index += 1) {
    const code = term.charCodeAt(index);
    low = Math.imul(low ^ code, 0x9e3779b1);
    high = Math.imul(high ^ code, 0x5f356495);
  }
  low = Math.imul(low ^ (low >>> 16), 0x85ebca6b) ^ Math.imul(high ^ (high >>> 13), 0xc2b2ae35);
  high = Math.imul(high ^ (high >>> 16), 0x85ebca6b) ^ Math.imul(low ^ (low >>> 13), 0xc2b2ae35);
  return { low: low >>> 0, high: high >>> 0 };
}

const FIRST_SIZE = 1_024;
/** Fuller than that, and every look-up walks. */
const FULLEST = 0.6;

/** Numbers the terms it is given, from 1. Twelve bytes for a place, whatever the length of the terms. */
export class TermTable {
  #lows = new Uint32Array(FIRST_SIZE);
  #highs = new Uint32Array(FIRST_SIZE);
  #numbers = new Uint32Array(FIRST_SIZE);
  #count = 0;

  /** Of terms. */
  get size(): number {
    return this.#count;
  }

  get bytes(): number {
    return 3 * this.#lows.byteLength;
  }

  /** 0: it was never added. */
  find(hash: TermHash): number {
    return this.#numbers[this.#place(hash.low, hash.high)] ?? 0;
  }

  add(hash: TermHash): number {
    let place = this.#place(hash.low, hash.high);
    const known = this.#numbers[place] ?? 0;
    if (known > 0) return known;
    if (this.#count + 1 > FULLEST * this.#numbers.length) {
      this.#grow();
      place = this.#place(hash.low, hash.high);
    }
    this.#count += 1;
    this.#put(place, hash.low, hash.high, this.#count);
    return this.#count;
  }

  /** Where it is, or the free place where it would be. */
  #place(low: number, high: number): number {
    const mask = this.#numbers.length - 1;
    let place = low & mask;
    while (this.#numbers[place] !== 0 && (this.#lows[place] !== low || this.#highs[place] !== high))
      place = (place + 1) & mask;
    return place;
  }

  #put(place: number, low: number, high: number, number: number): void {
    this.#lows[place] = low;
    this.#highs[place] = high;
    this.#numbers[place] = number;
  }

  #grow(): void {
    const [lows, highs, numbers] = [this.#lows, this.#highs, this.#numbers];
    const size = 2 * numbers.length;
    [this.#lows, this.#highs, this.#numbers] = [new Uint32Array(size), new Uint32Array(size), new Uint32Array(size)];
    for (let index = 0; index < numbers.length; index += 1) {
      const number = numbers[index] ?? 0;
      if (number === 0) continue;
      const [low, high] = [lows[index] ?? 0, highs[index] ?? 0];
      this.#put(this.#place(low, high), low, high, number);
    }
  }
}
