import type { StoredChunk } from '../../store/contract.ts';

/** A question behind a batch waits for it: small ones, also where texts are long. */
const MOST_TEXTS = 16;
const MOST_CHARACTERS = 20_000;

/** What is embedded of a passage: the headings that it stands under say what it is about where it does not. */
export function embeddedText({ text, headings }: Pick<StoredChunk, 'text' | 'headings'>): string {
  const above = headings.filter((heading) => !text.includes(heading));
  return above.length === 0 ? text : `${above.join(' › ')}\n${text}`;
}

/** The first of them that go into one request: at least one. */
export function firstBatch(chunks: readonly StoredChunk[]): readonly StoredChunk[] {
  let characters = 0;
  const end = chunks.findIndex(({ text }, index) => {
    characters += text.length;
    return index > 0 && (index === MOST_TEXTS || characters > MOST_CHARACTERS);
  });
  return end < 0 ? chunks : chunks.slice(0, end);
}

/** So many passages are looked up for a batch. */
export const BATCH_LOOK = MOST_TEXTS;
