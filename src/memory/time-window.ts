/** From `from` on, before `to`: milliseconds since 1970. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

const DAY = 86_400_000;
const MONTHS = [
  /\b(?:enero|january)\b/,
  /\b(?:febrero|february)\b/,
  /\b(?:marzo|march)\b/,
  /\b(?:abril|april)\b/,
  // "may" alone is a verb.
  /\b(?:mayo|in may|of may|may \d{1,4})\b/,
  /\b(?:junio|june)\b/,
  /\b(?:julio|july)\b/,
  /\b(?:agosto|august)\b/,
  /\b(?:septiembre|setiembre|september)\b/,
  /\b(?:octubre|october)\b/,
  /\b(?:noviembre|november)\b/,
  /\b(?:diciembre|december)\b/,
];
const NEAR: readonly (readonly [RegExp, from: number, to: number])[] = [
  [/\b(?:pasado manana|day after tomorrow)\b/, 2, 3],
  [/\b(?:anteayer|antes de ayer|day before yesterday)\b/, -2, -1],
  [/\b(?:(?<!la |por la |de la |esta )manana|tomorrow)\b/, 1, 2],
  [/\b(?:ayer|anoche|yesterday|last night)\b/, -1, 0],
  [/\b(?:hoy|esta (?:manana|tarde|noche)|today|tonight|this (?:morning|afternoon|evening))\b/, 0, 1],
  [/\b(?:fin de semana|weekend)\b/, 0, 8],
  [/\b(?:esta semana|this week)\b/, -3, 7],
  [/\b(?:proxima semana|semana que viene|next week)\b/, 1, 14],
  [/\b(?:semana pasada|last week)\b/, -14, 0],
  [/\b(?:este mes|this month)\b/, -15, 30],
  [/\b(?:proximo mes|mes que viene|next month)\b/, 7, 62],
  [/\b(?:mes pasado|last month)\b/, -62, 0],
  [/\b(?:ano pasado|last year)\b/, -730, 0],
  [/\b(?:proximo ano|ano que viene|next year)\b/, 30, 730],
];

/** What time a question is about, where it says so in words or by month and year, in Spanish or English. */
export function windowOf(question: string, at: number): Window | undefined {
  const plain = question.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase();
  const today = Math.floor(at / DAY) * DAY;
  for (const [pattern, from, to] of NEAR)
    if (pattern.test(plain)) return { from: today + from * DAY, to: today + to * DAY };
  const year = Number(/\b(?:19|20)\d{2}\b/.exec(plain)?.[0] ?? Number.NaN);
  const month = MONTHS.findIndex((pattern) => pattern.test(plain));
  if (month >= 0) return monthOf(Number.isNaN(year) ? nearestYear(month, at) : year, month);
  return Number.isNaN(year) ? undefined : { from: Date.UTC(year), to: Date.UTC(year + 1) };
}

function monthOf(year: number, month: number): Window {
  return { from: Date.UTC(year, month), to: Date.UTC(year, month + 1) };
}

/** "In May": of this year, the last one or the next, whichever is nearest. */
function nearestYear(month: number, at: number): number {
  const now = new Date(at);
  const away = month - now.getUTCMonth();
  return now.getUTCFullYear() + (away > 6 ? -1 : away < -6 ? 1 : 0);
}
