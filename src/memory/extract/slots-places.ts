import type { Scope, Slot } from './pattern.ts';
import { isWordAt, mayEndAt, plainAt, tokenAt } from './read.ts';
import { endOfCapitals } from './slots-people.ts';
import { MAY_FOLLOW, NO_NAMES, STATEMENT_STARTS } from './words/common.ts';
import { DEMONYMS, FIELDS_AND_TECH } from './words/groups.ts';
import { HOMES, NO_PLACES, PLACES, SORTS_OF_PLACE } from './words/places.ts';
import { longestIn } from './words/word-set.ts';

const ARTICLES = new Set(['el', 'la', 'los', 'las', 'un', 'una', 'the', 'a', 'an']);
const OF_OR_NEAR = new Set([
  'de',
  'del',
  'cerca',
  'en',
  'of',
  'in',
  'near',
  'outside',
  'called',
  'llamado',
  'llamada',
  'from',
  'a',
]);
const QUALITIES = new Set(
  `pequeno pequena gran grande antiguo viejo historico small little big quiet nice old tiny tranquilo tranquila centrico costero rural`.split(
    ' ',
  ),
);

/** Where somebody can live: a known place, a name with a capital, "un pueblo cerca de …"; lower case where no capitals are used. */
export const place: Slot = (scope, at) => {
  const described = afterDescription(scope, at);
  const to = endOfPlace(scope, described);
  if (to === undefined) {
    // "en el campo", "in the suburbs": the sort alone, where there is no name.
    return described > at + 1 && mayEndAt(scope, described) ? { from: at, to: described } : undefined;
  }
  return { from: at, to: endOfRegion(scope, to) };
};

/** Only what is known to be one, in whatever case. */
export const knownPlace: Slot = (scope, at) => {
  const from = ['la', 'el', 'the'].includes(plainAt(scope, at)) ? at + 1 : at;
  const length = longestIn(PLACES, scope.tokens, from, scope.end);
  return length > 0 && mayEndAt(scope, from + length) ? { from: at, to: endOfRegion(scope, from + length) } : undefined;
};

/** After "soy de", where much else may stand ("soy de los que", "soy de letras"): a known place, or a capital. */
export const originPlace: Slot = (scope, at) => {
  if (scope.tokens[at]?.capital !== true && knownPlace(scope, at) === undefined && !isDescription(scope, at)) {
    const articled = ARTICLES.has(plainAt(scope, at)) && tokenAt(scope, at + 1)?.capital === true;
    if (!articled) return undefined;
  }
  return place(scope, at);
};

/** `un piso de dos habitaciones`, `a house with a garden`: what a home is like. */
export const home: Slot = (scope, at) => {
  let head = at;
  while (head < at + 4 && (ARTICLES.has(plainAt(scope, head)) || isAdjective(scope, head))) head++;
  if (!HOMES.has(plainAt(scope, head)) || head === at) return undefined;
  let to = head + 1;
  while (to < head + 8 && isWordAt(scope, to) && !STOPS_HOME.has(plainAt(scope, to))) to++;
  return { from: at, to };
};

const STOPS_HOME = new Set(
  `y e and but pero porque because since desde que which so where donde i yo me my mi desde for when cuando aunque although`.split(
    ' ',
  ),
);

const isAdjective = (scope: Scope, at: number) => isWordAt(scope, at) && HOMES.has(plainAt(scope, at + 1));

function isDescription(scope: Scope, at: number): boolean {
  return afterDescription(scope, at) > at + 1;
}

/** The index behind "un pequeño pueblo cerca de", or `at` where there is none. */
function afterDescription(scope: Scope, at: number): number {
  let next = at;
  if (ARTICLES.has(plainAt(scope, next))) next++;
  while (next < at + 3 && QUALITIES.has(plainAt(scope, next))) next++;
  if (!SORTS_OF_PLACE.has(plainAt(scope, next)) || tokenAt(scope, next)?.capital === true) return at;
  next++;
  while (next < at + 6 && QUALITIES.has(plainAt(scope, next))) next++;
  let behind = next;
  while (behind < next + 3 && (OF_OR_NEAR.has(plainAt(scope, behind)) || ARTICLES.has(plainAt(scope, behind))))
    behind++;
  return behind > next && endOfPlace(scope, behind) !== undefined ? behind : next;
}

function endOfPlace(scope: Scope, from: number): number | undefined {
  const article = ARTICLES.has(plainAt(scope, from)) ? 1 : 0;
  const at = from + article;
  const token = tokenAt(scope, at);
  if (token === undefined) return undefined;
  const known = longestIn(PLACES, scope.tokens, at, scope.end);
  if (token.kind !== 'word' || FIELDS_AND_TECH.has(token.plain)) return undefined;
  if (token.capital && !NO_NAMES.has(token.plain) && !DEMONYMS.has(token.plain)) {
    const to = Math.max(endOfCapitals(scope, at), at + known);
    return mayEndAt(scope, to) ? to : undefined;
  }
  if (known > 0) return mayEndAt(scope, at + known) ? at + known : undefined;
  if (!scope.casual || article > 0 || NO_PLACES.has(token.plain) || NO_NAMES.has(token.plain)) return undefined;
  let to = at + 1;
  while (to < at + 3 && isWordAt(scope, to) && !MAY_FOLLOW.has(plainAt(scope, to))) to++;
  if (scope.tokens.slice(at, to).some(({ plain }) => NO_NAMES.has(plain) || STATEMENT_STARTS.has(plain)))
    return undefined;
  return mayEndAt(scope, to) && !HOMES.has(token.plain) ? to : undefined;
}

/** `Portland, Oregon`, `Bilbao (España)`: what stands behind the comma is known to be one, or an abbreviation of two letters. */
function endOfRegion(scope: Scope, to: number): number {
  const sign = plainAt(scope, to);
  if (sign !== ',') return to;
  const length = longestIn(PLACES, scope.tokens, to + 1, scope.end);
  if (length > 0 && mayEndAt(scope, to + 1 + length)) return to + 1 + length;
  return /^[A-Z]{2}$/.test(tokenAt(scope, to + 1)?.raw ?? '') ? to + 2 : to;
}

const STREETS = /^(?:calle|c|avenida|avda|av|plaza|paseo|carrer|ronda|camino|carretera|travesia|via)$/;
const STREETS_EN = /^(?:street|st|avenue|ave|road|rd|lane|drive|square|boulevard|blvd|court|way|terrace|place|close)$/;

/** `calle Olmo 14, Valladolid` */
export const street: Slot = (scope, at) => (STREETS.test(plainAt(scope, at)) ? endOfAddress(scope, at) : undefined);

/** `calle Olmo 14, Valladolid`, `12 Elm Street, Leeds`: what has a street or a number. */
export const address: Slot = (scope, at) => {
  for (let next = at; next < at + 6; next++) {
    const plain = plainAt(scope, next);
    if (STREETS.test(plain) || STREETS_EN.test(plain)) return endOfAddress(scope, at);
    if (tokenAt(scope, next)?.kind !== 'number' && !isWordAt(scope, next)) break;
  }
  return undefined;
};

function endOfAddress(scope: Scope, at: number): ReturnType<Slot> {
  let to = at;
  let hasNumber = false;
  for (let next = at; next < Math.min(scope.end, at + 12); next++) {
    const token = scope.tokens[next];
    if (token === undefined) break;
    hasNumber ||= token.kind === 'number';
    if (token.kind === 'sign' && token.plain !== ',') break;
    if (token.plain === ',') {
      const after = tokenAt(scope, next + 1);
      if (after?.capital !== true && after?.kind !== 'number' && knownPlace(scope, next + 1) === undefined) break;
      continue;
    }
    if (
      hasNumber &&
      !token.capital &&
      token.kind === 'word' &&
      knownPlace(scope, next) === undefined &&
      token.plain.length > 2
    )
      break;
    to = next + 1;
  }
  return to > at + 1 && hasNumber ? { from: at, to } : undefined;
}
