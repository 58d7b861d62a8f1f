import { describe, expect, it } from 'vitest';

import { parseYaml } from '../../../src/profiles/parse-yaml.ts';
import { placeOf, toPlain } from '../../../src/profiles/tree.ts';

const parse = (text: string) => {
  const { tree, problems } = parseYaml(text, '/etc/p.yaml');
  return { plain: tree && toPlain(tree), tree, problems, first: problems[0] };
};

describe('YAML', () => {
  it('is read as YAML 1.2: yes and no are words, 1_000 too', () => {
    expect(parse('a: yes\nb: 012\nc: 1e3\nd: ~\ne: 1_000\n').plain).toEqual({
      a: 'yes',
      b: 12,
      c: 1000,
      d: null,
      e: '1_000',
    });
  });

  it('keeps the place of every value', () => {
    const { tree } = parse('a:\n  - x\n  - {b: 1}\n');
    expect(tree && placeOf(tree, ['a', '1', 'b'])).toMatchObject({ file: '/etc/p.yaml', line: 3, column: 9 });
  });

  it('has anchors and aliases, which share one value', () => {
    expect(parse('a: &x {k: 1}\nb: *x\nc: [*x]\n').plain).toEqual({ a: { k: 1 }, b: { k: 1 }, c: [{ k: 1 }] });
  });

  it.each([
    ['a syntax error', 'a: [1, 2\nb: 3\n', 2, /not valid YAML/],
    ['a tab as indentation', 'a:\n\tb: 1\n', 2, /not valid YAML/],
    ['a second document', 'a: 1\n---\nb: 2\n', 2, /not valid YAML/],
    ['a tag of its own', 'a: !secret x\n', 1, /not valid YAML: Unresolved tag/],
    ['a key that is there twice', 'a: 1\nb: 2\na: 3\n', 3, /twice; first on line 1/],
    ['a merge key', 'a: &x {k: 1}\nb:\n  <<: *x\n', 3, /merge keys/],
    ['a merge key under a YAML 1.1 directive', '%YAML 1.1\n---\na: &x {k: 1}\nb:\n  <<: *x\n', 5, /merge keys/],
    ['an alias of nothing', 'a: 1\nb: *nothing\n', 2, /nothing/],
    ['an alias of what contains it', 'a: &a\n  b: *a\n', 2, /stands for nothing that is complete/],
    ['a key that is a list', '? [a]\n: 1\n', 1, /a key is a word/],
    ['__proto__', 'a:\n  __proto__: {b: 1}\n', 2, /not allowed/],
    ['an empty file', '# nothing\n', 1, /empty/],
  ])('with %s is refused at its line', (_what, text, line, message) => {
    const { first } = parse(text);
    expect(first?.message).toMatch(message);
    expect(first?.line).toBe(line);
    expect(first?.column).toBeGreaterThan(0);
  });

  const nine = (name: string) => `[${Array(9).fill(name).join(', ')}]`;
  const levels = 'abcdefghijklm'.split('');
  const bomb = levels
    .map((letter, i) => `${letter}: &${letter} ${nine(i === 0 ? 'x' : `*${levels[i - 1]}`)}`)
    .join('\n');
  const deepAliases = levels
    .map((l, i) => `${l}: &${l} ${'['.repeat(20)}${i === 0 ? 1 : `*${levels[i - 1]}`}${']'.repeat(20)}`)
    .join('\n');

  it.each([
    ['an alias bomb', bomb],
    ['an alias bomb of 100 kB', `${bomb}\n#${'x'.repeat(100_000)}`],
    ['100 kB of aliases', `a: &a 1\nb: [${'*a, '.repeat(25_000)}]`],
    ['100 kB of merge keys', `a: &a {x: 1}\nb:\n${'  <<: *a\n'.repeat(11_000)}`],
    ['100 kB of brackets', '['.repeat(100_000)],
    ['100 kB of braces', `a: ${'{a: '.repeat(25_000)}`],
    ['16 kB of brackets', '['.repeat(16_000)],
    ['100 kB of dashes', '- '.repeat(50_000)],
    ['100 kB of question marks', '? '.repeat(50_000)],
    ['100 kB of keys', Array.from({ length: 12_000 }, (_, i) => `k${i}: 1`).join('\n')],
    ['a depth that aliases add up to', deepAliases],
  ])('that is %s is refused within 300 ms of work', (_what, text) => {
    parse('warm: [up]');
    // Of this thread's own: a busy machine takes as long as it likes.
    const start = process.threadCpuUsage();
    const { problems } = parse(text);
    const { user, system } = process.threadCpuUsage(start);
    expect((user + system) / 1_000).toBeLessThan(300);
    expect(problems.length).toBeGreaterThan(0);
  });
});
