import { describe, expect, it } from 'vitest';

import { carefulTokens } from '../../../../src/knowledge/context/careful-tokens.ts';

describe('a careful count of tokens', () => {
  // What the tokenizer of Gemma 3 makes of them.
  it.each([
    ['The workshop repairs clocks on Thursdays and makes copper kettles for the whole valley. ', 10, 161],
    ['El electrodoméstico más económico fue descontinuado en noviembre, según comunicó la administración. ', 10, 201],
    ['0,0.5,2026-01-10,name0\n', 100, 2_000],
    ['档案室在二楼，只有主管知道密码。', 20, 220],
    ['Архивная комната находится на втором этаже. ', 10, 92],
    ['9f3a0c77be', 50, 450],
    ['| a | b |\n', 50, 300],
  ])('is not too low for %j', (text, times, real) => {
    const counted = carefulTokens(text.repeat(times));
    expect(counted).toBeGreaterThanOrEqual(real);
    expect(counted).toBeLessThan(real * 2.5);
  });

  it('is nothing for nothing, and never less for more', () => {
    expect(carefulTokens('')).toBe(0);
    const text = 'Ab3 — «ñandú» 漢字 x\n\tfooBar 🦊 ABC==';
    for (let end = 1; end <= text.length; end += 1)
      expect(carefulTokens(text.slice(0, end))).toBeGreaterThanOrEqual(carefulTokens(text.slice(0, end - 1)));
  });
});
