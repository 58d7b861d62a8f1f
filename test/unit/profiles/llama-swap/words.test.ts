import { describe, expect, it } from 'vitest';

import {
  applyMacros,
  applyMacrosDeeply,
  macrosFor,
  unknownMacros,
} from '../../../../src/profiles/llama-swap/macros.ts';
import { wordsOf } from '../../../../src/profiles/llama-swap/words.ts';

describe('a command of llama-swap', () => {
  it('is split as a POSIX shell would, over lines and without comments', () => {
    expect(
      wordsOf(`python model.py \\
        -a "double quotes" \\
        --arg2 'single quotes'
        # a comment
        --json "{\\"a\\": true}" --re '\\d+ "x"' --path /a\\ b --empty ''
        -x="a b"c`),
    ).toEqual([
      'python',
      'model.py',
      '-a',
      'double quotes',
      '--arg2',
      'single quotes',
      '--json',
      '{"a": true}',
      '--re',
      '\\d+ "x"',
      '--path',
      '/a b',
      '--empty',
      '',
      '-x=a bc',
    ]);
    expect(wordsOf(' \n# nothing\n')).toEqual([]);
    expect(wordsOf('"a\\nb" \'c')).toEqual(['a\\nb', 'c']);
  });
});

describe('macros of llama-swap', () => {
  const global = [
    { name: 'ctx', value: 4_096 },
    { name: 'args', value: '-c ${ctx} ${MODEL_ID}' },
  ];

  it('may be made of earlier ones, and a model may have its own', () => {
    expect(applyMacros('x ${args}', macrosFor('m', global, []))).toBe('x -c 4096 m');
    expect(applyMacros('x ${args}', macrosFor('m', global, [{ name: 'ctx', value: 1 }]))).toBe('x -c 1 m');
    expect(unknownMacros('${a} ${PORT} ${PID} ${env.X} ${a}')).toEqual(['a', 'env.X']);
  });

  it('keep their kind where they stand alone', () => {
    const value = { '${MODEL_ID}:x': { temperature: '${ctx}', list: ['${ctx} tokens', true] } };
    expect(applyMacrosDeeply(value, macrosFor('m', global, []))).toEqual({
      'm:x': { temperature: 4_096, list: ['4096 tokens', true] },
    });
  });
});
