import { questionOf } from '../search/question.ts';
import { wordsOf } from '../search/words.ts';

/** Ends of sentences, of lines, and of cells. */
const BREAKS = /[.!?…。！？](?=\s)|\n+/gu;

/**
 * The part of a text, as offsets into it, that fits and has most of the question's words: whole sentences around the best one. Where not
 * even one sentence fits, as much of its beginning as does.
 */
export function excerpt(
  text: string,
  question: string,
  fits: (text: string) => boolean,
): { readonly from: number; readonly to: number } {
  const sentences = sentencesOf(text);
  const wanted = new Set(questionOf(question).terms);
  const scores = sentences.map(
    ([from, to]) => new Set(wordsOf(text.slice(from, to)).filter((word) => wanted.has(word))).size,
  );
  const best = scores.indexOf(Math.max(...scores));
  const [from, to] = sentences[best] ?? [0, text.length];
  if (!fits(text.slice(from, to))) return { from, to: longestEnd(text, from, to, fits) };
  let [first, last] = [best, best];
  for (let grows = true; grows;) {
    grows = false;
    for (const [one, other] of [
      [first, last + 1],
      [first - 1, last],
    ] as const) {
      const [start, end] = [sentences[one]?.[0], sentences[other]?.[1]];
      if (start === undefined || end === undefined || !fits(text.slice(start, end))) continue;
      [first, last, grows] = [one, other, true];
      break;
    }
  }
  return { from: sentences[first]?.[0] ?? from, to: sentences[last]?.[1] ?? to };
}

function sentencesOf(text: string): [number, number][] {
  const sentences: [number, number][] = [];
  let from = 0;
  for (const { index, 0: mark } of text.matchAll(BREAKS)) {
    sentences.push([from, index + mark.length]);
    from = index + mark.length;
  }
  if (from < text.length) sentences.push([from, text.length]);
  return sentences;
}

/** Never between the two halves of a character. */
function longestEnd(text: string, from: number, to: number, fits: (text: string) => boolean): number {
  let [low, high] = [from, to];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(text.slice(from, middle))) low = middle;
    else high = middle - 1;
  }
  const code = text.charCodeAt(low - 1);
  return low > from && code >= 0xd800 && code <= 0xdbff ? low - 1 : low;
}
