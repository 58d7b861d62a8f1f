import type { Candidate, Said } from '../contract.ts';
import { candidateOf } from './candidates.ts';
import { scopeOf } from './frames.ts';
import { everybodyMentioned, type Mentioned } from './kin.ts';
import { Pattern, type Scope, type Slot } from './pattern.ts';
import { mayEndAt, plainAt, tokenAt } from './read.ts';
import type { CompiledRule } from './rules.ts';
import { age } from './slots-people.ts';
import { plainOf } from './tokens.ts';
import { NO_NAMES, NO_OWN_NAMES } from './words/common.ts';
import { ANIMALS, GIVEN_NAMES } from './words/people.ts';
import { wordSet } from './words/word-set.ts';

/** So many messages back it is still they of whom the user speaks. */
const REACH = 4;
const HE = wordSet('he his him');
const SHE = wordSet('she her hers ella');
const IT = wordSet('it its');
const MEN = wordSet(`
  padre papa papi father hijo nene son hermano brother abuelo yayo grandfather grandpa nieto grandson tio uncle primo sobrino nephew suegro
  cunado marido esposo novio chico husband hubby boyfriend bf fiance perro gato conejo jefe prometido companero ex-husband exmarido dad daddy
  grandad granddad abuelito hermanito viejo viejito gramps nonno bro stepson step-son pololo enamorado senor hijito
`);
const WOMEN = wordSet(`
  madre mama mami mother hija nena daughter hermana sister abuela yaya nana grandmother grandma nieta granddaughter tia aunt prima sobrina
  niece suegra cunada mum mom mommy mummy wifey gf gran granny abuelita hermanita nan nanna nonna sis stepdaughter step-daughter polola enamorada senora vieja viejita mam missus hijita mujer esposa novia chica wife girlfriend fiancee perra gata coneja jefa prometida companera ex-wife exmujer
`);
/** Said of anything: "es", "tiene 10 años", which a car may have. */
const OF_ANYTHING = wordSet('es el');
const GROWING = new Set(['dog', 'cat', 'pet', 'son', 'daughter', 'child', 'children', 'grandchild', 'nephew', 'niece']);
const CHILDREN = wordSet(
  'hijos hijas ninos ninas kids children sons daughters peques crios nietos nietas grandchildren sobrinos sobrinas',
);
const JOINS = new Set([',', 'y', 'and', 'e', ':', '&', ';']);
const MOST_BEFORE = 2_000;
/** A name before its verb, which {@link ownName} takes for the end of something else. */
const child: Slot = (scope, at) => {
  const token = tokenAt(scope, at);
  if (token?.kind !== 'word' || NO_OWN_NAMES.has(token.plain) || NO_NAMES.has(token.plain)) return undefined;
  return token.capital || GIVEN_NAMES.has(token.plain) ? { from: at, to: at + 1 } : undefined;
};
const NAMED_AGES: readonly CompiledRule[] = [
  {
    say: '',
    language: 'es',
    patterns: [new Pattern('<child> (tiene | cumple | ha cumplido)? <age> (anos | anitos)?', { child, age })],
    is: 'age',
    tell: 'Su hijo o hija {1} tiene {2} años',
    value: '{1} {2}',
    sure: 0.85,
  },
  {
    say: '',
    language: 'en',
    patterns: [
      new Pattern("<child> (is | 's | turned | just turned | turns) <age> (years old | years)?", { child, age }),
    ],
    is: 'age',
    tell: 'Their child {1} is {2} years old',
    value: '{1} {2}',
    sure: 0.85,
  },
];

/** Of whom the user spoke some messages ago, where a sentence begins that says it of "she", "he" or nobody by name. */
export class Topic {
  readonly #people: readonly Mentioned[];
  readonly #hasChildren: boolean;
  readonly #asksAge: boolean;

  constructor({ earlier, before }: Pick<Said, 'earlier' | 'before'>) {
    const scopes = earlier.slice(0, REACH).map(scopeOf);
    this.#people = scopes.map(everybodyMentioned).find(({ length }) => length > 0) ?? [];
    const told = [...scopes, ...(before === null ? [] : [scopeOf(before.slice(-MOST_BEFORE))])];
    this.#asksAge = /\b(?:edad|edades|anos|old|age|ages)\b[^?]{0,40}\?/.test(
      plainOf((before ?? '').slice(-MOST_BEFORE)),
    );
    this.#hasChildren = told.some(({ tokens }) => tokens.some(({ plain }) => CHILDREN.has(plain)));
  }

  /** Undefined: nobody, or it may be one of several. */
  at(scope: Scope, at: number): Mentioned | undefined {
    const word = plainAt(scope, at);
    const fits = (person: Mentioned) => {
      const words = person.who.toLowerCase().normalize('NFD').replaceAll(/\p{M}/gu, '').split(/\s+/);
      if (IT.has(word)) return ANIMALS.has(person.subject);
      if (HE.has(word)) return !words.some((one) => WOMEN.has(one));
      if (SHE.has(word)) return !words.some((one) => MEN.has(one));
      if (word === 'tiene') return GROWING.has(person.subject) || this.#asksAge;
      return !OF_ANYTHING.has(word);
    };
    const fitting = this.#people.filter(fits);
    const subjects = new Set(fitting.map(({ subject }) => subject));
    return subjects.size === 1 ? fitting.at(-1) : undefined;
  }

  /** "Hugo is 9 and Vera 4", of the children of whom was spoken. */
  children(said: Said, scope: Scope, { from }: { readonly from: number }): readonly Candidate[] {
    if (!this.#hasChildren) return [];
    const found: Candidate[] = [];
    let at = from;
    while (at < scope.end) {
      const read = this.#childAt(said, scope, from, at);
      if (read === undefined) break;
      found.push(read.candidate);
      at = read.end;
      if (!JOINS.has(plainAt(scope, at))) break;
      while (JOINS.has(plainAt(scope, at))) at++;
    }
    return found;
  }

  #childAt(said: Said, scope: Scope, sentence: number, at: number) {
    for (const rule of NAMED_AGES) {
      const matched = rule.patterns[0]?.match(scope, at);
      if (matched === undefined || !mayEndAt(scope, matched.end)) continue;
      const found = { rule, matched, from: at, subject: 'child', who: null, corrects: false, sentence };
      const candidate = candidateOf(said, scope, found);
      if (candidate !== undefined) return { candidate, end: matched.end };
    }
    return undefined;
  }
}
