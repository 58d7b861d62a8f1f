import { Unreadable } from './extract-error.ts';
import type { Line } from './pdf-lines.ts';

export interface PdfText {
  readonly text: string;
  /** Where each page begins. */
  readonly starts: readonly number[];
  readonly firstHeading: string | null;
}

/** UTF-16 code units: more than three Bibles in every language of Europe. */
const MOST_CHARACTERS = 128 << 20;
/** Larger letters than those of the text by so much are a heading's … */
const HEADING_SIZE = 1.15;
/** … if there are not more of them. */
const LONGEST_HEADING = 150;
const LEVELS = 3;
/** Times the size of its letters, from one line to the next: more is a new paragraph. */
const PARAGRAPH_GAP = 1.75;
/** A line that ends further left than this part of its column ends what it says. */
const FULL_LINE = 0.8;
const LIST_ITEM = /^(?:[•▪◦‣●■–*-]|\d{1,3}[.)])\s/;
/** Lines that this part of the pages begin or end with are not text. */
const RUNNING_SHARE = 0.6;
const LEAST_PAGES_TO_RUN = 4;
/** … and with a number in it, so many are enough: the running head of a chapter. */
const NUMBERED_HEADS = 3;
const LONGEST_HEAD = 100;
const PAGE_NUMBER =
  /^(?:[-–—\s]*(?:pages?|páginas?|pág\.?|p\.)?\s*\d{1,5}(?:\s*(?:\/|of|de)\s*\d{1,5})?[-–—\s]*|[ivxlc]{1,7})$/i;

/** Pages as Markdown: lines become paragraphs, larger letters headings; what stands on every page goes. */
export function pageTexts(pages: readonly (readonly Line[])[]): PdfText {
  const kept = withoutRunning(pages);
  const sizes = headingSizes(kept);
  const starts: number[] = [];
  const parts: string[] = [];
  let [length, firstHeading]: [number, string | null] = [0, null];
  for (const lines of kept) {
    starts.push(length);
    const paragraphs = paragraphsOf(lines, sizes);
    firstHeading ??= paragraphs.find(({ level }) => level > 0)?.text ?? null;
    const text = paragraphs.map(({ level, text }) => `${level > 0 ? `${'#'.repeat(level)} ` : ''}${text}\n\n`).join('');
    parts.push(text);
    length += text.length;
    if (length > MOST_CHARACTERS)
      throw new Unreadable('has more text than is read of one file. Split it and add the parts.');
  }
  return { text: parts.join(''), starts, firstHeading };
}

interface Paragraph {
  text: string;
  /** Of a heading, from 1; 0: none. */
  readonly level: number;
}

function paragraphsOf(lines: readonly Line[], sizes: readonly number[]): Paragraph[] {
  const rightOf = columnEnds(lines);
  const paragraphs: Paragraph[] = [];
  let before: Line | undefined;
  for (const line of lines) {
    const level = levelOf(line, sizes);
    const open = paragraphs.at(-1);
    if (!open || !before || open.level !== level || isNewParagraph(before, line)) {
      paragraphs.push({ text: line.text, level });
    } else open.text = joined(open.text, line.text, level > 0 || isFull(before, rightOf));
    before = line;
  }
  return paragraphs.map((paragraph) =>
    paragraph.text.length > LONGEST_HEADING ? { ...paragraph, level: 0 } : paragraph,
  );
}

/** A word that was divided is one again; a line that is full runs on. */
function joined(text: string, next: string, isFullLine: boolean): string {
  const runsOn = isFullLine && !LIST_ITEM.test(next);
  if (/^\p{L}[-\u00ad\u2010]$/u.test(text.slice(-2)) && /^\p{Ll}/u.test(next)) return text.slice(0, -1) + next;
  return `${text}${runsOn ? ' ' : '\n'}${next}`;
}

function isNewParagraph(before: Line, line: Line): boolean {
  const gap = before.y - line.y;
  const size = Math.max(before.size, line.size, 1);
  // The next column: what runs on has no full stop before it.
  if (gap < -size) return /[.!?:;…»”"]$/.test(before.text);
  return gap > size * PARAGRAPH_GAP || Math.abs(before.size - line.size) > size * 0.2;
}

function isFull(line: Line, rightOf: ReadonlyMap<number, number>): boolean {
  const right = rightOf.get(column(line)) ?? line.right;
  return line.right - line.left >= (right - line.left) * FULL_LINE;
}

/** How far to the right the lines reach that begin at about the same place. */
function columnEnds(lines: readonly Line[]): ReadonlyMap<number, number> {
  const ends = new Map<number, number>();
  for (const line of lines) ends.set(column(line), Math.max(ends.get(column(line)) ?? 0, line.right));
  return ends;
}

function column({ left }: Line): number {
  return Math.round(left / 36);
}

/** The sizes of letters that headings have, the largest first. */
function headingSizes(pages: readonly (readonly Line[])[]): readonly number[] {
  const characters = new Map<number, number>();
  for (const { size, text } of pages.flat()) {
    const rounded = Math.round(size * 2) / 2;
    characters.set(rounded, (characters.get(rounded) ?? 0) + text.length);
  }
  const all = [...characters];
  const [body] = all.reduce((most, entry) => (entry[1] > most[1] ? entry : most), [0, 0]);
  return all
    .map(([size]) => size)
    .filter((size) => size >= body * HEADING_SIZE)
    .sort((left, right) => right - left);
}

function levelOf({ size, text }: Line, sizes: readonly number[]): number {
  const rank = sizes.indexOf(Math.round(size * 2) / 2);
  if (rank < 0 || text.length > LONGEST_HEADING || !/\p{L}{2}/u.test(text)) return 0;
  return Math.min(rank + 1, LEVELS);
}

function withoutRunning(pages: readonly (readonly Line[])[]): readonly (readonly Line[])[] {
  if (pages.length < LEAST_PAGES_TO_RUN) return pages;
  const least = pages.length * RUNNING_SHARE;
  const running = (at: 0 | -1) => {
    const counts = new Map<string, number>();
    for (const lines of pages) {
      const line = lines.at(at);
      if (line) counts.set(pattern(line), (counts.get(pattern(line)) ?? 0) + 1);
    }
    const isHead = ([text, count]: readonly [string, number]) =>
      count >= least || (count >= NUMBERED_HEADS && text.includes('#') && text.length <= LONGEST_HEAD);
    return new Set([...counts].filter(isHead).map(([text]) => text));
  };
  const [heads, feet] = [running(0), running(-1)];
  const isGone = (line: Line | undefined, known: ReadonlySet<string>) =>
    line !== undefined && (PAGE_NUMBER.test(line.text) || known.has(pattern(line)));
  return pages.map((lines) => {
    const from = isGone(lines[0], heads) ? 1 : 0;
    return lines.slice(from, lines.length > from && isGone(lines.at(-1), feet) ? -1 : undefined);
  });
}

/** Numbers of pages differ. */
function pattern({ text }: Line): string {
  return text.replace(/\d+/g, '#').slice(0, 200);
}
