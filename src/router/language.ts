import { LanguageFeatureReader } from './language-features.ts';
import { type LanguageModel, languageScores } from './language-model.ts';
import { softmax } from './linear-model.ts';
import { countScripts } from './script.ts';

export interface Language {
  /** ISO 639-1; undefined: unknown, which never means English. */
  readonly code: string | undefined;
  /** How likely `code` is, or the best guess where it is unknown. */
  readonly confidence: number;
  /** How likely the text is in one of the primary languages. */
  readonly primary: number;
}

/** Below this the language is unknown. */
const LEAST_CONFIDENCE = 0.4;
/** Fewer letters name nothing. */
const LEAST_LETTERS = 2;
/** Without a letter, a request is likely what requests usually are. */
const NO_LETTERS: Language = { code: undefined, confidence: 0, primary: 0.95 };
/** How much likelier, before a word is read, a request is in a primary language than in another one. */
const PRIOR = 4;

export class LanguageIdentifier {
  readonly #model: LanguageModel;
  readonly #reader = new LanguageFeatureReader();
  readonly #probabilities: Float64Array;

  constructor(model: LanguageModel) {
    this.#model = model;
    this.#probabilities = new Float64Array(model.languages.length);
  }

  /** @param text Stripped of code and addresses, at most a window. */
  identify(text: string, primaryLanguages: readonly string[]): Language {
    const scripts = countScripts(text);
    if (scripts.code !== undefined && scripts.other > scripts.latin) {
      const confidence = scripts.other / (scripts.other + scripts.latin + 1);
      const isPrimary = primaryLanguages.includes(scripts.code);
      return { code: scripts.code, confidence, primary: isPrimary ? confidence : 0.02 };
    }
    if (scripts.latin < LEAST_LETTERS || this.#model.languages.length === 0) return NO_LETTERS;
    return this.#identifyLatin(text, primaryLanguages);
  }

  #identifyLatin(text: string, primaryLanguages: readonly string[]): Language {
    const { languages, temperature } = this.#model;
    this.#reader.read(text);
    const probabilities = softmax(languageScores(this.#model, this.#reader, this.#probabilities), temperature);
    let [best, total, primary] = [0, 0, 0];
    for (let index = 0; index < languages.length; index++) {
      const isPrimary = primaryLanguages.includes(languages[index] ?? '');
      const probability = (probabilities[index] ?? 0) * (isPrimary ? PRIOR : 1);
      probabilities[index] = probability;
      total += probability;
      if (isPrimary) primary += probability;
      if (probability > (probabilities[best] ?? 0)) best = index;
    }
    const confidence = (probabilities[best] ?? 0) / total;
    return {
      code: confidence >= LEAST_CONFIDENCE ? languages[best] : undefined,
      confidence,
      primary: primary / total,
    };
  }
}
