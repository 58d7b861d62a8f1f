import { describe, expect, it } from 'vitest';

import { domainsNear, type Example, withNeighbours } from '../../../src/router/neighbours.ts';
import { unitOf } from '../../../src/shared/unit-vector.ts';
import { reading } from './house.ts';

const vector = (...values: number[]) => unitOf(values) ?? new Float32Array();
const examples: Example[] = [
  { domain: 'coding', vector: vector(1, 0, 0) },
  { domain: 'coding', vector: vector(1, 0.2, 0) },
  { domain: 'general', vector: vector(0, 1, 0) },
];

describe('domainsNear', () => {
  it('hears the nearest, the nearer the more', () => {
    const near = domainsNear(examples, vector(0.9, 0.1, 0));
    expect(near?.['coding']).toBeGreaterThan(0.99);
    expect((near?.['coding'] ?? 0) + (near?.['general'] ?? 0)).toBeCloseTo(1);
  });

  it('hears nobody where nobody is near, or of another length', () => {
    expect(domainsNear(examples, vector(0, 0, 1))).toBeUndefined();
    expect(domainsNear(examples, vector(1, 0))).toBeUndefined();
    expect(domainsNear([], vector(1, 0, 0))).toBeUndefined();
  });
});

describe('withNeighbours', () => {
  it('gives them a share beside the classifier, for that text alone, and none of the language’s', () => {
    const classifier = withNeighbours(reading, 'coding=0.4 multilingual=0.2', { general: 0.5, legal: 0.5 });
    const vote = classifier.classify('coding=0.4 multilingual=0.2', ['en']);
    expect(vote).toMatchObject({ stage: 'embedding' });
    expect(vote.domains['multilingual']).toBeCloseTo(0.2);
    expect(vote.domains['coding']).toBeCloseTo(0.24);
    expect(vote.domains['legal']).toBeCloseTo(0.16);
    expect(Object.values(vote.domains).reduce((sum, value) => sum + value, 0)).toBeCloseTo(1);
    expect(classifier.classify('another', ['en']).stage).toBe('classifier');
  });
});
