const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** Strings longer than this are skipped by a native search: images are megabytes of base64. */
const SHORT_STRING = 32;

/** +1 opens a level, -1 closes one, 2 begins a string. */
const MOVES = new Int8Array(256);
MOVES[0x7b] = MOVES[0x5b] = 1;
MOVES[0x7d] = MOVES[0x5d] = -1;
MOVES[QUOTE] = 2;

/**
 * Whether a JSON text nests objects and arrays deeper than `max` levels. Looks at brackets outside of strings only, so it
 * may run before the text is parsed, and on text that is not JSON at all.
 */
export function exceedsDepth(bytes: Uint8Array, max: number): boolean {
  const { length } = bytes;
  if (length <= max) return false;
  let depth = 0;
  for (let index = 0; index < length; index += 1) {
    const move = MOVES[bytes[index] ?? 0];
    if (move === 0) continue;
    if (move === 2) index = endOfString(bytes, index + 1);
    else if (move === 1) {
      depth += 1;
      if (depth > max) return true;
    } else depth -= 1;
  }
  return false;
}

/** Index of the quote that closes the string whose first character is at `start`. */
function endOfString(bytes: Uint8Array, start: number): number {
  const near = Math.min(start + SHORT_STRING, bytes.length);
  let index = start;
  for (; index < near; index += 1) {
    const byte = bytes[index];
    if (byte === QUOTE) return index;
    if (byte === BACKSLASH) index += 1;
  }
  while (index < bytes.length) {
    const quote = bytes.indexOf(QUOTE, index);
    if (quote < 0) return bytes.length;
    if (!isEscaped(bytes, quote, index)) return quote;
    index = quote + 1;
  }
  return bytes.length;
}

function isEscaped(bytes: Uint8Array, quote: number, from: number): boolean {
  let before = quote - 1;
  while (before >= from && bytes[before] === BACKSLASH) before -= 1;
  return (quote - 1 - before) % 2 === 1;
}
