/** Looking at a text without copying it: offsets are UTF-16 code units. */

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
/** From the first combining mark on, what one sees may be more than one code point. */
const FIRST_COMBINING = 0x0300;
const LAST_IDEOGRAPH = 0x9fff;
/** A cluster longer than this is an attack, and may be cut between code points. */
const LONGEST_CLUSTER = 256;

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

export function isSpace(code: number): boolean {
  return (
    code === 0x20 ||
    (code >= 0x09 && code <= 0x0d) ||
    code === 0xa0 ||
    code === 0x1680 ||
    (code >= 0x2000 && code <= 0x200a) ||
    code === 0x2028 ||
    code === 0x2029 ||
    code === 0x202f ||
    code === 0x3000 ||
    code === 0xfeff
  );
}

/** Whether nothing but white space stands in the range. */
export function isBlank(text: string, start = 0, end = text.length): boolean {
  for (let index = start; index < end; index++) if (!isSpace(text.charCodeAt(index))) return false;
  return true;
}

/** Behind the line end that follows `start`, which may be `\n`, `\r\n` or `\r`; `end` where there is none. */
export function lineEnd(text: string, start: number, end: number): number {
  for (let index = start; index < end; index++) {
    const code = text.charCodeAt(index);
    if (code === LINE_FEED) return index + 1;
    if (code === CARRIAGE_RETURN)
      return index + 1 < end && text.charCodeAt(index + 1) === LINE_FEED ? index + 2 : index + 1;
  }
  return end;
}

/** Whether a text may be cut here: not inside of what a person sees as one character, nor of a line end. */
export function mayCut(text: string, index: number): boolean {
  if (index <= 0 || index >= text.length) return true;
  const [before, after] = [text.charCodeAt(index - 1), text.charCodeAt(index)];
  if (before === CARRIAGE_RETURN && after === LINE_FEED) return false;
  if (after < FIRST_COMBINING && before < FIRST_COMBINING) return true;
  if (isIdeograph(after) && before >= 0x3000 && before <= LAST_IDEOGRAPH) return true;
  if (before === LINE_FEED || before === CARRIAGE_RETURN || after === LINE_FEED || after === CARRIAGE_RETURN)
    return true;
  return clusterStart(text, index) === index;
}

/** The nearest place at or before `index`, and behind `start`, where the text may be cut; else the nearest between code points. */
export function cutBefore(text: string, index: number, start: number): number {
  if (mayCut(text, index)) return index;
  const cluster = text.charCodeAt(index) === LINE_FEED ? index - 1 : clusterStart(text, index);
  if (cluster > start) return cluster;
  const isPair = isLow(text.charCodeAt(index)) && isHigh(text.charCodeAt(index - 1));
  return isPair ? (index - 1 > start ? index - 1 : index + 1) : index;
}

function clusterStart(text: string, index: number): number {
  let from = index - 1;
  const least = Math.max(0, index - LONGEST_CLUSTER);
  while (from > least && text.charCodeAt(from) >= FIRST_COMBINING) from -= 1;
  // What begins before the window is too long to be kept whole, but no code point is ever cut.
  const isTooLong = from === least && from > 0;
  if (isTooLong && isLow(text.charCodeAt(from))) from -= 1;
  const window = text.slice(from, index + 32);
  const found = graphemes.segment(window).containing(index - from)?.index ?? 0;
  if (found > 0 || !isTooLong) return from + found;
  return isLow(text.charCodeAt(index)) && isHigh(text.charCodeAt(index - 1)) ? index - 1 : index;
}

function isIdeograph(code: number): boolean {
  return code >= 0x3400 && code <= LAST_IDEOGRAPH;
}

function isHigh(code: number): boolean {
  return (code & 0xfc00) === 0xd800;
}

function isLow(code: number): boolean {
  return (code & 0xfc00) === 0xdc00;
}
