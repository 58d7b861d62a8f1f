import { hashText } from '../../router/hash.ts';
import { isStopWord } from '../../router/stop-words.ts';
import { wordsOf } from './words.ts';

/** What people say around a question, besides words that every text has; folded. */
const TALK = new Set(
  `hello hi hey thanks thank tell explain know want need find give show say said says according document documents
   hola buenas gracias favor dime dinos explica explicame saber sabes sabe necesito busca buscar dame muestra dice dicen segun documento
   documentos`.split(/\s+/),
);
/** Of a text pasted as a question, the beginning. */
const MOST_TERMS = 64;

export interface Question {
  /** Each once. */
  readonly terms: readonly string[];
  /** Whether they say anything: false where only words are left that every text has. */
  readonly telling: boolean;
}

/** What of a question is looked for. Words that every text has are left out, unless there are no others. */
export function questionOf(text: string): Question {
  const words = [...new Set(wordsOf(text))];
  const telling = words.filter((word) => !isStopWord(hashText(word)) && !TALK.has(word));
  const terms = telling.length > 0 ? telling : words;
  return { terms: terms.slice(0, MOST_TERMS), telling: telling.length > 0 };
}
