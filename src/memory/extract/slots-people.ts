import type { Scope, Slot } from './pattern.ts';
import { endOfThing, isWordAt, mayEndAt, plainAt, textOf, tokenAt } from './read.ts';
import { MAY_FOLLOW, NO_NAMES, NO_OWN_NAMES } from './words/common.ts';
import { DEMONYMS, LANGUAGES, TECH } from './words/groups.ts';
import { JOBS_EN, JOBS_ES } from './words/jobs.ts';
import { GIVEN_NAMES, KIN, NUMBERS, WHICH_OF_THEM } from './words/people.ts';
import { PLACES } from './words/places.ts';

const MOST_NAME_WORDS = 5;
const WITHIN_NAMES = new Set(['de', 'del', 'la', 'los', 'las', 'van', 'von', 'der', 'da', 'dos', 'i']);
const OLDEST = 115;

/** With whom somebody lives: their people and animals, or so many of them. */
export const company: Slot = (scope, at) => {
  const plain = plainAt(scope, at);
  const isSomebody = /^(?:mis?|my|our|otros?|otras?|other|some|roommates|flatmates|amigos|amigas|friends)$/.test(plain);
  if (!isSomebody && numberOf(plain) === undefined && !GIVEN_NAMES.has(plain)) return undefined;
  const to = endOfThing(scope, at);
  return to > at ? { from: at, to } : undefined;
};

/** After "me llamo": whatever is a word and could be a name. */
export const name: Slot = (scope, at) => {
  const token = tokenAt(scope, at);
  if (token === undefined) return undefined;
  if (token.kind === 'quoted') return wordsIn(token.plain) <= 3 ? { from: at, to: at + 1 } : undefined;
  if (token.kind !== 'word' || NO_NAMES.has(token.plain) || !/^\p{L}[\p{L}'’.-]+$/u.test(token.raw)) return undefined;
  if (token.capital) return { from: at, to: endOfCapitals(scope, at) };
  if (mayEndAt(scope, at + 1)) return { from: at, to: at + 1 };
  // "ana garcia lopez": as far as it can be a name.
  let to = at + 1;
  while (to < at + 4 && isWordAt(scope, to) && !MAY_FOLLOW.has(plainAt(scope, to)) && !NO_NAMES.has(plainAt(scope, to)))
    to++;
  return mayEndAt(scope, to) ? { from: at, to } : { from: at, to: at + 1 };
};

/** After "soy" and "I'm", where much else may stand: a known name, or a capital and nothing that is written with one. */
export const ownName: Slot = (scope, at) => {
  const token = tokenAt(scope, at);
  if (token?.kind !== 'word' || isNoOwnName(token.plain)) return undefined;
  if (!token.capital && !GIVEN_NAMES.has(token.plain)) return undefined;
  // Capitals throughout are an acronym, or shouting.
  if (token.raw.length > 1 && token.raw === token.raw.toUpperCase()) return undefined;
  const read = name(scope, at);
  if (read === undefined || !mayEndAt(scope, read.to) || plainAt(scope, read.to) === "'s") return undefined;
  return plainAt(scope, read.to) === 'of' ? undefined : read;
};

function isNoOwnName(plain: string): boolean {
  if (GIVEN_NAMES.has(plain)) return false;
  return [NO_OWN_NAMES, NO_NAMES, DEMONYMS, LANGUAGES, JOBS_EN, JOBS_ES, PLACES, TECH].some((set) => set.has(plain));
}

/** Words with a capital, and what stands between them: `Ana María de la Torre`. */
export function endOfCapitals({ tokens, end }: Scope, from: number): number {
  let to = from + 1;
  for (let at = to; at < end && at < from + MOST_NAME_WORDS; at++) {
    const token = tokens[at];
    if (token === undefined || token.kind === 'sign' || token.kind === 'quoted') break;
    if (token.capital && token.plain !== 'i' && (tokens[at - 1]?.end ?? 0) < token.start) to = at + 1;
    else if (!WITHIN_NAMES.has(token.plain)) break;
  }
  return to;
}

/** One or several: `Tom`, `Tom and Lily`, `Ana, Luis y Marta`. */
export const names: Slot = (scope, at) => {
  const first = name(scope, at);
  if (first === undefined) return undefined;
  let to = first.to;
  for (;;) {
    let next = to;
    if (plainAt(scope, next) === ',') next++;
    if (['y', 'e', 'and', '&'].includes(plainAt(scope, next))) next++;
    const token = tokenAt(scope, next);
    const isName = token?.capital === true || GIVEN_NAMES.has(token?.plain ?? '') || scope.casual;
    const more = next > to && isName ? name(scope, next) : undefined;
    if (more === undefined || !mayEndAt(scope, more.to)) break;
    // A name followed by a verb begins something new: "Ana y Luis vive …" is not there, "Tom and Lily is" neither.
    to = more.to;
  }
  return { from: at, to };
};

/** The same where much else may stand: `my son is Tom`, and not "is tired". */
export const ownNames: Slot = (scope, at) => (ownName(scope, at) === undefined ? undefined : names(scope, at));

const wordsIn = (text: string) => text.split(/\s+/).length;

/** `mi hija mayor`, `my two sons`. With a name behind it, that too. */
export const kin: Slot = (scope, at) => {
  const own = plainAt(scope, at);
  if (!['mi', 'mis', 'my', 'nuestro', 'nuestra', 'nuestros', 'nuestras', 'our'].includes(own)) return undefined;
  const noun = kinNoun(scope, at + 1);
  if (noun === undefined) return undefined;
  const to = noun.to;
  const token = tokenAt(scope, to);
  const isNamed =
    (token?.capital === true || GIVEN_NAMES.has(token?.plain ?? '')) &&
    name(scope, to) !== undefined &&
    token?.kind === 'word';
  const call = textOf(scope, at + 1, to);
  const apposed = plainAt(scope, to) === ',' || plainAt(scope, to) === '(' ? ownName(scope, to + 1) : undefined;
  if (apposed !== undefined && ['', ',', ')'].includes(plainAt(scope, apposed.to))) {
    const end = plainAt(scope, apposed.to) === '' ? apposed.to : apposed.to + 1;
    return { ...noun, from: at, to: end, value: call, name: textOf(scope, to + 1, apposed.to) };
  }
  if (!isNamed) return { ...noun, from: at, to, value: call };
  const named = endOfName(scope, to);
  return { ...noun, from: at, to: named, value: call, name: textOf(scope, to, named) };
};

function endOfName(scope: Scope, at: number): number {
  return tokenAt(scope, at)?.capital === true ? endOfCapitals(scope, at) : at + 1;
}

/** `hija mayor`, `little brother`, `5 year old son`. */
export const kinNoun: Slot = (scope, at) => {
  let head = at;
  while (head < at + 4 && isBefore(scope, head)) head++;
  const child = endOfChild(scope, at, head);
  if (child !== undefined) return { from: at, to: child, subject: 'child', several: false };
  const two = `${plainAt(scope, head)} ${plainAt(scope, head + 1)}`;
  const three = `${two} ${plainAt(scope, head + 2)}`;
  const length = KIN.has(three) ? 3 : KIN.has(two) ? 2 : 1;
  const plain = length === 3 ? three : length === 2 ? two : plainAt(scope, head);
  const subject = KIN.get(plain);
  if (subject === undefined || tokenAt(scope, head)?.kind === 'quoted') return undefined;
  let to = head + length;
  if (WHICH_OF_THEM.has(plainAt(scope, to))) to++;
  const several = /s$|children|kids|mice/.test(plain) && !/boss|princess/.test(plain);
  return { from: at, to, subject, several };
};

/** `my 6 year old`, `my eldest`, `my little one`: a child, where no other noun stands behind it. */
function endOfChild(scope: Scope, at: number, head: number): number | undefined {
  const last = plainAt(scope, head - 1);
  const isAge = /^\d+-(?:year|month)-old$/.test(last) || isYearOld(scope, head - 3) || isYearOld(scope, head - 2);
  const ahead = plainAt(scope, head);
  if (isYearOld(scope, at) && !KIN.has(plainAt(scope, at + 3))) return at + 3;
  if (last === 'little' && ahead === 'one') return head + 1;
  if (head === at || !(isAge || /^(?:eldest|oldest|youngest)$/.test(last)) || KIN.has(ahead)) return undefined;
  return AFTER_CHILD.test(ahead) ? head : undefined;
}

const AFTER_CHILD = /^(?:is|was|just|turns|turned|has|loves|likes|hates|goes|plays|who|called|named|'s|[,(])$/;
const isYearOld = (scope: Scope, at: number) =>
  numberOf(plainAt(scope, at)) !== undefined &&
  /^(?:year|yr|month|week)$/.test(plainAt(scope, at + 1)) &&
  plainAt(scope, at + 2) === 'old';

const isBefore = (scope: Scope, at: number) =>
  WHICH_OF_THEM.has(plainAt(scope, at)) ||
  /^\d+-(?:year|month|week)-old$/.test(plainAt(scope, at)) ||
  (/^(?:\d+|year|years|month|months|old)$/.test(plainAt(scope, at)) &&
    /^(?:year|years|month|months|old)$/.test(plainAt(scope, at + 1))) ||
  (plainAt(scope, at) === 'old' && KIN.has(plainAt(scope, at + 1)));

export const count: Slot = (scope, at) => {
  const token = tokenAt(scope, at);
  const number = token === undefined ? undefined : numberOf(token.plain);
  return number === undefined ? undefined : { from: at, to: at + 1, number };
};

/** The same, and nothing is told of it: for how long somebody has done something. */
export const howMany: Slot = (scope, at) => {
  const read = count(scope, at);
  return read === undefined ? undefined : { ...read, silent: true };
};

/** An age that somebody can have, as digits or a word. */
export const age: Slot = (scope, at) => {
  const read = count(scope, at);
  if (read?.number === undefined || read.number > OLDEST || plainAt(scope, at) === 'a') return undefined;
  // "treinta y cinco"
  const unit = plainAt(scope, at + 1) === 'y' ? NUMBERS.get(plainAt(scope, at + 2)) : undefined;
  const isTens = NUMBERS.get(plainAt(scope, at)) !== undefined && read.number >= 30 && read.number % 10 === 0;
  return isTens && unit !== undefined && unit < 10 ? { from: at, to: at + 3, number: read.number + unit } : read;
};

/** `34-year-old`, in one word. */
export const yearOld: Slot = (scope, at) => {
  const years = /^(\d{1,3})-(?:year|yr)s?-old$/.exec(plainAt(scope, at))?.[1];
  return years === undefined ? undefined : { from: at, to: at + 1, value: years };
};

/** The end of what is said, or a sign. */
export const stop: Slot = (scope, at) => {
  const token = tokenAt(scope, at);
  const isEnd =
    token === undefined ||
    token.kind === 'sign' ||
    /^(?:and|but|so|because|btw|for|since|with|when|if|last|yesterday|today|now|to|at|two|three|after|and|lol|tho|though|anymore|again|here|living|working|from)$/.test(
      token.plain,
    );
  return isEnd ? { from: at, to: at, silent: true } : undefined;
};

/** Nobody tells at 8 how old they are: "con mis 3 años de experiencia". */
export const grownAge: Slot = (scope, at) => {
  const read = age(scope, at);
  return (read?.number ?? 0) >= 14 && plainAt(scope, at + 2) !== 'de' ? read : undefined;
};

/** A year of birth: `1988`, `85`. */
export const year: Slot = (scope, at) =>
  /^(?:19[2-9]\d|20[01]\d|[3-9]\d)$/.test(plainAt(scope, at)) && mayEndAt(scope, at + 1)
    ? { from: at, to: at + 1 }
    : undefined;

export const fullYear: Slot = (scope, at) => (plainAt(scope, at).length === 4 ? year(scope, at) : undefined);

/** 13 to 115: of a user who says "tengo 34" or "I'm 34" and nothing more, at the end of what is said. */
export const bareAge: Slot = (scope, at) => {
  const read = /^\d+$/.test(plainAt(scope, at)) ? age(scope, at) : undefined;
  const next = plainAt(scope, at + 1);
  return read?.number !== undefined &&
    read.number >= 13 &&
    (next === '' ||
      /^(?:[,.;!)(-]|y|and|but|pero|con|with|so|que|from|living|asi|now|not|btw|lol|female|male|almost|already|ya)$/.test(
        next,
      ))
    ? read
    : undefined;
};

export function numberOf(plain: string): number | undefined {
  if (/^\d{1,4}$/.test(plain)) return Number(plain);
  return NUMBERS.get(plain);
}

/** `dos hijos: Tom y Lily`, `a dog`: whom a user says that they have. */
export const owned: Slot = (scope, at) => {
  let head = at;
  while (head < at + 3 && !isYearOld(scope, head) && isCountOrArticle(plainAt(scope, head))) head++;
  const noun = kinNoun(scope, head);
  if (noun?.subject === undefined) return undefined;
  // "we have chickens", "I have kids": without a number only what there are several of.
  if (head === at && !(noun.several === true && COUNTLESS.has(noun.subject) && mayEndAt(scope, noun.to)))
    return undefined;
  const call = textOf(scope, head, noun.to);
  if (noun.several !== true) return { ...noun, from: at, name: call };
  let to = endOfAges(scope, noun.to);
  const joint = [',', ':', '(', 'llamados', 'llamadas', 'named', 'called'].includes(plainAt(scope, to)) ? to + 1 : to;
  if (joint > to) to = names(scope, joint)?.to ?? to;
  if (plainAt(scope, to) === 'que' && plainAt(scope, to + 1) === 'se') to = names(scope, to + 3)?.to ?? to;
  // "dos hijos y un perro", "two cats and a dog"
  const more = ['y', 'and'].includes(plainAt(scope, to)) ? owned(scope, to + 1) : undefined;
  return { ...noun, from: at, to: more?.to ?? to, name: call };
};

const COUNTLESS = new Set(['dog', 'cat', 'pet', 'children', 'daughter', 'son', 'grandchild']);
const isCountOrArticle = (plain: string) =>
  numberOf(plain) !== undefined || /^(?:una?|unos|unas|an?|some|varios|varias|el|la)$/.test(plain);

/** `de 5 y 7 años`, `aged 3 and 5` */
function endOfAges(scope: Scope, at: number): number {
  if (!['de', 'aged', 'ages', 'of'].includes(plainAt(scope, at)) || numberOf(plainAt(scope, at + 1)) === undefined)
    return at;
  let to = at + 1;
  while (
    to < at + 9 &&
    (numberOf(plainAt(scope, to)) !== undefined || /^(?:,|y|and|anos|meses|years|old)$/.test(plainAt(scope, to)))
  )
    to++;
  return to;
}
