import type { Block } from './blocks.ts';
import { isBlank, lineEnd } from './characters.ts';

/** More of a line is not looked at: a heading is shorter. */
const LOOK = 400;
const LONGEST_TABLE_RULE = 2_000;
const HEADING = /^ {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$/;
const UNDERLINE = /^ {0,3}(=+|-+)[ \t]*$/;
const FENCE = /^ {0,3}(`{3,}|~{3,})/;
const LIST_ITEM = /^[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]/;
const TABLE_RULE = /^[ \t]*\|?[ \t]*:?-+:?[ \t|:-]*$/;

/** Headings, paragraphs, list items, fences and tables, as CommonMark and GitHub have them. */
export function* markdownBlocks(text: string, start: number, end: number): Generator<Block> {
  let open: { start: number; isRigid: boolean } | undefined;
  let afterBlank = true;
  let line = start;
  const close = function* (at: number): Generator<Block> {
    if (open && at > open.start) yield { start: open.start, end: at, isRigid: open.isRigid };
    open = undefined;
  };
  const whole = function* (at: number): Generator<Block> {
    yield* close(line);
    open = { start: line, isRigid: true };
    line = at;
  };
  const frontMatter = start === 0 ? frontMatterEnd(text, end) : 0;
  if (frontMatter > 0) yield* whole(frontMatter);

  while (line < end) {
    const next = lineEnd(text, line, end);
    const shown = text.slice(line, Math.min(next, line + LOOK)).trimEnd();
    const heading = headingAt(text, shown, next, end);
    const fence = FENCE.exec(shown)?.[1];
    if (heading) {
      yield* close(line);
      const until = blankEnd(text, heading.end, end);
      yield { start: line, end: until, level: heading.level, title: heading.title };
      line = until;
      afterBlank = true;
      continue;
    }
    if (fence !== undefined) {
      yield* whole(fenceEnd(text, fence, next, end));
      afterBlank = true;
      continue;
    }
    if (shown.includes('|') && isTableRule(text, next, end)) {
      yield* whole(tableEnd(text, next, end));
      afterBlank = true;
      continue;
    }
    const blank = isBlank(text, line, next);
    if (!blank && (afterBlank || LIST_ITEM.test(shown)) && open) yield* close(line);
    open ??= { start: line, isRigid: false };
    afterBlank = blank;
    line = next;
  }
  yield* close(end);
}

/** Where the text behind a front matter (`---`, fields, `---`) begins; 0: there is none. */
export function frontMatterEnd(text: string, end = text.length): number {
  if (!/^---[ \t]*[\r\n]/.test(text.slice(0, 100))) return 0;
  for (let line = lineEnd(text, 0, end), lines = 0; line < end && lines < 200; lines += 1) {
    const next = lineEnd(text, line, end);
    const shown = text.slice(line, Math.min(next, line + LOOK)).trimEnd();
    if (shown === '---' || shown === '...') return next;
    line = next;
  }
  return 0;
}

/** A heading with its marks, or a line that is underlined. */
function headingAt(text: string, shown: string, next: number, end: number) {
  const marked = HEADING.exec(shown);
  if (marked) return { level: marked[1]?.length ?? 1, title: plain(marked[2] ?? ''), end: next };
  if (shown.trim() === '' || next >= end || /^[ \t]*(?:[|>]|[-*+] |-{3,}|\t| {4})/.test(shown)) return undefined;
  const underEnd = lineEnd(text, next, end);
  if (underEnd - next > LOOK) return undefined;
  const under = UNDERLINE.exec(text.slice(next, underEnd).trimEnd())?.[1];
  if (under === undefined || under.length < 2 || shown.length > 200) return undefined;
  return { level: under.startsWith('=') ? 1 : 2, title: plain(shown), end: underEnd };
}

/** Without emphasis, links and escapes. */
function plain(title: string): string {
  return title
    .replace(/!?\[([^[\]]*)\]\([^()]*\)/g, '$1')
    .replace(/[*`]+|(?<!\w)_+|_+(?!\w)/g, '')
    .replace(/\\([!-/:-@[-`{-~])/g, '$1')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 200);
}

function blankEnd(text: string, from: number, end: number): number {
  for (let line = from; line < end;) {
    const next = lineEnd(text, line, end);
    if (!isBlank(text, line, next)) return line;
    line = next;
  }
  return end;
}

function fenceEnd(text: string, fence: string, from: number, end: number): number {
  for (let line = from; line < end;) {
    const next = lineEnd(text, line, end);
    const shown = text.slice(line, Math.min(next, line + LOOK)).trim();
    if (shown.startsWith(fence) && shown === fence.charAt(0).repeat(shown.length)) return next;
    line = next;
  }
  return end;
}

function isTableRule(text: string, from: number, end: number): boolean {
  const next = lineEnd(text, from, end);
  if (from >= end || next - from > LONGEST_TABLE_RULE) return false;
  const shown = text.slice(from, next).trimEnd();
  return shown.includes('|') && TABLE_RULE.test(shown);
}

function tableEnd(text: string, from: number, end: number): number {
  for (let line = from; line < end;) {
    const next = lineEnd(text, line, end);
    if (!text.slice(line, next).includes('|')) return line;
    line = next;
  }
  return end;
}
