import { describe, expect, it } from 'vitest';

import { routeLines } from '../../../src/cli/route-table.ts';
import type { RouteView } from '../../../src/server/views.ts';

const VIEW: RouteView = {
  expert: 'coder',
  domain: 'coding',
  confidence: 0.94,
  stage: 'classifier',
  sentence: 'coder serves it: the request is of the domain coding (0.94), by “loop”; it is loaded',
  header: 'domain=coding; confidence=0.94; reason=classifier',
  language: 'es',
  domains: { general: 0.06, technical: 0.001, coding: 0.94 },
  features: [{ name: '“loop”', weight: 2.1 }],
  candidates: [
    { expert: 'coder', fit: 0.95, standing: 'loaded', cost: 0, score: 0.95 },
    { expert: 'general', fit: 0.4, standing: 'evicts', cost: 2, score: 0.1 },
  ],
  runnerUp: 'general',
  keepLoadedBias: 0.15,
  excluded: [{ expert: 'polyglot', why: 'has failed' }],
  ignored: ['nobody takes tools'],
};

describe('route', () => {
  it('says who, by what, against whom, and who could not', () => {
    expect(routeLines(VIEW).join('\n')).toBe(`${VIEW.sentence}

DOMAIN   PROBABILITY
coding          0.94
general         0.06

spoke for it: “loop” (2.10)
language: es

EXPERT    FIT  LOADING  SCORE  NOW
coder    0.95        –   0.95  loaded
general  0.40     0.30   0.10  others make room

excluded:
  polyglot  has failed

let go: nobody takes tools`);
  });

  it('is short where there was nothing to decide', () => {
    const nothing = { domains: {}, features: [], candidates: [], excluded: [], ignored: [], language: null };
    expect(routeLines({ ...VIEW, ...nothing })).toEqual([VIEW.sentence]);
  });
});
