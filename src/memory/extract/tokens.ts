import { folded, MARK, SEPARATOR } from '../../router/characters.ts';

/** A word as it stands and as it is compared, or a sign between words. */
export interface Token {
  /** In lower case, without accents, spelled out (`im` is `i`, `am`); of a sign the sign. */
  readonly plain: string;
  /** As it stands in the text. */
  readonly raw: string;
  readonly start: number;
  readonly end: number;
  readonly kind: 'word' | 'number' | 'quoted' | 'sign';
  /** Begins with a capital. */
  readonly capital: boolean;
}

/** What has been taken out of a message (pasted text, code) stands as this: nothing reaches over it. */
export const GAP = '\u0001';
const QUOTES = new Map([
  ['"', '"'],
  ['“', '”'],
  ['„', '“'],
  ['«', '»'],
  ['‘', '’'],
  ["'", "'"],
  ['`', '`'],
]);
/** A quotation is not longer: an apostrophe or an inch is not one. */
const LONGEST_QUOTE = 240;
const ENDINGS_WITH_DOT = /^\.(?:js|ts|net|io|ai|com|org|es|py)\b/i;

/** What people write short, spelled out. */
const SPELLED_OUT = new Map<string, string>(
  `im i am|i'm i am|iam i am|ive i have|i've i have|i'd i would|i'll i will|dont do not|don't do not|doesnt does not|doesn't does not
  didnt did not|didn't did not|cant can not|can't can not|cannot can not|couldn't could not|couldnt could not|wont will not|won't will not
  isnt is not|isn't is not|arent are not|aren't are not|wasn't was not|wasnt was not|haven't have not|havent have not|aint am not|ain't am not
  name's name is|names's name is|it's it is|that's that is|thats that is|he's he is|she's she is|hes he is|shes she is|we're we are
  we've we have|weve we have|we'll we will|they're they are|there's there is|you're you are|youre you are|what's what is|whats what is
  let's let us|lets let us|gonna going to|wanna want to|gotta got to|kinda kind of|u you|ur your|favorite favourite|fave favourite|fav favourite
  mum mother|mom mother|mommy mother|mummy mother|dad father|daddy father|hubby husband|wifey wife|gf girlfriend|bf boyfriend|kiddo kid
  q que|xq porque|pq porque|porq porque|tb tambien|tmb tambien|tmbn tambien|xfa porfa|toy estoy|tngo tengo|tmp tampoco|bibo vivo|yamo llamo
  trabjo trabajo|trbajo trabajo|laburo trabajo|laburamos trabajamos|curro trabajo|chambeo trabajo|labora trabaja|laburaba trabajaba
  soi soy|bivo vivo|vibo vivo|tnego tengo|trabajjo trabajo|travajo trabajo|trabao trabajo|stoy estoy|toi estoy|sta esta|kiero quiero|qiero quiero|yama llama|chambea trabaja|labura trabaja|curra trabaja|curramos trabajamos|laburando trabajando|currando trabajando|porfis porfa|porfi porfa|tbn tambien|tambn tambien|sip si|sii si|nop no|ke que|aki aqui|ksa casa|lifes lives|leaving living|alergic allergic|vegeterian vegetarian
  favourit favourite|liev live|encnata encanta|enkanta encanta|mudee mude|novi novia|usted's usted|hermanito hermano|hermanita hermana`
    .split(/[|\n]/)
    .map((line) => line.trim().split(' '))
    .map(([short = '', ...words]) => [short.normalize('NFD').replaceAll(/\p{M}/gu, ''), words.join(' ')]),
);

/** Words and signs in their order. Linear in the text. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (folded(code) > MARK) at = takeWord(text, at, tokens);
    else if (code === 0x20 || code === 0x09 || code === 0xa0 || folded(code) === MARK) at++;
    else at = takeQuotation(text, at, tokens) ?? takeSign(text, at, tokens);
  }
  return tokens;
}

/** As words are compared: in lower case, without accents. */
export function plainOf(text: string): string {
  let plain = '';
  for (let index = 0; index < text.length; index++) {
    const base = folded(text.charCodeAt(index));
    if (base > MARK) plain += String.fromCharCode(base);
    else if (base === SEPARATOR) plain += text.charAt(index) === '’' ? "'" : text.charAt(index);
  }
  return plain;
}

function takeWord(text: string, start: number, tokens: Token[]): number {
  let end = start + 1;
  while (end < text.length && continuesWord(text, end)) end++;
  const raw = text.slice(start, end);
  const plain = plainOf(raw);
  const capital = /^\p{Lu}/u.test(raw);
  const kind = /^\d/.test(plain) ? 'number' : 'word';
  const spelled = SPELLED_OUT.get(plain)?.split(' ');
  if (spelled === undefined) {
    takePossessive({ plain, raw, start, end, kind, capital }, tokens);
    return end;
  }
  const apostrophe = plain.indexOf("'");
  const inner = apostrophe > 0 && spelled.length === 2 ? start + apostrophe : end;
  spelled.forEach((word, index) =>
    tokens.push(
      index === 0
        ? { plain: word, raw: text.slice(start, inner), start, end: inner, kind, capital }
        : { plain: word, raw: text.slice(inner, end), start: inner, end, kind, capital: false },
    ),
  );
  return end;
}

/** `daughter's` is the daughter, and a sign of its own for "is" or "of". */
function takePossessive(token: Token, tokens: Token[]): void {
  const cut = token.plain.endsWith("'s") ? 2 : 0;
  if (cut === 0) {
    tokens.push(token);
    return;
  }
  const inner = token.end - cut;
  tokens.push({
    ...token,
    plain: spelledOne(token.plain.slice(0, -cut)),
    raw: token.raw.slice(0, -cut),
    end: inner,
  });
  tokens.push({ plain: "'s", raw: token.raw.slice(-cut), start: inner, end: token.end, kind: 'word', capital: false });
}

/** `dad's` is the father's. */
function spelledOne(plain: string): string {
  const spelled = SPELLED_OUT.get(plain);
  return spelled === undefined || spelled.includes(' ') ? plain : spelled;
}

function continuesWord(text: string, at: number): boolean {
  if (folded(text.charCodeAt(at)) >= MARK) return true;
  const sign = text.charAt(at);
  const next = at + 1 < text.length ? folded(text.charCodeAt(at + 1)) : SEPARATOR;
  if (sign === '+' || sign === '#') return next <= MARK;
  if (sign === '.') return ENDINGS_WITH_DOT.test(text.slice(at, at + 5)) || isDecimal(text, at);
  if (sign === '-' || sign === "'" || sign === '’') return next > MARK;
  return (sign === '/' || sign === ':') && isDecimal(text, at);
}

const isDigit = (text: string, at: number) => /\d/.test(text.charAt(at));
const isDecimal = (text: string, at: number) => isDigit(text, at - 1) && isDigit(text, at + 1);

function takeQuotation(text: string, start: number, tokens: Token[]): number | undefined {
  const closing = QUOTES.get(text.charAt(start));
  if (closing === undefined) return undefined;
  const line = text.slice(start + 1, start + LONGEST_QUOTE);
  let length = line.indexOf(closing);
  // An apostrophe within a word closes nothing.
  if (closing === "'") length = line.search(/'(?![\p{L}\d])/u);
  if (length <= 0 || line.slice(0, length).includes('\n')) return undefined;
  const end = start + length + 2;
  const raw = text.slice(start, end);
  tokens.push({
    plain: plainOf(raw.slice(1, -1)),
    raw,
    start,
    end,
    kind: 'quoted',
    capital: /^\p{Lu}/u.test(raw.slice(1)),
  });
  return end;
}

function takeSign(text: string, start: number, tokens: Token[]): number {
  const raw = text.charAt(start);
  tokens.push({ plain: raw, raw, start, end: start + 1, kind: 'sign', capital: false });
  return start + 1;
}
