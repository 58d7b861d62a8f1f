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

/** Records of a table; a quoted field may hold line ends. */
function* records(text: string, start: number, end: number): Generator<Block> {
  let [from, isQuoted] = [start, false];
  for (let line = start; line < end;) {
    const next = lineEnd(text, line, end);
    for (let index = line; index < next; index++) if (text.charCodeAt(index) === QUOTE) isQuoted = !isQuoted;
    line = next;
    if (isQuoted) continue;
    yield { start: from, end: next };
    from = next;
  }
  if (from < end) yield { start: from, end };
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
