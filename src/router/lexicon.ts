import { HASH_SEED, hashStep, hashText } from './hash.ts';
import { CODING_NAMES, CODING_WORDS, GENERAL_WORDS, TECHNICAL_WORDS } from './lexicon-words.ts';

export const LEXICON_DOMAINS = ['coding', 'technical', 'general'] as const;

/** What {@link lexiconDomain} returns for a name that means programming in every language; modulo three it is coding. */
export const CODING_NAME = LEXICON_DOMAINS.length;

const WORDS = [CODING_WORDS, TECHNICAL_WORDS, GENERAL_WORDS, CODING_NAMES];
/** A stem matches words that go on after it: `program*`. */
const STEM = 1;
const WHOLE = 2;

interface Entry {
  readonly domain: number;
  readonly kind: number;
}

const ENTRIES = new Map<number, Entry>();
for (const [domain, list] of WORDS.entries()) {
  for (const word of list.trim().split(/\s+/)) {
    const kind = word.endsWith('*') ? STEM : WHOLE;
    ENTRIES.set(hashText(kind === STEM ? word.slice(0, -1) : word), { domain, kind });
  }
}
const SHORTEST_STEM = 4;
const LONGEST_STEM = 12;

/**
 * The domain whose word list has this word, as an index into LEXICON_DOMAINS; -1: none.
 * @param letters A folded word in lower case between two boundaries.
 */
export function lexiconDomain(letters: Uint16Array, length: number): number {
  let hash = HASH_SEED;
  let found = -1;
  for (let index = 1; index < length - 1; index++) {
    hash = hashStep(hash, letters[index] ?? 0);
    const isWhole = index === length - 2;
    if (!isWhole && (index < SHORTEST_STEM || index > LONGEST_STEM)) continue;
    const entry = ENTRIES.get(hash);
    if (entry && (isWhole || entry.kind === STEM)) found = entry.domain;
  }
  return found;
}
