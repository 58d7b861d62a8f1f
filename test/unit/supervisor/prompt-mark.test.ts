import { describe, expect, it } from 'vitest';

import { continues, promptMark, sharedChars } from '../../../src/supervisor/prompt-mark.ts';

const words = (seed: string, length: number) => seed.repeat(Math.ceil(length / seed.length)).slice(0, length);

describe('the mark of a prompt', () => {
  it('tells how far two prompts begin alike, in whole blocks', () => {
    const base = words('one two three ', 3_000);
    expect(sharedChars(promptMark(base), promptMark(base))).toBe(2_560);
    expect(sharedChars(promptMark(base), promptMark(`${base.slice(0, 1_700)}${words('x', 1_300)}`))).toBe(1_536);
    expect(sharedChars(promptMark(base), promptMark(`!${base}`))).toBe(0);
    // The same block in another place is another beginning.
    const [a, b] = [words('a', 512), words('b', 512)];
    expect(sharedChars(promptMark(a + b + a), promptMark(b + b + a))).toBe(0);
  });

  it('knows a conversation that goes on, and one that was changed', () => {
    const base = words('one two three ', 3_000);
    const mark = promptMark(base);
    expect(continues(promptMark(`${base} and four`), mark)).toBe(true);
    expect(continues(mark, mark)).toBe(true);
    expect(continues(mark, promptMark(`${base} and four`))).toBe(false);
    expect(continues(promptMark(`${base.slice(0, 1_000)}${words('y', 4_000)}`), mark)).toBe(false);
  });

  it('holds no word of the prompt, and is bounded', () => {
    const mark = promptMark(words('a secret of mine ', 3_000_000));
    expect(JSON.stringify(mark)).not.toContain('secret');
    expect(mark.blocks).toHaveLength(4_096);
    expect(mark.chars).toBe(3_000_000);
  });
});
