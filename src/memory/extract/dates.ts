import type { Scope } from './pattern.ts';
import { numberOf } from './slots-people.ts';

/** A time as it was said: the tokens from `from` to before `to`, and what it comes to, in UTC milliseconds. */
export interface Time {
  readonly from: number;
  readonly to: number;
  readonly start: number;
  /** The first millisecond after it. */
  readonly end: number;
}

/** Whether "el martes" is the next or the last one. */
export type Direction = 'ahead' | 'back';

const DAY = 86_400_000;
/** Words of the longest expression ("el próximo 12 de junio de 2027"). */
const WINDOW = 8;

/** The first time that is told in a range of words; undefined: none. */
export function findTime(scope: Scope, from: number, to: number, said: number, way: Direction): Time | undefined {
  for (let at = from; at < Math.min(to, scope.end); at++) {
    const time = readTime(scope, at, said, way);
    if (time !== undefined) return time;
  }
  return undefined;
}

/** The time that begins at a word. */
export function readTime(scope: Scope, at: number, said: number, way: Direction): Time | undefined {
  const words: string[] = [];
  for (let index = at; index < Math.min(scope.end, at + WINDOW); index++) words.push(scope.tokens[index]?.plain ?? '');
  const window = `${words.join(' ')} `;
  if (!STARTS.test(window)) return undefined;
  for (const [phrase, resolve] of PHRASES) {
    const found = phrase.exec(window);
    const span = found === null ? undefined : resolve(found.slice(1), said, way);
    if (found === null || span === undefined || !Number.isFinite(span.start)) continue;
    const length = found[0].trim().split(' ').length;
    return { from: at, to: at + length, ...span };
  }
  return undefined;
}

/** `2026-06-12`, for a person: what "on Tuesday" was. */
export function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

interface Span {
  readonly start: number;
  readonly end: number;
}

const WEEKDAYS = [
  'domingo|sunday|sun',
  'lunes|monday|mon',
  'martes|tuesday|tue',
  'miercoles|wednesday|wed',
  'jueves|thursday|thu',
  'viernes|friday|fri',
  'sabado|saturday|sat',
];
const MONTHS = [
  'enero|january|jan',
  'febrero|february|feb',
  'marzo|march',
  'abril|april',
  'mayo|may',
  'junio|june|jun',
  'julio|july|jul',
  'agosto|august|aug',
  'septiembre|setiembre|september|sept|sep',
  'octubre|october|oct',
  'noviembre|november|nov',
  'diciembre|december|dec',
];
/** The first month of a season, as it is in the north. */
const SEASONS: Readonly<Record<string, number>> = {
  primavera: 2,
  spring: 2,
  verano: 5,
  summer: 5,
  otono: 8,
  autumn: 8,
  fall: 8,
  invierno: 11,
  winter: 11,
};
const WEEKDAY = `(${WEEKDAYS.join('|')})`;
const MONTH = `(${MONTHS.join('|')})`;
const UNIT = '(dias?|days?|semanas?|weeks?|meses|mes|months?|anos?|years?)';
const NUMBER = '([0-9]+|[a-z]+)';
const YEAR = '((?:19|20)[0-9]{2})';
const STARTS =
  /^(?:el|la|los|on|in|en|de|del|desde|since|next|last|this|este|esta|proximo|proxima|hoy|today|tonight|manana|tomorrow|ayer|yesterday|anteayer|anoche|pasado|hace|dentro|for|a|an|the|back|[0-9]|(?:lunes|martes|miercoles|jueves|viernes|sabado|domingo|mon|tue|wed|thu|fri|sat|sun|ene|feb|mar|abr|apr|may|jun|jul|ago|aug|sep|set|oct|nov|dic|dec|jan|one|two|three|four|five|six|seven|eight|nine|ten|couple)[a-z]* )/;

const row = (phrase: string, resolve: (found: string[], said: number, way: Direction) => Span | undefined) =>
  [new RegExp(`^(?:${phrase}) `), resolve] as const;

/** The more particular ones first. */
const PHRASES = [
  row('(?:hoy|today|tonight|esta noche|esta tarde|this (?:afternoon|evening|morning))', (_, said) => day(said, 0)),
  row('pasado manana|(?:the )?day after tomorrow', (_, said) => day(said, 2)),
  row('manana|tomorrow', (_, said) => day(said, 1)),
  row('anteayer|antes de ayer', (_, said) => day(said, -2)),
  row('ayer|anoche|yesterday|last night', (_, said) => day(said, -1)),
  row(
    `(?:el |on |next |this |la )?(?:proximo |pasado |last )?(?:dia )?(?:${WEEKDAY} )?(?:el |,? ?the )?([0-9]{1,2})(?:st|nd|rd|th|o)? (?:de |of )?${MONTH}(?: (?:de |del |, )?${YEAR})?`,
    ([, date, month, year], said, way) => inYear(date, month, year, said, way),
  ),
  row(`(?:on )?${MONTH} (?:the )?([0-9]{1,2})(?:st|nd|rd|th)?(?: (?:, )?${YEAR})?`, ([month, date, year], said, way) =>
    inYear(date, month, year, said, way),
  ),
  row(`(?:el |on )?([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})`, ([year, month, date]) =>
    dated(Number(year), Number(month) - 1, Number(date)),
  ),
  row(
    `(?:desde |since |from )?(?:el |este |proximo |on |this |next |last |el proximo |el pasado |este proximo )${WEEKDAY}(?: pasado| que viene)?|${WEEKDAY}`,
    ([name, alone], said, way) => weekday(name ?? alone ?? '', said, way),
  ),
  row(`(?:on the|el|el dia|dia) ([0-9]{1,2})(?:st|nd|rd|th)?`, ([date], said, way) => inMonth(Number(date), said, way)),
  row(`(?:la )?(?:semana que viene|proxima semana)|next week`, (_, said) => week(said, 1)),
  row(`esta semana|this week`, (_, said) => week(said, 0)),
  row(`(?:la )?semana pasada|last week`, (_, said) => week(said, -1)),
  row(`(?:este |el proximo |el )?(?:fin de semana|finde)(?: que viene)?|(?:this|next) weekend`, (_, said) =>
    weekend(said),
  ),
  row(`(?:el )?(?:mes que viene|proximo mes)|next month`, (_, said) => month(said, 1)),
  row(`(?:el )?mes pasado|last month`, (_, said) => month(said, -1)),
  row(`(?:el )?(?:ano que viene|proximo ano)|next year`, (_, said) => year(yearOf(said) + 1)),
  row(`(?:el )?ano pasado|last year`, (_, said) => year(yearOf(said) - 1)),
  row(`este ano|this year`, (_, said) => year(yearOf(said))),
  row(`hace (?:unos |unas |ya |casi |como )?${NUMBER} ${UNIT}`, ([number, unit], said) =>
    shifted(number, unit, said, -1),
  ),
  row(`(?:a )?${NUMBER}(?: of)? ${UNIT} ago`, ([number, unit], said) => shifted(number, unit, said, -1)),
  row(`(?:desde hace|for (?:the last |the past )?) ?${NUMBER} ${UNIT}`, ([number, unit], said) =>
    shifted(number, unit, said, -1),
  ),
  row(`(?:en|in|dentro de) ${NUMBER} ${UNIT}(?: time)?`, ([number, unit], said) => shifted(number, unit, said, 1)),
  row(
    `(?:en|in|desde|since|para|by|around|early|late|de|from|back in|last|next|this|este|el|el pasado|el proximo|a (?:principios|finales|mediados) de) ?(?:en |in )?${MONTH}(?: (?:pasado|proximo|que viene))?(?: (?:de |del |, |of )?${YEAR})?`,
    ([name, inYear], said, way) => monthNamed(name, inYear, said, way),
  ),
  row(
    `(?:en|in|este|this|next|el proximo|last|el|la|since|desde)? ?(?:el |la |the )?(primavera|verano|otono|invierno|spring|summer|autumn|fall|winter)(?: (?:que viene|pasado))?(?: (?:de |of )?${YEAR})?`,
    ([name, inYear], said, way) => season(name, inYear, said, way),
  ),
  row(`(?:en|in|desde|since|del|de|from|back in|desde el|desde el ano) (?:el )?(?:ano )?${YEAR}`, ([number]) =>
    year(Number(number)),
  ),
];

const yearOf = (time: number) => new Date(time).getUTCFullYear();
const midnight = (time: number) => Math.floor(time / DAY) * DAY;

function day(said: number, offset: number): Span {
  const start = midnight(said) + offset * DAY;
  return { start, end: start + DAY };
}

function dated(year: number, month: number, date: number): Span | undefined {
  const start = Date.UTC(year, month, date);
  return new Date(start).getUTCMonth() === month && date > 0 ? { start, end: start + DAY } : undefined;
}

function inYear(date = '', name = '', year: string | undefined, said: number, way: Direction): Span | undefined {
  const month = indexIn(MONTHS, name);
  if (year !== undefined) return dated(Number(year), month, Number(date));
  const span = dated(yearOf(said), month, Number(date));
  if (span === undefined) return undefined;
  if (way === 'ahead' && span.end <= said) return dated(yearOf(said) + 1, month, Number(date));
  if (way === 'back' && span.start > said) return dated(yearOf(said) - 1, month, Number(date));
  return span;
}

/** The next or last day of a month with this number. */
function inMonth(date: number, said: number, way: Direction): Span | undefined {
  const now = new Date(said);
  const shift = way === 'ahead' ? (date < now.getUTCDate() ? 1 : 0) : date > now.getUTCDate() ? -1 : 0;
  const first = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + shift, 1));
  return dated(first.getUTCFullYear(), first.getUTCMonth(), date);
}

function weekday(name: string, said: number, way: Direction): Span {
  const distance = (indexIn(WEEKDAYS, name) - new Date(said).getUTCDay() + 7) % 7;
  if (way === 'ahead') return day(said, distance === 0 ? 7 : distance);
  return day(said, distance === 0 ? -7 : distance - 7);
}

function week(said: number, offset: number): Span {
  const monday = midnight(said) - ((new Date(said).getUTCDay() + 6) % 7) * DAY;
  return { start: monday + offset * 7 * DAY, end: monday + (offset + 1) * 7 * DAY };
}

function weekend(said: number): Span {
  const { end } = week(said, 0);
  return { start: end - 2 * DAY, end };
}

function month(said: number, offset: number): Span {
  const date = new Date(said);
  return {
    start: Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + offset, 1),
    end: Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + offset + 1, 1),
  };
}

const year = (number: number): Span => ({ start: Date.UTC(number, 0, 1), end: Date.UTC(number + 1, 0, 1) });

function monthNamed(name = '', inYear: string | undefined, said: number, way: Direction): Span {
  const index = indexIn(MONTHS, name);
  const now = new Date(said);
  let number = Number(inYear ?? now.getUTCFullYear());
  if (inYear === undefined && way === 'ahead' && index < now.getUTCMonth()) number++;
  if (inYear === undefined && way === 'back' && index > now.getUTCMonth()) number--;
  return { start: Date.UTC(number, index, 1), end: Date.UTC(number, index + 1, 1) };
}

function season(name = '', inYear: string | undefined, said: number, way: Direction): Span {
  const index = SEASONS[name] ?? 0;
  let number = Number(inYear ?? yearOf(said));
  const end = Date.UTC(number, index + 3, 21);
  if (inYear === undefined && way === 'ahead' && end <= said) number++;
  if (inYear === undefined && way === 'back' && Date.UTC(number, index, 1) > said) number--;
  return { start: Date.UTC(number, index, 1), end: Date.UTC(number, index + 3, 21) };
}

function shifted(word = '', unit = '', said: number, sign: 1 | -1): Span | undefined {
  const number = numberOf(word);
  if (number === undefined) return undefined;
  const date = new Date(midnight(said));
  if (/^(?:dia|day)/.test(unit)) return day(said, sign * number);
  if (/^(?:semana|week)/.test(unit)) return day(said, sign * number * 7);
  if (/^(?:mes|month)/.test(unit)) return month(said, sign * number);
  return year(date.getUTCFullYear() + sign * number);
}

const indexIn = (names: readonly string[], name: string) => names.findIndex((way) => way.split('|').includes(name));
