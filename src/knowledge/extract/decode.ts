import { isUtf8 } from 'node:buffer';
import { TextDecoder } from 'node:util';

import { Unreadable } from './extract-error.ts';

export interface Decoded {
  /** Without its byte order mark. */
  readonly text: string;
  /** That the encoding had to be guessed, for a person. */
  readonly warning: string | null;
}

const LOOK = 64 << 10;
/** Of the looked-at bytes: what else than tabs and line ends stands below 0x20 in a text. */
const MOST_CONTROLS = 0.01;
/** A text of UTF-8 with a few damaged places is still UTF-8. */
const MOST_DAMAGE = 0.1;
/** 0x80 to 0x9f of windows-1252; the five that it leaves open are what they are in Latin-1. */
const WINDOWS = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

/**
 * The text of bytes: by their mark, as UTF-8 or UTF-16 where they are that, else in the `declared` encoding or windows-1252.
 * @throws Unreadable what is no text.
 */
export function decodeText(bytes: Buffer, declared?: string): Decoded {
  if (startsWith(bytes, 0xff, 0xfe, 0, 0) || startsWith(bytes, 0, 0, 0xfe, 0xff))
    throw new Unreadable('is a text in UTF-32, which is not read. Save it as UTF-8 and add it again.');
  if (startsWith(bytes, 0xef, 0xbb, 0xbf)) return utf8(bytes.subarray(3)) ?? byteText(bytes.subarray(3), declared);
  if (startsWith(bytes, 0xff, 0xfe)) return utf16(bytes.subarray(2), 'utf-16le');
  if (startsWith(bytes, 0xfe, 0xff)) return utf16(bytes.subarray(2), 'utf-16be');
  const wide = wideOrder(bytes);
  if (wide) return utf16(bytes, wide);
  refuseBinary(bytes);
  return utf8(bytes) ?? byteText(bytes, declared);
}

/** Undefined: this is no UTF-8. */
function utf8(bytes: Buffer): Decoded | undefined {
  if (isUtf8(bytes)) return { text: bytes.toString('utf8'), warning: null };
  const text = bytes.toString('utf8');
  let [damaged, whole] = [0, 0];
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 0xfffd) damaged += 1;
    else if (code >= 0x80) whole += 1;
  }
  if (damaged > whole * MOST_DAMAGE) return undefined;
  const places = damaged === 1 ? 'one place' : `${damaged} places`;
  return { text, warning: `The text is UTF-8 but damaged: ${places} could not be read and stand as “\u{fffd}”.` };
}

function utf16(bytes: Buffer, encoding: 'utf-16le' | 'utf-16be'): Decoded {
  const even = bytes.subarray(0, bytes.length & ~1);
  const little = encoding === 'utf-16le' ? even : Buffer.from(even).swap16();
  const text = little.toString('utf16le');
  refuseBinary(Buffer.from(text.includes('\0') ? '\0' : text.slice(0, LOOK), 'utf8'));
  const isOdd = bytes.length % 2 === 1;
  return { text, warning: isOdd ? 'The text ends in half a character (UTF-16), which was left out.' : null };
}

function byteText(bytes: Buffer, declared: string | undefined): Decoded {
  const decoder = declared === undefined ? undefined : decoderOf(declared);
  if (decoder) {
    const text = decoder.decode(bytes);
    return {
      text,
      warning: text.includes('\u{fffd}')
        ? `Some characters are not in the encoding that the file names (${decoder.encoding}) and stand as “\u{fffd}”.`
        : null,
    };
  }
  const text = bytes
    .toString('latin1')
    .replace(/[\u0080-\u009f]/g, (mark) => WINDOWS[mark.charCodeAt(0) - 0x80] ?? mark);
  return {
    text,
    warning:
      'The text is not UTF-8 and was read as Windows-1252 (Western European). If letters look wrong, save it as UTF-8 and add it again.',
  };
}

/** Of an encoding that keeps ASCII what it is; windows-1252 has its own reader. */
function decoderOf(label: string): TextDecoder | undefined {
  try {
    const decoder = new TextDecoder(label);
    return /^(?:windows-1252|utf-|x-user-defined|replacement)/.test(decoder.encoding) ? undefined : decoder;
  } catch {
    return undefined;
  }
}

/** UTF-16 without a mark: every other byte is zero wherever the text is Latin. */
function wideOrder(bytes: Buffer): 'utf-16le' | 'utf-16be' | undefined {
  const length = Math.min(bytes.length & ~1, 4_096);
  if (length < 4) return undefined;
  const zeros = [0, 0];
  for (let index = 0; index < length; index++) if (bytes[index] === 0) zeros[index & 1] = (zeros[index & 1] ?? 0) + 1;
  const [even = 0, odd = 0] = zeros.map((count) => count / (length / 2));
  if (odd > 0.4 && even < 0.02) return 'utf-16le';
  return even > 0.4 && odd < 0.02 ? 'utf-16be' : undefined;
}

function refuseBinary(bytes: Buffer): void {
  const length = Math.min(bytes.length, LOOK);
  let controls = 0;
  for (let index = 0; index < length; index++) {
    const byte = bytes[index] ?? 0;
    if (byte === 0) controls = Infinity;
    else if ((byte < 0x20 && !(byte >= 0x08 && byte <= 0x0d) && byte !== 0x1b) || byte === 0x7f) controls += 1;
  }
  if (controls <= length * MOST_CONTROLS && !bytes.includes(0)) return;
  throw new Unreadable(
    'is binary data of a kind that is not known. Give a text, or a file that holds one (PDF, Word, HTML, Markdown, CSV, JSON, source code).',
  );
}

function startsWith(bytes: Buffer, ...mark: readonly number[]): boolean {
  return mark.every((byte, index) => bytes[index] === byte);
}
