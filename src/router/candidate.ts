import type { ExpertBase } from '../engines/contract.ts';
import { KNOWN_DOMAINS } from '../profiles/domains.ts';
import type { Standing } from '../supervisor/standing.ts';

/** An expert that may serve a request of a route: what is fixed as long as the profile is. */
export interface Candidate {
  readonly expert: Pick<ExpertBase, 'id' | 'vision' | 'audio' | 'tools' | 'context' | 'languages' | 'fit'>;
  /** 0 to 10; settles ties. */
  readonly priority: number;
  readonly servesRoute: boolean;
  /** Takes documents as parts of a message. */
  readonly documents: boolean;
}

/** How close an expert is to serving a request now. */
export type StandingOf = (expert: string) => Standing;

/** What an expert without `fit` counts in every domain. */
const UNSAID = 0.5;
const GENERALIST = 0.6;

export function saysFit({ expert }: Candidate): boolean {
  return Object.keys(expert.fit).length > 0;
}

/** 0 to 1. In a domain of the profile's own, who says nothing of it is a generalist: behind anyone who says that it is good at it. */
export function fitFor(candidate: Candidate, domain: string): number {
  const { fit, vision } = candidate.expert;
  const said = fit[domain];
  if (said !== undefined) return said;
  if (domain === 'multimodal') return vision ? 1 : 0;
  if (!saysFit(candidate)) return UNSAID;
  return (KNOWN_DOMAINS as readonly string[]).includes(domain) ? 0 : (fit['general'] ?? 0) * GENERALIST;
}
