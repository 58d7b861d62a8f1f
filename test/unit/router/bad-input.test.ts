import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { Classifier } from '../../../src/router/classify.ts';
import { packageRoot } from '../../../src/shared/package-root.ts';

const classifier = Classifier.load(readFileSync(join(packageRoot(), 'data', 'router', 'weights.bin')));

/** A decision takes under a millisecond; a machine full of other tests is allowed this. */
const LIMIT_MS = 25;

const junk = (length: number) => {
  let text = '';
  for (let index = 0; text.length < length; index++) text += String.fromCharCode((index * 7_919) % 65_536);
  return text;
};

const INPUTS: readonly (readonly [name: string, text: string])[] = [
  ['nothing', ''],
  ['spaces', ' '.repeat(5_000)],
  ['one letter', 'a'],
  ['one repeated letter', 'a'.repeat(1_000_000)],
  ['one repeated accent', '\u0301'.repeat(100_000)],
  ['ten megabytes of words', 'palabra otra '.repeat(800_000)],
  ['every UTF-16 unit, lone surrogates included', junk(200_000)],
  ['zeros', '\0'.repeat(100_000)],
  ['line breaks', '\n'.repeat(1_000_000)],
  ['open brackets', '('.repeat(50_000)],
  ['bait for expressions of mail addresses', `${'a.'.repeat(50_000)}@`],
  ['bait for expressions of addresses', 'http://'.repeat(50_000)],
  ['bait for expressions of markup', '<a '.repeat(50_000)],
  ['bait for expressions of fences', '```'.repeat(50_000)],
  ['bait for expressions of code lines', `if (${'('.repeat(200)}\n`.repeat(5_000)],
  ['bait for expressions of formulas', '$a'.repeat(50_000)],
  ['names of languages', 'translate in german into french '.repeat(10_000)],
  ['capitals that grow when lowered', 'İ'.repeat(100_000)],
  ['a base64 image', `data:image/png;base64,${'iVBORw0KGgo'.repeat(100_000)}`],
];

describe('what no person types', () => {
  it.each(INPUTS)('%s: an answer, and at once', (_, text) => {
    let best = Infinity;
    for (let round = 0; round < 5; round++) {
      const startedAt = performance.now();
      const { domains } = classifier.classify(text);
      best = Math.min(best, performance.now() - startedAt);
      const sum = Object.values(domains).reduce((total, value) => total + value);
      expect(sum).toBeCloseTo(1, 6);
      expect(Math.min(...Object.values(domains))).toBeGreaterThanOrEqual(0);
    }
    expect(best).toBeLessThan(LIMIT_MS);
  });

  it('says nothing about the language of what has no letters', () => {
    expect(classifier.classify('12345 !!! 67').language.code).toBeUndefined();
    expect(classifier.classify('').language.code).toBeUndefined();
  });

  it('reads where a long text ends, too', () => {
    const { domains } = classifier.classify(`${'\n'.repeat(50_000)}Write a Python function that reads this list.`);
    expect(domains.coding).toBeGreaterThan(0.5);
  });
});

describe('weights', () => {
  it('that are cut short, or something else, are refused with the command that makes them', () => {
    const file = readFileSync(join(packageRoot(), 'data', 'router', 'weights.bin'));
    expect(() => Classifier.load(file.subarray(0, file.length - 1))).toThrow(/npm run router:train/);
    expect(() => Classifier.load(Buffer.from('not weights at all'))).toThrow(/npm run router:train/);
    expect(() => Classifier.load(new Uint8Array(0))).toThrow(/npm run router:train/);
  });
});
