import { describe, expect, it } from 'vitest';

import { cautious, rank } from '../../../src/router/choose.ts';
import { candidate, houseOf } from './house.ts';

const CODING = { general: 0.1, coding: 0.9 };

function order(candidates: ReturnType<typeof candidate>[], more: Partial<Parameters<typeof rank>[1]> = {}) {
  const choice = {
    domains: CODING,
    keepLoadedBias: 0.15,
    defaultExpert: undefined,
    domainIs: 'sure' as const,
    ...more,
  };
  return rank(candidates, choice, houseOf(candidates).standingOf);
}
const ids = (scores: readonly { expert: string }[]) => scores.map(({ expert }) => expert);

describe('rank', () => {
  it('goes by probability × fit', () => {
    const [coder, chatty] = [
      candidate('coder', { fit: { coding: 1, general: 0.3 } }),
      candidate('chatty', { fit: { general: 1 } }),
    ];
    expect(order([chatty, coder])).toMatchObject([
      { expert: 'coder', fit: expect.closeTo(0.93), cost: 0, standing: 'loaded' },
      { expert: 'chatty', fit: expect.closeTo(0.1) },
    ]);
    expect(ids(order([chatty, coder], { domains: { general: 0.9, coding: 0.1 } }))).toEqual(['chatty', 'coder']);
  });

  it.each([
    ['asleep', 0.955],
    ['fits', 0.85],
    ['evicts', 0.775],
    ['waits', 0.7],
  ] as const)('takes off what it costs to load one that %s', (standing, score) => {
    const [best] = order([candidate('coder', { fit: { coding: 1, general: 1 }, standing })]);
    expect(best?.score).toBeCloseTo(score);
  });

  it('stays with who is loaded as long as the fit is near', () => {
    const loaded = candidate('loaded', { fit: { coding: 0.85 } });
    const best = candidate('best', { fit: { coding: 1 }, standing: 'evicts' });
    expect(ids(order([best, loaded]))).toEqual(['loaded', 'best']);
    expect(ids(order([best, loaded], { keepLoadedBias: 0 }))).toEqual(['best', 'loaded']);
    const poor = candidate('loaded', { fit: { coding: 0.5 } });
    expect(ids(order([best, poor]))).toEqual(['best', 'loaded']);
  });

  it('settles ties by priority, then by the order of the profile', () => {
    const fit = { coding: 1 };
    expect(
      ids(order([candidate('a', { fit }), candidate('b', { fit, priority: 7 }), candidate('c', { fit })])),
    ).toEqual(['b', 'a', 'c']);
  });

  it('counts an expert that says nothing as half good at everything', () => {
    const found = order([
      candidate('silent'),
      candidate('bad', { fit: { coding: 0.4 } }),
      candidate('good', { fit: { coding: 0.6 } }),
    ]);
    expect(ids(found)).toEqual(['good', 'silent', 'bad']);
  });

  it('goes by the default expert where nobody says anything', () => {
    const found = order([candidate('a'), candidate('b', { standing: 'evicts' }), candidate('c', { priority: 9 })], {
      defaultExpert: 'b',
    });
    expect(ids(found)).toEqual(['b', 'c', 'a']);
  });

  it('prefers the default expert where the domain is not sure, unless another is much better', () => {
    const [best, near, far] = [0.9, 0.82, 0.7].map((coding) => candidate(`${coding}`, { fit: { coding } }));
    const first = (defaultExpert: string, domainIs: 'sure' | 'unsure' | 'unknown') =>
      order([best, near, far] as never, { defaultExpert, domainIs })[0]?.expert;
    expect(first('0.82', 'sure')).toBe('0.9');
    expect(first('0.82', 'unsure')).toBe('0.82');
    expect(first('0.7', 'unsure')).toBe('0.9');
    expect(first('0.7', 'unknown')).toBe('0.7');
  });

  it('takes an expert with eyes for good at images, and a generalist for fair at what the profile adds', () => {
    const eyes = candidate('eyes', { vision: true, fit: { general: 0.2 } });
    expect(order([eyes], { domains: { multimodal: 1 } })[0]?.fit).toBe(1);
    expect(order([eyes], { domains: { legal: 1 } })[0]?.fit).toBeCloseTo(0.12);
    expect(order([eyes], { domains: { technical: 1 } })[0]?.fit).toBe(0);
  });
});

describe('cautious', () => {
  it('moves towards general the further the less sure it is', () => {
    const domains = { general: 0.1, technical: 0.5, coding: 0.4 };
    expect(cautious(domains, 0.5, 0.5)).toBe(domains);
    const blended = cautious(domains, 0.3, 0.6);
    expect(blended).toEqual({
      general: expect.closeTo(0.55),
      technical: expect.closeTo(0.25),
      coding: expect.closeTo(0.2),
    });
  });
});
