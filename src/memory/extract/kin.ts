import { KIN_EN, KIN_ES } from './grammar-kin.ts';
import { HAVING_EN, HAVING_ES } from './grammar-work.ts';
import type { Capture, Matched, Scope } from './pattern.ts';
import { plainAt } from './read.ts';
import { type CompiledRule, Grammar } from './rules.ts';
import { kin } from './slots-people.ts';
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
]);
const MOST_BETWEEN = 3;

/** `mi hija Lucía tiene 5 años y es celíaca`, `my wife works at …`: all that is said of them in one breath. */
export function ofKin(scope: Scope, at: number): OfKin | undefined {
  const person = kin(scope, at);
  if (person?.subject === undefined) return undefined;
  const isSpanish = ['mi', 'mis', 'nuestro', 'nuestra', 'nuestros', 'nuestras'].includes(plainAt(scope, at));
  const told = toldBehind(scope, at, person.to, isSpanish ? 'es' : 'en');
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
