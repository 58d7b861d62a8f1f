import { withoutAccents } from './characters.ts';
import { LANGUAGE_BUCKETS, LanguageFeatureReader } from './language-features.ts';
import type { LanguageModel } from './language-model.ts';
import { softmax } from './linear-model.ts';
import { seededRandom, shuffle } from './seeded-random.ts';

export interface LanguageExample {
  readonly text: string;
  /** ISO 639-1. */
  readonly language: string;
}

export interface LanguageVocabulary {
  readonly language: string;
  /** Most frequent first. */
  readonly words: readonly string[];
}

const SEED = 19_481_210;
const EPOCHS = 5;
const RATE = 0.5;
const DECAY = 1e-5;
/** Short texts made of a language's frequent words, as fragments are what is hard. */
const MADE_TEXTS = 1_200;
/** So many of the texts are learned without their accents as well, as people type who have no such keys. */
const ACCENTLESS_SHARE = 0.3;

/** The same model for the same data, on every machine. */
export function trainLanguages(
  examples: readonly LanguageExample[],
  vocabularies: readonly LanguageVocabulary[],
  temperature = 1,
): LanguageModel {
  const random = seededRandom(SEED);
  const languages = [...new Set([...examples, ...vocabularies].map(({ language }) => language))].sort();
  const texts = [...examples, ...vocabularies.flatMap((vocabulary) => madeTexts(vocabulary, random))];
  const reader = new LanguageFeatureReader();
  const rows = texts.flatMap(({ text, language }) => {
    const target = languages.indexOf(language);
    const variants = random() < ACCENTLESS_SHARE ? [text, withoutAccents(text)] : [text];
    return variants.map((variant) => {
      reader.read(variant);
      return { buckets: reader.buckets.slice(0, reader.count), target };
    });
  });
  const classes = languages.length;
  const weights = new Float32Array(LANGUAGE_BUCKETS * classes);
  const squares = new Float32Array(weights.length).fill(1e-2);
  const biases = new Float32Array(classes);
  const probabilities = new Float64Array(classes);
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    shuffle(rows, random);
    for (const { buckets, target } of rows) {
      const value = 1 / Math.sqrt(buckets.length + 1);
      for (let language = 0; language < classes; language++) probabilities[language] = biases[language] ?? 0;
      for (const bucket of buckets) {
        const at = bucket * classes;
        for (let language = 0; language < classes; language++) {
          probabilities[language] = (probabilities[language] ?? 0) + value * (weights[at + language] ?? 0);
        }
      }
      softmax(probabilities, 1);
      for (let language = 0; language < classes; language++) {
        const error = (probabilities[language] ?? 0) - (language === target ? 1 : 0);
        if (Math.abs(error) < 2e-3) continue;
        const gradient = error * value;
        for (const bucket of buckets) {
          const at = bucket * classes + language;
          const weight = weights[at] ?? 0;
          const step = gradient + DECAY * weight;
          const square = (squares[at] ?? 0) + step * step;
          squares[at] = square;
          weights[at] = weight - (RATE * step) / Math.sqrt(square);
        }
      }
    }
  }
  return { languages, weights, scale: 1, biases, temperature };
}

function madeTexts({ language, words }: LanguageVocabulary, random: () => number): LanguageExample[] {
  // A longer list is that of a language that more depends on.
  const length = Math.round(MADE_TEXTS * Math.max(1, words.length / 1_500) ** 0.75);
  return Array.from({ length }, () => {
    const count = 1 + Math.floor(random() * 7);
    // Rank by Zipf's law: as often in the first ten as in the next ninety.
    const text = Array.from({ length: count }, () => words[Math.floor(words.length ** random()) - 1] ?? '').join(' ');
    return { text, language };
  });
}
