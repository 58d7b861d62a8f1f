/** Latin words have about four letters to a token; the ends of words make it fewer. */
const LETTERS_PER_TOKEN = 3.5;
/** From here on a character is a token of its own, and rare ones are several. */
const FIRST_WIDE = 0x0900;

/**
 * Tokens of a text, rather too many than too few, whatever it is of: digits and signs count one each (that is how Gemma's and Llama's
 * tokenizers read tables), words by their letters, and scripts without spaces by character. Looks at every character: for passages, not
 * for bodies of requests.
 */
export function carefulTokens(text: string): number {
  let tokens = 0;
  let letters = 0;
  let wasLower = false;
  const endWord = () => {
    if (letters > 0) tokens += Math.max(1, letters / LETTERS_PER_TOKEN);
    letters = 0;
  };
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (isLetter(code)) {
      const isUpper = code >= 65 && code <= 90;
      // Tokens end where a word does, inside of names like `tokenCount` too.
      if (isUpper && wasLower) endWord();
      wasLower = !isUpper;
      // Accented and Greek or Cyrillic letters break words into shorter pieces.
      letters += code < 128 ? 1 : 2;
      continue;
    }
    endWord();
    wasLower = false;
    if (code >= FIRST_WIDE) tokens += 1.5;
    else if (code !== 32) tokens += 1;
  }
  endWord();
  return Math.ceil(tokens);
}

function isLetter(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 0xc0 && code < FIRST_WIDE);
}
