import type { Capture, Scope } from './pattern.ts';
import type { Token } from './tokens.ts';
import { CLAUSE_ENDS, JOINTS, MAY_FOLLOW, STATEMENT_STARTS, TRAILERS } from './words/common.ts';

/** What is said reaches no further: so many words of a value. */
const MOST_WORDS = 14;
const WITHIN = new Set(['-', '/', '%', '€', '$', "'", '’', '°', '+']);

/** The words as they stand. */
export function textOf({ text, tokens }: Scope, from: number, to: number): string {
  const first = tokens[from];
  const last = tokens[to - 1];
  if (first === undefined || last === undefined || to <= from) return '';
  return text.slice(first.start, last.end);
}

/** The words of a capture for a person: without the quotation marks around them. */
export function valueOf(scope: Scope, capture: Capture): string {
  if (capture.value !== undefined) return capture.value;
  const value = textOf(scope, capture.from, capture.to);
  return capture.to === capture.from + 1 && scope.tokens[capture.from]?.kind === 'quoted' ? value.slice(1, -1) : value;
}

export function tokenAt(scope: Scope, at: number): Token | undefined {
  return at < scope.end ? scope.tokens[at] : undefined;
}

export const plainAt = (scope: Scope, at: number) => tokenAt(scope, at)?.plain ?? '';

export const isWordAt = (scope: Scope, at: number) => tokenAt(scope, at)?.kind === 'word';

/** Nothing follows that would make it part of something else. */
export function mayEndAt(scope: Scope, at: number): boolean {
  const token = tokenAt(scope, at);
  return token === undefined || token.kind === 'sign' || token.kind === 'number' || MAY_FOLLOW.has(token.plain);
}

/** "sí" and "si" are written alike by many: the one that says yes has an accent, or a comma behind it. */
export function isCondition(scope: Scope, at: number): boolean {
  const token = tokenAt(scope, at);
  return token?.plain === 'if' || (token?.plain === 'si' && !/í/i.test(token.raw) && plainAt(scope, at + 1) !== ',');
}

/** The index before which an open value ends: lists go on ("tea, cake and books"), a new statement does not. */
export function endOfThing(scope: Scope, from: number, stops: ReadonlySet<string> = NONE): number {
  let at = from;
  let isList = false;
  const most = Math.min(scope.end, from + MOST_WORDS);
  while (at < most) {
    const token = scope.tokens[at];
    if (token === undefined) break;
    if (token.plain === ',') {
      const goesOn = listGoesOn(scope, at + 1, isList);
      if (!goesOn) break;
      isList = true;
    } else if (token.kind === 'sign' && !WITHIN.has(token.plain)) break;
    else if (CLAUSE_ENDS.has(token.plain) || stops.has(token.plain)) break;
    else if (JOINTS.has(token.plain) && (at === from || startsStatement(scope, at + 1))) break;
    at++;
  }
  while (at > from && isTrailer(scope, at - 1)) at--;
  return at;
}

const NONE: ReadonlySet<string> = new Set();

function isTrailer({ tokens }: Scope, at: number): boolean {
  const plain = tokens[at]?.plain ?? '';
  return TRAILERS.has(plain) || JOINTS.has(plain) || (tokens[at]?.kind === 'sign' && plain !== '%' && plain !== '+');
}

export function startsStatement(scope: Scope, at: number): boolean {
  const token = tokenAt(scope, at);
  if (token === undefined || token.kind === 'sign') return true;
  return STATEMENT_STARTS.has(token.plain) || CLAUSE_ENDS.has(token.plain);
}

/** Whether what follows a comma is one more of the same: a few words, and after them the next of the list. */
function listGoesOn(scope: Scope, from: number, isList: boolean): boolean {
  if (startsStatement(scope, from)) return false;
  let at = from;
  if (JOINTS.has(plainAt(scope, at))) return !startsStatement(scope, at + 1);
  while (at < scope.end && at < from + 4) {
    const token = scope.tokens[at];
    if (token === undefined) break;
    if (token.plain === ',') return true;
    if (JOINTS.has(token.plain)) return !startsStatement(scope, at + 1);
    if (token.kind === 'sign' || CLAUSE_ENDS.has(token.plain)) break;
    at++;
  }
  const after = tokenAt(scope, at);
  return isList && at > from && (after === undefined || (after.kind === 'sign' && after.plain !== '?'));
}
