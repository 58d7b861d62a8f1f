import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { type Classification, Classifier, trainClassifier } from '../../../src/router/classify.ts';
import { packageRoot } from '../../../src/shared/package-root.ts';

const classifier = Classifier.load(readFileSync(join(packageRoot(), 'data', 'router', 'weights.bin')));
const winner = ({ domains }: Classification) =>
  Object.entries(domains).reduce((best, entry) => (entry[1] > best[1] ? entry : best))[0];

describe('a text’s domain', () => {
  it.each([
    ['Write a Python function that adds two numbers.', 'coding'],
    ['¿Cómo quito los repetidos de una lista sin perder el orden?', 'coding'],
    ['def f(x):\n    return x +\n\nSyntaxError: invalid syntax', 'coding'],
    ['Schreibe eine Funktion in Python, die eine CSV-Datei liest.', 'coding'],
    ['¿Qué puedo cenar hoy que sea rápido?', 'general'],
    ['Who painted the ceiling of the Sistine Chapel?', 'general'],
    ['Explica por qué se oxida el hierro y qué reacción ocurre', 'technical'],
    ['A train travels 120 km in 1.5 hours. What is its average speed?', 'technical'],
    ['Schreib bitte einen Brief an meinen Vermieter wegen der kaputten Heizung.', 'multilingual'],
    ['来週の京都旅行の計画を立ててください。', 'multilingual'],
    ['Translate "good morning, how are you?" into German', 'multilingual'],
  ])('%j is %s', (text, domain) => {
    expect(winner(classifier.classify(text))).toBe(domain);
  });

  it('has probabilities that sum to one, a reason, and a step', () => {
    const { domains, features, stage } = classifier.classify('Explícame la diferencia entre masa y peso');
    expect(Object.values(domains).reduce((sum, value) => sum + value)).toBeCloseTo(1, 6);
    expect(features.length).toBeGreaterThan(0);
    expect(stage).toBe('classifier');
  });

  it('is the same with and without accents and capitals', () => {
    const { domains } = classifier.classify('¿CÓMO SE FORMÓ LA ATMÓSFERA?');
    expect(classifier.classify('¿como se formo la atmosfera?').domains.technical).toBeCloseTo(domains.technical, 1);
  });
});

describe('domains of a profile', () => {
  it('are learned from a few utterances, beside the four', () => {
    const own = trainClassifier(
      [
        'write a legal brief on the lease',
        'is this clause of the contract enforceable',
        'redacta un contrato de arrendamiento',
        'qué dice el código civil sobre la herencia',
        'draft a non-disclosure agreement',
      ].map((text) => ({ text, domain: 'law' })),
      { base: classifier },
    );
    expect(winner(own.classify('review the clauses of this lease agreement'))).toBe('law');
    expect(winner(own.classify('Write a Python function that adds two numbers.'))).toBe('coding');
  });
});
