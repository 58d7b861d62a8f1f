import type { Standing } from '../supervisor/standing.ts';
import { type Candidate, fitFor, saysFit, type StandingOf } from './candidate.ts';

export interface Choice {
  /** Probabilities by domain, sum 1. */
  readonly domains: Readonly<Record<string, number>>;
  /** How much fit is given up to spare a load. */
  readonly keepLoadedBias: number;
  readonly defaultExpert: string | undefined;
  /** The domain is not sure: the default expert is taken where it is nearly as good as the best. Unknown: it is taken outright. */
  readonly domainIs: 'sure' | 'unsure' | 'unknown';
}

/** A candidate with what was weighed for and against it. */
export interface Score {
  readonly expert: string;
  /** Σ probability × fit, 0 to 1. */
  readonly fit: number;
  readonly standing: Standing;
  /** What it costs to have it serve now: nothing where it is loaded, 1 for a load into free room. */
  readonly cost: number;
  /** fit − keepLoadedBias × cost. */
  readonly score: number;
}

/** Loading beside others, at their cost, or behind them. Who cannot be loaded is taken out before. */
const COSTS: Readonly<Record<Standing, number>> = {
  loaded: 0,
  loading: 0,
  asleep: 0.3,
  fits: 1,
  evicts: 1.5,
  waits: 2,
  refused: 3,
  never: 3,
  failed: 3,
};
/** Scores nearer than this are one. */
const TIE = 0.005;
/** The default expert may be so much behind where the domain is not sure. */
const NEARLY = 0.1;

/** All candidates with their scores, the best first. Ties go to priority, then to the profile's order. */
export function rank(candidates: readonly Candidate[], choice: Choice, standingOf: StandingOf): Score[] {
  const { domains, keepLoadedBias, defaultExpert } = choice;
  const scored = candidates.map((candidate) => {
    const standing = standingOf(candidate.expert.id);
    let fit = 0;
    for (const domain in domains) fit += (domains[domain] ?? 0) * fitFor(candidate, domain);
    const cost = COSTS[standing];
    return { candidate, expert: candidate.expert.id, fit, standing, cost, score: fit - keepLoadedBias * cost };
  });
  const left = [...scored];
  const ranked: Score[] = [];
  // Nobody says what it is good at: content decides nothing.
  const indifferent = !candidates.some(saysFit);
  const behind = indifferent || choice.domainIs === 'unknown' ? Infinity : choice.domainIs === 'unsure' ? NEARLY : -1;
  while (left.length > 0) {
    const most = left.reduce((best, { score }) => Math.max(best, score), -Infinity);
    const tied = left.filter(({ score }) => indifferent || most - score <= TIE);
    const preferred = left.find(({ expert, score }) => expert === defaultExpert && most - score <= behind);
    const next =
      preferred ?? tied.reduce((best, other) => (other.candidate.priority > best.candidate.priority ? other : best));
    left.splice(left.indexOf(next), 1);
    const { candidate: _, ...score } = next;
    ranked.push(score);
  }
  return ranked;
}

/** Where the domain is less sure than `minConfidence`, the probabilities move towards `general`, the further the less sure it is. */
export function cautious(
  domains: Readonly<Record<string, number>>,
  confidence: number,
  minConfidence: number,
): Readonly<Record<string, number>> {
  if (confidence >= minConfidence) return domains;
  const trust = confidence / minConfidence;
  const blended: Record<string, number> = { general: 0 };
  for (const domain in domains) blended[domain] = trust * (domains[domain] ?? 0);
  blended['general'] = (blended['general'] ?? 0) + 1 - trust;
  return blended;
}
