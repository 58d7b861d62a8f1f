import { latinLower } from './characters.ts';
import { finishHash, HASH_SEED, hashStep } from './hash.ts';

export const LANGUAGE_BUCKETS = 1 << 13;

/** More letters than these do not make the language surer. */
const MAX_LETTERS = 600;
const MAX_FEATURES = 6_144;
const MAX_WORD = 24;
const LONGEST_PIECE = 4;
const BOUNDARY = 0x20;
const WORD_SEED = hashStep(HASH_SEED, 0x57);

/** Which buckets the Latin words of a text touch: whole words, and their pieces of one to four letters, accents kept. */
export class LanguageFeatureReader {
  readonly buckets = new Int32Array(MAX_FEATURES);
  readonly #touched = new Int32Array(LANGUAGE_BUCKETS);
  readonly #letters = new Uint16Array(MAX_WORD + 2);
  #reading = 0;
  count = 0;

  /** Returns how many letters were read. */
  read(text: string): number {
    this.#reading += 1;
    this.count = 0;
    let letters = 0;
    let length = 1;
    this.#letters[0] = BOUNDARY;
    for (let index = 0; index <= text.length && letters < MAX_LETTERS; index++) {
      const code = index < text.length ? latinLower(text.charCodeAt(index)) : 0;
      if (code !== 0) {
        letters += 1;
        if (length <= MAX_WORD) this.#letters[length++] = code;
      } else if (length > 1) {
        this.#letters[length++] = BOUNDARY;
        this.#addWord(length);
        length = 1;
      }
    }
    return letters;
  }

  #addWord(length: number): void {
    const letters = this.#letters;
    let word = WORD_SEED;
    for (let index = 1; index < length - 1; index++) word = hashStep(word, letters[index] ?? 0);
    this.#add(word);
    for (let start = 0; start < length - 1; start++) {
      let hash = HASH_SEED;
      const end = Math.min(length, start + LONGEST_PIECE);
      for (let index = start; index < end; index++) {
        hash = hashStep(hash, letters[index] ?? 0);
        if (start > 0 || index > start) this.#add(hash);
      }
    }
  }

  #add(hash: number): void {
    const bucket = finishHash(hash) & (LANGUAGE_BUCKETS - 1);
    if (this.#touched[bucket] === this.#reading || this.count >= MAX_FEATURES) return;
    this.#touched[bucket] = this.#reading;
    this.buckets[this.count++] = bucket;
  }
}
