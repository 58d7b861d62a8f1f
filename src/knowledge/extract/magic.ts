import { Unreadable } from './extract-error.ts';

/** What bytes are by their beginning: a kind that has its own reader, or perhaps a text. */
export type Magic = 'pdf' | 'zip' | 'text';

const MEDIA = 'It has no text that could be read.';
const UNPACK = 'Unpack it and add the files in it.';
const latin = (text: string) => [...Buffer.from(text, 'latin1')];

interface Known {
  readonly bytes: readonly number[];
  readonly at?: number;
  readonly what: string;
  readonly next: string;
}

const known = (what: string, next: string, ...marks: readonly (readonly number[])[]): Known[] =>
  marks.map((bytes) => ({ bytes, what, next }));

const REFUSED: readonly Known[] = [
  ...known(
    'an image',
    MEDIA,
    [0x89, 0x50, 0x4e, 0x47],
    [0xff, 0xd8, 0xff],
    latin('GIF8'),
    [0x49, 0x49, 0x2a, 0],
    [0x4d, 0x4d, 0, 0x2a],
    [0, 0, 1, 0],
    latin('8BPS'),
    [0xff, 0x0a],
  ),
  { bytes: latin('WEBP'), at: 8, what: 'an image', next: MEDIA },
  { bytes: latin('ftypavif'), at: 4, what: 'an image', next: MEDIA },
  { bytes: latin('ftyphei'), at: 4, what: 'an image', next: MEDIA },
  ...known('a sound', MEDIA, latin('ID3'), latin('OggS'), latin('fLaC'), [0xff, 0xfb], [0xff, 0xf3], [0xff, 0xf1]),
  { bytes: latin('WAVE'), at: 8, what: 'a sound', next: MEDIA },
  { bytes: latin('AVI '), at: 8, what: 'a video', next: MEDIA },
  { bytes: latin('ftyp'), at: 4, what: 'a video', next: MEDIA },
  ...known('a video', MEDIA, [0x1a, 0x45, 0xdf, 0xa3], [0, 0, 1, 0xba], [0, 0, 1, 0xb3]),
  ...known(
    'an archive',
    UNPACK,
    [0x1f, 0x8b],
    latin('BZh'),
    [0xfd, 0x37, 0x7a, 0x58, 0x5a],
    [0x37, 0x7a, 0xbc, 0xaf],
    latin('Rar!'),
    [0x28, 0xb5, 0x2f, 0xfd],
    [0x04, 0x22, 0x4d, 0x18],
    latin('!<arch>'),
    latin('MSCF'),
  ),
  { bytes: latin('ustar'), at: 257, what: 'an archive', next: UNPACK },
  ...known(
    'an executable',
    MEDIA,
    [0x7f, 0x45, 0x4c, 0x46],
    latin('MZ'),
    [0xfe, 0xed, 0xfa, 0xce],
    [0xfe, 0xed, 0xfa, 0xcf],
    [0xce, 0xfa, 0xed, 0xfe],
    [0xcf, 0xfa, 0xed, 0xfe],
    [0xca, 0xfe, 0xba, 0xbe],
    [0, 0x61, 0x73, 0x6d],
  ),
  ...known('a database', 'Export what is to be read as CSV.', latin('SQLite format 3')),
  ...known('a font', MEDIA, latin('OTTO'), latin('wOFF'), latin('wOF2'), [0, 1, 0, 0, 0]),
  ...known('a model file', MEDIA, latin('GGUF')),
  ...known(
    'an old Office document (.doc, .xls, .ppt), or one with a password',
    'Save it as .docx, PDF or CSV without a password and add that.',
    [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1],
  ),
  ...known('a document in RTF', 'Save it as .docx or PDF and add that.', latin('{\\rtf')),
  ...known('a PostScript file', 'Convert it to PDF (ps2pdf) and add that.', latin('%!PS')),
];

/** Viewers accept a PDF that begins this late. */
const PDF_MARK_WITHIN = 1_024;

/** @throws Unreadable what is known and has no reader: it says what it is. */
export function magicOf(bytes: Buffer): Magic {
  for (const { bytes: mark, at = 0, what, next } of REFUSED) {
    if (!mark.every((byte, index) => bytes[at + index] === byte) || isWordInText(mark, bytes)) continue;
    throw new Unreadable(`is ${what}. ${next}`);
  }
  const head = bytes.subarray(0, PDF_MARK_WITHIN);
  const pdf = head.indexOf('%PDF-');
  if (pdf === 0 || (pdf > 0 && head.includes(0)) || (pdf > 0 && bytes.subarray(-2_048).includes('%%EOF'))) return 'pdf';
  return bytes.subarray(0, 2).equals(Buffer.from('PK')) && [3, 5, 7].includes(bytes[2] ?? 0) ? 'zip' : 'text';
}

/** A short mark of plain letters (`MZ`, `ID3`, `BZh`) also begins texts: in what is binary, controls are never far. */
function isWordInText(mark: readonly number[], bytes: Buffer): boolean {
  const isWord = mark.length <= 4 && mark.every((byte) => byte >= 0x20 && byte < 0x7f);
  return isWord && !bytes.subarray(0, 512).some((byte) => byte < 0x08 || (byte > 0x0d && byte < 0x1b));
}
