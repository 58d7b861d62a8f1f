import type { Scope, Slot } from './pattern.ts';
import { endOfThing, isWordAt, mayEndAt, plainAt, tokenAt } from './read.ts';
import { OF_THE_TALK, POINTING } from './words/common.ts';
import { DEMONYMS, DIETS, FOODS, LANGUAGES, NAMED_DIETS, TECH } from './words/groups.ts';
import { longestIn } from './words/word-set.ts';

/** Anything, up to where what is said ends. */
export const rest: Slot = (scope, at) => {
  const to = endOfThing(scope, at);
  return to > at ? { from: at, to } : undefined;
};

/** "I love the sea" is a liking, "I love the second one" is of what was written before. */
const LOVED_WITH_THE = new Set(
  `sea ocean beach mountains mountain outdoors cold heat rain snow sun smell sound taste feeling countryside city forest woods winter summer
  autumn spring beatles theatre theater cinema opera gym water color colour 80s 90s band book books movie movies film films show series author`.split(
    /\s+/,
  ),
);

/** What somebody likes or dislikes; not the answer, nor what was pointed at. */
export const taste: Slot = (scope, at) => {
  const first = tokenAt(scope, at);
  if (first === undefined || first.kind === 'sign' || first.kind === 'number') return undefined;
  if (first.kind === 'quoted') return { from: at, to: at + 1 };
  if (POINTING.has(first.plain)) return undefined;
  if (
    first.plain === 'the' &&
    !first.capital &&
    !LOVED_WITH_THE.has(plainAt(scope, at + 1)) &&
    !isCapitalAt(scope, at + 1)
  )
    return undefined;
  if (isOfTheTalk(scope, at) || /^(?:decirlo|say|responder|answer)$/.test(plainAt(scope, at + 1))) return undefined;
  const to = endOfThing(scope, at, NOT_IN_TASTES);
  return to > at && plainAt(scope, to - 1) !== 'to' && first.plain.length > 1 ? { from: at, to } : undefined;
};

const NOT_IN_TASTES = new Set([
  'en_serio',
  'cuando',
  'has',
  'hiciste',
  'propones',
  'escribiste',
  'you',
  'your',
  'tu',
  'tus',
  'this',
  'esto',
  'however',
  'please',
]);
const isCapitalAt = (scope: Scope, at: number) => tokenAt(scope, at)?.capital === true;

export function isOfTheTalk(scope: Scope, at: number): boolean {
  for (let next = at; next < Math.min(at + 9, scope.end); next++) {
    const plain = plainAt(scope, next);
    // "sourdough last year" is no answer that was the last.
    if (plain === 'last' && /^(?:year|month|week|summer|winter|spring|autumn|night)$/.test(plainAt(scope, next + 1)))
      return false;
    if (next < at + 4 && OF_THE_TALK.has(plain)) return true;
    if (/^(?:has|hiciste|propones|escribiste|propusiste|you|your|tu|tus|aqui|here|this|esto|este|esta)$/.test(plain))
      return true;
    if (tokenAt(scope, next)?.kind === 'sign') return false;
  }
  return false;
}

/** `español, inglés y un poco de francés`. */
export const languages: Slot = (scope, at) => {
  let to = at;
  let last = at;
  while (to < scope.end && to < at + 16) {
    const length = longestIn(LANGUAGES, scope.tokens, to, scope.end, 3);
    if (length > 0) {
      to += length;
      last = to;
      continue;
    }
    if (!BETWEEN_LANGUAGES.has(plainAt(scope, to))) break;
    to++;
  }
  return last > at && mayEndOrTell(scope, last) ? { from: at, to: last } : undefined;
};

const BETWEEN_LANGUAGES = new Set(
  `y e and , a little bit of some un poco de algo perfectamente fluently bien fluent conversational basic basico native nativo`.split(
    /\s+/,
  ),
);
const mayEndOrTell = (scope: Scope, at: number) =>
  mayEndAt(scope, at) ||
  /^(?:fluently|well|perfectly|speaker|speakers|perfectamente|bien|fluido|mal|badly|nativo|nativa|basico)$/.test(
    plainAt(scope, at),
  );

export const language: Slot = (scope, at) => {
  const length = longestIn(LANGUAGES, scope.tokens, at, scope.end, 3);
  return length > 0 && mayEndOrTell(scope, at + length) ? { from: at, to: at + length } : undefined;
};

const known =
  (set: ReadonlySet<string>): Slot =>
  (scope, at) => {
    const length = longestIn(set, scope.tokens, at, scope.end, 3);
    return length > 0 && mayEndAt(scope, at + length) ? { from: at, to: at + length } : undefined;
  };

export const demonym = known(DEMONYMS);
export const diet = known(DIETS);

/** `una dieta baja en sal`, `a gluten-free diet`: with what it is called. */
export const namedDiet: Slot = (scope, at) => {
  if (!NAMED_DIETS.has(plainAt(scope, at))) return undefined;
  const to = endOfThing(scope, at);
  return { from: at, to: Math.min(to, at + 5) };
};

/** What is not eaten: one known food, and whatever stands with it in a list. */
export const food: Slot = (scope, at) => {
  const article = /^(?:la|el|los|las|any|ningun|nada)$/.test(plainAt(scope, at)) ? 1 : 0;
  const de = plainAt(scope, at + article) === 'de' ? 1 : 0;
  const from = at + article + de;
  if (longestIn(FOODS, scope.tokens, from, scope.end, 3) === 0) return undefined;
  const to = endOfThing(scope, from, NOT_IN_FOODS);
  return to > from ? { from, to } : undefined;
};

export const NOT_IN_FOODS = new Set([
  'me',
  'soy',
  'tengo',
  'estoy',
  'le',
  'dame',
  'hazme',
  'que',
  'hoy',
  'today',
  'esta',
  'this',
  'en',
  'at',
  'in',
  'before',
  'antes',
  'after',
  'despues',
  'desde',
  'these',
  'anymore',
  'again',
  'please',
  'pls',
  'i',
  'thanks',
  'now',
  'either',
  'though',
  'for',
  'right',
]);

/** Tools and machines by name. */
export const tech: Slot = (scope, at) => {
  const article = /^(?:un|una|el|la|a|an|my|mi)$/.test(plainAt(scope, at)) ? 1 : 0;
  const from = at + article;
  const token = tokenAt(scope, from);
  if (token === undefined || !isTech(scope, from)) return undefined;
  const to = endOfThing(scope, from, NOT_IN_TECH);
  const named = from + longestIn(TECH, scope.tokens, from, scope.end, 3);
  return to > from && to <= from + 7 && !isPartOfWork(scope, named, to) ? { from: at, to } : undefined;
};

/** "a React component", "a Python script": a thing that is being made, not a tool. */
function isPartOfWork(scope: Scope, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (PARTS_OF_WORK.has(plainAt(scope, at))) return true;
  return false;
}

const PARTS_OF_WORK = new Set(
  `component app project function class code script file question error problem query table list course interview exam test api server backend
  dataframe program assignment homework backend frontend library package proyecto funcion clase codigo archivo pregunta problema consulta tabla lista
  curso entrevista examen servidor programa tarea libreria paquete componente issue bug task exercise ejercicio snippet repo repository`.split(
    /\s+/,
  ),
);

const NOT_IN_TECH = new Set(
  `para to with on in at for en con por as como desde since every here aqui y and from to_do mostly sobre at_work todos cada`
    .split(/\s+/)
    .filter((word) => word !== 'y' && word !== 'and'),
);
const isTech = (scope: Scope, at: number) => longestIn(TECH, scope.tokens, at, scope.end, 3) > 0;

/** A make or a model: begins with a capital, or carries a number. */
export const product: Slot = (scope, at) => {
  const article = /^(?:un|una|a|an|el|la)$/.test(plainAt(scope, at)) ? 1 : 0;
  const from = at + article;
  let capital = from;
  while (capital < from + 3 && isWordAt(scope, capital) && !isCapitalAt(scope, capital)) capital++;
  const token = tokenAt(scope, capital);
  const isNamed =
    token?.capital === true || token?.kind === 'number' || (scope.casual && article > 0 && isWordAt(scope, from));
  if (!isNamed) return undefined;
  const to = endOfThing(scope, from, NOT_IN_TECH);
  return to > from && to <= from + 8 ? { from: at, to } : undefined;
};

/** What is studied: a subject, or where; not "for the exam", "very hard", "this". */
export const study: Slot = (scope, at) => {
  const first = tokenAt(scope, at);
  if (first?.kind !== 'word' || NO_STUDIES.has(first.plain) || POINTING.has(first.plain)) return undefined;
  const to = endOfThing(scope, at, NOT_IN_STUDIES);
  return to > at ? { from: at, to } : undefined;
};

const NO_STUDIES = new Set(
  `de del sobre y para por mucho poco hard for the this el un una a an my mi all all_day mejor mas todo every toda todas todos hoy tonight today together
  alone solo sola desde cada with con to harder more less late last`.split(/\s+/),
);
const NOT_IN_STUDIES = new Set(['para', 'for', 'mientras', 'todos', 'every', 'hoy', 'right']);

/** `a cat person`, `a morning person` */
export const personKind: Slot = (scope, at) =>
  isWordAt(scope, at) && /^(?:person|guy|girl|lover)$/.test(plainAt(scope, at + 1)) && !NO_KINDS.has(plainAt(scope, at))
    ? { from: at, to: at + 1 }
    : undefined;

const NO_KINDS = new Set([
  'good',
  'bad',
  'busy',
  'tall',
  'nice',
  'big',
  'simple',
  'normal',
  'different',
  'curious',
  'real',
  'practical',
  'average',
  'new',
  'regular',
  'lucky',
]);

export const any: Slot = (scope, at) =>
  isWordAt(scope, at) && !/^(?:no|not|and|y|pero|but|i)$/.test(plainAt(scope, at))
    ? { from: at, to: at + 1 }
    : undefined;

const PASSING = new Set(
  `que fiebre hambre sueno razon prisa problema problemas examen examenes duda dudas miedo frio calor gripe catarro tos mocos deberes to been a_lot no
  fever cold cough question questions problem problems homework exam trouble issue issues meeting been gone fun time flu headache ganas idea cita
  mal bien enfermo enferma sick hungry tired`.split(/\s+/),
);
const OPINIONS = new Set(
  `idiota pesado pesada tonto tonta genial increible loco loca mejor peor guapo guapa bueno buena malo mala saint genius angel jerk idiot moron mess pain
  nightmare legend good great bad nice amazing wonderful difficult terrible bit lot problem joke one person handful`.split(
    /\s+/,
  ),
);

/** What somebody has for long: not a fever, not a question. */
export const lasting: Slot = (scope, at) => {
  const to = endOfThing(scope, at);
  if (to <= at || to > at + 8) return undefined;
  for (let next = at; next < to; next++)
    if (PASSING.has(plainAt(scope, next)) || plainAt(scope, next) === 'que') return undefined;
  return { from: at, to };
};

/** `un niño muy sensible`, `a picky eater`: a kind, and not what one thinks of them. */
export const kindOf: Slot = (scope, at) => {
  if (!/^(?:un|una|a|an)$/.test(plainAt(scope, at))) return undefined;
  const to = endOfThing(scope, at);
  if (to <= at + 1 || to > at + 6) return undefined;
  for (let next = at; next < to; next++) if (OPINIONS.has(plainAt(scope, next))) return undefined;
  return { from: at, to };
};
