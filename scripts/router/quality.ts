import type { Classification, Classifier } from '../../src/router/classify.ts';

export interface TestPrompt {
  readonly prompt: string;
  readonly domain: string;
  readonly lang: string;
  readonly source: string;
  readonly accept?: readonly string[];
  readonly has_image?: boolean;
}

export interface Judged {
  readonly prompt: TestPrompt;
  readonly route: string;
  readonly confidence: number;
  readonly right: boolean;
}

export interface Quality {
  readonly prompts: number;
  readonly accuracy: number;
  readonly macroRecall: number;
  /** Of the texts in Spanish or English, how many of those that are general, technical or coding go there. */
  readonly spanish: number;
  readonly english: number;
  readonly otherLanguages: number;
  readonly calibrationError: number;
  /** Of the four fifths that are surest. */
  readonly accuracyAtFourFifths: number;
}

const TASKS = ['general', 'technical', 'coding'];
const BINS = 10;

export function winner({ domains }: Classification): { route: string; confidence: number } {
  const [route, confidence] = Object.entries(domains).reduce((best, entry) => (entry[1] > best[1] ? entry : best));
  return { route, confidence };
}

/** Prompts with an image are not judged: that an image is attached decides about them, elsewhere. */
export function judge(classifier: Classifier, prompts: readonly TestPrompt[]): Judged[] {
  return prompts
    .filter(({ has_image: hasImage }) => hasImage !== true)
    .map((prompt) => {
      const { route, confidence } = winner(classifier.classify(prompt.prompt));
      return { prompt, route, confidence, right: (prompt.accept ?? [prompt.domain]).includes(route) };
    });
}

export function quality(judged: readonly Judged[]): Quality {
  const domains = [...new Set(judged.map(({ prompt }) => prompt.domain))];
  const tasksIn = (lang: string) =>
    judged.filter(({ prompt }) => prompt.lang === lang && TASKS.includes(prompt.domain));
  const surest = judged.toSorted((left, right) => right.confidence - left.confidence);
  return {
    prompts: judged.length,
    accuracy: share(judged),
    macroRecall: mean(domains.map((domain) => share(judged.filter(({ prompt }) => prompt.domain === domain)))),
    spanish: share(tasksIn('es')),
    english: share(tasksIn('en')),
    otherLanguages: share(
      judged.filter(({ prompt: { lang, domain } }) => !['en', 'es'].includes(lang) && domain === 'multilingual'),
    ),
    calibrationError: calibrationError(judged),
    accuracyAtFourFifths: share(surest.slice(0, Math.ceil(surest.length * 0.8))),
  };
}

/** How far confidence is from being right, by tenths of confidence. */
function calibrationError(judged: readonly Judged[]): number {
  let error = 0;
  for (let bin = 0; bin < BINS; bin++) {
    const members = judged.filter(({ confidence }) => Math.min(BINS - 1, Math.floor(confidence * BINS)) === bin);
    if (members.length === 0) continue;
    const confidence = mean(members.map((member) => member.confidence));
    error += (members.length / judged.length) * Math.abs(confidence - share(members));
  }
  return error;
}

export function share(judged: readonly { readonly right: boolean }[]): number {
  return judged.length === 0 ? NaN : judged.filter(({ right }) => right).length / judged.length;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
