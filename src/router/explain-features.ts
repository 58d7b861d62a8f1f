import { type Features, NAMED_FEATURES, WORD_BUCKETS } from './features.ts';
import { type LinearModel, norms } from './linear-model.ts';

export interface WinningFeature {
  /** A word of the text in quotation marks, or what was seen of the text as a whole. */
  readonly name: string;
  /** What it added to the score of the domain beyond what it added to the others on average. */
  readonly weight: number;
  readonly domain: string;
}

const MOST = 4;
/** Less says nothing. */
const LEAST_WEIGHT = 0.02;

/** What spoke most for a domain: words with all their pieces, and the features of the whole text. */
export function explain(model: LinearModel, features: Features, domain: string): WinningFeature[] {
  const winner = model.domains.indexOf(domain);
  if (winner < 0) return [];
  const classes = model.domains.length;
  const [wordNorm, pieceNorm] = norms(features);
  const advantage = (weights: ArrayLike<number>, at: number) => {
    let others = 0;
    for (let other = 0; other < classes; other++) if (other !== winner) others += weights[at + other] ?? 0;
    return (weights[at + winner] ?? 0) - others / Math.max(1, classes - 1);
  };
  const byWord = new Float64Array(features.words + 1);
  for (let index = 0; index < features.count; index++) {
    const bucket = features.buckets[index] ?? 0;
    const word = features.sources[index] ?? 0;
    const norm = model.scale * (bucket < WORD_BUCKETS ? wordNorm : pieceNorm);
    byWord[word] = (byWord[word] ?? 0) + norm * advantage(model.weights, bucket * classes);
  }
  const found: WinningFeature[] = [];
  const add = (weight: number, name: () => string) => {
    const last = found.at(-1);
    if (weight < LEAST_WEIGHT || (found.length === MOST && last && weight <= last.weight)) return;
    if (found.length === MOST) found.pop();
    found.push({ name: name(), weight, domain });
    found.sort((left, right) => right.weight - left.weight);
  };
  for (let word = 0; word < features.words; word++) {
    add(byWord[word] ?? 0, () => `“${features.window.slice(features.wordStarts[word], features.wordEnds[word])}”`);
  }
  for (const [index, name] of NAMED_FEATURES.entries()) {
    add((features.named[index] ?? 0) * advantage(model.named, index * classes), () => name);
  }
  return found;
}
