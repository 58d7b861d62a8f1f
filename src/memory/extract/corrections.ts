import { isSingle } from '../attributes.ts';
import type { Candidate, Said } from '../contract.ts';
import type { Scope } from './pattern.ts';
import { Phrases } from './phrases.ts';
import { plainAt } from './read.ts';
import { plainOf } from './tokens.ts';
import { DEMONYMS, DIETS, LANGUAGES } from './words/groups.ts';
import { JOBS_EN, JOBS_ES } from './words/jobs.ts';
import { GIVEN_NAMES } from './words/people.ts';
import { PLACES } from './words/places.ts';
import { longestIn, wordSet } from './words/word-set.ts';

/** Something said before, with the message in which it stands. */
export interface Prior {
  readonly text: string;
  readonly candidate: Candidate;
}

/** What is found in a message that is read by itself. */
export type Read = (text: string) => readonly Candidate[];

/** So many messages back something is still corrected. */
const REACH = 6;
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
const TYPED = wordSet('name age residence origin nationality occupation diet birthday employer language studies');
/** One value takes the place of another, also where the user could have several. */
const REPLACED = wordSet('name age residence origin occupation employer diet birthday studies nationality workplace');
/** No longer so, of what is liked, done and had. */
const GIVEN_UP = wordSet('likes prefers hobby uses owns vehicle diet favourite favourite-drink favourite-food');
const NO_MORE = new Phrases(`
  ya no
  (no longer | any more | anymore)
  (he dejado | deje | dejado) (de | el | la)
  i (quit | gave up | stopped)
`);
const CHANGES = new Phrases(`
  scratch that
  (actually | correction | sorry | oops | perdon | rectifico | correccion | me equivoque | en realidad)
  (is | are | es | son) now|ahora
  now|ahora (is | are | es | son | se llama)
  i (meant | mean)
`);
const BESIDE = wordSet('other otro otra another also tambien too second segundo segunda');
const SMALL = wordSet('el la los las un una the a an my mi mis de en of to and y');

/** Whether anything in the message may correct what was said before: most messages are done with here. */
export function mayCorrect(scope: Scope): boolean {
  return (
    MARKERS.find(scope) !== undefined ||
    THAN.find(scope) !== undefined ||
    NO_MORE.find(scope) !== undefined ||
    CHANGES.find(scope) !== undefined ||
    WEAK.has(plainAt(scope, 0))
  );
}

/** What was said before, the last first. `read` is told how many messages back it reads. */
export function priorsOf(
  { earlier }: Said,
  read: (text: string, back: number) => readonly Candidate[],
): readonly Prior[] {
  return earlier.slice(0, REACH).flatMap((text, back) =>
    read(text, back)
      .filter(({ negated }) => !negated)
      .map((candidate) => ({ text, candidate })),
  );
}

/**
 * What the message says instead of what was said before, beside what was found in it: "perdón, 42", "vegetariana mejor que vegana",
 * "my boss is now Priya". The old value is denied, so that it closes also where a user may have several.
 */
export function corrections(
  scope: Scope,
  found: readonly Candidate[],
  priors: readonly Prior[],
  read: Read,
  isBarred: (at: number) => boolean,
): readonly Candidate[] {
  if (priors.length === 0) return [];
  const replaced = found.flatMap((candidate) => deniedBy(candidate, scope, priors));
  const over = givenUp(scope, found, priors, isBarred);
  const meant = found.some(({ attribute, negated }) => !negated && TYPED.has(attribute))
    ? []
    : instead(scope, priors, read, isBarred);
  return once([...meant, ...replaced, ...over]);
}

/** The prior values that a statement takes the place of. */
function deniedBy(candidate: Candidate, scope: Scope, priors: readonly Prior[]): readonly Candidate[] {
  const { subject, attribute, value, negated } = candidate;
  if (negated || isSingle(attribute, subject) || !REPLACED.has(attribute) || CHANGES.find(scope) === undefined)
    return [];
  if (scope.tokens.some(({ plain }) => BESIDE.has(plain))) return [];
  return priors
    .filter((prior) => prior.candidate.subject === subject && prior.candidate.attribute === attribute)
    .filter((prior) => plainOf(prior.candidate.value) !== plainOf(value))
    .map((prior) => denied(prior, candidate));
}

/** "Ya no tomo té" behind "me gusta el té verde"; the old town, where it is said that it is another by now. */
function givenUp(
  scope: Scope,
  found: readonly Candidate[],
  priors: readonly Prior[],
  isBarred: (at: number) => boolean,
): readonly Candidate[] {
  const no = NO_MORE.find(scope);
  if (no === undefined || isBarred(no.from)) return [];
  const has = (word: string) =>
    scope.tokens.some(({ plain, raw }) => plain === word && (word !== 'te' || raw !== 'te'));
  const moved = found.some(
    ({ attribute, negated, subject }) => attribute === 'residence' && !negated && subject === 'user',
  );
  const first = found[0];
  const where = first ?? spanOf(scope, no.from, no.end);
  return priors.flatMap((prior) => {
    const { attribute, value, subject } = prior.candidate;
    if (subject !== 'user') return [];
    const words = wordsOf(value);
    if (GIVEN_UP.has(attribute)) {
      const [head] = words;
      return head !== undefined && has(head) ? [denied(prior, where)] : [];
    }
    const isPlace = ['studies', 'workplace', 'residence', 'employer'].includes(attribute);
    const place = wordsOf(prior.candidate.quote).find((word) => PLACES.has(word) && has(word));
    return moved && isPlace && place !== undefined ? [denied(prior, where)] : [];
  });
}

/** A value alone, read as the one that it stands for: with the old one beside it, or behind "sorry". */
function instead(
  scope: Scope,
  priors: readonly Prior[],
  read: Read,
  isBarred: (at: number) => boolean,
): readonly Candidate[] {
  const free = scope.tokens.flatMap(({ kind }, at) =>
    kind === 'quoted' || isBarred(at) || at >= scope.end ? [] : [at],
  );
  const ways = [besideOld, behindMarker];
  for (const way of ways) {
    for (const at of free) {
      const corrected = way(scope, at, priors, read);
      if (corrected !== undefined) return corrected;
    }
  }
  return [];
}

function besideOld(scope: Scope, at: number, priors: readonly Prior[], read: Read) {
  const than = THAN.endAt(scope, at);
  if (than < 0) return undefined;
  const old = priors.find(({ candidate }) => standsAt(scope, than, candidate.value));
  const from = startOfValue(scope, at);
  return old && from < at ? said(scope, from, at, [old], read) : undefined;
}

function behindMarker(scope: Scope, at: number, priors: readonly Prior[], read: Read) {
  const marked = MARKERS.endAt(scope, at);
  const isWeak = marked < 0 && at === 0 && WEAK.has(plainAt(scope, at));
  if (marked < 0 && !isWeak) return undefined;
  let from = isWeak ? 1 : marked;
  while (from < scope.end && LEAD_IN.has(plainAt(scope, from))) from++;
  let to = from;
  while (to < scope.end && to < from + MOST_WORDS && !ENDS.has(plainAt(scope, to))) to++;
  const isWhole = to === scope.end || ENDS.has(plainAt(scope, to));
  if (to === from || !isWhole || TOLD_WHY.has(plainAt(scope, to)) || !isValue(scope, from, to)) return undefined;
  const stands = (old: string) => scope.tokens.some((_, near) => near >= to && standsAt(scope, near, old));
  const fitting = priors.filter(
    ({ candidate }) => TYPED.has(candidate.attribute) && (!isWeak || stands(candidate.value)),
  );
  return said(scope, from, to, fitting, read);
}

/** The prior said once more with the new value in place of its own: only what its grammar then reads as the same is meant. */
function said(
  scope: Scope,
  from: number,
  to: number,
  priors: readonly Prior[],
  read: Read,
): readonly Candidate[] | undefined {
  const span = spanOf(scope, from, to);
  for (const prior of priors) {
    const { attribute, subject, value, quote } = prior.candidate;
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

function denied({ candidate }: Prior, { quote, start, end }: Span): Candidate {
  return { ...candidate, quote, start, end, negated: true, corrects: false, validFrom: null, expires: null };
}

function spanOf({ text, tokens }: Scope, from: number, to: number): Span {
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
  if (first.kind === 'number') return to === from + 1 || ['anos', 'years'].includes(plainAt(scope, from + 1));
  if (first.capital && scope.text.slice(0, first.start).trim() !== '') return true;
  return KNOWN.some((set) => longestIn(set, scope.tokens, from, to) > 0);
}

const KNOWN = [PLACES, GIVEN_NAMES, DEMONYMS, DIETS, LANGUAGES, JOBS_ES, JOBS_EN];

const wordsOf = (text: string) =>
  plainOf(text)
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '' && !SMALL.has(word));

function once(candidates: readonly Candidate[]): readonly Candidate[] {
  const keyOf = ({ subject, attribute, value, negated }: Candidate) =>
    [subject, attribute, plainOf(value), negated].join('\n');
  return [...new Map(candidates.map((candidate) => [keyOf(candidate), candidate])).values()];
}
