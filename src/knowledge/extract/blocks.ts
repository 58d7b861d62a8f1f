import { isBlank, isSpace, lineEnd } from './characters.ts';
import { markdownBlocks } from './markdown-blocks.ts';

/** How a text is built, which says where it is best cut. */
export type Structure = 'markdown' | 'text' | 'code' | 'csv' | 'json' | 'jsonl';

/** A stretch of text that belongs together; blocks follow each other without a gap, and blank lines belong to the one before. */
export interface Block {
  readonly start: number;
  readonly end: number;
  /** Of a heading: 1 to 6. */
  readonly level?: number | undefined;
  /** Of a heading: what it says. */
  readonly title?: string | undefined;
  /** A table or a fence: cut at its lines alone. */
  readonly isRigid?: boolean | undefined;
}

const QUOTE = 0x22;
const LIST_ITEM = /^[ \t]*(?:[-*+•–·]|\d{1,4}[.)]|[a-z][.)])[ \t]/;
/** What ends a stretch of code rather than begins one. */
const CLOSING = /^[)\]}]|^end\b/;
const LOOK = 160;
const DELIMITERS = [',', ';', '\t', '|'] as const;
const LONGEST_HEADER = 10_000;
/** Characters; a quote that is never closed does not swallow the rest. */
const LONGEST_RECORD = 100_000;

export function blocksOf(text: string, structure: Structure, start: number, end: number): Iterable<Block> {
  switch (structure) {
    case 'markdown':
      return markdownBlocks(text, start, end);
    case 'text':
      return paragraphs(text, start, end);
    case 'code':
      return definitions(text, start, end);
    case 'csv':
      return records(text, start, end);
    case 'jsonl':
      return lines(text, start, end);
    case 'json':
      return [{ start, end }];
  }
}

export function isListItem(text: string, start: number): boolean {
  return LIST_ITEM.test(text.slice(start, start + LOOK));
}

function* paragraphs(text: string, start: number, end: number): Generator<Block> {
  yield* grouped(text, start, end, (line, afterBlank) => afterBlank || isListItem(text, line));
}

/** What begins at the margin behind a blank line: functions, classes, statements of a module, each with its comment. */
function* definitions(text: string, start: number, end: number): Generator<Block> {
  yield* grouped(
    text,
    start,
    end,
    (line, afterBlank) => afterBlank && !isSpace(text.charCodeAt(line)) && !CLOSING.test(text.slice(line, line + LOOK)),
  );
}

function* lines(text: string, start: number, end: number): Generator<Block> {
  yield* grouped(text, start, end, () => true);
}

/** Records of a table; a quoted field may hold line ends, and a quote elsewhere (`5" pipe`) means nothing. */
function* records(text: string, start: number, end: number): Generator<Block> {
  const delimiter = delimiterOf(text.slice(start, Math.min(start + LONGEST_HEADER, lineEnd(text, start, end))));
  let [from, isQuoted] = [start, false];
  for (let line = start; line < end;) {
    const next = lineEnd(text, line, end);
    for (let index = line; index < next; index++) {
      if (text.charCodeAt(index) !== QUOTE) continue;
      const before = text.charCodeAt(index - 1);
      if (isQuoted && text.charCodeAt(index + 1) === QUOTE) index += 1;
      else if (isQuoted) isQuoted = false;
      else if (index === line || before === delimiter) isQuoted = true;
    }
    line = next;
    if (isQuoted && next - from < LONGEST_RECORD) continue;
    isQuoted = false;
    yield { start: from, end: next };
    from = next;
  }
  if (from < end) yield { start: from, end };
}

/** What stands most often between the names of the columns, outside of quotes. */
function delimiterOf(header: string): number {
  const bare = header.replace(/"[^"]*"/g, '');
  const count = (mark: string) => bare.split(mark).length;
  const best = DELIMITERS.reduce<string>((most, mark) => (count(mark) > count(most) ? mark : most), DELIMITERS[0]);
  return best.charCodeAt(0);
}

function* grouped(
  text: string,
  start: number,
  end: number,
  begins: (line: number, afterBlank: boolean) => boolean,
): Generator<Block> {
  let [from, afterBlank, hasText] = [start, false, false];
  for (let line = start; line < end;) {
    const next = lineEnd(text, line, end);
    const blank = isBlank(text, line, next);
    if (!blank && hasText && begins(line, afterBlank)) {
      yield { start: from, end: line };
      from = line;
    }
    hasText ||= !blank;
    afterBlank = blank;
    line = next;
  }
  if (from < end) yield { start: from, end };
}
