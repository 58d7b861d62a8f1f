import { plainData } from '../plain-data.ts';

/** What an answer says it rests on, compared with what it was given. */
export interface Citations {
  /** Numbers of sources that it cites, in order. */
  readonly used: readonly number[];
  /** Numbers that it cites and that no source has. */
  readonly unknown: readonly number[];
  /** What it puts between quotation marks, near a citation, and none of the sources cited says. */
  readonly unsupportedQuotes: readonly string[];
}

interface Cited {
  readonly n: number;
  readonly text: string;
}

const CODE = /```[\s\S]*?(?:```|$)|`[^`\n]*`/g;
/** `[1]`, `[1, 2]`, `[1-3]`, `【1】`; not the text of a link. */
const MARK = /[[【]\s{0,2}(\d{1,3}(?:\s{0,2}[,;–-]\s{0,2}\d{1,3}){0,9})\s{0,2}[\]】](?!\()/gu;
const QUOTE = /"([^"\n]{3,400})"|“([^”\n]{3,400})”|«([^»\n]{3,400})»|„([^“”\n]{3,400})[“”]/gu;
/** What cites a sentence may stand behind its full stop. */
const SENTENCE_END = /(?<=[.!?…]["”»]?(?:\s?[[【]\d[\d\s,;–-]{0,20}[\]】]){0,3})\s+(?![[【])|\n+/u;
/** A quoted name or word is no quotation. */
const LEAST_WORDS = 3;
const MOST = 10;
/** Of a longer answer the beginning is checked: nobody waits for it. */
const LONGEST_ANSWER = 64_000;
const LONGEST_QUOTE = 200;

/** Checks the citations of an answer: pure. */
export function checkCitations(answer: string, sources: readonly Cited[]): Citations {
  const prose = answer.slice(0, LONGEST_ANSWER).replace(CODE, ' ');
  const numbers = [...new Set(numbersIn(prose))];
  const known = new Map(sources.map((source) => [source.n, comparable(source.text)]));
  const unsupported = new Set<string>();
  for (const sentence of prose.split(SENTENCE_END)) {
    const quotes = quotesIn(sentence);
    // Where there are no sources, nobody is quoted falsely.
    if (quotes.length === 0 || known.size === 0) continue;
    const cited = numbersIn(sentence).filter((n) => known.has(n));
    const texts = cited.length > 0 ? cited.map((n) => known.get(n) ?? '') : [...known.values()];
    for (const quote of quotes)
      if (!texts.some((text) => text.includes(comparable(quote)))) unsupported.add(plainData(quote, LONGEST_QUOTE));
  }
  const ascending = (one: number, other: number) => one - other;
  return {
    used: numbers.filter((n) => known.has(n)).sort(ascending),
    unknown: numbers
      .filter((n) => !known.has(n))
      .sort(ascending)
      .slice(0, MOST),
    unsupportedQuotes: [...unsupported].slice(0, MOST),
  };
}

function numbersIn(text: string): number[] {
  return [...text.matchAll(MARK)].flatMap(([, list = '']) =>
    list.split(/[,;]/).flatMap((entry) => {
      const [first = 0, last = first] = entry.split(/[–-]/).map(Number);
      return Array.from({ length: Math.max(1, Math.min(20, last - first + 1)) }, (_, index) => first + index);
    }),
  );
}

function quotesIn(sentence: string): string[] {
  return [...sentence.matchAll(QUOTE)]
    .map((match) => match.slice(1).find((group) => group !== undefined) ?? '')
    .filter((quote) => (quote.match(/[\p{L}\p{N}]+/gu) ?? []).length >= LEAST_WORDS);
}

/** Words alone: neither line breaks nor signs, accents nor capitals make a quotation wrong. */
function comparable(text: string): string {
  const plain = text.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase();
  return ` ${(plain.match(/[\p{L}\p{N}]+/gu) ?? []).join(' ')} `;
}
