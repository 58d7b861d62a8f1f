import type { LanguageFeatureReader } from './language-features.ts';

/** A multinomial linear model over the languages in Latin script. */
export interface LanguageModel {
  /** ISO 639-1. */
  readonly languages: readonly string[];
  /** Bucket × language, times `scale`. */
  readonly weights: Int8Array | Float32Array;
  readonly scale: number;
  readonly biases: Float32Array;
  readonly temperature: number;
}

/** Scores of each language for what the reader has just read. */
export function languageScores(model: LanguageModel, reader: LanguageFeatureReader, into: Float64Array): Float64Array {
  const classes = model.languages.length;
  const { buckets, count } = reader;
  const { weights } = model;
  into.fill(0);
  for (let index = 0; index < count; index++) {
    const at = (buckets[index] ?? 0) * classes;
    for (let language = 0; language < classes; language++) {
      into[language] = (into[language] ?? 0) + (weights[at + language] ?? 0);
    }
  }
  const norm = model.scale / Math.sqrt(count + 1);
  for (let language = 0; language < classes; language++) {
    into[language] = (into[language] ?? 0) * norm + (model.biases[language] ?? 0);
  }
  return into;
}
