import { folded, MARK, SEPARATOR } from './characters.ts';
import { codeStructure } from './code-structure.ts';
import { finishHash, HASH_SEED, hashStep } from './hash.ts';
import { CODING_NAME, LEXICON_DOMAINS, lexiconDomain } from './lexicon.ts';
import { isStopWord } from './stop-words.ts';
import { textWindow } from './text-window.ts';

/** Buckets of words and pairs of words, then buckets of pieces of words. Powers of two. */
export const WORD_BUCKETS = 1 << 16;
export const PIECE_BUCKETS = 1 << 16;
export const BUCKETS = WORD_BUCKETS + PIECE_BUCKETS;

/** Features of the text as a whole; each has a weight of its own. */
export const NAMED_FEATURES = [
  ...LEXICON_DOMAINS.map((domain) => `${domain} words`),
  'code structure',
  'formula signs',
  'numbers',
  'numbers and a question',
  'numbered choices',
  'question mark',
  'one to three words',
  'four to twelve words',
  'over sixty words',
] as const;
const FORMULA = LEXICON_DOMAINS.length + 1;

/** Beyond this many words of a window no more are read. */
const MAX_WORDS = 700;
const MAX_FEATURES = 16_384;
/** Longer runs of letters are no words: binary junk, base64, one repeated character. */
const MAX_WORD = 40;
const SHORTEST_PIECE = 3;
const LONGEST_PIECE = 5;
const BOUNDARY = 0x20;
const FIRST_OTHER_SCRIPT = 0x0370;
const PAIR_SEED = hashStep(HASH_SEED, 0x2b);
const PIECE_SEED = hashStep(HASH_SEED, 0x7e);
const NUMBER = hashStep(HASH_SEED, 0x23);

/** What a text is to the linear model: which buckets it touches, once each, and how strong its named features are. */
export interface Features {
  /** Buckets, words and pieces mixed: pieces are those from WORD_BUCKETS on. Only the first `count` are valid. */
  readonly buckets: Int32Array;
  readonly count: number;
  readonly wordFeatures: number;
  readonly pieceFeatures: number;
  /** Which word of the text each bucket came from, as an index into `wordStarts` and `wordEnds`. */
  readonly sources: Int32Array;
  readonly wordStarts: Int32Array;
  readonly wordEnds: Int32Array;
  readonly named: Float32Array;
  /** The part of the text that was read; the word positions are positions in it. */
  readonly window: string;
  readonly certainCode: boolean;
  readonly words: number;
  /** Names that mean programming in every language: `python`, `html`. */
  readonly codingNames: number;
}

/**
 * Reads a text into its features. One instance holds the buffers and lends them out: what `read` returns is valid until the next call.
 */
export class FeatureReader {
  readonly #buckets = new Int32Array(MAX_FEATURES);
  readonly #sources = new Int32Array(MAX_FEATURES);
  readonly #wordStarts = new Int32Array(MAX_WORDS);
  readonly #wordEnds = new Int32Array(MAX_WORDS);
  readonly #named = new Float32Array(NAMED_FEATURES.length);
  /** The reading in which a bucket was touched last, so that nothing needs clearing. */
  readonly #touched = new Int32Array(BUCKETS);
  readonly #letters = new Uint16Array(MAX_WORD + 2);
  #reading = 0;
  #count = 0;
  #wordFeatures = 0;
  #codingNames = 0;
  /** Of the word in `#letters`, boundaries included. */
  #length = 0;

  read(text: string): Features {
    const window = textWindow(text);
    this.#reading += 1;
    this.#count = 0;
    this.#wordFeatures = 0;
    this.#codingNames = 0;
    const structure = codeStructure(window);
    const words = this.#readWords(window);
    this.#named[LEXICON_DOMAINS.length] = structure.score / 2;
    return {
      buckets: this.#buckets,
      count: this.#count,
      wordFeatures: this.#wordFeatures,
      pieceFeatures: this.#count - this.#wordFeatures,
      sources: this.#sources,
      wordStarts: this.#wordStarts,
      wordEnds: this.#wordEnds,
      named: this.#named,
      window,
      certainCode: structure.certain,
      words,
      codingNames: this.#codingNames,
    };
  }

  /** Returns how many words there are. */
  #readWords(window: string): number {
    const lexicon = [0, 0, 0];
    let [words, numbers, formula, questions, choices] = [0, 0, 0, 0, 0];
    let previous = BOUNDARY;
    let index = 0;
    while (index < window.length && words < MAX_WORDS && this.#count < MAX_FEATURES - 256) {
      const code = window.charCodeAt(index);
      if (folded(code) <= MARK) {
        if (code === 0x3f || code === 0xbf) questions = 1;
        const sign = signHash(code);
        if (sign !== 0) {
          if (isFormulaSign(code)) formula += 1;
          this.#addWord(hashStep(PAIR_SEED, sign), words);
          previous = sign;
        }
        index += 1;
        continue;
      }
      const start = index;
      index = this.#readLetters(window, index);
      this.#wordStarts[words] = start;
      this.#wordEnds[words] = index;
      const isNumber = isDigit(window.charCodeAt(start));
      if (isNumber) {
        numbers += 1;
        const after = window.charCodeAt(index);
        const atLineStart = start === 0 || window.charCodeAt(start - 1) === 0x0a;
        if (atLineStart && (after === 0x2e || after === 0x29)) choices += 1;
      }
      const hash = isNumber ? NUMBER : this.#addPieces(words, lexicon);
      this.#addWord(hash, words);
      this.#addWord(hashStep(hashStep(PAIR_SEED, previous), hash), words);
      previous = hash;
      words += 1;
    }
    this.#name(lexicon, { words, numbers, formula, questions, choices });
    return words;
  }

  /** Copies one word or number, folded, between two boundaries into `#letters`; returns where it ends. */
  #readLetters(window: string, from: number): number {
    const number = isDigit(window.charCodeAt(from));
    const latin = folded(window.charCodeAt(from)) < FIRST_OTHER_SCRIPT;
    let index = from;
    let length = 1;
    this.#letters[0] = BOUNDARY;
    for (; index < window.length; index++) {
      const code = folded(window.charCodeAt(index));
      if (code === MARK) continue;
      if (code === SEPARATOR || (number && !isDigit(code))) break;
      // A Chinese or Russian sentence says `Python` in Latin letters, without a space before it.
      if (code < FIRST_OTHER_SCRIPT !== latin) break;
      if (length <= MAX_WORD) this.#letters[length++] = code;
    }
    this.#letters[length++] = BOUNDARY;
    this.#length = length;
    return index;
  }

  /** Adds the pieces of the word in `#letters`, looks it up in the lexicon, and returns its hash. */
  #addPieces(word: number, lexicon: number[]): number {
    const [letters, length] = [this.#letters, this.#length];
    let whole = HASH_SEED;
    for (let index = 1; index < length - 1; index++) whole = hashStep(whole, letters[index] ?? 0);
    const domain = lexiconDomain(letters, length);
    if (domain === CODING_NAME) this.#codingNames += 1;
    if (domain >= 0) lexicon[domain % LEXICON_DOMAINS.length] = (lexicon[domain % LEXICON_DOMAINS.length] ?? 0) + 1;
    if (isStopWord(whole)) return whole;
    for (let start = 0; start + SHORTEST_PIECE <= length; start++) {
      let hash = PIECE_SEED;
      const end = Math.min(length, start + LONGEST_PIECE);
      for (let index = start; index < end; index++) {
        hash = hashStep(hash, letters[index] ?? 0);
        if (index - start + 1 >= SHORTEST_PIECE)
          this.#add(WORD_BUCKETS + (finishHash(hash) & (PIECE_BUCKETS - 1)), word);
      }
    }
    return whole;
  }

  #addWord(hash: number, word: number): void {
    if (this.#add(finishHash(hash) & (WORD_BUCKETS - 1), word)) this.#wordFeatures += 1;
  }

  #add(bucket: number, word: number): boolean {
    if (this.#touched[bucket] === this.#reading || this.#count >= MAX_FEATURES) return false;
    this.#touched[bucket] = this.#reading;
    this.#buckets[this.#count] = bucket;
    this.#sources[this.#count] = word;
    this.#count += 1;
    return true;
  }

  #name(lexicon: readonly number[], counts: Counts): void {
    const named = this.#named;
    const { words, formula, questions, choices } = counts;
    // The numbers of choices say nothing about what is asked.
    const numbers = counts.numbers - choices;
    // Three hits say almost as much as ten; a hit among a hundred words says less than one among five.
    lexicon.forEach((hits, domain) => {
      named[domain] = hits === 0 ? 0 : (Math.min(hits, 4) / 4 + Math.min(1, (3 * hits) / words)) / 2;
    });
    named[FORMULA] = Math.min(formula, 8) / 8;
    named[FORMULA + 1] = Math.min(numbers, 4) / 4;
    named[FORMULA + 2] = numbers >= 2 && questions > 0 ? 1 : 0;
    named[FORMULA + 3] = choices >= 3 ? 1 : 0;
    named[FORMULA + 4] = questions;
    named[FORMULA + 5] = words <= 3 ? 1 : 0;
    named[FORMULA + 6] = words >= 4 && words <= 12 ? 1 : 0;
    named[FORMULA + 7] = words > 60 ? 1 : 0;
  }
}

interface Counts {
  readonly words: number;
  readonly numbers: number;
  readonly formula: number;
  readonly questions: number;
  readonly choices: number;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** `+ < = > ^ \ $ { } [ ] _ % | ~ / * # @ & ;` and the Unicode signs of mathematics: what formulas, code and money are made of. */
function signHash(code: number): number {
  if (code < 0x80) return SIGNS.includes(code) ? hashStep(HASH_SEED, code) : 0;
  return isFormulaSign(code) ? hashStep(HASH_SEED, 0x2211) : 0;
}

const SIGNS = '+<=>^\\$€{}[]_%|~/*#@&;'.split('').map((sign) => sign.charCodeAt(0));

function isFormulaSign(code: number): boolean {
  return (
    code === 0x2b ||
    (code >= 0x3c && code <= 0x3e) ||
    code === 0x5c ||
    code === 0x5e ||
    code === 0xb0 ||
    code === 0xb2 ||
    code === 0xd7 ||
    (code >= 0x2200 && code < 0x2300)
  );
}
