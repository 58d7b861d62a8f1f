import { describe, expect, it } from 'vitest';

import { votingText } from '../../../src/router/voting-text.ts';

describe('votingText', () => {
  it('leaves out what a harness has put in, and keeps what the user wrote', () => {
    const text = `<system-reminder>
Today is Monday. const x = 1;
</system-reminder>
¿Qué hago de cena?
<environment_details>
# VSCode Open Tabs
src/main.ts
</environment_details>`;
    expect(votingText(text)).toBe('¿Qué hago de cena?');
  });

  it('keeps the text of wrappers that hold the user’s words', () => {
    expect(votingText('<task>Plan my holiday</task><environment_details>x</environment_details>')).toBe(
      'Plan my holiday',
    );
  });

  it('knows blocks with attributes, several of them, and one that does not end', () => {
    expect(votingText('a<attachment id="1">x</attachment>b<system-reminder>y</system-reminder>c')).toBe('abc');
    expect(votingText('before <system-reminder>and on and on')).toBe('before');
  });

  it('leaves out the result of a tool that stands in a message of the user', () => {
    expect(votingText('[read_file for "src/a.ts"] Result:\nimport x')).toBe('');
    expect(votingText('[Request interrupted by user]no, in blue')).toBe('no, in blue');
  });

  it('keeps markup that is the user’s own', () => {
    expect(votingText('<div>why is this not centred?</div>')).toBe('<div>why is this not centred?</div>');
  });

  it('finds the question behind a block that is longer than what is looked at', () => {
    const block = `<environment_details>${'file.ts\n'.repeat(20_000)}</environment_details>`;
    expect(votingText(`${block}\nWhat is the capital of Peru?`)).toBe('What is the capital of Peru?');
    expect(votingText(`What is the capital of Peru?\n${block}`)).toBe('What is the capital of Peru?');
  });

  it('takes the beginning and the end of a long text', () => {
    const text = votingText(`Summarise this. ${'word '.repeat(2_000_000)} Answer in one line.`);
    expect(text.length).toBeLessThanOrEqual(4_000);
    expect(text).toMatch(/^Summarise this/);
    expect(text).toMatch(/Answer in one line\.$/);
  });

  it.each([
    ['opening marks', '<system-reminder>'.repeat(700_000)],
    ['one mark that does not end', `<${'a'.repeat(10_000_000)}`],
    ['marks with endless attributes', '<context '.repeat(1_000_000)],
    ['one character', 'a'.repeat(10_000_000)],
    ['spaces', ' '.repeat(10_000_000)],
    ['brackets', '['.repeat(10_000_000)],
  ])('takes no longer for 10 MB of %s', (_, text) => {
    const before = process.threadCpuUsage();
    votingText(text);
    const { user, system } = process.threadCpuUsage(before);
    expect((user + system) / 1_000).toBeLessThan(250);
  });
});
