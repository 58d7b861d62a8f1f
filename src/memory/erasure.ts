import type { MemoryChange, StoredMemory } from '../store/people-contract.ts';
import { folded } from './one-line.ts';

/** Shorter values stand in too many texts. */
const LEAST_LENGTH = 3;

export interface Erasure {
  /** What goes. */
  readonly gone: readonly StoredMemory[];
  /** What stays has other evidence from then on. */
  readonly change: readonly MemoryChange[];
}

/**
 * All that goes when these do: what they have taken the place of, which is their history, and summaries of conversations that mention
 * them. What else was said in the same breath stays, without the words that say what is forgotten.
 */
export function erasureOf(all: readonly StoredMemory[], ids: ReadonlySet<string>): Erasure {
  const gone = new Set(ids);
  for (let before = -1; before !== gone.size;) {
    before = gone.size;
    for (const { id, supersededBy } of all) if (supersededBy !== null && gone.has(supersededBy)) gone.add(id);
  }
  const own = all.filter(({ id }) => gone.has(id));
  const told = new Set(own.flatMap(wordsOf));
  const mentions = (text: string) => {
    const plain = ` ${folded(text)} `;
    return [...told].some((words) => plain.includes(` ${words} `));
  };
  const summaries = all.filter(({ id, kind, text }) => kind === 'summary' && !gone.has(id) && mentions(text));
  for (const { id } of summaries) gone.add(id);
  const turns = new Set(own.flatMap(({ evidence }) => evidence.map(({ at, request }) => `${at} ${request}`)));
  const change = all.flatMap(({ id, evidence }): MemoryChange[] => {
    if (gone.has(id)) return [];
    const left = evidence.filter(({ quote, at, request }) => !turns.has(`${at} ${request}`) || !mentions(quote));
    return left.length === evidence.length ? [] : [{ id, evidence: left }];
  });
  return { gone: [...own, ...summaries], change };
}

function wordsOf({ value, evidence }: StoredMemory): string[] {
  const texts = value === '' ? evidence.map(({ quote }) => quote) : [value];
  return texts.map(folded).filter((words) => words.length >= LEAST_LENGTH);
}
