import type { StoredMemory } from '../store/people-contract.ts';
import type { Statement } from './consolidate.ts';
import { folded } from './one-line.ts';

/** Cosine from which on two texts say the same, where nothing else tells them apart. */
export const NEARLY_SAME = 0.92;

const NEGATIONS = new Set(
  'no not never nunca jamas tampoco sin without dont doesnt isnt arent wont cant nothing nada none ni neither t'.split(
    ' ',
  ),
);

/**
 * Whether a memory that is near in meaning may be the same statement in other words. To an embedding "likes" and "does not like", Luis and
 * Luisa, the 3rd and the 4th of May are nearly one: figures, names and negations must be the same.
 */
export function maySayTheSame(memory: StoredMemory, statement: Statement): boolean {
  const { kind, subject, attribute, value, text } = statement;
  const isOfAKind = memory.kind === kind && memory.subject === subject && memory.attribute === attribute;
  // Where there are values they decide, and nothing else.
  if (!isOfAKind || value !== '' || memory.value !== '') return false;
  return tellsApart(memory.text) === tellsApart(text);
}

/** Figures, names (but for the word that begins the text) and whether it says no. */
function tellsApart(text: string): string {
  const words = text.split(/\s+/).filter((word) => word !== '');
  const telling = words.filter((word, index) => /\d/.test(word) || (index > 0 && /^\p{Lu}/u.test(word)));
  const negations = folded(text)
    .split(' ')
    .filter((word) => NEGATIONS.has(word)).length;
  return `${negations % 2} ${telling.map(folded).sort().join(' ')}`;
}
