import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import { writeProfileYaml } from '../../../src/profiles/write-profile.ts';
import { Sandbox } from './sandbox.ts';

const EXPERTS = {
  a: { model: { path: '/m/${HOME}/a: b #c.gguf' }, request: { temperature: 0.3, stop: ['\n'] } },
  b: { engine: 'command', command: { argv: ['run', '${x}', '--text=é'], env: undefined } },
};

describe('a profile that the program writes', () => {
  it('reads as what it was made of, with texts taken literally', async () => {
    const sandbox = new Sandbox();
    const text = writeProfileYaml({ schema: '/s.json', comment: [], content: { name: 'x', experts: EXPERTS } });
    const { name, experts } = await sandbox.load(sandbox.write('p.yaml', text));
    expect(name).toBe('x');
    expect(experts).toMatchObject([
      { id: 'a', model: { path: '/m/${HOME}/a: b #c.gguf' }, request: { temperature: 0.3, stop: ['\n'] } },
      { id: 'b', command: { argv: ['run', '${x}', '--text=é'] } },
    ]);
  });

  it('has its comments where they belong, each a line of its own whatever it says', () => {
    const text = writeProfileYaml({
      schema: '/s.json',
      comment: ['above\nall: evil'],
      content: { name: 'x', budget: { ram: { capacity: 'auto' } }, experts: EXPERTS },
      comments: { budget: ['of the budget'], 'experts.b': ['of b', 'still of b'] },
      closing: ['below'],
    });
    expect(text).toMatch(/^# yaml-language-server: \$schema=\/s\.json\n/);
    expect(text).toContain('# above all: evil\n');
    expect(text).toContain('\n\n# of the budget\nbudget:\n  ram: { capacity: auto }\n');
    expect(text).toContain('\n\n  # of b\n  # still of b\n  b:\n');
    expect(text.trimEnd().endsWith('# below')).toBe(true);
    expect(Object.keys(parse(text) as object)).toEqual(['name', 'budget', 'experts']);
  });
});
