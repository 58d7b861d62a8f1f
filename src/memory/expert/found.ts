import { attributeOf } from '../attributes.ts';
import { BELIEVED } from '../consolidate.ts';
import type { Candidate } from '../contract.ts';
import { folded } from '../one-line.ts';
import { MOST_FOUND, type PromptLanguage } from './prompts.ts';

/** Below 0.8: what only a model has found is believed when it has been said twice. */
const CONFIDENCE = 0.6;
const IMPORTANCE = 0.5;
/** Characters; what is longer is no statement. */
const LONGEST = { quote: 240, value: 80, text: 160 };
/** Words of fewer letters say nothing by themselves. */
const SHORT = 4;
/** So many letters at the beginning are the same in all forms of most words. */
const STEM = 4;

/** It was so, it is not, or it would be: a small model takes all three for what is. */
const DENIED =
  /(?<!\p{L})(?:ya no|nunca|tampoco|antes|sol[ií]a|ojal[aá]|si yo|imag[ií]na\p{L}*|supong\p{L}*|no (?:soy|vivo|tengo|trabajo|estoy|me llamo)|no longer|any ?more|never|used to|not|isn['’]t|don['’]t|i wish|if i|imagine|pretend|suppose)(?!\p{L})/iu;

/**
 * Candidates of an expert's answer about a message: only those whose quote stands in the message, and that say nothing which the quote
 * does not. Whatever the answer is, nothing is thrown.
 */
export function readFound(answer: unknown, message: string, language: PromptLanguage): readonly Candidate[] {
  const memories = (answer as { readonly memories?: unknown } | null)?.memories;
  if (!Array.isArray(memories)) return [];
  const candidates: Candidate[] = [];
  for (const entry of memories.slice(0, MOST_FOUND) as readonly unknown[]) {
    const candidate = asCandidate(entry, message, language);
    const isNew = !candidates.some(({ start, value }) => start === candidate?.start && value === candidate.value);
    if (candidate && isNew) candidates.push(candidate);
  }
  return candidates;
}

/** What was found without a model as well, by the same message, is believed. */
export function agreed(found: readonly Candidate[], before: readonly Candidate[]): readonly Candidate[] {
  return found.map((candidate) => {
    const same = before.some(
      (other) =>
        !other.negated &&
        other.subject === candidate.subject &&
        other.attribute === candidate.attribute &&
        folded(other.value) === folded(candidate.value),
    );
    return same ? { ...candidate, confidence: BELIEVED } : candidate;
  });
}

function asCandidate(entry: unknown, message: string, language: PromptLanguage): Candidate | undefined {
  const { quote, about, attribute, value, text } = (entry ?? {}) as Readonly<Record<string, unknown>>;
  const all = [quote, about, attribute, value, text];
  if (!all.every((one) => typeof one === 'string')) return undefined;
  const [said, subject, name, gist, statement] = all.map((one) => one.trim()) as [
    string,
    string,
    string,
    string,
    string,
  ];
  const start = said === '' || gist === '' ? -1 : message.indexOf(said);
  const end = start + said.length;
  if (start < 0 || said.length > LONGEST.quote || gist.length > LONGEST.value) return undefined;
  if (!standsIn(gist, said) || DENIED.test(said)) return undefined;
  if (isQuestion(message, end) || isQuoted(message, start, end)) return undefined;
  const known = attributeOf(name);
  return {
    kind: known?.kind ?? 'fact',
    subject,
    attribute: known ? name : '',
    value: gist,
    text: isGrounded(statement, said) ? statement : said,
    language,
    quote: said,
    start,
    end,
    confidence: CONFIDENCE,
    importance: IMPORTANCE,
    corrects: false,
    negated: false,
    validFrom: null,
    expires: null,
  };
}

/** Every word of the value is one of the quote: a true quote is no evidence for another thing. */
function standsIn(value: string, quote: string): boolean {
  const said = new Set(wordsOf(quote));
  const words = wordsOf(value);
  return words.length > 0 && words.every((word) => said.has(word));
}

/** The sentence that the quote is part of ends as a question: nobody states anything by asking. */
function isQuestion(message: string, end: number): boolean {
  return /^[^.!?\n]*\?/.test(message.slice(end)) || message.slice(0, end).endsWith('?');
}

/** Words of somebody else, or of nobody: between quotation marks that begin before the quote and end after it. */
function isQuoted(message: string, start: number, end: number): boolean {
  return [...message.matchAll(/"[^"]*"|“[^”]*”|«[^»]*»/g)].some(
    ({ index, 0: marked }) => index <= start && end <= index + marked.length,
  );
}

/** Nothing in it that the quote does not say: its longer words, and whatever is a number or a name, are words of the quote. */
function isGrounded(statement: string, quote: string): boolean {
  const stems = new Set(wordsOf(quote).map(stemOf));
  const words = wordsOf(statement).filter((word) => word.length >= SHORT || /\d/.test(word));
  if (statement === '' || statement.length > LONGEST.text) return false;
  return words.every((word) => stems.has(stemOf(word)) || AROUND.has(word));
}

/** Words by which a statement in the third person says what somebody said in the first. */
const AROUND = new Set(
  'tiene vive está llama llaman trabaja gusta gustan quiere hace usuario usuaria persona suya suyo their they them user person lives works likes does wants called named name'
    .split(' ')
    .map((word) => wordsOf(word)[0] ?? ''),
);

function stemOf(word: string): string {
  return word.slice(0, STEM);
}

function wordsOf(text: string): readonly string[] {
  const folded = text.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase();
  return folded.match(/[\p{L}\p{N}]+/gu) ?? [];
}
