/** Longer ones are data, not words; of them the beginning counts. */
const MOST_CHARACTERS = 64;

/** Letters and digits, joined by what stands inside names (`max_tokens`, `node:fs`, `v2.0.8`, `well-known`); `c++` and `c#`. */
const NAME = /[\p{L}\p{N}\p{M}]+(?:[_\-.:/@][\p{L}\p{N}\p{M}]+)*(?:\+\+|#)?/gu;
const JOINT = /[_\-.:/@]/;
/** `maxTokens` → max, Tokens; `HTTPServer` → HTTP, Server. */
const HUMP = /(?<=[\p{Ll}\p{N}])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/u;
/** Scripts that put no space between words. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}]/u;
/** Accents over and under Latin, Greek and Cyrillic letters; vowel signs of other scripts are letters in all but name. */
const ACCENTS = /[\u0300-\u036f]/g;

/**
 * Words of a text, in order: in lower case and without accents, as people type them. `ñ` becomes `n` like every other letter: who has no
 * such key writes `espana`, and the few pairs that this makes one (año, ano) are told apart by the words around them. A name made of
 * parts is there as a whole and in parts. Where no spaces are written, each pair of neighbouring characters is a word.
 */
export function wordsOf(text: string): string[] {
  const words: string[] = [];
  for (const [name] of text.normalize('NFKD').replace(ACCENTS, '').matchAll(NAME)) {
    if (UNSPACED.test(name)) pairs(name, words);
    else if (/^[\p{Ll}\p{N}]+$/u.test(name)) words.push(name.slice(0, MOST_CHARACTERS));
    else parts(name, words);
  }
  return words;
}

function parts(name: string, words: string[]): void {
  const whole = name.toLowerCase();
  words.push(whole.slice(0, MOST_CHARACTERS));
  if (/(?:\+\+|#)$/.test(name)) return;
  for (const part of name.split(JOINT)) {
    const lower = part.toLowerCase();
    if (lower !== whole) words.push(lower.slice(0, MOST_CHARACTERS));
    const humps = part.split(HUMP);
    if (humps.length > 1) for (const hump of humps) words.push(hump.toLowerCase().slice(0, MOST_CHARACTERS));
  }
}

function pairs(name: string, words: string[]): void {
  const characters = Array.from(name.toLowerCase());
  if (characters.length === 1) words.push(name);
  for (let index = 0; index + 1 < characters.length; index += 1)
    words.push(`${characters[index] ?? ''}${characters[index + 1] ?? ''}`);
}
