import type { Chunk } from '../../store/contract.ts';
import { type Block, blocksOf, type Structure } from './blocks.ts';
import {
  blankLines,
  type Boundaries,
  elements,
  everyTokens,
  lineStarts,
  listItems,
  sentences,
  words,
} from './boundaries.ts';
import { isBlank, mayCut } from './characters.ts';
import { rangeTokens } from './tokens.ts';

export interface ChunkOptions {
  /** Size aimed at. A passage has at most a fifth more, by our estimate, unless it ends in a mass of white space. */
  readonly tokens: number;
  readonly structure: Structure;
  /** Where each page begins, the first at 0. */
  readonly pages?: readonly number[] | undefined;
}

/** A stretch that is small enough; the smaller `rank`, the better a place to cut is before it. */
interface Leaf {
  readonly start: number;
  readonly end: number;
  readonly tokens: number;
  readonly rank: number;
  readonly section: Section;
  readonly isBlank: boolean;
  readonly isHeading: boolean;
}

interface Section {
  readonly headings: readonly string[];
  readonly page: number | null;
}

const SECTION_RANK = 0;
const BLOCK_RANK = 1;
/** A section smaller than this part of a passage shares one with its neighbour. */
const SMALL = 1 / 3;
/** The best place is sought in the rear part of what fits. */
const LEAST_FILLED = 1 / 2;
/** What is left at the end is no passage of its own if it is smaller than this; the one before takes it. */
const CRUMB = 1 / 5;
const LONGEST_HEADER = 300;

/** Passages of a text: exact slices, which together are the text. Pure, and lazy. */
export function* chunkText(text: string, options: ChunkOptions): Generator<Chunk> {
  let ord = 0;
  const header = options.structure === 'csv' ? headerOf(text) : undefined;
  for (const leaves of pieces(text, options)) {
    const [start, end] = [leaves[0]?.start ?? 0, leaves.at(-1)?.end ?? 0];
    const page = (leaves.find((leaf) => !leaf.isBlank) ?? leaves[0])?.section.page ?? null;
    const headings = header !== undefined && ord > 0 ? [header] : commonPath(leaves);
    yield { ord, text: text.slice(start, end), start, end, page, headings };
    ord += 1;
  }
}

/** Runs of leaves: the last is held back until it is known whether it takes the crumbs behind it. */
function* pieces(text: string, options: ChunkOptions): Generator<readonly Leaf[]> {
  const { tokens: most } = options;
  let held: readonly Leaf[] | undefined;
  for (const piece of packed(leavesOf(text, options), most)) {
    if (held && isBlankRun(piece, most)) held = [...held, ...piece];
    else {
      if (held) yield held;
      held = piece;
    }
  }
  if (held) yield held;
}

function* packed(leaves: Iterable<Leaf>, most: number): Generator<readonly Leaf[]> {
  let [open, tokens]: [Leaf[], number] = [[], 0];
  let before: Leaf[] | undefined;
  const take = (count: number): Leaf[] => {
    const taken = open.slice(0, count);
    open = open.slice(count);
    tokens = sum(open);
    return taken;
  };
  for (const leaf of leaves) {
    if (leaf.rank === SECTION_RANK && before && isCrumb(before, open, most)) before = [...before, ...take(open.length)];
    if (leaf.rank === SECTION_RANK && tokens >= most * SMALL && !isBlankRun(open, most)) {
      if (before) yield before;
      before = take(open.length);
    }
    while (open.length > 0 && tokens + leaf.tokens > most && !isBlankRun(open, most)) {
      if (before) yield before;
      before = take(bestCut([...open, leaf], most));
    }
    open.push(leaf);
    tokens += leaf.tokens;
  }
  if (before && isCrumb(before, open, most)) yield [...before, ...open];
  else {
    if (before) yield before;
    if (open.length > 0) yield open;
  }
}

/** How many of the leaves go into one passage: the last place of the best rank, in the rear part of what fits. */
function bestCut(leaves: readonly Leaf[], most: number): number {
  const first = leaves.findIndex((leaf) => !leaf.isBlank) + 1;
  let filled = sum(leaves.slice(0, first));
  let [best, filledBest] = [first, filled];
  for (let index = first; index < leaves.length && filled <= most; index++) {
    const isBetter = (leaves[index]?.rank ?? 0) <= (leaves[best]?.rank ?? 0);
    if (isBetter || filledBest < most * LEAST_FILLED) [best, filledBest] = [index, filled];
    filled += leaves[index]?.tokens ?? 0;
  }
  return best;
}

/** White space never is a passage, as long as it can be borne. */
function isBlankRun(leaves: readonly Leaf[], most: number): boolean {
  return leaves.every((leaf) => leaf.isBlank) && sum(leaves) < most;
}

function* leavesOf(text: string, { tokens, structure, pages }: ChunkOptions): Generator<Leaf> {
  const levels = levelsOf(structure, tokens);
  let section: Section = { headings: [], page: null };
  const path: { level: number; title: string }[] = [];
  for (const { start, end, page } of pageRanges(text, pages)) {
    let rank = SECTION_RANK;
    section = { ...section, page };
    for (const block of blocksOf(text, structure, start, end)) {
      if (block.level !== undefined) {
        rank = SECTION_RANK;
        while ((path.at(-1)?.level ?? 0) >= block.level) path.pop();
        if (block.title) path.push({ level: block.level, title: block.title });
        section = { headings: path.map(({ title }) => title), page };
      }
      for (const leaf of cut(text, block, levels, tokens, section)) {
        yield { ...leaf, rank: leaf.start === block.start ? rank : leaf.rank };
      }
      // What follows a heading is best not cut off from it.
      rank = block.level === undefined ? BLOCK_RANK : levels.length + BLOCK_RANK + 1;
    }
  }
}

/** A block, or where it is too large its parts, level by level. */
function* cut(text: string, block: Block, levels: readonly Boundaries[], most: number, section: Section) {
  const open = function* (start: number, end: number, level: number, rank: number): Generator<Leaf> {
    const tokens = rangeTokens(text, start, end);
    const boundaries = levels[level];
    if (tokens <= most || !boundaries) {
      const isHeading = block.level !== undefined;
      yield { start, end, tokens, rank, section, isBlank: isBlank(text, start, end), isHeading };
      return;
    }
    let from = start;
    for (const at of boundaries(text, start, end)) {
      if (!mayCut(text, at)) continue;
      yield* open(from, at, level + 1, from === start ? rank : BLOCK_RANK + 1 + level);
      from = at;
    }
    yield* open(from, end, level + 1, from === start ? rank : BLOCK_RANK + 1 + level);
  };
  yield* open(block.start, block.end, block.isRigid === true ? levels.indexOf(lineStarts) : 0, BLOCK_RANK);
}

function levelsOf(structure: Structure, tokens: number): readonly Boundaries[] {
  const small: readonly Boundaries[] = [words, everyTokens(tokens)];
  switch (structure) {
    case 'markdown':
    case 'text':
      return [listItems, sentencesOrLines, lineStarts, sentences, ...small];
    case 'code':
      return [blankLines, lineStarts, ...small];
    case 'csv':
      return [lineStarts, ...small];
    case 'json':
    case 'jsonl':
      return [...Array.from({ length: 8 }, () => elements), lineStarts, ...small];
  }
}

/** Where lines are wrapped in the middle of sentences, the sentence counts; elsewhere (verses, logs) the line does. */
function sentencesOrLines(text: string, start: number, end: number): Iterable<number> {
  let [seen, wrapped] = [0, 0];
  for (const line of lineStarts(text, start, end)) {
    const code = text.charCodeAt(line);
    seen += 1;
    if ((code >= 0x61 && code <= 0x7a) || (code >= 0xdf && code <= 0xff)) wrapped += 1;
    if (seen >= 50) break;
  }
  return seen > 0 && wrapped / seen < 0.3 ? lineStarts(text, start, end) : sentences(text, start, end);
}

function* pageRanges(text: string, pages: readonly number[] | undefined) {
  if (!pages) {
    if (text.length > 0) yield { start: 0, end: text.length, page: null };
    return;
  }
  for (const [index, start] of pages.entries()) {
    const end = pages[index + 1] ?? text.length;
    if (end > start) yield { start, end, page: index + 1 };
  }
}

function commonPath(leaves: readonly Leaf[]): readonly string[] {
  const bodies = leaves.filter((leaf) => !leaf.isBlank && !leaf.isHeading);
  const paths = (bodies.length > 0 ? bodies : leaves).map((leaf) => leaf.section.headings);
  const first = paths[0] ?? [];
  const differs = first.findIndex((heading, index) => paths.some((path) => path[index] !== heading));
  return differs < 0 ? first : first.slice(0, differs);
}

/** The small rest of a section, whose passage can take it. */
function isCrumb(before: readonly Leaf[], rest: readonly Leaf[], most: number): boolean {
  const tokens = sum(rest);
  const isSame = before.at(-1)?.section === rest[0]?.section;
  return isSame && tokens < most * CRUMB && sum(before) + tokens <= most * (1 + CRUMB);
}

function sum(leaves: readonly Leaf[]): number {
  return leaves.reduce((total, leaf) => total + leaf.tokens, 0);
}

function headerOf(text: string): string | undefined {
  const [first] = blocksOf(text, 'csv', 0, text.length);
  const header = first && text.slice(first.start, Math.min(first.end, first.start + LONGEST_HEADER)).trim();
  return header || undefined;
}
