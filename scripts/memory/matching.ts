/** Whether a memory says what was expected of it. */
import type { Expected } from './dialogues.ts';

export interface Statement {
  readonly subject: string;
  readonly text: string;
}

/** Of the person or animal that is meant, and with all of its words. */
export function says(statement: Statement, { about, contains }: Expected): boolean {
  const words = wordsOf(statement.text);
  if (!contains.every((one) => hasOneOf(words, one))) return false;
  return about.split('|').some((subject) => isAbout(statement, words, subject));
}

/** Memories of "tiene una hermana que se llama Ana" are about the user too, as long as they say whose name it is. */
function isAbout({ subject }: Statement, words: readonly string[], wanted: string): boolean {
  if (classOf(subject) === classOf(wanted)) return true;
  const relation = RELATIONS[classOf(wanted)];
  return subject === 'user' && relation !== undefined && hasOneOf(words, relation);
}

function hasOneOf(words: readonly string[], either: string): boolean {
  // Beginnings of several words in a row: "té verde".
  return either.split('|').some((phrase) => {
    const wanted = wordsOf(phrase);
    return words.some((_, at) => wanted.every((word, offset) => words[at + offset]?.startsWith(word)));
  });
}

/** Without case and accents. */
function wordsOf(text: string): readonly string[] {
  return (
    text
      .normalize('NFD')
      .replaceAll(/\p{M}/gu, '')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  );
}

/** One name for those who are the same to a reader. */
function classOf(subject: string): string {
  return SAME[subject] ?? subject;
}

const SAME: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries({
    partner: ['wife', 'husband', 'girlfriend', 'boyfriend', 'spouse', 'fiance', 'fiancee', 'ex'],
    child: ['son', 'daughter', 'children', 'kid', 'kids', 'baby'],
    pet: ['dog', 'cat'],
    sibling: ['brother', 'sister'],
    grandparent: ['grandmother', 'grandfather'],
    boss: ['manager'],
    friend: ['colleague', 'roommate', 'flatmate', 'associate', 'business partner'],
    'parent-in-law': ['mother-in-law', 'father-in-law'],
  }).flatMap(([name, others]) => others.map((other) => [other, name])),
);

/** By which words a text says of whom it is, where it is kept as one about the user. */
const RELATIONS: Readonly<Record<string, string>> = {
  partner: 'pareja|mujer|marido|esposa|esposo|novia|novio|polola|pololo|partner|wife|husband|girlfriend|boyfriend',
  child: 'hijo|hija|hijos|niñ|son|daughter|kid|child',
  pet: 'perro|perra|gato|gata|mascota|dog|cat|pet',
  mother: 'madre|mama|mother|mum|mom',
  father: 'padre|papa|father|dad',
  sibling: 'hermano|hermana|brother|sister',
  grandparent: 'abuel|grandm|grandf|grandad|granddad|granny|nana',
  boss: 'jefe|jefa|boss|manager',
  friend: 'amig|soci|compañer|friend|partner|flatmate|roommate|colleague',
  'parent-in-law': 'suegr|mother in law|father in law',
  cousin: 'primo|prima|cousin',
};
