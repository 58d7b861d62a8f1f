import { isListItem } from './blocks.ts';
import { cutBefore, isSpace, lineEnd } from './characters.ts';
import { characterTokens } from './tokens.ts';

/** Where a range may be cut, in order, each place behind `start` and before `end`. */
export type Boundaries = (text: string, start: number, end: number) => Iterable<number>;

const TERMINATORS = codes('.!?…');
/** End a sentence without a space behind them. */
const WIDE_TERMINATORS = codes('。！？｡');
const CLOSERS = codes('"\'»”’)]}」』）*_');
const OPENERS = /^[\s"'«“‘([{「『（*_>—–-]*/;
const BEGINS = /^[¿¡\p{Lu}\p{Lt}\p{Lo}\p{N}]/u;
const STOP = '.'.charCodeAt(0);
/** A full stop behind these, or behind a single letter, ends no sentence (in Spanish and English, without regard to case). */
const ABBREVIATIONS = new Set(
  (
    'sr sra sres sras srta srtas dña dr dra dres prof profa lic licda ing arq abg gral cap cnel tte fr hno hna mons rvdo sto sta ' +
    'pág págs pag art arts núm núms num cap caps fig figs vol vols ed eds ej pp ss vid cf cfr aprox máx mín max min ' +
    'tel teléf ext apdo avda av dpto depto prov admón cía ee uu rr hh ff aa ' +
    'mr mrs ms jr vs st inc ltd co corp approx dept est gov sen rep rev mt ave blvd al ca'
  ).split(' '),
);
const LONGEST_ABBREVIATION = 8;
const COMMA = 0x2c;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

export function* blankLines(text: string, start: number, end: number): Generator<number> {
  let afterBlank = false;
  for (let line = start; line < end;) {
    const next = lineEnd(text, line, end);
    let index = line;
    while (index < next && isSpace(text.charCodeAt(index))) index += 1;
    if (index < next && afterBlank && line > start) yield line;
    afterBlank = index === next;
    line = next;
  }
}

export function* lineStarts(text: string, start: number, end: number): Generator<number> {
  for (let line = lineEnd(text, start, end); line < end; line = lineEnd(text, line, end)) yield line;
}

export function* listItems(text: string, start: number, end: number): Generator<number> {
  for (const line of lineStarts(text, start, end)) if (isListItem(text, line)) yield line;
}

export function* sentences(text: string, start: number, end: number): Generator<number> {
  for (let index = start; index < end; index++) {
    const code = text.charCodeAt(index);
    if (!TERMINATORS.has(code) && !WIDE_TERMINATORS.has(code)) continue;
    let behind = index + 1;
    let isWide = WIDE_TERMINATORS.has(code);
    for (; behind < end; behind++) {
      const next = text.charCodeAt(behind);
      if (WIDE_TERMINATORS.has(next)) isWide = true;
      else if (!TERMINATORS.has(next) && !CLOSERS.has(next)) break;
    }
    let from = behind;
    while (from < end && isSpace(text.charCodeAt(from))) from += 1;
    const isSentence = isWide || (from > behind && begins(text, from) && !isAbbreviation(text, index, behind, start));
    if (isSentence && from < end) yield from;
    index = from - 1;
  }
}

export function* words(text: string, start: number, end: number): Generator<number> {
  for (let index = start + 1; index < end; index++)
    if (isSpace(text.charCodeAt(index - 1)) && !isSpace(text.charCodeAt(index))) yield index;
}

/** Behind the commas that are nested least. */
export function* elements(text: string, start: number, end: number): Generator<number> {
  let least = Infinity;
  for (const { depth } of commas(text, start, end)) least = Math.min(least, depth);
  for (const { from, depth } of commas(text, start, end)) if (depth === least) yield from;
}

/** Wherever so many tokens are full, between what a person sees as characters. */
export function everyTokens(most: number): Boundaries {
  return function* (text, start, end) {
    let [from, tokens] = [start, 0];
    for (let index = start; index < end; index++) {
      tokens += characterTokens(text.charCodeAt(index));
      if (tokens <= most || index === from) continue;
      const cut = cutBefore(text, index, from);
      if (cut >= end) return;
      yield cut;
      from = cut;
      index = Math.max(index, cut);
      tokens = 0;
      for (let again = cut; again <= index && again < end; again++) tokens += characterTokens(text.charCodeAt(again));
    }
  };
}

function codes(marks: string): ReadonlySet<number> {
  return new Set(Array.from(marks, (mark) => mark.charCodeAt(0)));
}

function begins(text: string, index: number): boolean {
  return BEGINS.test(text.slice(index, index + 12).replace(OPENERS, ''));
}

/** `index` is the first mark, `behind` what follows the last. */
function isAbbreviation(text: string, index: number, behind: number, start: number): boolean {
  if (text.charCodeAt(index) !== STOP || behind > index + 1) return false;
  let from = index;
  while (from > start && index - from <= LONGEST_ABBREVIATION && isLetter(text.charCodeAt(from - 1))) from -= 1;
  const word = text.slice(from, index);
  return word.length === 1 || ABBREVIATIONS.has(word.toLowerCase());
}

function isLetter(code: number): boolean {
  return ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a) || (code >= 0xba && code < 0x0250);
}

/** Where the element behind each comma begins; a comma at the very end has none. */
function* commas(text: string, start: number, end: number): Generator<{ from: number; depth: number }> {
  let [depth, isQuoted] = [0, false];
  for (let index = start; index < end; index++) {
    const code = text.charCodeAt(index);
    if (isQuoted) {
      if (code === BACKSLASH) index += 1;
      else if (code === QUOTE) isQuoted = false;
    } else if (code === QUOTE) isQuoted = true;
    else if (code === 0x7b || code === 0x5b) depth += 1;
    else if (code === 0x7d || code === 0x5d) depth -= 1;
    else if (code === COMMA) {
      let from = index + 1;
      while (from < end && isSpace(text.charCodeAt(from))) from += 1;
      if (from < end) yield { from, depth };
      index = from - 1;
    }
  }
}
