import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { exceedsDepth } from '../../../src/proxy/depth.ts';

const depthOf = (value: unknown): number =>
  typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;
const bytes = (text: string) => Buffer.from(text);

describe('the nesting limit', () => {
  it('agrees with the depth of what is parsed', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), fc.integer({ min: 0, max: 8 }), (value, max) => {
        expect(exceedsDepth(bytes(JSON.stringify(value)), max)).toBe(depthOf(value) > max);
      }),
      { numRuns: 500 },
    );
  });

  it('does not count brackets in strings, however long and escaped', () => {
    const strings = [
      '[[[[',
      '\\"[[[[',
      `${'x'.repeat(100)}\\"[[[[`,
      `${'x'.repeat(99)}\\\\`,
      '"[',
      `${'é'.repeat(90)}"[[`,
    ];
    for (const value of strings) expect(exceedsDepth(bytes(JSON.stringify([value, value])), 1)).toBe(false);
    fc.assert(
      fc.property(fc.array(fc.string({ unit: fc.constantFrom('[', '"', '\\', 'x', '{'), maxLength: 200 })), (list) => {
        expect(exceedsDepth(bytes(JSON.stringify(list)), 1)).toBe(false);
      }),
    );
  });

  it('refuses 60,000 levels, closed or not', () => {
    expect(exceedsDepth(bytes('['.repeat(60_000) + ']'.repeat(60_000)), 128)).toBe(true);
    expect(exceedsDepth(bytes('{"a":'.repeat(60_000)), 128)).toBe(true);
  });

  it('takes what is not JSON', () => {
    expect(exceedsDepth(bytes(`"${'x'.repeat(500)}`), 10)).toBe(false);
    expect(exceedsDepth(bytes(']'.repeat(500)), 10)).toBe(false);
    expect(exceedsDepth(new Uint8Array(0), 0)).toBe(false);
  });
});
