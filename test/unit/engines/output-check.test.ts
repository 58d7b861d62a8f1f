import { describe, expect, it } from 'vitest';

import { generatedTextOf, nonsenseIn } from '../../../src/engines/output-check.ts';

const tokensOf = (...tokens: string[]) => ({ text: tokens.join(''), count: tokens.length, tokens });

describe('nonsenseIn', () => {
  it.each([
    ['a sentence', tokensOf('The', ' capital', ' of', ' France', ' is', ' Paris', '.', '\n')],
    ['a short answer that ends by itself', tokensOf('Paris', '.')],
    ['one word', tokensOf('Paris')],
    ['a number with repeated digits', tokensOf('1', '000', '000')],
    ['nothing, where nothing was generated', { text: '', count: 0 }],
    ['a sentence whose tokens are not listed', { text: 'The capital of France is Paris.', count: 9 }],
  ])('lets %s pass', (_what, generated) => {
    expect(nonsenseIn(generated, undefined)).toBeUndefined();
  });

  it.each([
    ['one character', { text: '!!!!!!!!!!!!!!!!', count: 16 }],
    ['one letter', { text: 'GGGGGGGG', count: 8 }],
    ['one letter with blanks between', { text: 'G G G G G G G G', count: 8 }],
    ['one character outside the basic plane', { text: '😀'.repeat(9), count: 9 }],
    ['one token', tokensOf(...Array<string>(16).fill(' the'))],
    ['two tokens in turn', tokensOf(...Array.from({ length: 16 }, (_, i) => (i % 2 ? ' la' : ' el')))],
    ['line breaks', tokensOf(...Array<string>(16).fill('\n'))],
    ['tokens without a text', { text: '', count: 16 }],
  ])('finds %s', (_what, generated) => {
    expect(nonsenseIn(generated, undefined)).toEqual(expect.any(String));
  });

  it('finds that the expected word is missing, whatever its capitals', () => {
    const salad = tokensOf('bo', ' Wald', ' 7', ' und', 'ing', ' Haus', ' x', ' z');
    expect(nonsenseIn(salad, undefined)).toBeUndefined();
    expect(nonsenseIn(salad, 'Paris')).toContain('"Paris"');
    expect(nonsenseIn(tokensOf('It', ' is', ' PARIS'), 'Paris')).toBeUndefined();
  });
});

describe('generatedTextOf', () => {
  const message = { content: 'a b' };

  it('reads the tokens in the form of 2024, in OpenAI’s, and does without', () => {
    const usage = { completion_tokens: 2 };
    const tokens = ['a', ' b'];
    const old = { choices: [{ message }], usage, completion_probabilities: tokens.map((content) => ({ content })) };
    const today = { choices: [{ message, logprobs: { content: tokens.map((token) => ({ token })) } }], usage };
    expect(generatedTextOf(old)).toEqual({ text: 'a b', count: 2, tokens });
    expect(generatedTextOf(today)).toEqual({ text: 'a b', count: 2, tokens });
    expect(generatedTextOf({ choices: [{ message }], usage })).toEqual({ text: 'a b', count: 2, tokens: undefined });
  });

  it('finds no text in anything else', () => {
    for (const answer of [null, {}, [], { choices: [] }, { choices: [{ message: { content: null } }] }])
      expect(generatedTextOf(answer)).toBeUndefined();
  });
});
