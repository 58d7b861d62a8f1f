import { KIN_EN } from './grammar-kin-en.ts';
import { KIN_ES } from './grammar-kin.ts';
import { HAVING_EN, HAVING_ES } from './grammar-work.ts';
import type { Capture, Matched, Scope } from './pattern.ts';
import { plainAt, textOf } from './read.ts';
import { type CompiledRule, Grammar } from './rules.ts';
import { kin, kinNoun } from './slots-people.ts';
import { ANIMALS, PASSERS_BY } from './words/people.ts';

/** What is told of one of the user's: of whom, and the ways in which it was told. */
export interface OfKin {
  readonly subject: string;
  readonly who: string;
  readonly found: readonly { readonly rule: CompiledRule; readonly matched: Matched; readonly from: number }[];
  readonly end: number;
}

const SAID_OF_KIN = new Grammar([
  { language: 'es', rules: KIN_ES },
  { language: 'en', rules: KIN_EN },
]);
const HAVING = new Grammar([
  { language: 'es', rules: HAVING_ES },
  { language: 'en', rules: HAVING_EN },
]);
const BETWEEN = new Set([
  ',',
  'y',
  'and',
  'e',
  'que',
  'who',
  'tambien',
  'also',
  'ya',
  'which',
  '(',
  'she',
  'he',
  'ella',
  'el',
  'they',
  ':',
  'her',
  'his',
  'their',
  'its',
]);
const MOST_BETWEEN = 3;

/** `husband is vegan`, `the kids are 4 and 7`, `el mayor se llama Hugo`: one's own without saying so, where something lasting is told. */
export function bareKin(scope: Scope, at: number): OfKin | undefined {
  const article = BARE_ARTICLES.has(plainAt(scope, at)) ? 1 : 0;
  const head = plainAt(scope, at + article);
  const subject = BARE.get(head);
  if (subject === undefined || (article === 0 && !BARE_WITHOUT.has(head))) return undefined;
  const language = SPANISH_ARTICLES.has(plainAt(scope, at)) ? 'es' : 'en';
  const to = at + article + 1;
  const found = toldBehind(scope, at, to, language).filter(({ rule }) => TOLD_OF_ONES_OWN.has(rule.is));
  const end = Math.max(to, ...found.map(({ matched }) => matched.end));
  return found.length === 0 ? undefined : { subject, who: textOf(scope, at + article, to), found, end };
}

const SPANISH_ARTICLES = new Set(['el', 'la', 'los', 'las']);
const BARE_ARTICLES = new Set([...SPANISH_ARTICLES, 'the', 'both']);
const BARE = new Map([
  ...['husband', 'wife', 'boyfriend', 'girlfriend', 'partner'].map((word): [string, string] => [word, 'partner']),
  ...['dog', 'perro', 'perra', 'puppy'].map((word): [string, string] => [word, 'dog']),
  ...['cat', 'gato', 'gata', 'kitten'].map((word): [string, string] => [word, 'cat']),
  ...[
    'kids',
    'kid',
    'baby',
    'mayor',
    'pequena',
    'pequeno',
    'peque',
    'ninos',
    'nina',
    'nino',
    'bebe',
    'mediano',
    'mediana',
    'youngest',
    'oldest',
    'eldest',
    'toddler',
  ].map((word): [string, string] => [word, 'child']),
  ...['son', 'hijo'].map((word): [string, string] => [word, 'son']),
  ...['daughter', 'hija'].map((word): [string, string] => [word, 'daughter']),
  ['mother', 'mother'],
  ['father', 'father'],
]);
const BARE_WITHOUT = new Set([
  'husband',
  'wife',
  'boyfriend',
  'girlfriend',
  'kids',
  'son',
  'daughter',
  'mother',
  'father',
  'partner',
  'oldest',
  'youngest',
]);
const TOLD_OF_ONES_OWN = new Set([
  'name',
  'age',
  'diet',
  'allergy',
  'birthday',
  'occupation',
  'pet',
  'likes',
  'dislikes',
]);

/** `mi hija Lucía tiene 5 años y es celíaca`, `my wife works at …`: all that is said of them in one breath. */
export function ofKin(scope: Scope, at: number): OfKin | undefined {
  const person = kin(scope, at);
  if (person?.subject === undefined) return undefined;
  const isSpanish = ['mi', 'mis', 'nuestro', 'nuestra', 'nuestros', 'nuestras'].includes(plainAt(scope, at));
  const told = isOfTheirs(scope, at, person.to) ? [] : toldBehind(scope, at, person.to, isSpanish ? 'es' : 'en');
  const who = person.value ?? '';
  const named = person.name === undefined ? [] : [nameOf(at, person, isSpanish ? 'es' : 'en')];
  const found = [...named, ...told];
  const end = Math.max(person.to, ...found.map(({ matched }) => matched.end));
  return found.length === 0 ? undefined : { subject: person.subject, who, found, end };
}

/** `tengo dos hijos, Tom y Lily`, `I have a dog named Rex`. */
export function having(scope: Scope, at: number): OfKin | undefined {
  for (const { rule, pattern } of HAVING.beginningWith(plainAt(scope, at))) {
    const matched = pattern.match(scope, at);
    const owned = matched?.captures.at(-1);
    if (matched === undefined || owned?.subject === undefined || PASSERS_BY.has(owned.subject)) continue;
    const who = owned.name ?? '';
    const isAnimal = ANIMALS.has(owned.subject);
    if (owned.several === true) {
      const is = isAnimal ? 'pet' : 'family';
      return { subject: 'user', who, found: [{ rule: { ...rule, is }, matched, from: at }], end: matched.end };
    }
    const told = toldBehind(scope, at, matched.end, rule.language);
    const found = told.length > 0 ? told : [{ rule: { ...rule, is: isAnimal ? 'pet' : 'family' }, matched, from: at }];
    const end = Math.max(...found.map(({ matched }) => matched.end));
    return { subject: told.length > 0 ? owned.subject : 'user', who, found, end };
  }
  return undefined;
}

/** Of whom was spoken last: "we adopted a cat! *Her name is Miso*". */
export interface Mentioned {
  readonly subject: string;
  readonly who: string;
}

/** Whom these words name: the user's (`mi abuela`, `my cat`), or, where the assistant speaks to the user, `tu abuela`. */
export function mentioned(scope: Scope, from: number, to: number, whose = OWN): Mentioned | undefined {
  for (let at = Math.min(to, scope.end) - 1; at >= from; at--) {
    const person = mentionedAt(scope, at, whose);
    if (person !== undefined) return person;
  }
  return undefined;
}

/** All of the user's of whom the words speak, in their order. */
export function everybodyMentioned(scope: Scope): readonly Mentioned[] {
  return scope.tokens.flatMap((_, at) => mentionedAt(scope, at, OWN) ?? []);
}

function mentionedAt(scope: Scope, at: number, whose: ReadonlySet<string>): Mentioned | undefined {
  if (!whose.has(plainAt(scope, at))) return undefined;
  const noun = kinNoun(scope, at + 1);
  if (noun?.subject === undefined || noun.several === true) return undefined;
  if (ARTICLES.has(plainAt(scope, at)) && !HAS.has(plainAt(scope, at - 1))) return undefined;
  return { subject: noun.subject, who: textOf(scope, at + 1, noun.to) };
}

const OWN = new Set(['mi', 'my', 'our', 'nuestro', 'nuestra', 'un', 'una', 'a', 'an']);
export const OF_YOU = new Set(['tu', 'your', 'su']);
const ARTICLES = new Set(['un', 'una', 'a', 'an']);
const HAS = new Set([
  'tengo',
  'tenemos',
  'have',
  'got',
  'adopted',
  'adoptado',
  'adoptamos',
  'adopte',
  'regalado',
  'bought',
  'compre',
  'rescued',
]);
const SAME = new Set([
  'se',
  'she',
  'he',
  'her',
  'his',
  'its',
  'it',
  'tiene',
  'cumple',
  'vive',
  'trabaja',
  'le',
  'es',
  'ella',
  'el',
  'their',
  'odia',
]);

/** What is told of somebody who was named before. */
export function ofSame(scope: Scope, at: number, person: Mentioned): OfKin | undefined {
  const first = plainAt(scope, at);
  if (!SAME.has(first)) return undefined;
  const isEnglish = ['she', 'he', 'her', 'his', 'its', 'it', 'their', 'they'].includes(first);
  const behind = isEnglish || first === 'ella' || first === 'el' ? at + 1 : at;
  const found = toldBehind(scope, at, behind, isEnglish ? 'en' : 'es');
  const end = Math.max(behind, ...found.map(({ matched }) => matched.end));
  return found.length === 0 ? undefined : { ...person, found, end };
}

function toldBehind(scope: Scope, from: number, behind: number, language: 'es' | 'en'): OfKin['found'] {
  const found: { rule: CompiledRule; matched: Matched; from: number }[] = [];
  let at = behind;
  for (let steps = 0; steps < 4; steps++) {
    let next = at;
    let told = predicateAt(scope, next, language);
    while (told === undefined && next < at + MOST_BETWEEN && BETWEEN.has(plainAt(scope, next))) {
      told = predicateAt(scope, ++next, language);
    }
    if (told === undefined) break;
    found.push({ ...told, from });
    at = told.matched.end;
  }
  return found;
}

function predicateAt(scope: Scope, at: number, language: 'es' | 'en') {
  for (const { rule, pattern } of SAID_OF_KIN.beginningWith(plainAt(scope, at))) {
    if (rule.language !== language) continue;
    const matched = pattern.match(scope, at);
    if (matched !== undefined) return { rule, matched };
  }
  return undefined;
}

/** The name that stands beside them: `my wife Ana`. */
function nameOf(at: number, person: Capture, language: 'es' | 'en') {
  const name: Capture = { from: at, to: person.to, value: person.name ?? '' };
  const rule: CompiledRule = {
    say: '',
    patterns: [],
    language,
    is: 'name',
    tell: language === 'es' ? '{who} se llama {1}' : '{who} is called {1}',
    sure: 0.85,
  };
  return { rule, matched: { from: at, end: person.to, captures: [name] }, from: at };
}

/** "El pueblo *de mis padres* es Aracena": what follows is said of the town. */
const isOfTheirs = (scope: Scope, at: number, to: number) =>
  ['de', 'of'].includes(plainAt(scope, at - 1)) &&
  ['es', 'son', 'is', 'are', 'esta', 'era', 'se'].includes(plainAt(scope, to));
