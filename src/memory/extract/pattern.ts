import type { Token } from './tokens.ts';

/** Where a pattern looks: the words of a sentence, and what is known beside them. */
export interface Scope {
  readonly text: string;
  readonly tokens: readonly Token[];
  /** Nothing is read from here on. */
  readonly end: number;
  /** The writer uses no capitals: a name is not known by one. */
  readonly casual: boolean;
}

/** What a slot has read: the tokens from `from` to before `to`. */
export interface Capture {
  readonly from: number;
  readonly to: number;
  /** As it is told; else the words as they stand. */
  readonly value?: string;
  readonly number?: number;
  /** Of somebody of the user's: as whom they are known, and what to call them. */
  readonly subject?: string;
  readonly name?: string;
  readonly several?: boolean;
  /** Read over: no template names it. */
  readonly silent?: boolean;
}

/** Reads what stands at `at`; undefined: it is not there. */
export type Slot = (scope: Scope, at: number) => Capture | undefined;

export interface Matched {
  readonly from: number;
  readonly end: number;
  readonly captures: readonly Capture[];
}

type Part =
  | { readonly words: ReadonlySet<string>; readonly optional: boolean }
  | { readonly slot: Slot; readonly optional: boolean }
  | { readonly ways: readonly (readonly Part[])[]; readonly optional: boolean };

/** Words that may stand anywhere within a phrase and change nothing: "I *really* love", "vivo *ahora* en". */
const FILLERS = new Set(
  `really just also currently still actually absolutely totally recently now simply mostly mainly definitely always ahora actualmente tambien
  realmente solo recientemente muchisimo siempre aun todavia literalmente bastante mucho super muy sobre_todo officially finally originally
  originariamente originalmente oficialmente proudly already have lately ultimamente currently usually normally generally both`.split(
    /\s+/,
  ),
);
const MOST_FILLERS = 3;

/**
 * A phrase as it is written in a grammar: words; `a|b` either; `word?` may be missing; `(some words | others)` and `(…)?` groups;
 * `<slot>` reads what is captured, `<solo/sola>` one of these words. Without repetition, so that a match takes a bounded number of steps.
 */
export class Pattern {
  /** The words that it can begin with; null: it begins with a slot. */
  readonly first: ReadonlySet<string> | null;
  readonly #parts: readonly Part[];

  constructor(phrase: string, slots: Readonly<Record<string, Slot>>) {
    const words = spread(phrase).match(/<[\w/-]+>\??|\(|\)\??|[^\s()<>]+/g) ?? [];
    const reader = { words, at: 0 };
    this.#parts = sequence(reader, slots, phrase);
    if (reader.at < words.length) throw new Error(`The phrase "${phrase}" has a bracket too many.`);
    this.first = firstOf(this.#parts).words;
  }

  match(scope: Scope, at: number): Matched | undefined {
    const captures: Capture[] = [];
    const end = follow(this.#parts, 0, { ...scope, start: at }, at, captures, (end) => end);
    return end < 0 ? undefined : { from: at, end, captures };
  }
}

/** Between brackets `|` parts ways of any length, with blanks around it or without. */
function spread(phrase: string): string {
  let depth = 0;
  let result = '';
  for (const sign of phrase) {
    if (sign === '(') depth++;
    if (sign === ')') depth--;
    result += sign === '|' && depth > 0 ? ' | ' : sign;
  }
  return result;
}

/** `<solo/sola>`, `<from_home/remotely>`: one of these, captured as it stands. */
function oneOf(ways: readonly string[]): Slot {
  const phrases = ways.map((way) => way.split('_')).sort((one, other) => other.length - one.length);
  return ({ tokens, end }, at) => {
    const found = phrases.find(
      (words) => at + words.length <= end && words.every((word, index) => tokens[at + index]?.plain === word),
    );
    return found === undefined ? undefined : { from: at, to: at + found.length };
  };
}

interface Reader {
  readonly words: readonly string[];
  at: number;
}

function sequence(reader: Reader, slots: Readonly<Record<string, Slot>>, phrase: string): Part[] {
  const parts: Part[] = [];
  for (let word = reader.words[reader.at]; word !== undefined; word = reader.words[reader.at]) {
    if (word.startsWith(')') || word === '|') break;
    reader.at++;
    if (word === '(') parts.push(group(reader, slots, phrase));
    else if (word.startsWith('<')) {
      const optional = word.endsWith('?');
      const named = word.slice(1, optional ? -2 : -1);
      const slot = slots[named] ?? oneOf(named.split('/'));
      parts.push({ slot, optional });
    } else {
      parts.push(choice(word));
      // "I've got a dog" says no more than "I have a dog".
      if (word === 'have' && reader.words[reader.at] !== 'got') parts.push(choice('got?'));
    }
  }
  return parts;
}

function choice(word: string): Part {
  const optional = word.endsWith('?');
  return { words: new Set((optional ? word.slice(0, -1) : word).split('|')), optional };
}

function group(reader: Reader, slots: Readonly<Record<string, Slot>>, phrase: string): Part {
  const ways = [sequence(reader, slots, phrase)];
  while (reader.words[reader.at] === '|') {
    reader.at++;
    ways.push(sequence(reader, slots, phrase));
  }
  const closing = reader.words[reader.at++];
  if (closing === undefined) throw new Error(`The phrase "${phrase}" lacks a closing bracket.`);
  return { ways, optional: closing === ')?' };
}

function firstOf(parts: readonly Part[]): { words: Set<string> | null; empty: boolean } {
  const words = new Set<string>();
  for (const part of parts) {
    if ('slot' in part) return { words: null, empty: false };
    if ('words' in part) {
      for (const word of part.words) words.add(word);
      if (!part.optional) return { words, empty: false };
      continue;
    }
    let empty = part.optional;
    for (const way of part.ways) {
      const first = firstOf(way);
      if (first.words === null) return { words: null, empty: false };
      for (const word of first.words) words.add(word);
      empty ||= first.empty;
    }
    if (!empty) return { words, empty: false };
  }
  return { words, empty: true };
}

/** Answers where the whole has ended, -1 where it does not match. `then` goes on with what follows the parts. */
function follow(
  parts: readonly Part[],
  index: number,
  scope: Scope & { readonly start: number },
  at: number,
  captures: Capture[],
  then: (at: number) => number,
): number {
  const part = parts[index];
  if (part === undefined) return then(at);
  const goOn = (next: number) => follow(parts, index + 1, scope, next, captures, then);
  const held = captures.length;
  if ('slot' in part) {
    const capture = part.slot(scope, at);
    if (capture !== undefined) {
      if (capture.silent !== true) captures.push(capture);
      const end = orElse(goOn(capture.to), held, captures);
      if (end >= 0) return end;
    }
    return part.optional ? goOn(at) : -1;
  }
  if ('words' in part) {
    const found = wordAt(part.words, scope, at, at > scope.start);
    const end = found < 0 ? -1 : orElse(goOn(found + 1), held, captures);
    return end >= 0 || !part.optional ? end : goOn(at);
  }
  for (const way of part.ways) {
    const end = orElse(follow(way, 0, scope, at, captures, goOn), held, captures);
    if (end >= 0) return end;
  }
  return part.optional ? goOn(at) : -1;
}

/** What a way that fails had captured does not count. */
function orElse(end: number, held: number, captures: Capture[]): number {
  if (end < 0) captures.length = held;
  return end;
}

function wordAt(words: ReadonlySet<string>, scope: Scope, at: number, mayFill: boolean): number {
  for (let index = at; index < scope.end && index <= at + (mayFill ? MOST_FILLERS : 0); index++) {
    const token = scope.tokens[index];
    if (token === undefined || token.kind === 'quoted') return -1;
    if (words.has(token.plain)) return index;
    if (!FILLERS.has(token.plain)) return -1;
  }
  return -1;
}
