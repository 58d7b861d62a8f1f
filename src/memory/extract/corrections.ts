import { isSingle } from '../attributes.ts';
import type { Candidate, Said } from '../contract.ts';
import { behindMarker, denied, instead, mayMean, type Read, TYPED } from './instead.ts';
import type { Scope } from './pattern.ts';
import { Phrases } from './phrases.ts';
import { plainAt } from './read.ts';
import { plainOf } from './tokens.ts';
import { mayTakeBack, takenBack } from './taken-back.ts';
import { wordSet } from './words/word-set.ts';

/** So many messages back something is still corrected, and so much of what they say. */
const REACH = 6;
const MOST_PRIORS = 24;
/** One value takes the place of another, also where the user could have several. */
const REPLACED = wordSet('name age residence origin occupation employer diet birthday studies nationality workplace');
const CHANGES = new Phrases(`
  scratch that
  (actually | correction | sorry | oops | perdon | rectifico | correccion | me equivoque | en realidad)
  (is | are | es | son) now|ahora
  now|ahora (is | are | es | son | se llama)
  i (meant | mean)
  (se (ha | han)? (mudado | mudo) | has moved | have moved | just moved | moved) a|to
`);
const BESIDE = wordSet('other otro otra another also tambien too second segundo segunda');
const OPENINGS = new Set([',', '.', '…', '-', '(']);

/** Whether anything in the message may correct what was said before: most messages are done with here. */
export function mayCorrect(scope: Scope): boolean {
  return mayMean(scope) || mayTakeBack(scope) || CHANGES.find(scope) !== undefined;
}

/** What was said before, the last first. `read` is told how many messages back it reads. */
export function priorsOf(
  { earlier }: Said,
  read: (text: string, back: number) => readonly Candidate[],
): readonly Candidate[] {
  const said = earlier.slice(0, REACH).flatMap((text, back) => read(text, back));
  return once(said.filter(({ negated }) => !negated)).slice(0, MOST_PRIORS);
}

/**
 * What was found in the message, and what it says instead of what was said before: "perdón, 42", "vegetariana mejor que vegana",
 * "my boss is now Priya". The old value is denied, so that it closes also where a user may have several.
 */
export function corrections(
  scope: Scope,
  found: readonly Candidate[],
  priors: readonly Candidate[],
  read: Read,
  isBarred: (at: number) => boolean,
): readonly Candidate[] {
  const own = ownCorrection(scope, found, read, isBarred);
  if (own !== undefined) return own;
  if (priors.length === 0) return found;
  const replaced = found.flatMap((candidate) => deniedBy(candidate, scope, priors));
  const over = takenBack(scope, found, priors, isBarred);
  const meant = found.some(({ attribute, negated }) => !negated && TYPED.has(attribute))
    ? []
    : instead(scope, priors, read, isBarred);
  return once([...found, ...meant, ...replaced, ...over]);
}

/** "Vivo en Gijón, digo Oviedo": what is taken back at once is not said at all. */
function ownCorrection(
  scope: Scope,
  found: readonly Candidate[],
  read: Read,
  isBarred: (at: number) => boolean,
): readonly Candidate[] | undefined {
  for (let at = 1; at < scope.end; at++) {
    if (isBarred(at) || !OPENINGS.has(plainAt(scope, at - 1))) continue;
    const start = scope.tokens[at]?.start ?? 0;
    const before = found.filter(({ end, negated }) => !negated && end < start);
    const last = before.at(-1);
    if (last === undefined) continue;
    const corrected = behindMarker(scope, at, [last], read)?.find(({ negated }) => !negated);
    if (corrected !== undefined) return [...found.filter((one) => one !== last), corrected];
  }
  return undefined;
}

/** The prior values that a statement takes the place of. */
function deniedBy(candidate: Candidate, scope: Scope, priors: readonly Candidate[]): readonly Candidate[] {
  const { subject, attribute, value, negated } = candidate;
  if (negated || isSingle(attribute, subject) || !REPLACED.has(attribute) || CHANGES.find(scope) === undefined)
    return [];
  if (scope.tokens.some(({ plain }) => BESIDE.has(plain))) return [];
  return priors
    .filter((prior) => prior.subject === subject && prior.attribute === attribute)
    .filter((prior) => plainOf(prior.value) !== plainOf(value))
    .map((prior) => denied(prior, candidate));
}

function once(candidates: readonly Candidate[]): readonly Candidate[] {
  const keyOf = ({ subject, attribute, value, negated }: Candidate) =>
    [subject, attribute, plainOf(value), negated].join('\n');
  return [...new Map(candidates.map((candidate) => [keyOf(candidate), candidate])).values()];
}
