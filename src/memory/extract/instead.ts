import { isSingle } from '../attributes.ts';
import type { Candidate } from '../contract.ts';
import type { Scope } from './pattern.ts';
import { Phrases } from './phrases.ts';
import { plainAt } from './read.ts';
import { plainOf } from './tokens.ts';
import { DEMONYMS, DIETS, LANGUAGES } from './words/groups.ts';
import { JOBS_EN, JOBS_ES } from './words/jobs.ts';
import { GIVEN_NAMES } from './words/people.ts';
import { PLACES } from './words/places.ts';
import { longestIn, wordSet } from './words/word-set.ts';

/** What is found in a message that is read by itself. */
export type Read = (text: string) => readonly Candidate[];

const MOST_WORDS = 4;

/** What stands behind these is what was meant. */
const MARKERS = new Phrases(`
  perdon|perdona|perdone|disculpa|sorry|oops|ups|wait|correction|correccion|rectifico
  me (equivoque | he equivocado | referia a)
  (mejor dicho | quise decir | queria decir | quiero decir | en realidad | mas bien)
  i (meant | mean) (to say)?
  (make that | scratch that | actually | my mistake | my bad)
  digo
`);
/** The same where the old value stands beside it. */
const WEAK = wordSet('bueno well vale ok');
const LEAD_IN = wordSet('en in a de from at soy am i tengo es is it vivo con , : no que to');
const ENDS = new Set([
  ...wordSet(', . ; ! … ) ( - que porque pq because since ya y and as so pero but mejor not no'),
  '\n',
]);
/** "X, digo Y": not where it is told why. */
const TOLD_WHY = wordSet('porque pq because since');
/** New value, these words, old value. */
const THAN = new Phrases(`
  mejor|mas que
  (en vez de | en lugar de | y no | , no | instead of | rather than | , not | and not | not | no)
`);
/** Of these a value is known when it stands alone. */
export const TYPED = wordSet(
  'name age residence origin nationality occupation diet birthday employer language studies',
);
const DENYING = wordSet('no not');
export const SMALL = wordSet('el la los las un una the a an my mi mis de en of to and y');

/** Whether a value may stand alone in these words, for one that was said before. */
export function mayMean(scope: Scope): boolean {
  return MARKERS.find(scope) !== undefined || THAN.find(scope) !== undefined || WEAK.has(plainAt(scope, 0));
}

/** A value alone, read as the one that it stands for: with the old one beside it, or behind "sorry". */
export function instead(
  scope: Scope,
  priors: readonly Candidate[],
  read: Read,
  isBarred: (at: number) => boolean,
): readonly Candidate[] {
  const free = scope.tokens.flatMap(({ kind }, at) =>
    kind === 'quoted' || isBarred(at) || at >= scope.end ? [] : [at],
  );
  const ways = [besideOld, behindOld, behindMarker, beforeMarker];
  for (const way of ways) {
    for (const at of free) {
      const corrected = way(scope, at, priors, read);
      if (corrected !== undefined) return corrected;
    }
  }
  return [];
}

function besideOld(scope: Scope, at: number, priors: readonly Candidate[], read: Read) {
  const than = THAN.endAt(scope, at);
  if (than < 0) return undefined;
  const old = priors.find(({ value }) => standsAt(scope, than, value));
  const from = startOfValue(scope, at);
  return old && from < at ? said(scope, from, at, [old], read) : undefined;
}

export function behindMarker(scope: Scope, at: number, priors: readonly Candidate[], read: Read) {
  const marked = MARKERS.endAt(scope, at);
  const isWeak = marked < 0 && at === 0 && WEAK.has(plainAt(scope, at));
  if (marked < 0 && !isWeak) return undefined;
  const span = valueBehind(scope, isWeak ? 1 : marked);
  if (span === undefined) return undefined;
  const { from, to } = span;
  const stands = (old: string) => scope.tokens.some((_, near) => near >= to && standsAt(scope, near, old));
  const fitting = priors.filter(({ attribute, value }) => TYPED.has(attribute) && (!isWeak || stands(value)));
  return said(scope, from, to, fitting, read);
}

/** "No de Lugo, de Vigo", "not Google, Apple". */
function behindOld(scope: Scope, at: number, priors: readonly Candidate[], read: Read) {
  if (!DENYING.has(plainAt(scope, at))) return undefined;
  let from = at + 1;
  while (from < at + 4 && LEAD_IN.has(plainAt(scope, from))) from++;
  const old = priors.find(({ value }) => standsAt(scope, from, value));
  if (old === undefined) return undefined;
  let behind = from + old.value.split(' ').length;
  if (DENYING.has(plainAt(scope, behind))) behind++;
  if (![',', 'sino', 'but', ';', '.'].includes(plainAt(scope, behind))) return undefined;
  const value = valueBehind(scope, behind + 1);
  return value && said(scope, value.from, value.to, [old], read);
}

/** "Oviedo, perdón", "31 actually": nothing else is in the message. */
function beforeMarker(scope: Scope, at: number, priors: readonly Candidate[], read: Read) {
  if (at === 0 || at > MOST_WORDS + 1 || MARKERS.endAt(scope, at) !== scope.end) return undefined;
  const value = valueBehind(scope, 0);
  const isAll = value?.to === at || (value?.to === at - 1 && plainAt(scope, at - 1) === ',');
  const typed = priors.filter(({ attribute }) => TYPED.has(attribute));
  return value && isAll ? said(scope, value.from, value.to, typed, read) : undefined;
}

/** A value as far as a sign, or what it is told with; undefined: more is said. */
function valueBehind(scope: Scope, at: number): { readonly from: number; readonly to: number } | undefined {
  let from = at;
  while (from < scope.end && LEAD_IN.has(plainAt(scope, from))) from++;
  let to = from;
  while (to < scope.end && to < from + MOST_WORDS && !ENDS.has(plainAt(scope, to)) && MARKERS.endAt(scope, to) < 0)
    to++;
  const isWhole = to === scope.end || ENDS.has(plainAt(scope, to)) || MARKERS.endAt(scope, to) >= 0;
  if (to === from || !isWhole || TOLD_WHY.has(plainAt(scope, to)) || !isValue(scope, from, to)) return undefined;
  return { from, to };
}

/** The prior said once more with the new value in place of its own: only what its grammar then reads as the same is meant. */
function said(
  scope: Scope,
  from: number,
  to: number,
  priors: readonly Candidate[],
  read: Read,
): readonly Candidate[] | undefined {
  const span = spanOf(scope, from, to);
  for (const prior of priors) {
    const { attribute, subject, value, quote } = prior;
    if (plainOf(value) === plainOf(span.quote) || !quote.includes(value)) continue;
    const [again] = read(quote.replace(value, () => span.quote)).filter(
      (one) =>
        one.attribute === attribute &&
        one.subject === subject &&
        !one.negated &&
        plainOf(one.value) === plainOf(span.quote),
    );
    if (again === undefined) continue;
    const corrects = isSingle(attribute, subject);
    return [
      { ...again, ...span, corrects, validFrom: null, expires: null },
      ...(corrects ? [] : [denied(prior, span)]),
    ];
  }
  return undefined;
}

type Span = Pick<Candidate, 'quote' | 'start' | 'end'>;

export function denied(candidate: Candidate, { quote, start, end }: Span): Candidate {
  return { ...candidate, quote, start, end, negated: true, corrects: false, validFrom: null, expires: null };
}

export function spanOf({ text, tokens }: Scope, from: number, to: number): Span {
  const start = tokens[from]?.start ?? 0;
  const end = tokens[to - 1]?.end ?? start;
  return { quote: text.slice(start, end), start, end };
}

function standsAt(scope: Scope, at: number, value: string): boolean {
  const words = plainOf(value).split(' ');
  let from = at;
  while (SMALL.has(plainAt(scope, from)) && from < at + 2) from++;
  return value !== '' && words.every((word, index) => plainAt(scope, from + index) === word);
}

/** Where the value begins that ends before `to`: as far as a sign, a verb that leads it in, or four words. */
function startOfValue(scope: Scope, to: number): number {
  let from = to;
  while (from > 0 && from > to - MOST_WORDS && !STOPS.has(plainAt(scope, from - 1))) from--;
  return from;
}

const STOPS = wordSet(
  ', . : ; ! ( digamos soy am is es ahora now like more mas bien call say rather i me in en a an un una de from at vivo live called llamo',
);

/** A number, a name, or a word that is known for a value. */
function isValue(scope: Scope, from: number, to: number): boolean {
  const first = scope.tokens[from];
  if (first === undefined) return false;
  if (first.kind === 'number') return true;
  if (first.capital && scope.text.slice(0, first.start).trim() !== '') return true;
  return KNOWN.some((set) => longestIn(set, scope.tokens, from, to) > 0);
}

const KNOWN = [PLACES, GIVEN_NAMES, DEMONYMS, DIETS, LANGUAGES, JOBS_ES, JOBS_EN];
