import { type Features, NAMED_FEATURES, WORD_BUCKETS } from './features.ts';

/** A multinomial linear model over features: a row of class weights per bucket, one per named feature, and a bias. */
export interface LinearModel {
  readonly domains: readonly string[];
  /** Bucket × class; times `scale`. */
  readonly weights: Int8Array | Float32Array;
  readonly scale: number;
  /** Named feature × class, then the biases. */
  readonly named: Float32Array;
  /** Divides the scores before they become probabilities, so that 0.8 is right four times in five. */
  readonly temperature: number;
}

/** Unscaled class scores of a text. */
export function scores(model: LinearModel, features: Features, into: Float64Array): Float64Array {
  const classes = model.domains.length;
  const { weights } = model;
  const { buckets, count } = features;
  const [wordNorm, pieceNorm] = norms(features);
  for (let domain = 0; domain < classes; domain++) {
    let words = 0;
    let pieces = 0;
    for (let index = 0; index < count; index++) {
      const bucket = buckets[index] ?? 0;
      const weight = weights[bucket * classes + domain] ?? 0;
      if (bucket < WORD_BUCKETS) words += weight;
      else pieces += weight;
    }
    let sum =
      model.scale * (words * wordNorm + pieces * pieceNorm) +
      (model.named[NAMED_FEATURES.length * classes + domain] ?? 0);
    for (let name = 0; name < NAMED_FEATURES.length; name++) {
      sum += (features.named[name] ?? 0) * (model.named[name * classes + domain] ?? 0);
    }
    into[domain] = sum;
  }
  return into;
}

/** Long texts touch more buckets; their sums grow with the root of the number, not with the number. */
export function norms({ wordFeatures, pieceFeatures }: Features): [words: number, pieces: number] {
  return [1 / Math.sqrt(wordFeatures + 1), 1 / Math.sqrt(pieceFeatures + 1)];
}

/** Probabilities of `scores / temperature`, in place. */
export function softmax(values: Float64Array, temperature: number): Float64Array {
  let max = -Infinity;
  for (const value of values) max = Math.max(max, value);
  let sum = 0;
  for (let index = 0; index < values.length; index++) {
    values[index] = Math.exp(((values[index] ?? 0) - max) / temperature);
    sum += values[index] ?? 0;
  }
  for (let index = 0; index < values.length; index++) values[index] = (values[index] ?? 0) / sum;
  return values;
}
