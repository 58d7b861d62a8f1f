import { describe, expect, it } from 'vitest';

import { codeStructure } from '../../../src/router/code-structure.ts';
import { FeatureReader } from '../../../src/router/features.ts';
import { scores, softmax } from '../../../src/router/linear-model.ts';
import { trainLanguages } from '../../../src/router/train-language.ts';
import { trainModel, type TrainingExample } from '../../../src/router/train-model.ts';
import { decodeWeights, encodeWeights } from '../../../src/router/weights.ts';

const EXAMPLES: readonly TrainingExample[] = [
  ['general', 'a recipe for soup'],
  ['general', 'who wrote this novel'],
  ['general', 'una receta de sopa'],
  ['coding', 'sort this list in python'],
  ['coding', 'my loop never ends'],
  ['coding', 'ordena esta lista'],
  ['technical', 'why is the sky blue'],
  ['technical', 'the speed of light'],
  ['technical', 'la velocidad de la luz'],
].map(([domain = '', text = '']) => ({ domain, text }));
const DOMAINS = ['general', 'technical', 'coding'];

const languages = () =>
  trainLanguages(
    [
      { language: 'en', text: 'what is the weather like' },
      { language: 'es', text: 'qué tiempo hace hoy' },
      { language: 'de', text: 'wie ist das Wetter heute' },
    ],
    [{ language: 'en', words: ['the', 'of', 'and', 'to'] }],
  );

const probabilities = (model: ReturnType<typeof trainModel>, text: string) => [
  ...softmax(scores(model, new FeatureReader().read(text), new Float64Array(model.domains.length)), model.temperature),
];

describe('training', () => {
  it('makes the same bytes of the same examples', () => {
    const train = () => encodeWeights({ domains: trainModel(EXAMPLES, { domains: DOMAINS }), languages: languages() });
    expect(Buffer.compare(train(), train())).toBe(0);
  });

  it('learns what its examples say', () => {
    const model = trainModel(EXAMPLES, { domains: DOMAINS });
    expect(probabilities(model, 'another recipe for soup')[0]).toBeGreaterThan(0.5);
    expect(probabilities(model, 'the speed of sound')[1]).toBeGreaterThan(0.5);
    expect(probabilities(model, 'sort a list')[2]).toBeGreaterThan(0.5);
  });

  it('loses little in the file', () => {
    const model = trainModel(EXAMPLES, { domains: DOMAINS });
    const { domains, languages: read } = decodeWeights(encodeWeights({ domains: model, languages: languages() }));
    for (const { text } of EXAMPLES) {
      const [before, after] = [probabilities(model, text), probabilities(domains, text)];
      for (const [index, value] of before.entries()) expect(Math.abs(value - (after[index] ?? 0))).toBeLessThan(0.1);
    }
    expect(read.languages).toEqual(['de', 'en', 'es']);
  });
});

describe('code structure', () => {
  it.each([
    ['a function', 'def add(left, right):\n    return left + right'],
    ['a class', 'public class Main {\n  public static void main(String[] args) {}\n}'],
    ['a query', 'SELECT name, age FROM people\nWHERE age = 3'],
    ['a stack trace', 'Traceback (most recent call last):\n  File "a.py", line 3, in f\nKeyError: 1'],
    ['a page', '<!DOCTYPE html>\n<html>\n<body></body></html>'],
    ['a command', '$ git push origin main\nerror: failed to push some refs'],
    ['a fence with code', 'why?\n```js\nconst a = 1;\n```'],
  ])('is certain: %s', (_, text) => {
    expect(codeStructure(text).certain).toBe(true);
  });

  it.each([
    ['prose', 'Please write a class schedule for my dance school, and return it by Monday.'],
    ['a formula', 'Let $f(x) = \\frac{1}{x}$ for $x > 0$; find \\[\\int_1^2 f(x)\\,dx.\\]'],
    ['a fence with notes', 'Summarize:\n```\nmilk, bread\ncall Ana\n```'],
    ['choices', 'Which one?\n1. Rome\n2. Paris\n3. Madrid'],
  ])('is not: %s', (_, text) => {
    expect(codeStructure(text).certain).toBe(false);
  });
});
