import type { Scope, Slot } from './pattern.ts';
import { endOfThing, mayEndAt, plainAt, tokenAt } from './read.ts';
import { NOT_IN_FOODS } from './slots-things.ts';
import { POINTING } from './words/common.ts';

/** Something with a title or a name: begins with a capital, behind an article or without. */
export const titled: Slot = (scope, at) => {
  const token = tokenAt(scope, at);
  if (token?.kind === 'quoted') return { from: at, to: at + 1 };
  if (token?.capital !== true && plainAt(scope, at) !== 'the') return undefined;
  const from = token?.capital === true ? at : at + 1;
  if (!isCapitalAt(scope, from) || /^(?:i|it|this|that)$/.test(plainAt(scope, from))) return undefined;
  let to = from;
  while (
    isCapitalAt(scope, to) ||
    (/^(?:of|the|and|to|in|for|a|on)$/.test(plainAt(scope, to)) && isCapitalAt(scope, to + 1))
  )
    to++;
  return mayEndAt(scope, to) ? { from: at, to } : undefined;
};

/** A model by its number: `a Nikon D750`, `an RTX 3060`. */
export const model: Slot = (scope, at) => {
  if (!/^(?:an?|my|the|un|una|mi)$/.test(plainAt(scope, at))) return undefined;
  for (let last = at + 1; last < at + 5; last++) {
    const token = tokenAt(scope, last);
    if (token === undefined || token.kind === 'sign' || token.kind === 'quoted') return undefined;
    const isNumbered = /\d/.test(token.raw) && (last > at + 1 || /[a-z]/i.test(token.raw));
    if (isNumbered)
      return mayEndAt(scope, last + 1) && !/(?:st|nd|rd|th|am|pm|-.*)$/.test(token.plain)
        ? { from: at, to: last + 1 }
        : undefined;
    if (!token.capital) return undefined;
  }
  return undefined;
};

const isCapitalAt = (scope: Scope, at: number) => tokenAt(scope, at)?.capital === true;

/** What is not eaten, whatever it is: but not "this", nor "much", nor where. */
export const anyFood: Slot = (scope, at) => {
  const first = tokenAt(scope, at);
  if (first?.kind !== 'word' || POINTING.has(first.plain) || NO_FOOD.has(first.plain)) return undefined;
  const to = endOfThing(scope, at, NOT_IN_FOODS);
  return to > at && to <= at + 5 ? { from: at, to } : undefined;
};

const NO_FOOD = new Set(
  `out at in on before after until for the a an my our much enough breakfast lunch dinner again all there here well properly any_more anymore more late early alone
  with without to and or because if when as like healthy so yet them us we i dinner-time during while today tonight now`.split(
    /\s+/,
  ),
);

/** Done again and again: "escribo relatos los fines de semana", "I paint miniatures on weekends". */
export const habitual: Slot = (scope, at) => {
  if (
    /^(?:it|the|this|that|these|into|out|tests?|scripts?|code|builds?|queries|commands|errors|my|your|an?)$/.test(
      plainAt(scope, at),
    )
  )
    return undefined;
  const to = endOfThing(scope, at);
  const told = scope.tokens
    .slice(at, to)
    .map(({ plain }) => plain)
    .join(' ');
  return /\b(?:fines de semana|los (?:lunes|martes|miercoles|jueves|viernes|sabados|domingos)|todos los dias|weekends?|every|evenings|in my (?:free|spare) time|por las (?:noches|tardes|mananas)|cada|veces (?:por|a la) semana|times a week|times a month|twice a week|most days|each|daily|on (?:mon|tues|wednes|thurs|fri|satur|sun)days?|in the (?:mornings|evenings)|mornings|at night|twice a week|once a week|todas las)\b/.test(
    told,
  )
    ? { from: at, to }
    : undefined;
};
