/** From the scripts of India and South-East Asia on, characters are tokens of their own, or nearly. */
const FIRST_WIDE = 0x0900;
const LETTER = 0.265;
/** Vocabularies have fewer words with accents, and split them. */
const ACCENTED = 1.5;
const DIGIT = 0.75;
const MARK = 0.8;
/** One space belongs to the word behind it; a run of them is a few tokens. */
const SPACE = 0.03;
const OTHER_SCRIPT = 0.55;
const WIDE = 0.95;

const WEIGHTS = new Float32Array(FIRST_WIDE).map((_, code) => {
  if (code <= 0x20 || code === 0xa0) return SPACE;
  if (code >= 0x30 && code <= 0x39) return DIGIT;
  if ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a) return LETTER;
  if (code < 0xc0 || code === 0xd7 || code === 0xf7) return MARK;
  return code < 0x0250 ? ACCENTED : OTHER_SCRIPT;
});

/** About how many tokens the range is for an embedding or a chat model, in English as in Spanish: sums of parts are sums. */
export function rangeTokens(text: string, start: number, end: number): number {
  let tokens = 0;
  for (let index = start; index < end; index++) tokens += characterTokens(text.charCodeAt(index));
  return tokens;
}

export function characterTokens(code: number): number {
  return WEIGHTS[code] ?? WIDE;
}
