import type { Said } from '../contract.ts';
import { scopeOf } from './frames.ts';
import type { Scope } from './pattern.ts';
import { Phrases } from './phrases.ts';
import { plainAt } from './read.ts';
import { plainOf } from './tokens.ts';
import { wordSet } from './words/word-set.ts';

/** A text was given to be worked on, or asked for in another language. */
const WORK = new Phrases(`
  translate|translating|traduce|traduceme|traducir|traducelo|proofread|rephrase|paraphrase|parafrasea|rewrite|reescribe|conjugate|conjuga|transcribe|corrige|corrigeme|corregir|corregirme|corriges|traduces|traducirme|traducirlo|corregirlo
  correct|check|fix|improve (this | these | the | my | following | it)
  como (se dice | se diria | se escribe | se traduce | digo | diria | dirias | puedo decir | escribo)
  how (do | would | can | should | to) (you | i | we)? (say | write | translate | spell)
  what does|do (<any>)? (<any>)? (<any>)? (<any>)? mean
  que (significa | quiere decir)
  in|en|to|into|al english|spanish|french|german|italian|portuguese|ingles|espanol|frances|aleman|italiano|portugues
`);
/** One more of the same: "and this", "y: …". */
const JOINTS = wordSet('y and ahora now so then entonces also tambien o or asi e');
const ONE_MORE = new Set([
  ':',
  'this',
  'esto',
  'esta',
  'este',
  'these',
  'estas',
  'that',
  'the',
  'otra',
  'another',
  'next',
]);
/** Asks about the words, and not about what they say. */
const OF_WORDS = new Phrases(`
  does it|this|that need|take|sound
  is|was it|this|that|the|llevo|soy <any>? formal|informal|correct|grammatical|right|feminine|masculine
  (do i | should i) (need | use | put | write) (a | an | the | un | una | an? accent)
  (se dice | se escribe | se pone) <any>
  (lleva | va con | con o sin | sin o con) tilde|acento|articulo|hache|h
  (esta | estaria | estaba) (bien | mal) (dicho | escrito | dicha | escrita)?
  es (correcto | correcta | formal | informal | gramatical)
  (was | is | were) (that | this | it) (ok | okay | right | correct | good | fine)
  (que tal | como) (lo he | lo e | ha) (dicho | escrito | hecho | estado | sonado)
  (which | what | que) (tense | tiempo verbal)
`);
/** The assistant has asked for the text. */
const ASKED_FOR =
  /(?:\b(?:paste|send|share|provide|type|write|give me) (?:me )?(?:it|the|your|a) ?(?:text|sentence|phrase|message|email|paragraph|first)?|\b(?:pasame|enviame|mandame|dime|escribe|escribeme|comparte|pega|pon)(?:lo|la)? ?(?:el|la|tu|aqui)? ?(?:texto|frase|mensaje|correo|parrafo|oracion)?)[^.!?]{0,60}[.!?]*\s*$/;
/** Work of so many words has no text in it: that comes with the next message. */
const MOST_WORDS_ALONE = 9;

/** Whether the message goes on with an exercise, or gives the text that the message before it was about. */
export function goesOnWithExercise(said: Pick<Said, 'before' | 'earlier'>, scope: Scope): boolean {
  const [last] = said.earlier;
  if (last === undefined) return false;
  const before = scopeOf(last);
  const work = WORK.find(before);
  if (work === undefined) {
    // "And this: …" again: it is what began it that counts.
    const [, ...more] = said.earlier;
    return more.length > 0 && isOneMore(before) && goesOnWithExercise({ ...said, earlier: more }, scope);
  }
  if (isOneMore(scope) || OF_WORDS.find(scope) !== undefined) return true;
  const isAlone =
    before.end <= MOST_WORDS_ALONE && !before.tokens.some(({ kind, plain }) => kind === 'quoted' || plain === ':');
  return isAlone && ASKED_FOR.test(plainOf((said.before ?? '').slice(-MOST_BEFORE)));
}

const MOST_BEFORE = 400;

function isOneMore(scope: Scope): boolean {
  const joint = JOINTS.has(plainAt(scope, 0)) ? 1 : 0;
  if (scope.tokens[joint]?.kind === 'quoted') return true;
  return (
    joint === 1 &&
    ONE_MORE.has(plainAt(scope, 1)) &&
    (plainAt(scope, 1) === ':' || plainAt(scope, 2) === ':' || scope.tokens[2]?.kind === 'quoted')
  );
}

/** Whether these words are the assistant's, given back: they stand between quotation marks in what it said. */
export function isGivenBack(quote: string, before: string | null): boolean {
  if (before === null) return false;
  const wanted = bare(quote);
  if (!wanted.includes(' ')) return false;
  return [...before.slice(-MOST_GIVEN).matchAll(/["“«]([^"”»\n]{3,240})["”»]/g)].some(([, text]) =>
    ` ${bare(text ?? '')} `.includes(` ${wanted} `),
  );
}

const MOST_GIVEN = 2_000;
const bare = (text: string) =>
  plainOf(text)
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
