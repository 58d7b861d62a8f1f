import { attributeOf, FAVOURITE_OF } from '../attributes.ts';
import type { Candidate, Said } from '../contract.ts';
import { dayOf, findTime, type Time } from './dates.ts';
import type { Capture, Matched, Scope } from './pattern.ts';
import { textOf, valueOf } from './read.ts';
import { type CompiledRule, SURE } from './rules.ts';

/** Where in a message a rule has matched, and of whom it speaks. */
export interface Found {
  readonly rule: CompiledRule;
  readonly matched: Matched;
  /** The first word of it. */
  readonly from: number;
  readonly subject: string;
  /** What that somebody is called: `hija mayor`. */
  readonly who: string | null;
  readonly corrects: boolean;
  /** The first word of its sentence: a time may stand before it. */
  readonly sentence: number;
}

const LONGEST_QUOTE = 300;
const LONGEST_VALUE = 160;
/** How many words behind what is said its time may stand. */
const TIME_REACH = 7;
const DAY = 86_400_000;
/** "Actually, I'm allergic to nuts" says nothing against the other allergies. */
const SEVERAL = new Set(
  'allergy health language accessibility household education family pet nationality uses owns vehicle'.split(' '),
);

const IMPORTANCE: Readonly<Record<string, number>> = {
  name: 0.95,
  allergy: 0.95,
  diet: 0.85,
  residence: 0.85,
  occupation: 0.8,
  nickname: 0.8,
  instruction: 0.9,
  style: 0.85,
  employer: 0.7,
  language: 0.7,
  accessibility: 0.9,
  health: 0.8,
  plan: 0.6,
  goal: 0.6,
  family: 0.75,
  pet: 0.65,
  likes: 0.5,
  dislikes: 0.5,
  prefers: 0.5,
  happened: 0.45,
};

/** A candidate of what a rule has found; undefined: without its date it is nothing, or it is too long. */
export function candidateOf(said: Said, scope: Scope, found: Found): Candidate | undefined {
  const { rule, matched } = found;
  const attribute = rule.is === 'favourite' ? favouriteOf(scope, matched.captures[0]) : rule.is;
  const known = attributeOf(attribute);
  const time = timeOf(said, scope, found);
  if (known === undefined || (rule.time === 'must' && time === undefined)) return undefined;
  const from = Math.min(found.from, time?.from ?? found.from);
  const to = Math.max(matched.end, time?.to ?? 0);
  const quote = textOf(scope, from, to);
  const value = rule.value === undefined ? mainValue(scope, matched) : fill(rule.value, scope, found, time);
  if (quote.length > LONGEST_QUOTE || value.length > LONGEST_VALUE || quote.includes('\u0001')) return undefined;
  const isAhead = time !== undefined && time.end > said.at;
  return {
    kind: known.kind,
    subject: rule.of ?? found.subject,
    attribute,
    value,
    text: sentence(fill(rule.tell, scope, found, time)),
    language: rule.language,
    quote,
    start: scope.tokens[from]?.start ?? 0,
    end: scope.tokens[to - 1]?.end ?? 0,
    confidence: rule.sure ?? SURE,
    importance: (IMPORTANCE[attribute] ?? 0.6) * (found.subject === 'user' ? 1 : 0.85),
    corrects: (found.corrects && !SEVERAL.has(attribute) && known.kind === 'fact') || rule.corrects === true,
    negated: rule.ends === true,
    validFrom: time !== undefined && !isAhead ? time.start : null,
    expires: isAhead && (rule.time === 'ahead' || rule.time === 'must') ? time.end : null,
  };
}

/** The time that belongs to it: before it in its sentence, or soon after. */
function timeOf(said: Said, scope: Scope, { rule, matched, from, sentence }: Found): Time | undefined {
  if (rule.time === undefined) return undefined;
  const to = Math.min(scope.end, matched.end + TIME_REACH);
  if (rule.time === 'since') {
    const time = findTime(scope, from, to, said.at, 'back');
    return time !== undefined && time.start <= said.at ? time : undefined;
  }
  const way = rule.time === 'back' ? 'back' : 'ahead';
  const time = findTime(scope, from, to, said.at, way) ?? findTime(scope, sentence, from, said.at, way);
  if (time === undefined) return undefined;
  return (way === 'back') === time.start <= said.at || time.end > said.at ? time : undefined;
}

const mainValue = (scope: Scope, matched: Matched) => {
  const [first] = matched.captures.filter(({ number }) => number === undefined);
  const capture = first ?? matched.captures[0];
  return capture === undefined ? textOf(scope, matched.end - 1, matched.end) : valueOf(scope, capture);
};

/** `{1}` what was read, `{last}` the last of it, `{all}` the whole as it was said, `{who}` whom it is about, `{date}` when. */
function fill(template: string, scope: Scope, { rule, matched, who }: Found, time: Time | undefined): string {
  const captured = (capture: Capture | undefined) => (capture === undefined ? '' : valueOf(scope, capture));
  return template.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    if (name === 'all') return textOf(scope, matched.from, matched.end);
    if (name === 'last') return captured(matched.captures.at(-1));
    if (name === 'who') return `${rule.language === 'es' ? 'su' : 'their'} ${who ?? ''}`;
    if (name === 'date') return time === undefined ? '' : ` (${datesOf(time)})`;
    return captured(matched.captures[Number(name) - 1]);
  });
}

function datesOf({ start, end }: Time): string {
  return end - start <= DAY ? dayOf(start) : `${dayOf(start)} – ${dayOf(end - DAY)}`;
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** `favourite-food` for "plato favorito", `favourite` for what has no name of its own. */
function favouriteOf(scope: Scope, thing: Capture | undefined): string {
  if (thing === undefined) return 'favourite';
  const words = scope.tokens.slice(thing.from, thing.to).map(({ plain }) => plain);
  const name = [words.join(' '), ...words].map((word) => FAVOURITE_OF.get(word)).find((name) => name !== undefined);
  return name ?? 'favourite';
}
