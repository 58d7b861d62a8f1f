import { describe, expect, it } from 'vitest';

import { FakeEmbeddingExpert } from '../knowledge/embed/fake-embedding-expert.ts';
import { until } from '../../support/wait.ts';
import { candidateOf, memorySetup, openMemory, plainReader, type MemoryHouse } from './memory-house.ts';

const DAY = 86_400_000;

/** As if each of these had been written by hand. */
async function known(house: MemoryHouse, texts: readonly string[]): Promise<void> {
  for (const text of texts) await house.base.add('ana', { text, origin: 'written' });
}

const why = async (house: MemoryHouse, text: string, topK?: number) => {
  const { memories } = await house.base.recall('ana', { text, at: house.clock, topK });
  return memories.map((one) => `${one.why}: ${one.memory.text}`);
};

describe('what belongs to a question', () => {
  it('is found in the other language, by what people call it', async () => {
    await using house = await openMemory();
    await house.observe('ana', 'vivo en Bilbao');
    const text = 'I am allergic to peanuts';
    await using english = await openMemory({
      reader: {
        ...plainReader,
        extract: () => [
          candidateOf(text, text, { attribute: 'allergy', value: 'peanuts', text: 'Is allergic to peanuts' }),
        ],
      },
    });
    await english.observe('ana', text);
    for (const question of ['¿dónde vivo?', 'Where do I live?', 'what is my address', '¿cuál es mi ciudad?'])
      expect(await why(house, question), question).toEqual(['found: Vive en Bilbao']);
    expect(await why(english, '¿A qué tengo alergia?')).toEqual(['found: Is allergic to peanuts']);
  });

  it('is found among very few memories, however many words the question has besides', async () => {
    await using house = await openMemory();
    await known(house, ['Toca el violonchelo en una orquesta']);
    const question =
      'Oye, este fin de semana no sé muy bien qué hacer y había pensado en practicar con el violonchelo antes del concierto, ¿qué me recomiendas?';
    expect(await why(house, question)).toEqual(['found: Toca el violonchelo en una orquesta']);
    await known(house, ['Tiene dos violonchelos en casa', 'Su violonchelo es alemán']);
    expect(await why(house, question)).toHaveLength(3);
    expect(await why(house, '¿Cuál es la capital de Francia?')).toEqual([]);
  });

  it('comes after what is always told, and before who the user is; in one order, however it was asked', async () => {
    await using house = await openMemory();
    await house.observe('ana', 'me llamo Ana');
    await house.observe('ana', 'vivo en Bilbao');
    await known(house, ['Siempre responde en verso', 'Su coche es rojo']);
    await house.base.add('ana', { text: 'Colecciona sellos', origin: 'written', pinned: true });
    const first = await why(house, '¿de qué color es mi coche?');
    expect(first.map((line) => line.split(':')[0])).toEqual(['always', 'always', 'profile', 'profile', 'found']);
    expect(first.at(-1)).toBe('found: Su coche es rojo');
    expect(await why(house, 'color de mi coche, por favor')).toEqual(first);
    expect(await why(house, '¿de qué color es mi coche?', 3)).toHaveLength(3);
    expect(await why(house, '¿de qué color es mi coche?', 3)).toContain('found: Su coche es rojo');
    expect(await why(house, '¿de qué color es mi coche?', 0)).toEqual([]);
  });

  it('is, whatever is asked, how the user is addressed and what they cannot eat, three of it; the rest where it is about them', async () => {
    await using house = await openMemory();
    for (const said of ['me llamo Ana', 'vivo en Bilbao']) await house.observe('ana', said);
    for (const question of [
      'What is the capital of France?',
      '¿Cuál es la capital de Francia?',
      'Dime un número primo',
    ])
      expect(await why(house, question), question).toEqual(['profile: Se llama Ana']);
    for (const question of ['What should I do this weekend?', '¿Qué me recomiendas?', 'Write a poem for me'])
      expect(await why(house, question), question).toHaveLength(2);
    const foods = ['peanuts', 'shellfish', 'milk', 'eggs'];
    await using english = await openMemory({
      reader: {
        ...plainReader,
        extract: ({ text }) => [
          candidateOf(text, text, { attribute: 'allergy', value: text, text: `Is allergic to ${text}` }),
        ],
      },
    });
    for (const food of foods) await english.observe('ana', food);
    expect(await why(english, 'What is the capital of France?')).toHaveLength(3);
    expect((await why(english, 'Am I allergic to something?')).length).toBe(foods.length);
  });

  it('is nothing that is closed, over, or waits', async () => {
    await using house = await openMemory();
    await house.base.add('ana', { text: 'Tiene cita con el dentista', origin: 'written', expires: house.clock + DAY });
    await house.observe('ana', 'creo que trabajo en Acme');
    await house.observe('ana', 'vivo en Madrid');
    await house.observe('ana', 'vivo en Bilbao');
    expect(await why(house, 'dentista, Acme, Madrid')).toEqual(['found: Tiene cita con el dentista']);
    expect(await why(house, 'mi dentista, Acme, Madrid')).toEqual([
      'profile: Vive en Bilbao',
      'found: Tiene cita con el dentista',
    ]);
    house.clock += 2 * DAY;
    expect(await why(house, 'mi dentista, Acme, Madrid')).toEqual(['profile: Vive en Bilbao']);
    const { memories } = await house.base.search('ana', { text: 'Acme trabajo', at: house.clock });
    expect(memories).toMatchObject([{ memory: { text: 'Trabaja en Acme', state: 'quarantined' } }]);
    await house.base.approve('ana', memories[0]?.memory.id ?? '');
    expect(await why(house, '¿dónde trabajo?')).toContain('found: Trabaja en Acme');
  });

  it('is what is of the time that is asked about, and what was said last, before the rest', async () => {
    await using house = await openMemory();
    const meeting = (text: string, day: number) =>
      house.base.add('ana', { text, kind: 'event', origin: 'written', validFrom: house.clock + day * DAY });
    await meeting('Reunión con Marta', 1);
    await meeting('Reunión con Pedro', -1);
    const first = async (text: string) =>
      (await house.base.search('ana', { text, at: house.clock })).memories[0]?.memory.text;
    expect(await first('¿qué reunión tengo mañana?')).toBe('Reunión con Marta');
    expect(await first('¿qué reunión tuve ayer?')).toBe('Reunión con Pedro');
  });

  it('rejects where whoever asked has left', async () => {
    await using house = await openMemory();
    await house.observe('ana', 'vivo en Bilbao');
    const signal = AbortSignal.abort(new Error('left'));
    await expect(house.base.recall('ana', { text: 'vivo', at: house.clock, signal })).rejects.toThrow('left');
  });
});

/** Vectors by the first of these words that a text has. */
function meaning(words: readonly (readonly [RegExp, readonly number[]])[]): FakeEmbeddingExpert {
  const expert = new FakeEmbeddingExpert();
  expert.vectorOf = (text) => words.find(([pattern]) => pattern.test(text))?.[1] ?? [0, 0, 1];
  expert.loaded = [{ id: 'vectors', state: 'ready', expert: { task: 'embed' } }];
  return expert;
}

describe('with an embedding expert', () => {
  it('finds what is meant, waits for nobody who is not loaded, and makes one vector of a question for all who ask', async () => {
    const expert = meaning([
      [/bici|cycl/u, [1, 0, 0]],
      [/gato|cat/u, [0, 1, 0]],
    ]);
    await using house = await openMemory({ expert });
    await known(house, ['Va al trabajo en bici', 'Su gato se llama Tom']);
    await until('both have vectors', () => house.base.status().embedding?.waiting === 0);
    expect(await why(house, 'cycling')).toEqual(['found: Va al trabajo en bici']);
    const asked = expert.asked.filter(([text]) => text?.includes('cycling')).length;
    await house.base.search('ana', { text: 'cycling', at: house.clock });
    expect(expert.asked.filter(([text]) => text?.includes('cycling'))).toHaveLength(asked);
  });

  it('knows once what is said twice in other words, and twice what only looks the same', async () => {
    const expert = meaning([[/bici|gato/u, [1, 0, 0]]]);
    let quote = '';
    const reader = {
      ...plainReader,
      extract: ({ text }: { text: string }) => [candidateOf(text, text, { text: quote })],
    };
    await using house = await openMemory({ expert, reader });
    const observe = async (text: string) => {
      quote = text;
      await house.observe('ana', text.toLowerCase());
      await until('it has its vector', () => house.base.status().embedding?.waiting === 0);
    };
    await observe('Va al trabajo en bici');
    await observe('Al trabajo va en bici');
    expect(await house.base.list('ana')).toMatchObject([{ seen: 2, text: 'Va al trabajo en bici' }]);
    await observe('No va al trabajo en bici');
    await observe('Va al trabajo en bici con Pedro');
    await observe('Va al trabajo en bici 3 días');
    expect(await house.base.list('ana')).toHaveLength(4);
  });

  it('never shows a memory to an endpoint of somebody else, unless the profile allows it', async () => {
    const remote = () => {
      const expert = meaning([]);
      (expert.helper.expert as { engine: string }).engine = 'remote';
      return expert;
    };
    const [denied, allowed] = [remote(), remote()];
    await using house = await openMemory({ expert: denied });
    await house.observe('ana', 'vivo en Bilbao');
    await house.base.recall('ana', { text: 'dónde vivo', at: house.clock });
    await house.base.search('ana', { text: 'dónde vivo', at: house.clock });
    expect(denied.asked).toEqual([]);
    expect(house.base.status().embedding).toBeNull();
    await using other = await openMemory({ expert: allowed, memory: '{ enabled: true, remoteExperts: allow }' });
    await other.observe('ana', 'vivo en Bilbao');
    await until('it has its vector', () => allowed.asked.length > 0);
    other.base.reconfigure(await memorySetup('{ enabled: true }', allowed));
    expect(other.base.status().embedding).toBeNull();
  });
});
