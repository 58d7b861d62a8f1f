import { describe, expect, it } from 'vitest';

import { readCommands } from '../../../src/memory/extract/commands.ts';
import { extract } from '../../../src/memory/extract/extract.ts';
import { openMemory } from './memory-house.ts';

const reader = {
  extract,
  commands: ({ text, before }: { text: string; before: string | null }) => readCommands(text, before),
};

describe('what is corrected in a few words', () => {
  it.each([
    ['tengo 41 años', 'perdón, 42', 'Tiene 42 años'],
    ['vivo en Gijón', 'quise decir Oviedo', 'Vive en Oviedo'],
    ["I'm vegan", 'sorry, vegetarian', 'Is vegetarian'],
    ['I live in Lisbon', 'I meant Porto', 'Lives in Porto'],
  ])('"%s" – "%s" leaves "%s" alone, whether the client sends the first again or not', async (first, second, text) => {
    for (const earlier of [[first], []]) {
      await using house = await openMemory({ reader });
      await house.observe('ana', first);
      expect((await house.observe('ana', second, { earlier })).map((memory) => memory.text)).toEqual([text]);
      expect((await house.base.list('ana')).map((memory) => memory.text)).toEqual([text]);
      expect(await house.base.list('ana', { which: 'closed' })).toHaveLength(1);
    }
  });

  it('is of the same conversation, of the same user and not long ago', async () => {
    await using house = await openMemory({ reader });
    await house.observe('ana', 'tengo 41 años');
    expect(await house.observe('ana', 'perdón, 42', { conversation: 'c2' })).toEqual([]);
    expect(await house.observe('eva', 'perdón, 42')).toEqual([]);
    house.clock += 3_600_000;
    expect(await house.observe('ana', 'perdón, 42', { conversation: null })).toEqual([]);
    expect((await house.base.list('ana')).map(({ text }) => text)).toEqual(['Tiene 41 años']);
  });

  it('leaves everything else of its kind', async () => {
    await using house = await openMemory({ reader });
    await house.observe('ana', 'me gusta el té verde');
    await house.observe('ana', 'me gusta el jazz');
    await house.observe('ana', 'ya no tomo té', { earlier: ['me gusta el jazz', 'me gusta el té verde'] });
    expect((await house.base.list('ana')).map(({ value }) => value)).toEqual(['el jazz']);
  });
});
