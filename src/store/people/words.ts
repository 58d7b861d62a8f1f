/** Scripts that put no space between words. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

/** A text as it is searched: lower case, without accents, words alone, a space before each. */
export function searchable(text: string): string {
  const words = text
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .match(/[\p{L}\p{N}]+/gu);
  return words === null ? '' : ` ${words.join(' ')}`;
}

/** What a `searchable` text contains that has this word, or one that begins with it; empty: there is nothing to look for. */
export function needle(word: string): string {
  const found = searchable(word);
  return UNSPACED.test(found) ? found.trim() : found;
}
