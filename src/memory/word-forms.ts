import { hashText } from '../router/hash.ts';
import { isStopWord } from '../router/stop-words.ts';
import { folded } from './one-line.ts';

/** Shorter words have too many neighbours. */
const LEAST_LENGTH = 4;

/**
 * The words of a text in their other number, and in Spanish their other gender: who has two cats asks for the cat, and a vegetariana for
 * what a vegetariano eats. A search has no grammar; these are added to what it finds by.
 */
export function otherForms(text: string): readonly string[] {
  const words = new Set(folded(text).split(' '));
  const forms = new Set<string>();
  for (const word of words)
    if (word.length >= LEAST_LENGTH && /^[a-z]+$/.test(word) && !isStopWord(hashText(word)))
      for (const form of formsOf(word)) if (!words.has(form)) forms.add(form);
  return [...forms];
}

function formsOf(word: string): string[] {
  if (word.endsWith('ies')) return [`${word.slice(0, -3)}y`, word.slice(0, -1)];
  if (/[^aeiou]es$/.test(word)) return [word.slice(0, -2), word.slice(0, -1)];
  if (/[^s]s$/.test(word)) return [word.slice(0, -1)];
  if (/[^aeiou]y$/.test(word)) return [`${word.slice(0, -1)}ies`];
  if (/[aeo]$/.test(word)) return [`${word}s`, ...(word.length > LEAST_LENGTH ? genders(word) : [])];
  return /[dlnrz]$/.test(word) ? [`${word}s`, `${word.replace(/z$/, 'c')}es`] : [`${word}s`];
}

function genders(word: string): string[] {
  if (word.endsWith('o')) return [`${word.slice(0, -1)}a`];
  return word.endsWith('a') ? [`${word.slice(0, -1)}o`] : [];
}
