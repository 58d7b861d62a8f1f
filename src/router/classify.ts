import { explain, type WinningFeature } from './explain-features.ts';
import { FeatureReader, type Features } from './features.ts';
import { type Language, LanguageIdentifier } from './language.ts';
import { scores, softmax } from './linear-model.ts';
import { plainText } from './plain-text.ts';
import { requestedLanguage } from './requested-language.ts';
import { type ModelOptions, type TrainingExample, trainModel } from './train-model.ts';
import { decodeWeights, type Knowledge } from './weights.ts';

export type BaseDomain = 'general' | 'technical' | 'coding' | 'multilingual';

export interface Classification {
  /** Calibrated, sum 1. A profile's own domains stand beside the four. */
  readonly domains: Readonly<Record<BaseDomain, number> & Record<string, number>>;
  /** ISO 639-1; undefined is unknown, which never means English. */
  readonly language: { readonly code: string | undefined; readonly confidence: number };
  /** ISO 639-1 of the language that the answer is asked for in, where the text says so. */
  readonly requestedLanguage: string | undefined;
  /** Source code, a stack trace or a command line was seen. */
  readonly code: boolean;
  /** What spoke most for the winning domain, strongest first. */
  readonly features: readonly WinningFeature[];
  /** Which step decided. */
  readonly stage: 'structure' | 'language' | 'classifier';
}

const PRIMARY_LANGUAGES: readonly string[] = ['en', 'es'];
/** How likely a text is coding in which code structure was seen. */
const STRUCTURE_CONFIDENCE = 0.96;
/** … and one in another language that names a programming language or tool, and reads like coding. */
const NAMED_CONFIDENCE = 0.85;
const REQUEST_CONFIDENCE = 0.95;

/** Which domain a text belongs to, decided without a model server, in microseconds. Not reentrant: it lends its buffers to itself. */
export class Classifier {
  readonly #knowledge: Knowledge;
  readonly #reader = new FeatureReader();
  readonly #identifier: LanguageIdentifier;
  readonly #scores: Float64Array;

  /** @throws Error where the bytes are not the file that `npm run router:train` writes. */
  static load(weights: Uint8Array): Classifier {
    return new Classifier(decodeWeights(weights));
  }

  constructor(knowledge: Knowledge) {
    this.#knowledge = knowledge;
    this.#identifier = new LanguageIdentifier(knowledge.languages);
    this.#scores = new Float64Array(knowledge.domains.domains.length);
  }

  get knowledge(): Knowledge {
    return this.#knowledge;
  }

  /** @param primaryLanguages Whose texts go by their task and not to `multilingual`. */
  classify(text: string, primaryLanguages: readonly string[] = PRIMARY_LANGUAGES): Classification {
    const { domains: model } = this.#knowledge;
    const features = this.#reader.read(text);
    const language = this.#identifier.identify(plainText(features.window), primaryLanguages);
    const requested = requestedLanguage(features.window);
    const task = softmax(scores(model, features, this.#scores), model.temperature);
    const domains = this.#combine(task, features, language, requested, primaryLanguages);
    const winner = Object.entries(domains).reduce((best, entry) => (entry[1] > best[1] ? entry : best))[0];
    const { code, confidence } = language;
    return {
      domains,
      language: { code, confidence },
      requestedLanguage: requested,
      code: features.certainCode,
      features: this.#explain(winner, features, language, requested),
      stage:
        winner === 'multilingual'
          ? 'language'
          : winner === 'coding' && features.certainCode
            ? 'structure'
            : 'classifier',
    };
  }

  /** Coding in any language comes first, then the language, then the task. */
  #combine(
    task: Float64Array,
    features: Features,
    language: Language,
    requested: string | undefined,
    primaryLanguages: readonly string[],
  ): Classification['domains'] {
    const names = this.#knowledge.domains.domains;
    const asked = requested !== undefined && !primaryLanguages.includes(requested) ? REQUEST_CONFIDENCE : 0;
    const foreign = Math.max(1 - language.primary, asked);
    const codingTask = task[names.indexOf('coding')] ?? 0;
    const coding = features.certainCode
      ? Math.max(codingTask, STRUCTURE_CONFIDENCE)
      : foreign > 0.5 && features.codingNames > 0 && codingTask > 0.5
        ? NAMED_CONFIDENCE
        : codingTask * (1 - foreign);
    const rest = 1 - coding;
    const others = 1 - codingTask || 1;
    // What is not coding: foreign, or by its task.
    const multilingual = features.certainCode || coding === NAMED_CONFIDENCE ? rest * foreign : foreign;
    const domains: Record<string, number> = { general: 0, technical: 0, coding, multilingual };
    for (const [index, name] of names.entries()) {
      if (name !== 'coding') domains[name] = ((rest - multilingual) * (task[index] ?? 0)) / others;
    }
    return domains as Classification['domains'];
  }

  #explain(winner: string, features: Features, language: Language, requested: string | undefined): WinningFeature[] {
    if (winner === 'multilingual') {
      const name =
        requested === undefined ? `language ${language.code ?? 'unknown'}` : `answer asked for in ${requested}`;
      return [{ name, weight: requested === undefined ? language.confidence : REQUEST_CONFIDENCE, domain: winner }];
    }
    return explain(this.#knowledge.domains, features, winner);
  }
}

/**
 * Trains on a profile's own examples, in well under a second for a few thousand. With `base` the domains that it knows keep what they
 * know and its languages are used; examples of `multilingual` are passed over, as the language decides there.
 */
export function trainClassifier(
  examples: readonly TrainingExample[],
  { base, ...options }: Omit<ModelOptions, 'base'> & { readonly base: Classifier },
): Classifier {
  const used = examples.filter(({ domain }) => domain !== 'multilingual');
  const known = base.knowledge.domains.domains;
  const own = [...new Set(used.map(({ domain }) => domain))].filter((domain) => !known.includes(domain)).sort();
  const domains = trainModel(used, {
    domains: [...known, ...own],
    base: base.knowledge.domains,
    temperature: base.knowledge.domains.temperature,
    epochs: 4,
    ...options,
  });
  return new Classifier({ domains, languages: base.knowledge.languages });
}
