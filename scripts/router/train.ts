import { trainLanguages } from '../../src/router/train-language.ts';
import { trainModel, type TrainingExample } from '../../src/router/train-model.ts';
import type { Knowledge } from '../../src/router/weights.ts';
import { readLanguages, readOwn, readPublic, readVocabularies, type Utterance } from './data.ts';

/** From the validation by left-out sources: what the scores are divided by, so that their probabilities hold for texts of other sources. */
const DOMAIN_TEMPERATURE = 1;
const LANGUAGE_TEMPERATURE = 1;

export function trainAll(): Knowledge {
  return { domains: trainDomains([...readPublic(), ...readOwn()]), languages: trainLanguageModel() };
}

export function trainDomains(utterances: readonly Utterance[]) {
  return trainModel(weighted(utterances), {
    domains: ['general', 'technical', 'coding'],
    temperature: DOMAIN_TEMPERATURE,
  });
}

export function trainLanguageModel() {
  const own = readOwn().map(({ text, lang = '' }) => ({ text, language: lang }));
  return trainLanguages([...readLanguages(), ...own], readVocabularies(), LANGUAGE_TEMPERATURE);
}

function weighted(utterances: readonly Utterance[]): TrainingExample[] {
  return utterances.map(({ text, domain }) => ({ text, domain }));
}
