/** Latin with its extensions and the combining marks: one lookup a character instead of `normalize`, which costs more than all else. */
const TABLE_SIZE = 0x0370;
const VIETNAMESE = 0x1e00;
const VIETNAMESE_END = 0x1f00;

/** For {@link folded}: not a letter or digit of a word. */
export const SEPARATOR = 0;
/** For {@link folded}: a combining mark, which belongs to the letter before it and is passed over. */
export const MARK = 1;

/** Letters that Unicode does not take apart. */
const SPECIAL = new Map([
  ['ß', 's'],
  ['ø', 'o'],
  ['đ', 'd'],
  ['ð', 'd'],
  ['ł', 'l'],
  ['æ', 'a'],
  ['œ', 'o'],
  ['þ', 't'],
  ['ı', 'i'],
  ['ħ', 'h'],
]);

const FOLDED = new Uint16Array(TABLE_SIZE);
const LOWER = new Uint16Array(TABLE_SIZE);
const FOLDED_VIETNAMESE = new Uint16Array(VIETNAMESE_END - VIETNAMESE);
const LOWER_VIETNAMESE = new Uint16Array(VIETNAMESE_END - VIETNAMESE);

for (let code = 0; code < TABLE_SIZE; code++) [FOLDED[code], LOWER[code]] = entries(code);
for (let code = VIETNAMESE; code < VIETNAMESE_END; code++) {
  [FOLDED_VIETNAMESE[code - VIETNAMESE], LOWER_VIETNAMESE[code - VIETNAMESE]] = entries(code);
}

/** A UTF-16 unit in lower case and without its accent; letters of other scripts as they are. */
export function folded(code: number): number {
  if (code < TABLE_SIZE) return FOLDED[code] ?? SEPARATOR;
  if (code >= VIETNAMESE && code < VIETNAMESE_END) return FOLDED_VIETNAMESE[code - VIETNAMESE] ?? SEPARATOR;
  return isOtherLetter(code) ? code : SEPARATOR;
}

/** A Latin letter in lower case with its accent; 0 for everything else. */
export function latinLower(code: number): number {
  if (code < TABLE_SIZE) return LOWER[code] ?? 0;
  if (code >= VIETNAMESE && code < VIETNAMESE_END) return LOWER_VIETNAMESE[code - VIETNAMESE] ?? 0;
  return 0;
}

function entries(code: number): [folded: number, lower: number] {
  if (code >= 0x0300) return [MARK, 0];
  const character = String.fromCharCode(code);
  const lower = character.toLowerCase();
  if (/^\p{L}$/u.test(character) && code !== 0xaa && code !== 0xba) {
    const base = SPECIAL.get(lower) ?? lower.normalize('NFD').charAt(0);
    return [base.charCodeAt(0), lower.charCodeAt(0)];
  }
  return [/^\p{Nd}$/u.test(character) ? code : SEPARATOR, 0];
}

/** Greek and beyond without punctuation, symbols and surrogates. */
function isOtherLetter(code: number): boolean {
  return (code < 0x2000 || (code >= 0x3041 && code < 0xd800) || (code >= 0xf900 && code < 0xfe00)) && code !== 0x0589;
}

/** As people type who have no such keys. Case stays. */
export function withoutAccents(text: string): string {
  let plain = '';
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    const base = code > 0x7f ? folded(code) : SEPARATOR;
    if (code > 0x7f && base === MARK) continue;
    if (base <= MARK || base === code) plain += text.charAt(index);
    else plain += latinLower(code) === code ? String.fromCharCode(base) : String.fromCharCode(base).toUpperCase();
  }
  return plain;
}
