import type { Said } from '../contract.ts';
import { goesOnWithExercise } from './exercises.ts';
import { withinFrame } from './frames.ts';
import { Pattern, type Scope, type Slot } from './pattern.ts';
import { isCondition, plainAt } from './read.ts';
import { INTRODUCE } from './words/common.ts';
import { longestIn, wordSet } from './words/word-set.ts';

/** What a message is, beside what it says: from which word on the user no longer speaks for themselves. */
export interface Guarded {
  /** Whether what stands here is somebody else's voice, or only supposed. */
  readonly isBarred: (at: number) => boolean;
}

const SLOTS: Readonly<Record<string, Slot>> = {
  any: (scope, at) => (at < scope.end ? { from: at, to: at + 1 } : undefined),
  // Nothing follows: the sentence is over.
  end: ({ tokens, end }, at) => (at >= end || tokens[at]?.kind === 'sign' ? { from: at, to: at } : undefined),
};

const phrases = (lines: string) =>
  lines
    .trim()
    .split('\n')
    .map((line) => new Pattern(line.trim(), SLOTS));

/** A text is given to be worked on, or one is to be invented: what follows is not the user speaking. */
const TEXT_WORK = phrases(`
  translate|translating|traduce|traduceme|traducir|traducelo|traduzcas|traduzca|proofread|rephrase|paraphrase|parafrasea|rewrite|reescribe|reescribeme|reformula|summarize|summarise|resumeme|resumir|resumelo|conjugate|conjuga|transcribe|corrigeme|corrijas|parafraseame
  correct|fix|improve|edit|polish|revise|check|review this|these|the|my|following text|texts|sentence|sentences|grammar|paragraph|email|letter|essay|message|spelling|following|wording|writing|cv|resume|readme|document|documentation|doc|file|page|article|report|code|log|config
  correct|fix|improve|edit|polish|revise|proof this|it|these <end>
  correct|check|fix my english|spanish|french|german
  corrige|corregir|resume (el|la|los|las|este|esta|estas|esto|mi|lo|siguiente)
  mejora|mejorar|revisa|revisar el|la|este|esta|mi texto|correo|carta|redaccion|ensayo|parrafo|mensaje|frase|email|cv
  in|al|en|to|into (english|spanish|french|german|ingles|espanol|frances|aleman|italiano) :
  repeat|repite|say|di (after me | conmigo | exactly | exactamente | this | esto | the following)
`);

/** A question about words: what stands behind it in its sentence is an example. */
const OF_WORDS = phrases(`
  como se (dice|diria|escribe|traduce|dicen)
  como (digo|diria|dirias|puedo decir|escribo)
  how (do|would|can|should|to) (you|i|we)? (say|write|translate|spell)
  what does|do (<any>)? (<any>)? (<any>)? (<any>)? mean
  que (significa | quiere decir)
  the|this|that|following|a|next|example|una|la|esta|esa|siguiente|el|este|un sentence|phrase|lyrics|lyric|tweet|excerpt|passage|oracion|frase|parrafo|dialogo|tuit|texto|ejemplo
  sentiment|sentimiento of|de
`);

const INVENTION = phrases(`
  imagine|imagina|imaginemos|imaginate|imaginad|suppose|supposing|supon|supongamos|supone|pretend|pretending|finge|finjamos|hypothetically|hipoteticamente|roleplay|role-play|juguemos
  role play
  hagamos un? juego
  act|actua|behave|comportate|play as|como (if|si|a|an|un|una|mi|my|the|el|la)
  responde|habla|answer|talk as|como (if|si|a|an|un|una)
  haz de (mi|un|una)
  you are my|the interview|interviewer|coach|teacher|boss|doctor|therapist|character|assistant|customer|waiter
  i will play|pretend
  (yo soy | i am) your|tu alumno|alumna|student|patient|paciente|cliente|customer|candidate
  (you are | eres) now|ahora|a|an|un|una
  let us (say|play|pretend|assume|imagine)
  digamos|pongamos que
  assume|assuming i|that|my
  what if
  the|a|my|your|el|la|un|una|mi|tu (character|narrator|protagonist|protagonista|personaje|narrador|narradora|npc|hero|heroine|villano)
  in|en my|a|mi|un|una novel|story|book|dream|novela|cuento|historia|relato|sueno
  primera persona
  first person
  from|desde (the|el) (perspective | point of view | punto de vista)
`);

const MAKING = wordSet(`
  write escribe escribeme escribir escriba redacta redactame redactar compose draft generate genera generame inventa inventate create crea creame
  tell cuentame make haz hazme continue continua finish termina completa complete prepara preparame
`);
const FICTION = wordSet(`
  story stories poem poems song lyrics tale novel dialogue dialog script monologue fiction joke haiku scene conversation sketch roleplay
  cuento cuentos relato poema cancion letra historia novela dialogo guion monologo ficcion chiste escena conversacion fabula microrrelato
  frases sentences oraciones ejemplos examples limerick rap verso versos
`);
const LETTERS = wordSet(`
  letter email mail message bio biography cv resume speech post tweet review text essay cover_letter statement reply paragraph profile caption
  carta correo mensaje biografia curriculum discurso publicacion tuit resena texto ensayo ejemplo respuesta parrafo perfil nota presentacion
`);
/** What stands before one of these was an exercise. */
const ASKS_BACK = phrases(`
  is|was this|that|it correct|grammatically|right|ok|good <end>
  (esta | estaba | lo he | he) (bien | mal) escrito|dicho|escrita|dicha
  does this|that sound right|natural|ok|good
`);
/** It is a new thing from here on, whatever was given before. */
const ASIDES = wordSet(
  'por_cierto by_the_way btw cambiando_de_tema on_another_note aparte_de_eso changing_topic otra_cosa',
);
/** Told of figures, wherever in the sentence it stands. */
const OF_FIGURES = phrases(`
  in|en the|la|el movie|film|pelicula|peli|novela|novel|book|libro|show|serie|game|juego|story|cuento|play|obra <end>
`);
/** Somebody else says it. */
const SAYING = wordSet(`
  segun according dice dicen dijo dijeron decia afirma asegura cree piensa pregunta pregunto contesto respondio escribio opina pone grito
  says said say told tells asks asked claims claimed thinks thought wrote writes replied answered goes reads sings sang texted insists believes
`);
const WISHES = wordSet('ojala wish unless whether');
const NOT_MEANT = phrases(`
  yeah right
  as if
  y|and (yo soy | yo | i am) el|la|the papa|queen|king|pope|rey|reina|presidente|president|easter
  just|only kidding|joking
  jk|ironia|sarcasmo|sarcasm
  es|era (una)? broma|cona|chiste
  si tu lo dices
  claro claro
  / s
`);
/** They look like conditions and say only why it is said. */
const COURTESIES = wordSet(`
  si_te_sirve si_sirve si_te_ayuda si_ayuda por_si_te_sirve por_si_sirve por_si_acaso por_si_ayuda por_si_te_ayuda por_si_es_importante
  if_it_helps if_that_helps if_it_matters if_you_must_know in_case_it_helps in_case_it_matters if_you_need_to_know si_no_te_importa
  if_you_are_wondering in_case_you_are_wondering if_you_are_curious por_si_importa si_importa
`);
/** How far behind "write me" a story may stand. */
const REACH = 8;

/** What stands before a message in its conversation. */
type Told = Pick<Said, 'before' | 'earlier'>;

const NOTHING_TOLD: Told = { before: null, earlier: [] };

interface Words {
  readonly from: number;
  readonly to: number;
}

/** Bars what is not the user's own, message-wide and within its sentence. Sentences: `[from, to)` in tokens. */
export function guard(scope: Scope, sentences: readonly Words[], told: Told = NOTHING_TOLD): Guarded {
  const barred = new Uint8Array(scope.tokens.length + 1);
  const bar = (from: number, to: number) => barred.fill(1, from, to);
  if (anyMatch(NOT_MEANT, scope, 0, scope.end) >= 0 || anyMatch(ASKS_BACK, scope, 0, scope.end) >= 0)
    bar(0, barred.length);
  bar(0, framedTo(scope, sentences, told));
  let open = false;
  sentences.forEach(({ from, to }, index) => {
    const isAside = longestIn(ASIDES, scope.tokens, from, to) > 0;
    if (open && !isAside) {
      bar(from, to);
      return;
    }
    open = false;
    const sentence = { ...scope, end: to };
    const work = least(
      anyMatch(TEXT_WORK, sentence, from, to),
      anyMatch(INVENTION, sentence, from, to),
      fictionAt(sentence, from),
    );
    if (work >= 0) {
      bar(work, to);
      open = true;
      // "… Correct this." at the end is about what stands before it.
      if (index > 0 && index === sentences.length - 1 && pointsBack(sentence, work)) bar(0, to);
    }
    if (handsOver(sentence, from)) open = true;
    if (anyMatch(OF_FIGURES, sentence, from, to) >= 0) bar(from, to);
    const ofWords = anyMatch(OF_WORDS, sentence, from, to);
    if (ofWords >= 0) bar(ofWords, to);
    const letter = makes(LETTERS, sentence, from);
    if (letter >= 0) bar(letter, to);
    for (let at = from; at < to; at++) {
      if (bars(sentence, at, from)) {
        bar(at, to);
        break;
      }
    }
  });
  return { isBarred: (at) => barred[at] === 1 };
}

/** Up to where it is part of what was set up some turns ago. */
function framedTo(scope: Scope, sentences: readonly Words[], told: Told): number {
  if (told.earlier.length === 0) return 0;
  const framed = goesOnWithExercise(told, scope) ? scope.end : withinFrame(told.earlier, scope);
  if (framed < scope.end) return framed;
  const aside = sentences.find(({ from, to }) => longestIn(ASIDES, scope.tokens, from, to) > 0);
  return aside?.from ?? scope.end;
}

/** "What do you think of this:" and a new line: a text is given. "About me:" introduces the user. */
function handsOver({ text, tokens, end }: Scope, from: number): boolean {
  const last = tokens[end - 1];
  if (last?.plain !== ':' || end - from < 3) return false;
  return /^[ \t]*\n/.test(text.slice(last.end, last.end + 20)) && !INTRODUCE.has(tokens[end - 2]?.plain ?? '');
}

const fictionAt = (scope: Scope, from: number) => makes(FICTION, scope, from);

/** Where "write a …" stands with one of these behind it. */
function makes(what: ReadonlySet<string>, scope: Scope, from: number): number {
  for (let at = from; at < scope.end; at++) {
    if (!MAKING.has(plainAt(scope, at))) continue;
    if (['i', 'yo', 'to', 'a', 'suelo', 'gusta', 'encanta', 'love', 'like'].includes(plainAt(scope, at - 1))) continue;
    for (let next = at + 1; next < Math.min(at + REACH, scope.end); next++) {
      if (longestIn(what, scope.tokens, next, scope.end, 2) > 0) return at;
    }
  }
  return -1;
}

function anyMatch(patterns: readonly Pattern[], scope: Scope, from: number, to: number): number {
  for (let at = from; at < to; at++) {
    const plain = plainAt(scope, at);
    if (plain === '' || scope.tokens[at]?.kind === 'quoted') continue;
    // "I translate books", "I write stories": that is somebody's work.
    if (at > from && ['i', 'yo', 'my', 'mi'].includes(plainAt(scope, at - 1))) continue;
    if (patterns.some((pattern) => pattern.first?.has(plain) === true && pattern.match(scope, at) !== undefined))
      return at;
  }
  return -1;
}

const pointsBack = (scope: Scope, from: number) =>
  ['this', 'esto', 'above', 'anterior', 'it', 'texto', 'text', 'parrafo', 'paragraph', 'lo'].some((word) => {
    for (let at = from; at < scope.end; at++) if (plainAt(scope, at) === word) return true;
    return ['traducelo', 'resumelo', 'corrigelo'].includes(plainAt(scope, from));
  });

/** A condition, a wish, somebody else who speaks: from here to the end of the sentence. */
function bars(scope: Scope, at: number, from: number): boolean {
  const plain = plainAt(scope, at);
  if (isCondition(scope, at)) {
    return longestIn(COURTESIES, scope.tokens, at, scope.end, 5) === 0 && !isCourtesy(scope, at);
  }
  if (WISHES.has(plain)) return true;
  if (!SAYING.has(plain) || scope.tokens[at]?.kind !== 'word') return false;
  const before = at > from ? plainAt(scope, at - 1) : '';
  return !['i', 'yo', 'have', 'had', 'would', 'to', 'as', 'como', 'me', 'just', 'already'].includes(before);
}

/** The condition within a longer courtesy: "por si te sirve". */
const isCourtesy = (scope: Scope, at: number) =>
  longestIn(COURTESIES, scope.tokens, Math.max(0, at - 1), scope.end, 5) > 1 ||
  (plainAt(scope, at - 1) === 'as' && plainAt(scope, at) === 'if');

function least(...found: number[]): number {
  const there = found.filter((at) => at >= 0);
  return there.length === 0 ? -1 : Math.min(...there);
}
