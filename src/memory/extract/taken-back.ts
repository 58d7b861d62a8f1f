import type { Candidate } from '../contract.ts';
import { denied, SMALL, spanOf } from './instead.ts';
import { scopeOf } from './frames.ts';
import type { Scope } from './pattern.ts';
import { Phrases } from './phrases.ts';
import { plainAt } from './read.ts';
import { plainOf } from './tokens.ts';
import { LANGUAGES } from './words/groups.ts';
import { PLACES } from './words/places.ts';
import { wordSet } from './words/word-set.ts';

/** No longer so, of what is liked, done and had. */
const GIVEN_UP = wordSet('likes prefers hobby uses owns vehicle diet favourite favourite-drink favourite-food');
const NO_MORE = new Phrases(`
  ya no
  (no longer | any more | anymore)
  (he dejado | deje | dejado) (de | el | la)
  i (quit | gave up | stopped)
`);
/** It went, or another came in its place. */
const PARTED = new Phrases(`
  i|we (have)? (sold | traded | swapped | scrapped | replaced | got rid of | gave away)
  (he | hemos) (vendido | cambiado | regalado | tirado)
  vendi|vendimos|cambie|regale
  me (deshice | he deshecho) de
  (me he pasado | me pase | he pasado) de
  i|we (have)? switched from
  (la | lo | las | los) (vendi | he vendido | hemos vendido)
`);
const CANCELLED = new Phrases(`
  i|we (have | had to)? (cancelled | canceled | cancel | called off)
  (he | hemos) (cancelado | anulado | suspendido)
  cancele|cancelamos|anulamos
  (se ha | se) (cancelado | cancela | suspendido | anulado)
  (is | was | got | has been) (cancelled | canceled | called off)
`);
const THINGS = wordSet('vehicle owns uses pet');
const PLANS = wordSet('plan goal');
/** Of how to answer: of each kind one instruction counts, the last. */
const MANNERS: readonly ReadonlySet<string>[] = [
  LANGUAGES,
  wordSet(
    'short long brief detailed concise longer shorter corto corta cortas largo larga largas breve breves conciso detallado detalladas cortos largos',
  ),
  wordSet('tu usted tutees tuteame tutearme ustedes'),
];
const NOT = new Set(['no', 'not']);
/** Of a denial, from what is denied. */
const MOST_WORDS = 12;

/** Whether anything in the message may say that something is no longer so. */
export function mayTakeBack(scope: Scope): boolean {
  return (
    [NO_MORE, PARTED, CANCELLED].some((phrases) => phrases.find(scope) !== undefined) ||
    scope.tokens.some(({ plain }) => NOT.has(plain) || MANNERS.some((words) => words.has(plain)))
  );
}

/** What was said before and is no longer so, by what is said now. */
export function takenBack(
  scope: Scope,
  found: readonly Candidate[],
  priors: readonly Candidate[],
  isBarred: (at: number) => boolean,
): readonly Candidate[] {
  return [
    ...givenUp(scope, found, priors, isBarred),
    ...gone(scope, priors, PARTED, THINGS, isBarred),
    ...gone(scope, priors, CANCELLED, PLANS, isBarred),
    ...negatedNow(scope, priors, isBarred),
    ...otherManner(found, priors),
  ];
}

/** "Ya no tomo té" behind "me gusta el té verde"; the old town, where it is said that it is another by now. */
function givenUp(
  scope: Scope,
  found: readonly Candidate[],
  priors: readonly Candidate[],
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
    const { attribute, value, subject } = prior;
    if (subject !== 'user') return [];
    const words = wordsOf(value);
    if (GIVEN_UP.has(attribute)) {
      const [head] = words;
      return head !== undefined && has(head) ? [denied(prior, where)] : [];
    }
    const isPlace = ['studies', 'workplace', 'residence', 'employer'].includes(attribute);
    const place = wordsOf(prior.quote).find((word) => PLACES.has(word) && has(word));
    return moved && isPlace && place !== undefined ? [denied(prior, where)] : [];
  });
}

/** "I sold the Golf", "hemos cancelado lo de Roma": with the first word of what it was behind it. */
function gone(
  scope: Scope,
  priors: readonly Candidate[],
  ways: Phrases,
  attributes: ReadonlySet<string>,
  isBarred: (at: number) => boolean,
): readonly Candidate[] {
  const way = ways.find(scope);
  if (way === undefined || isBarred(way.from)) return [];
  const said = new Set(scope.tokens.slice(0, scope.end).map(({ plain }) => plain));
  const meant = priors.filter(
    ({ attribute, subject, value }) =>
      subject === 'user' &&
      attributes.has(attribute) &&
      wordsOf(value).some((word) => word.length > 3 && said.has(word)),
  );
  return meant.map((prior) => denied(prior, spanOf(scope, way.from, way.end)));
}

/** "No soy alérgica a las nueces", "I'm not allergic to nuts": the same words with a no in them. */
function negatedNow(
  scope: Scope,
  priors: readonly Candidate[],
  isBarred: (at: number) => boolean,
): readonly Candidate[] {
  const at = scope.tokens.findIndex(({ plain, kind }, index) => kind === 'word' && NOT.has(plain) && !isBarred(index));
  const isAsked = scope.tokens.some(({ plain }, index) => index > at && plain === '?');
  if (at < 0 || isAsked) return [];
  // "No soy …" has it before the verb, "I am not …", "I do not play …" behind it.
  const isFirst = plainAt(scope, at) === 'no';
  const behind = plainsOf(scope.tokens.slice(at + 1, at + MOST_WORDS));
  const before = isFirst ? [] : [plainAt(scope, at - 2), plainAt(scope, at - 1)].filter((word) => word !== 'do');
  const words = `${[...before, ...behind].join(' ')} `;
  return priors
    .filter((prior) => {
      const { quote, value } = prior;
      const end = quote.indexOf(value) < 0 ? quote.length : quote.indexOf(value) + value.length;
      const said = plainsOf(scopeOf(quote.slice(0, end)).tokens);
      return said.length > 1 && !said.some((word) => NOT.has(word)) && words.startsWith(`${said.join(' ')} `);
    })
    .map((prior) => denied(prior, spanOf(scope, at, Math.min(scope.end, at + 2))));
}

const plainsOf = (tokens: Scope['tokens']) => tokens.flatMap(({ plain, kind }) => (kind === 'sign' ? [] : [plain]));

/** "Answer in English" behind "answer in Spanish". */
function otherManner(found: readonly Candidate[], priors: readonly Candidate[]): readonly Candidate[] {
  const isManner = ({ attribute, negated }: Candidate) =>
    !negated && (attribute === 'instruction' || attribute === 'style');
  return found.filter(isManner).flatMap((now) =>
    priors
      .filter(isManner)
      .filter((prior) => plainOf(prior.value) !== plainOf(now.value))
      .filter((prior) =>
        MANNERS.some((words) => {
          const [one, other] = [prior, now].map(({ value }) =>
            wordsOf(value)
              .filter((word) => words.has(word))
              .join(' '),
          );
          return one !== '' && other !== '' && one !== other;
        }),
      )
      .map((prior) => denied(prior, now)),
  );
}

const wordsOf = (text: string) =>
  plainOf(text)
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '' && !SMALL.has(word));
