import { setImmediate } from 'node:timers/promises';

import { isStopWord } from '../router/stop-words.ts';
import { hashText } from '../router/hash.ts';
import type { StoredMemory } from '../store/people-contract.ts';
import { attributeOf } from './attributes.ts';
import { KIN } from './extract/words/people.ts';
import { folded } from './one-line.ts';
import { subjectWords } from './subject-words.ts';

/** What people say around what they want forgotten, besides words that every text has; folded. */
const AROUND = new Set(
  `olvida olvidalo olvidate olvide borra borrar elimina eliminar quita recuerdes sepas guardado guardaste sabes dije dicho conte contado
   referente relacionado relativo tema cosa cosas dato datos informacion recuerdo recuerdos memoria favor ahora ya nunca mas lo eso mio mia
   mios mias llama soy estoy
   forget delete erase remove remember remembered stored saved know known said told mentioned regarding related concerning thing things
   fact facts detail details information info memory memories please now anymore ever everything anything mine called`.split(
    /\s+/,
  ),
);
/** Endings that the same word has in other forms: `vegetariano`, `vegetarianas`. */
const ENDING = /(?:es|as|os|ed|ing|[aeosy])$/;
const LEAST_STEM = 4;
/** Some milliseconds. */
const AT_ONCE = 50;

/**
 * Memories that "forget …" means: each word of it that says anything must be in the memory's text, value or evidence, among the words by
 * which people ask for what it is about, or name whom it is about. Rather nothing than too much.
 */
export async function meantBy(
  what: string,
  slices: AsyncIterable<readonly StoredMemory[]>,
): Promise<readonly StoredMemory[]> {
  const wanted = tellingWords(what);
  if (wanted.length === 0) return [];
  const meant: StoredMemory[] = [];
  for await (const slice of slices) {
    for (const [index, memory] of slice.entries()) {
      const own = wordsOf(memory);
      if (wanted.every((word) => own.has(word))) meant.push(memory);
      if (index % AT_ONCE === 0) await setImmediate();
    }
  }
  // "Forget my name" does not mean the dog's, though it has one too.
  const isAboutOthers = meant.some(({ subject }) => subjectWords(subject).some((word) => wanted.includes(stem(word))));
  return isAboutOthers ? meant : withoutOthers(meant, wanted);
}

/** What was said last: in this conversation, or, where nobody knows of which one it was, a moment ago. */
export function saidLast(
  memories: readonly StoredMemory[],
  { conversation, at }: { readonly conversation: string | null; readonly at: number },
): readonly StoredMemory[] {
  const heard = memories.flatMap((memory) => {
    const last = memory.evidence.at(-1);
    if (!last || memory.retracted !== null) return [];
    const isHere = conversation === null ? at - last.at < A_MOMENT_MS : last.conversation === conversation;
    return isHere ? [{ memory, last }] : [];
  });
  const newest = heard.reduce<(typeof heard)[number] | undefined>(
    (best, one) => (best && best.last.at >= one.last.at ? best : one),
    undefined,
  );
  if (!newest) return [];
  const isOfThatTurn = ({ last }: (typeof heard)[number]) =>
    newest.last.request === null ? last.at === newest.last.at : last.request === newest.last.request;
  return heard.filter(isOfThatTurn).map(({ memory }) => memory);
}

const A_MOMENT_MS = 1_800_000;

function tellingWords(what: string): readonly string[] {
  const words = folded(what).split(' ');
  const telling = words.filter((word) => word !== '' && !AROUND.has(word) && !isStopWord(hashText(word)));
  return [...new Set(telling.map(stem))];
}

function wordsOf({ text, value, attribute, subject, evidence }: StoredMemory): ReadonlySet<string> {
  const { keywords } = attributeOf(attribute) ?? {};
  const quotes = evidence.map(({ quote }) => quote);
  // Whoever is named is meant, and not all that is about families.
  const asked = [...(keywords?.es ?? []), ...(keywords?.en ?? [])].filter((word) => !KIN.has(word));
  const all = [text, value, ...quotes, ...asked, ...subjectWords(subject)];
  return new Set(folded(all.join(' ')).split(' ').map(stem));
}

/** Where whoever it is about is not named, the user is meant, but for what names them by a word of its own text. */
function withoutOthers(meant: readonly StoredMemory[], wanted: readonly string[]): readonly StoredMemory[] {
  return meant.filter(
    ({ subject, text, value }) =>
      subject === 'user' || wanted.some((word) => folded(`${text} ${value}`).split(' ').map(stem).includes(word)),
  );
}

function stem(word: string): string {
  const bare = word.replace(ENDING, '');
  return bare.length >= LEAST_STEM ? bare : word;
}
