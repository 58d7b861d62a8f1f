import type { Decision } from '../router/route.ts';
import type { Standing } from '../supervisor/standing.ts';
import type { Target } from './directory.ts';
import { headerOf } from './routing.ts';
import type { RouteView } from './views.ts';

/** A decision for a person and for programs. */
export function routeView(decision: Decision, keepLoadedBias: number): RouteView {
  const { expert, domain, confidence, stage, domains, features, language, excluded, ignored, ranking } = decision;
  return {
    expert,
    domain,
    confidence: rounded(confidence),
    stage,
    sentence: sentenceOf(decision),
    header: headerOf(decision, []),
    language: language ?? null,
    domains: Object.fromEntries(Object.entries(domains).map(([name, value]) => [name, rounded(value)])),
    features: features.map(({ name, weight }) => ({ name, weight: rounded(weight) })),
    candidates: ranking.map(({ fit, score, ...rest }) => ({ ...rest, fit: rounded(fit), score: rounded(score) })),
    runnerUp: ranking[1]?.expert ?? null,
    keepLoadedBias,
    excluded: [...excluded],
    ignored: [...ignored],
  };
}

/** Where there is nothing to decide: a name was given, or only one expert generates. */
export function namedView({ expert: { id }, reason }: Target): RouteView {
  const named = reason === 'named';
  return {
    expert: id,
    domain: 'general',
    confidence: 1,
    stage: reason,
    sentence: named ? `${id} serves it: the request names it` : `${id} serves it: nobody else generates`,
    header: named ? '' : 'reason=default',
    language: null,
    domains: {},
    features: [],
    candidates: [],
    runnerUp: null,
    keepLoadedBias: 0,
    excluded: [],
    ignored: [],
  };
}

function sentenceOf(decision: Decision): string {
  const [chosen, ...others] = decision.ranking;
  if (!chosen) return '';
  const better = others.find(({ fit }) => fit > chosen.fit + 0.01);
  const parts = [because(decision), STANDINGS[chosen.standing]];
  if (better)
    parts.push(`${better.expert} would fit better${better.cost > chosen.cost ? ', and would have to be loaded' : ''}`);
  if (decision.unsure) parts.push('it is not sure, so `general` and the default expert count for more');
  if (decision.ignored.length > 0) parts.push(decision.ignored.join(', '));
  return `${decision.expert} serves it: ${parts.join('; ')}`;
}

function because({ stage, domain, confidence, features, language }: Decision): string {
  const sure = `${domain} (${confidence.toFixed(2)})`;
  const by =
    features.length > 0
      ? `, by ${features
          .slice(0, 3)
          .map(({ name }) => name)
          .join(', ')}`
      : '';
  switch (stage) {
    case 'structure':
    case 'classifier':
      return `the request is of the domain ${sure}${by}`;
    case 'language':
      return `the request is ${sure}${by || ` (language ${language})`}`;
    case 'embedding':
      return `the request is of the domain ${sure}, by the utterances nearest in meaning`;
    case 'image':
      return 'the request shows an image';
    case 'endpoint':
      return 'the route fills in code';
    case 'asked':
      return `the request asks for the domain ${domain}`;
    case 'tool-loop':
      return 'a loop of tools stays where it began';
    case 'conversation':
      return `it goes on with a conversation that went there (${sure})`;
    case 'default':
      return 'nothing is known that speaks for another';
  }
}

const STANDINGS: Readonly<Record<Standing, string>> = {
  loaded: 'it is loaded',
  loading: 'it is loading already',
  asleep: 'it is asleep, and wakes',
  fits: 'it is loaded into free room',
  evicts: 'others are unloaded for it',
  waits: 'it waits until others are done',
  refused: 'it cannot be loaded now',
  never: 'it can never be loaded',
  failed: 'it has failed',
};

const rounded = (value: number): number => Math.round(value * 1_000) / 1_000;
