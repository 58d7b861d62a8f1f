import type { Hit } from '../contract.ts';
import { carefulTokens } from './careful-tokens.ts';
import { excerpt } from './excerpt.ts';
import { escapeText } from './escape.ts';

/** A piece of a document that a request is given: an exact slice of its text. */
export interface Passage extends Pick<Hit, 'document' | 'score'> {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly page: number | null;
  /** Headings above it, or the names of a table's columns, that it does not have itself. */
  readonly headings: readonly string[];
  /** Place of its first chunk in the document. */
  readonly ord: number;
  /** Of its last one. */
  readonly lastOrd: number;
}

/** Tag, number and title. */
const TOKENS_AROUND = 24;
/** Less of a passage than this says too little. */
const LEAST_EXCERPT = 60;

/**
 * The passages that a prompt gets: the best first for as long as there is room, then in the order of their documents, those that follow
 * each other as one. The first that does not fit whole is cut to the sentences that have most of the question's words. The same
 * passages come in the same order whatever their scores, so that a prompt that repeats them is computed once.
 */
export function choosePassages(hits: readonly Hit[], question: string, room: number): readonly Passage[] {
  const chosen: Passage[] = [];
  let left = room;
  for (const { document, chunk, score } of hits) {
    const isThere = chosen.some((other) => other.document.id === document.id && other.ord === chunk.ord);
    if (isThere || chunk.text.trim() === '') continue;
    const { text, start, end, page, ord } = chunk;
    const headings = chunk.headings.filter((heading) => !text.includes(heading));
    const whole: Passage = { document, score, text, start, end, page, headings, ord, lastOrd: ord };
    const tokens = tokensOf(whole);
    if (tokens <= left) {
      chosen.push(whole);
      left -= tokens;
      continue;
    }
    const cut = left - tokensAround(whole);
    if (cut >= LEAST_EXCERPT) chosen.push(cutTo(whole, question, cut));
    break;
  }
  return joined(chosen.sort(byPlace));
}

/** Without the one that fits the question least; for where the estimate of each was too low for all together. */
export function withoutWorst(passages: readonly Passage[]): readonly Passage[] {
  const worst = passages.reduce<Passage | undefined>(
    (least, passage) => (least === undefined || passage.score < least.score ? passage : least),
    undefined,
  );
  return passages.filter((passage) => passage !== worst);
}

function tokensOf(passage: Passage): number {
  return carefulTokens(escapeText(passage.text)) + tokensAround(passage);
}

function tokensAround({ document, headings }: Passage): number {
  const names = escapeText([document.title, ...headings].join(' ').slice(0, 400));
  return TOKENS_AROUND + carefulTokens(names);
}

function cutTo(passage: Passage, question: string, room: number): Passage {
  const fits = (text: string) => carefulTokens(escapeText(text)) <= room;
  const { from, to } = excerpt(passage.text, question, fits);
  return {
    ...passage,
    text: passage.text.slice(from, to),
    start: passage.start + from,
    end: passage.start + to,
  };
}

function byPlace(one: Passage, other: Passage): number {
  const { document: a } = one;
  const { document: b } = other;
  if (a.id !== b.id) return a.created - b.created || (a.id < b.id ? -1 : 1);
  return one.ord - other.ord;
}

function joined(passages: readonly Passage[]): readonly Passage[] {
  const result: Passage[] = [];
  for (const passage of passages) {
    const before = result.at(-1);
    const follows =
      before?.document.id === passage.document.id && before.lastOrd + 1 === passage.ord && before.end === passage.start;
    if (!before || !follows) {
      result.push(passage);
      continue;
    }
    result[result.length - 1] = {
      ...before,
      text: before.text + passage.text,
      end: passage.end,
      lastOrd: passage.lastOrd,
      score: Math.max(before.score, passage.score),
    };
  }
  return result;
}
