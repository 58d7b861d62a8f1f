import { trainLanguages } from '../../src/router/train-language.ts';
import { trainModel, type TrainingExample } from '../../src/router/train-model.ts';
import type { Knowledge } from '../../src/router/weights.ts';
import { requestsFromTopics, textsFromVocabulary } from './topics.ts';
import { readLanguages, readOwn, readPublic, readRequests, readVocabularies, type Utterance } from './data.ts';

/** From the validation by left-out sources: what the scores are divided by, so that their probabilities hold for texts of other sources. */
const DOMAIN_TEMPERATURE = 0.85;
const LANGUAGE_TEMPERATURE = 1;
/** By where an example comes from; public prompts count 1. */
const WEIGHTS_OF: Readonly<Record<string, number>> = { own: 2, topics: 0.7, vocabulary: 1 };
export const DOMAINS = ['general', 'technical', 'coding'] as const;

/** @param more Examples besides the shipped ones. */
export function trainAll(more: readonly Utterance[] = []): Knowledge {
  return {
    domains: trainDomains([
      ...readPublic(),
      ...readOwn(),
      ...requestsFromTopics(DOMAINS, ['en', 'es']),
      ...textsFromVocabulary(DOMAINS, ['en', 'es']),
      ...more,
    ]),
    languages: trainLanguageModel(),
  };
}

export function trainDomains(utterances: readonly Utterance[]) {
  return trainModel(weighted(utterances), {
    domains: DOMAINS,
    temperature: DOMAIN_TEMPERATURE,
  });
}

export function trainLanguageModel() {
  // A tenth of our own: more would only teach how much more of them there is than of other languages.
  const own = readOwn()
    .filter((_, index) => index % 6 === 0)
    .map(({ text, lang = '' }) => ({ text, language: lang }));
  const requests = readRequests();
  return trainLanguages(
    [...readLanguages(), ...requests, ...requests, ...own],
    readVocabularies(),
    LANGUAGE_TEMPERATURE,
  );
}

function weighted(utterances: readonly Utterance[]): TrainingExample[] {
  return utterances.map(({ text, domain, source }) => {
    const [kind = ''] = source.split('-');
    return { text, domain, weight: WEIGHTS_OF[kind] ?? 1 };
  });
}
