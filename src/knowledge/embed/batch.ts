import type { Chunk, ChunkRef } from '../../store/contract.ts';

/** A question behind a batch waits for it: small ones, also where texts are long. */
const MOST_TEXTS = 16;
const MOST_CHARACTERS = 20_000;

/** A passage, as far as its vector depends on it. */
export type Embeddable = ChunkRef & Pick<Chunk, 'text' | 'headings'>;

/** What is embedded of a passage: the headings that it stands under say what it is about where it does not. */
export function embeddedText({ text, headings }: Pick<Embeddable, 'text' | 'headings'>): string {
  const above = headings.filter((heading) => !text.includes(heading));
  return above.length === 0 ? text : `${above.join(' › ')}\n${text}`;
}

/** The first of them that go into one request: at least one. */
export function firstBatch(chunks: readonly Embeddable[], mostTexts = MOST_TEXTS): readonly Embeddable[] {
  let characters = 0;
  const end = chunks.findIndex(({ text }, index) => {
    characters += text.length;
    return index > 0 && (index >= mostTexts || characters > MOST_CHARACTERS);
  });
  return end < 0 ? chunks : chunks.slice(0, end);
}

/** A question waits 4 s for its vector: a batch in front of it takes a small part of that, also on a machine that is slow or busy. */
const SLOW_MS = 1_000;
const FAST_MS = 300;

/** How many texts the next batch has at most, by what `texts` of them took. */
export function nextSize(size: number, { texts, ms }: { readonly texts: number; readonly ms: number }): number {
  if (ms > SLOW_MS) return Math.max(1, Math.floor(texts / 2));
  return ms < FAST_MS && texts >= size ? Math.min(MOST_TEXTS, size * 2) : size;
}

/** So many passages are looked up for a batch. */
export const BATCH_LOOK = MOST_TEXTS;
