/** A house for tests of the router, and a classifier that finds its answer in the text. */
import type { Candidate } from '../../../src/router/candidate.ts';
import type { Remembered, RouteHouse } from '../../../src/router/route.ts';
import type { TextClassifier, Vote } from '../../../src/router/vote.ts';
import type { Standing } from '../../../src/supervisor/standing.ts';

export type CandidateOptions = Partial<Candidate['expert']> &
  Partial<Omit<Candidate, 'expert'>> & { readonly standing?: Standing };

export function candidate(id: string, options: CandidateOptions = {}): Candidate & { readonly standing: Standing } {
  const { priority = 5, servesRoute = true, documents = false, standing = 'loaded', ...expert } = options;
  return {
    expert: { id, vision: false, audio: false, tools: true, context: 8_192, languages: [], fit: {}, ...expert },
    priority,
    servesRoute,
    documents,
    standing,
  };
}

export function houseOf(
  candidates: readonly (Candidate & { readonly standing: Standing })[],
  more: Partial<RouteHouse> & { readonly remembered?: Readonly<Record<string, Remembered>> } = {},
): RouteHouse {
  const { remembered = {}, ...rest } = more;
  return {
    candidates,
    standingOf: (id) => candidates.find(({ expert }) => expert.id === id)?.standing ?? 'failed',
    defaultExpert: candidates[0]?.expert.id,
    primaryLanguages: ['en', 'es'],
    keepLoadedBias: 0.15,
    minConfidence: 0.55,
    recall: (key) => remembered[key],
    ...rest,
  };
}

/** Reads `coding=0.9 lang=es to=de` out of a text; what is left of the probability is general's. */
export const reading: TextClassifier = {
  classify: (text): Vote => {
    const domains: Record<string, number> = { general: 0, technical: 0, coding: 0, multilingual: 0 };
    for (const [, domain = '', value] of text.matchAll(/([a-z]+)=(0?\.\d+|1)/g)) domains[domain] = Number(value);
    const said = Object.values(domains).reduce((sum, value) => sum + value, 0);
    domains['general'] = (domains['general'] ?? 0) + 1 - said;
    return {
      domains,
      language: { code: /lang=(\w+)/.exec(text)?.[1], confidence: 0.9 },
      requestedLanguage: /to=(\w+)/.exec(text)?.[1],
      features: [{ name: 'the text says so', weight: 1 }],
      stage: 'classifier',
    };
  },
};
