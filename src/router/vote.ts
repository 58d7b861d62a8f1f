import type { Conversation } from './conversation.ts';

/** What is read out of a text. */
export interface Vote {
  /** Probabilities, sum 1. */
  readonly domains: Readonly<Record<string, number>>;
  readonly language: { readonly code: string | undefined; readonly confidence: number };
  readonly requestedLanguage: string | undefined;
  /** What spoke most for the winning domain. */
  readonly features: readonly Feature[];
  /** Which step of the classifier decided. */
  readonly stage: string;
}

export interface Feature {
  readonly name: string;
  readonly weight: number;
}

/** Reads a text; the router asks no more of a classifier. */
export interface TextClassifier {
  classify(text: string, primaryLanguages: readonly string[]): Vote;
}

/** From here on a message speaks for itself, and earlier ones are not asked. */
const SURE = 0.9;
/** A few words lean on what was said before. */
const FEW_WORDS = 4;
const FEW_WORDS_WEIGHT = 0.5;
const DECAY = 0.5;

/** The last message's domains, with those of earlier ones as far as it leaves open; the more, the later they came. Undefined: nothing was said. */
export function voteOf(
  { voices }: Pick<Conversation, 'voices'>,
  classifier: TextClassifier,
  primaryLanguages: readonly string[],
): Vote | undefined {
  const [last, ...earlier] = voices;
  if (last === undefined) return undefined;
  const vote = classifier.classify(last, primaryLanguages);
  const [, confidence] = winner(vote.domains);
  if (earlier.length === 0 || confidence >= SURE) return vote;
  const open = Math.min(1, 2 * (1 - confidence));
  const lastWeight = hasFewWords(last) ? FEW_WORDS_WEIGHT : 1;
  const domains: Record<string, number> = {};
  let total = 0;
  const add = (from: Vote['domains'], weight: number) => {
    total += weight;
    for (const domain in from) domains[domain] = (domains[domain] ?? 0) + weight * (from[domain] ?? 0);
  };
  add(vote.domains, lastWeight);
  let { language } = vote;
  for (const [index, text] of earlier.entries()) {
    const before = classifier.classify(text, primaryLanguages);
    add(before.domains, open * DECAY ** (index + 1));
    if (language.code === undefined) ({ language } = before);
  }
  for (const domain in domains) domains[domain] = (domains[domain] ?? 0) / total;
  return { ...vote, domains, language };
}

/** The most likely domain and its probability. */
export function winner(domains: Readonly<Record<string, number>>): [domain: string, confidence: number] {
  let best: [string, number] = ['general', -1];
  for (const domain in domains) {
    const probability = domains[domain] ?? 0;
    if (probability > best[1]) best = [domain, probability];
  }
  return best;
}

function hasFewWords(text: string): boolean {
  return text.length < 60 && text.split(/\s+/, FEW_WORDS + 1).length <= FEW_WORDS;
}
