import type { Scope, Slot } from './pattern.ts';
import { endOfThing, isWordAt, mayEndAt, plainAt, tokenAt } from './read.ts';
import { endOfCapitals } from './slots-people.ts';
import {
  ACTIVITIES,
  BELONGINGS,
  ALLERGENS,
  INSTRUMENTS,
  POSSESSIONS,
  SCHOOL_SUBJECTS,
  SPORTS,
  VEHICLES,
} from './words/activities.ts';
import { POINTING } from './words/common.ts';
import { LANGUAGES } from './words/groups.ts';
import { longestIn } from './words/word-set.ts';

/** Stays within the activity: not for how long, how often, with whom. */
const AFTER = new Set(
  `los las el la on every cada con with for desde since three four twice once todos todas in en por a at una dos tres un hace when to y and lunes martes miercoles jueves viernes sabado sabados domingo domingos casi dia dias veces entre cuando mucho bastante poco tambien antes despues`.split(
    ' ',
  ),
);

const listed =
  (...sets: readonly ReadonlySet<string>[]): Slot =>
  (scope, at) => {
    const article = /^(?:el|la|los|las|the|un|una|a|an)$/.test(plainAt(scope, at)) ? 1 : 0;
    const from = at + article;
    const length = Math.max(...sets.map((set) => longestIn(set, scope.tokens, from, scope.end, 3)));
    if (length === 0) return undefined;
    const after = from + length;
    if (!mayEndAt(scope, after) && !AFTER.has(plainAt(scope, after))) return undefined;
    return { from, to: endOfList(scope, from, after, sets) };
  };

/** "tennis and chess": as long as what joins is known too. */
function endOfList(scope: Scope, from: number, first: number, sets: readonly ReadonlySet<string>[]): number {
  let to = first;
  while (['y', 'and', ',', 'e'].includes(plainAt(scope, to)) && to < from + 12) {
    let next = to + 1;
    while (/^(?:y|and|al|a|la|el|the|los|las)$/.test(plainAt(scope, next))) next++;
    const length = Math.max(...sets.map((set) => longestIn(set, scope.tokens, next, scope.end, 3)));
    if (length === 0) break;
    to = next + length;
  }
  return to;
}

export const activity = listed(ACTIVITIES, SPORTS, INSTRUMENTS);
export const instrument = listed(INSTRUMENTS);
export const sport = listed(SPORTS);
/** What one goes to again and again (`natación`), not what one is about to do (`nadar`). */
export const sportNoun: Slot = (scope, at) => (/[aei]r$/.test(plainAt(scope, at)) ? undefined : sport(scope, at));
export const subject = listed(SCHOOL_SUBJECTS, LANGUAGES);

/** `a nut allergy` */
export const allergen: Slot = (scope, at) => {
  const length = longestIn(ALLERGENS, scope.tokens, at, scope.end, 2);
  return length > 0 ? { from: at, to: at + length } : undefined;
};

/** `a Star Wars fan`: a few words before it. */
export const fanOf: Slot = (scope, at) => {
  let to = at;
  while (
    to < at + 3 &&
    isWordAt(scope, to) &&
    !/^(?:fan|lover|supporter|enthusiast|buff|nerd|geek)$/.test(plainAt(scope, to))
  )
    to++;
  return to > at &&
    /^(?:fan|lover|supporter|enthusiast|buff|nerd|geek)$/.test(plainAt(scope, to)) &&
    !NO_FANS.has(plainAt(scope, at))
    ? { from: at, to }
    : undefined;
};

const NO_FANS = new Set(['big', 'huge', 'of', 'not', 'your', 'massive', 'great', 'total', 'real', 'such']);

const NO_FAVOURITES = new Set(
  `part parte bit thing cosa one line linea quote feature version option opcion answer respuesta idea suggestion sugerencia example ejemplo approach`.split(
    ' ',
  ),
);

/** What a favourite is of: the words before "favorito" or behind "favourite". */
export const favorito: Slot = (scope, at) => nounBefore(scope, at, /^(?:favorit|preferid)[oa]s?$/);
export const favourite: Slot = (scope, at) => nounBefore(scope, at, /^(?:is|are|has|was|'s)$/);

function nounBefore(scope: Scope, at: number, what: RegExp): ReturnType<Slot> {
  let to = at;
  while (to < at + 5 && isWordAt(scope, to) && !what.test(plainAt(scope, to))) to++;
  if (to === at || !what.test(plainAt(scope, to)) || NO_FAVOURITES.has(plainAt(scope, at))) return undefined;
  return { from: at, to };
}

/** What somebody does in their free time, as they say it. */
export const hobbyVerb: Slot = (scope, at) => {
  const first = tokenAt(scope, at);
  if (
    first?.kind !== 'word' ||
    POINTING.has(first.plain) ||
    /^(?:am|was|will|would|have|can|do|need|want|estoy|tengo|quiero)$/.test(first.plain)
  )
    return undefined;
  const to = endOfThing(scope, at, new Set(['in']));
  return to > at ? { from: at, to } : undefined;
};

const thingOf =
  (set: ReadonlySet<string>): Slot =>
  (scope, at) => {
    if (!/^(?:un|una|a|an|dos|two|mi|my|el|la|the|another|otro|otra)$/.test(plainAt(scope, at))) return undefined;
    let head = at + 1;
    while (head < at + 5 && isWordAt(scope, head) && longestIn(set, scope.tokens, head, scope.end, 3) === 0) {
      if (NOT_BEFORE_THING.has(plainAt(scope, head))) return undefined;
      head++;
    }
    const length = longestIn(set, scope.tokens, head, scope.end, 3);
    if (length === 0) return undefined;
    return { from: at, to: Math.max(head + length, Math.min(endOfThing(scope, at, AFTER_THING), head + 7)) };
  };

/** "un problema con el coche": what is had is what stands before. */
const NOT_BEFORE_THING = new Set(
  'con de del en para por sin sobre a que with of for in about to problema duda cita'.split(' '),
);
const AFTER_THING = new Set([
  'donde',
  'to',
  'para',
  'that',
  'que',
  'desde',
  'since',
  'for',
  'where',
  'about',
  'and',
  'y',
  'pero',
  'but',
]);

/** What people own and use for years, with or without its article: `a cast iron pan`, `dumbbells`. */
export const thing: Slot = (scope, at) => {
  const article = /^(?:an?|my|some|two|three|the)$/.test(plainAt(scope, at)) ? 1 : 0;
  let head = at + article;
  const most = article === 1 ? 4 : 2;
  while (head < at + most && isWordAt(scope, head) && longestIn(BELONGINGS, scope.tokens, head, scope.end, 3) === 0)
    head++;
  const length = longestIn(BELONGINGS, scope.tokens, head, scope.end, 3);
  if (length === 0 || /^(?:question|problem|issue|no|not)$/.test(plainAt(scope, at + article))) return undefined;
  return mayEndAt(scope, head + length) ? { from: at, to: head + length } : undefined;
};

export const vehicle = thingOf(VEHICLES);
export const possession = thingOf(POSSESSIONS);

const SCHOOLS =
  /^(?:university|college|uni|institute|school|universidad|instituto|mit|stanford|harvard|yale|princeton|oxford|cambridge|berkeley|ucla|nyu|eth|uned|polytechnic)$/;

/** A university or school by its name. */
export const college: Slot = (scope, at) => {
  const from = plainAt(scope, at) === 'the' ? at + 1 : at;
  if (tokenAt(scope, from)?.capital !== true && !SCHOOLS.test(plainAt(scope, from))) return undefined;
  let to = endOfCapitals(scope, from);
  while (plainAt(scope, to) === 'of' && isWordAt(scope, to + 1)) to = endOfCapitals(scope, to + 1);
  for (let index = from; index < to; index++) if (SCHOOLS.test(plainAt(scope, index))) return { from, to };
  return undefined;
};
