import type { MemoryOrigin } from '../store/people-contract.ts';
import { attributeOf } from './attributes.ts';
import type { Candidate, Said } from './contract.ts';
import { ownWords } from './extract/own-words.ts';
import { holdsSecret } from './extract/secrets.ts';
import { folded, oneLine } from './one-line.ts';
import { isSensitive } from './sensitive.ts';

export interface Rules {
  readonly sensitive: 'deny' | 'allow';
  readonly origin: MemoryOrigin;
}

const KINDS = new Set(['fact', 'preference', 'event', 'instruction', 'summary']);
const SUBJECT = /^[a-z][a-z0-9 _-]{0,39}$/;
/** Of a quote that is kept as evidence. */
export const LONGEST_QUOTE = 300;
export const LONGEST_VALUE = 200;

/** A candidate in the form in which it may be kept, or undefined: it may not. Whoever made it is not believed. */
export function admitted(candidate: Candidate, said: Said, rules: Rules): Candidate | undefined {
  const place = placeOf(candidate, said.text);
  const text = oneLine(candidate.text);
  const value = oneLine(candidate.value, LONGEST_VALUE);
  const isWhole =
    place !== undefined &&
    text !== '' &&
    KINDS.has(candidate.kind) &&
    SUBJECT.test(candidate.subject) &&
    isShare(candidate.confidence) &&
    isShare(candidate.importance) &&
    isDate(candidate.validFrom) &&
    isDate(candidate.expires);
  if (!isWhole) return undefined;
  // Of a "remember that …" it has been seen before that the user says it.
  const isOwn = rules.origin === 'said' || ownWords(said.text).slice(place.start, place.end) === candidate.quote;
  if (!isOwn) return undefined;
  const texts = [candidate.quote, text, value];
  if (texts.some(holdsSecret)) return undefined;
  const mayBeSensitive = rules.sensitive === 'allow' || rules.origin === 'said';
  if (!mayBeSensitive && !candidate.negated && isSensitive(candidate.attribute, texts)) return undefined;
  if (rules.origin === 'expert' && !isGrounded(value, text, said)) return undefined;
  const attribute = attributeOf(candidate.attribute) ? candidate.attribute : '';
  return { ...candidate, ...place, text, value, attribute, quote: candidate.quote.slice(0, LONGEST_QUOTE) };
}

/** Exactly where it says, or wherever else the quote stands. */
function placeOf({ quote, start, end }: Candidate, text: string): { start: number; end: number } | undefined {
  if (quote.trim() === '') return undefined;
  if (text.slice(start, end) === quote) return { start, end };
  const at = text.indexOf(quote);
  return at < 0 ? undefined : { start: at, end: at + quote.length };
}

/** What a model says was said has its value, its names and its figures from there: it may say it in other words, and add nothing. */
function isGrounded(value: string, text: string, { text: message, before }: Said): boolean {
  const heard = new Set(
    folded(`${message} ${before ?? ''}`)
      .split(' ')
      .map(stem),
  );
  const names = text.match(/(?<=\s)\p{Lu}[\p{L}\p{N}]+|\d+/gu) ?? [];
  return [...folded(value).split(' '), ...names.map(folded)].every((word) => word === '' || heard.has(stem(word)));
}

function stem(word: string): string {
  return /\d/.test(word) ? word : word.slice(0, 5);
}

function isShare(value: number): boolean {
  return value >= 0 && value <= 1;
}

function isDate(value: number | null): boolean {
  return value === null || (Number.isSafeInteger(value) && Math.abs(value) < 8.64e15);
}
