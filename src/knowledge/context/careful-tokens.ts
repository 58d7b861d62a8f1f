/** Latin words have about four letters to a token; the ends of words make it fewer. */
const LETTERS_PER_TOKEN = 3.5;
/** From here on a character is a token of its own, and rare ones are several. */
const FIRST_WIDE = 0x0900;
const SPACE = 32;
/** More characters without a space are a key, an address or encoded bytes. */
const LONGEST_WORD = 24;
const ENCODED = 2.6;

/**
 * Tokens of a text, rather too many than too few, whatever it is of: digits and signs count one each (that is how Gemma's and Llama's
 * tokenizers read tables), words by their letters, and scripts without spaces by character. Looks at every character: for passages, not
 * for bodies of requests.
 */
export function carefulTokens(text: string): number {
  let tokens = 0;
  let letters = 0;
  let before = 0;
  /** Characters since the last space. */
  let run = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    run = code <= SPACE ? 0 : run + 1;
    if (isLetter(code)) {
      // Tokens end where a word does, inside of names like `tokenCount` too.
      if (isUpper(code) && isLower(before)) {
        tokens += wordTokens(letters);
        letters = 0;
      }
      letters += run > LONGEST_WORD ? ENCODED : weightOf(code, before);
    } else {
      tokens += wordTokens(letters);
      letters = 0;
      if (code >= FIRST_WIDE) tokens += 1.5;
      else if (code !== SPACE) tokens += 1;
    }
    before = code;
  }
  return Math.ceil(tokens + wordTokens(letters));
}

function wordTokens(letters: number): number {
  return letters === 0 ? 0 : Math.max(1, letters / LETTERS_PER_TOKEN);
}

/** What is no plain word is broken into shorter pieces: accents and other scripts, capitals, keys and encoded bytes. */
function weightOf(code: number, before: number): number {
  if (code >= 128 || isDigit(before)) return 2;
  return isUpper(code) && isLetter(before) ? 2 : 1;
}

const isUpper = (code: number) => code >= 65 && code <= 90;
const isLower = (code: number) => code >= 97 && code <= 122;
const isDigit = (code: number) => code >= 48 && code <= 57;

function isLetter(code: number): boolean {
  return isLower(code) || isUpper(code) || (code >= 0xc0 && code < FIRST_WIDE);
}
