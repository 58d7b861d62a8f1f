import type { Scope, Slot } from './pattern.ts';
import { isWordAt, mayEndAt, plainAt, tokenAt } from './read.ts';
import { endOfCapitals } from './slots-people.ts';
import { knownPlace } from './slots-places.ts';
import { CLAUSE_ENDS, MAY_FOLLOW, NO_NAMES, STATEMENT_STARTS } from './words/common.ts';
import { FIELDS, JOBS_EN, JOBS_ES, NO_TRADE, WORKPLACES } from './words/jobs.ts';
import { longestIn, wordSet } from './words/word-set.ts';

const MOST_TITLE_WORDS = 6;
const ARTICLES = new Set(['el', 'la', 'los', 'las', 'un', 'una', 'the', 'a', 'an', 'mi', 'my']);
/** Ends of trades that are in no list; and what ends so and is none. */
const TRADE_ENDS = /(?:olog[oa]|ologist|ograf[oa]|ographer|iatra|ician|ineer|therapist)$/;

/** English: the trade ends the words (`senior software engineer`, `high school maths teacher`). */
export const trade: Slot = (scope, at) => {
  let last = -1;
  for (let next = at; next < at + MOST_TITLE_WORDS && isWordAt(scope, next); next++) {
    const plain = plainAt(scope, next);
    if (NO_TRADE.has(plain) || plain === 'of') break;
    if (isTradeEn(plain) && mayEndAt(scope, next + 1)) last = next;
    if (MAY_FOLLOW.has(plain) || CLAUSE_ENDS.has(plain)) break;
  }
  if (last < 0) return undefined;
  // "a teacher of English", "a professor of modern history"
  let to = last + 1;
  if (plainAt(scope, to) === 'of' && isWordAt(scope, to + 1)) {
    to += 2;
    while (to < last + 5 && isWordAt(scope, to) && !MAY_FOLLOW.has(plainAt(scope, to))) to++;
  }
  return { from: at, to };
};

const isTradeEn = (plain: string) =>
  JOBS_EN.has(plain) ||
  TRADE_ENDS.test(plain) ||
  (/(?:[^e]er|tor|sor|ist|man|woman|smith|keeper|hand)$/.test(plain) && plain.length > 5 && !NO_TRADES_EN.has(plain));

const NO_TRADES_EN = new Set(
  `caller batman superman beginner believer customer member lover foreigner newcomer stranger loser winner teenager reader sleeper learner eater drinker smoker speaker number
  owner homeowner buyer monster disaster sister brother mother father daughter outsider insider better never another rather together whatever however
  either neither other super matter answer letter wonder summer winter dinner water power order offer paper after under over user
  follower starter thinker listener planner swimmer runner hiker climber gamer biker skier surfer rider later bitter sober eager clever
  bachelor actor minor major senior junior error mirror color donor survivor visitor optimist pessimist perfectionist realist minimalist feminist
  atheist racist sexist tourist cyclist list exist human woman man german roman romantic superhuman character easter twist wrist assist consist`.split(
    /\s+/,
  ),
);

/** Spanish: the trade begins the words (`ingeniera de software`, `profesor de matemáticas`). */
export const oficio: Slot = (scope, at) => {
  const from = ['un', 'una'].includes(plainAt(scope, at)) ? at + 1 : at;
  const known = longestIn(JOBS_ES, scope.tokens, from, scope.end, 3);
  const length = known > 0 ? known : isWordAt(scope, from) && isTradeEs(plainAt(scope, from)) ? 1 : 0;
  if (length === 0 || NO_TRADE.has(plainAt(scope, from))) return undefined;
  let to = from + length;
  let extra = 0;
  while (extra < 4 && isWordAt(scope, to)) {
    const plain = plainAt(scope, to);
    const isOf = ['de', 'del'].includes(plain) && isWordAt(scope, to + 1);
    if (!isOf && (MAY_FOLLOW.has(plain) || STATEMENT_STARTS.has(plain) || CLAUSE_ENDS.has(plain))) break;
    if (isOf && (NO_NAMES.has(plainAt(scope, to + 1)) || knownPlace(scope, to + 1) !== undefined)) {
      if (!['la', 'los', 'las', 'el'].includes(plainAt(scope, to + 1))) break;
    }
    to += isOf ? 2 : 1;
    if (isOf && ['la', 'los', 'las', 'el'].includes(plainAt(scope, to - 1)) && isWordAt(scope, to)) to++;
    extra++;
  }
  return mayEndAt(scope, to) ? { from, to } : undefined;
};

const isTradeEs = (plain: string) => JOBS_EN.has(plain) || (TRADE_ENDS.test(plain) && plain.length > 6);

/** An employer: a name with a capital (`Indra`, `the Ministry of Health`), or in a message without capitals a word that is nothing else. */
export const employer: Slot = (scope, at) => {
  const from = ARTICLES.has(plainAt(scope, at)) ? at + 1 : at;
  const token = tokenAt(scope, from);
  if (token === undefined || token.kind === 'sign') return undefined;
  if (token.kind === 'quoted') return { from, to: from + 1 };
  if (token.capital && (!NO_NAMES.has(token.plain) || EMPLOYERS.has(token.plain))) {
    let to = endOfCapitals(scope, from);
    while (['of', 'for', '&', 'and'].includes(plainAt(scope, to)) && isNamePart(scope, to))
      to = endOfCapitals(scope, to + 1);
    return { from, to };
  }
  if (EMPLOYERS.has(token.plain) && mayEndAt(scope, from + 1)) return { from, to: from + 1 };
  const isOther = [NO_NAMES, FIELDS, WORKPLACES, NO_EMPLOYERS].some((set) => set.has(token.plain));
  if (!scope.casual || from > at || isOther || token.kind !== 'word' || !mayEndAt(scope, from + 1)) return undefined;
  return { from, to: from + 1 };
};

/** Only what is known by its capital, or as an employer. */
export const namedEmployer: Slot = (scope, at) => {
  const from = ARTICLES.has(plainAt(scope, at)) ? at + 1 : at;
  const isNamed =
    (tokenAt(scope, from)?.capital === true && knownPlace(scope, from) === undefined) ||
    EMPLOYERS.has(plainAt(scope, from));
  return isNamed ? employer(scope, at) : undefined;
};

const isNamePart = (scope: Scope, at: number) =>
  tokenAt(scope, at + 1)?.capital === true &&
  plainAt(scope, at + 1) !== 'i' &&
  (plainAt(scope, at) !== 'and' || !scope.casual);
const EMPLOYERS = new Set(
  `google amazon microsoft apple meta facebook netflix ibm oracle indra telefonica inditex zara mercadona santander bbva repsol iberdrola
  correos renfe accenture deloitte kpmg pwc everis seat ikea lidl carrefour walmart starbucks spotify nvidia intel tesla siemens bosch
  airbus boeing sap cisco uber globant mercadolibre rappi`.split(/\s+/),
);
const NO_EMPLOYERS = new Set(
  `casa home remoto equipo ello turnos noche dia verano linea night nights shifts pairs groups progress peace silence private public general
  negro b cosas things stuff work school university college front proyecto project proyectos projects todo everything mejorar equipos teams
  trade profession day hand commission tarde tardes mananas turno remotely full-time part-time myself mismo misma ello cuenta propia directo parejas grupo pijama`.split(
    /\s+/,
  ),
);

/** `un hospital de Madrid`, `at a small bakery`: a place of work with its article. */
/** `a big logistics company`, `an after-school club`: whatever stands behind the article, as far as it is a place and no state. */
export const somewhere: Slot = (scope, at) => {
  if (!/^an?$/.test(plainAt(scope, at))) return undefined;
  let to = at + 1;
  while (to < at + 7 && isWordAt(scope, to)) {
    const plain = plainAt(scope, to);
    if (NOWHERE.has(plain)) return undefined;
    if (MAY_FOLLOW.has(plain) || STATEMENT_STARTS.has(plain) || CLAUSE_ENDS.has(plain)) break;
    to++;
  }
  return to > at + 1 ? { from: at, to } : undefined;
};

const NOWHERE = wordSet(`
  team group way rush hurry loop similar different lot few couple while bit project problem solution document file language similarly minute second hour day
  week living year long short good bad sense kind sort noisy quiet
`);

export const workplace: Slot = (scope, at) => {
  if (!ARTICLES.has(plainAt(scope, at))) return undefined;
  let head = at + 1;
  while (head < at + 4 && isWordAt(scope, head) && longestIn(WORKPLACES, scope.tokens, head, scope.end, 3) === 0)
    head++;
  const length = longestIn(WORKPLACES, scope.tokens, head, scope.end, 3);
  if (length === 0 || tokenAt(scope, head)?.capital === true) return undefined;
  let to = head + length;
  // English tells the sort before, Spanish behind: "una empresa de logística", "un colegio público".
  while (to < head + 6 && isWordAt(scope, to)) {
    const plain = plainAt(scope, to);
    const isOf = plain === 'de' || plain === 'del' || plain === 'that';
    if (!isOf && (MAY_FOLLOW.has(plain) || STATEMENT_STARTS.has(plain) || CLAUSE_ENDS.has(plain))) break;
    if (plain === 'that') break;
    to++;
  }
  const isIn = /^(?:en|in|de|of)$/.test(plainAt(scope, to));
  return { from: at, to: (isIn ? knownPlace(scope, to + 1)?.to : undefined) ?? to };
};

/** A sector or a discipline, as it is known. */
export const field: Slot = (scope, at) => {
  const from =
    ARTICLES.has(plainAt(scope, at)) || ['sector', 'campo', 'mundo'].includes(plainAt(scope, at)) ? at + 1 : at;
  const start = ['sector', 'campo', 'mundo'].includes(plainAt(scope, from)) ? from + 1 : from;
  const article = /^(?:de|del|la)$/.test(plainAt(scope, start)) ? 1 : 0;
  const second = /^(?:la|el)$/.test(plainAt(scope, start + article)) ? 1 : 0;
  const at2 = start + article + second;
  const length = longestIn(FIELDS, scope.tokens, at2, scope.end, 3);
  return length > 0 && mayEndAt(scope, at2 + length) ? { from: at2, to: at2 + length } : undefined;
};
