import { findInstructions, fold } from './instruction-phrases.ts';
import { withoutInvisible } from './invisible.ts';

export interface SanitiseOptions {
  readonly maxCharacters: number;
  /** Where each page begins, the first at 0. */
  readonly pages?: readonly number[] | undefined;
}

export interface Sanitised {
  readonly text: string;
  /** Where each page begins now; those behind the end are gone. */
  readonly pages: readonly number[];
  /** Why a person must look at it before it is used; null: nothing that speaks to a model, or little, which was left out. */
  readonly suspicion: string | null;
  /** What was left out, for a person; null: nothing. */
  readonly warning: string | null;
}

/** So many lines that speak to a model in a thousand characters are no accident. */
const SUSPICIOUS_DENSITY = 1;
/** So many in one text neither, however long it is. */
const SUSPICIOUS_LINES = 8;
/** A line is allowed to come back as often. */
const MOST_REPEATS = 3;
const LONGEST_TITLE = 200;
/** Letters of a line that counts as repeated; shorter ones are brackets, rules of tables, "Yes". */
const LEAST_LETTERS = 12;

/**
 * The text of a page without what is meant for a model and not for a reader: characters that nobody sees, lines that give orders to
 * a model, lines repeated over and over; at most so many characters.
 */
export function sanitise(original: string, { maxCharacters, pages = [0] }: SanitiseOptions): Sanitised {
  // Nothing far behind the end is ever looked at: a page may be as long as it likes.
  const near = original.slice(0, maxCharacters * 2);
  const { lines, firstLines } = visibleLines(near, pages);
  const isCut = cutLines(lines, maxCharacters) || near.length < original.length;
  const spoken = spokenLines(lines);
  const repeated = repeatedLines(lines);
  const isLeft = (index: number) => spoken.has(index) || repeated.has(index);
  const characters = lines.reduce((sum, line) => sum + line.length + 1, 0);
  const isSuspicious =
    spoken.size >= SUSPICIOUS_LINES || spoken.size / Math.max(characters / 1_000, 1) >= SUSPICIOUS_DENSITY;
  const left = [
    ...(spoken.size > 0 ? [`${count(spoken.size, 'line')} that speak${spoken.size === 1 ? 's' : ''} to a model`] : []),
    ...(repeated.size > 0 ? [count(repeated.size, 'repeated line')] : []),
    ...(isCut ? [`what comes after ${maxCharacters} characters (knowledge.web.maxCharacters)`] : []),
  ];
  return {
    text: lines.filter((_, index) => !isLeft(index)).join('\n'),
    pages: startsOf(firstLines, lines, isLeft),
    suspicion: isSuspicious
      ? `It speaks to a model rather than to a reader (${count(spoken.size, 'line')}): look at it before you approve it.`
      : null,
    warning: left.length > 0 ? `Left out: ${left.join(', ')}.` : null,
  };
}

/** A title, on one line, from somebody else's page; `otherwise` where it speaks to a model. */
export function sanitiseTitle(title: string, otherwise: string): string {
  const line = withoutInvisible(title).replaceAll(/\s+/g, ' ').trim();
  return line === '' || findInstructions(fold(line)).length > 0 ? otherwise : cut(line, LONGEST_TITLE);
}

function visibleLines(text: string, pages: readonly number[]) {
  const lines: string[] = [];
  const firstLines: number[] = [];
  for (const [index, start] of pages.entries()) {
    if (start > 0 && start >= text.length) break;
    firstLines.push(lines.length);
    const next = pages[index + 1];
    const page = withoutInvisible(text.slice(start, next));
    // What ends a page is the line break that joins it to the next one.
    for (const line of (next === undefined ? page : page.replace(/\n$/, '')).split('\n')) lines.push(line);
  }
  return { lines, firstLines };
}

/** True: some of them, and a part of the last one, were too much. */
function cutLines(lines: string[], most: number): boolean {
  let length = -1;
  for (const [index, line] of lines.entries()) {
    length += 1 + line.length;
    if (length <= most) continue;
    lines.splice(index, Infinity, cut(line, Math.max(0, most - (length - line.length))));
    return true;
  }
  return false;
}

function startsOf(
  firstLines: readonly number[],
  lines: readonly string[],
  isLeft: (index: number) => boolean,
): readonly number[] {
  const starts: number[] = [];
  let [page, offset] = [0, 0];
  for (const [index, line] of lines.entries()) {
    for (; firstLines[page] === index; page += 1) starts.push(offset);
    if (!isLeft(index)) offset += line.length + 1;
  }
  return starts;
}

/** Not inside a character, and behind a word where one ends near. */
function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  const piece = text.slice(0, most).replace(/[\uD800-\uDBFF]$/, '');
  const end = piece.lastIndexOf(' ');
  return end > most * 0.9 ? piece.slice(0, end) : piece;
}

/** Indexes of lines that a phrase touches; one that goes over a line break touches both. */
function spokenLines(lines: readonly string[]): ReadonlySet<number> {
  const folded = lines.map(fold);
  const found = new Set<number>();
  let [line, lineEnd] = [0, folded[0]?.length ?? 0];
  for (const { start, end } of findInstructions(folded.join('\n'))) {
    while (lineEnd < start) lineEnd += 1 + (folded[(line += 1)]?.length ?? 0);
    for (let [index, reached] = [line, lineEnd]; ; reached += 1 + (folded[(index += 1)]?.length ?? 0)) {
      found.add(index);
      if (reached >= end) break;
    }
  }
  return found;
}

function repeatedLines(lines: readonly string[]): ReadonlySet<number> {
  const seen = new Map<string, number>();
  const repeated = new Set<number>();
  for (const [index, line] of lines.entries()) {
    const key = line.trim().toLowerCase();
    if ((key.match(/\p{L}/gu)?.length ?? 0) < LEAST_LETTERS) continue;
    const times = (seen.get(key) ?? 0) + 1;
    seen.set(key, times);
    if (times > MOST_REPEATS) repeated.add(index);
  }
  return repeated;
}

function count(amount: number, what: string): string {
  return `${amount} ${what}${amount === 1 ? '' : 's'}`;
}
