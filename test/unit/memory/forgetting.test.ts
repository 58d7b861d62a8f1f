import { describe, expect, it } from 'vitest';

import { meantBy, saidLast } from '../../../src/memory/forgetting.ts';
import type { StoredMemory } from '../../../src/store/people-contract.ts';
import { NOON } from './memory-house.ts';

let number = 0;
function memory(text: string, more: Partial<StoredMemory> = {}): StoredMemory {
  number += 1;
  const evidence = [{ quote: text, at: NOON + number, conversation: 'c1', request: `r${number}` }];
  return {
    id: `mem_${number}`,
    text,
    subject: 'user',
    attribute: '',
    value: '',
    retracted: null,
    evidence,
    ...more,
  } as StoredMemory;
}

const ALL = [
  memory('Vive en Bilbao', { attribute: 'residence', value: 'Bilbao' }),
  memory('Vive en Madrid', { attribute: 'residence', value: 'Madrid', retracted: NOON }),
  memory('Su madre vive en Lugo', { subject: 'mother', attribute: 'residence', value: 'Lugo' }),
  memory('Su madre se llama Carmen', { subject: 'mother', attribute: 'name', value: 'Carmen' }),
  memory('Se llama Ana', { attribute: 'name', value: 'Ana' }),
  memory('Su perro se llama Tobi', { subject: 'dog', attribute: 'name', value: 'Tobi' }),
  memory('Tiene dos hijos', { attribute: 'family', value: 'dos hijos' }),
  memory('Is allergic to peanuts', { attribute: 'allergy', value: 'peanuts' }),
  memory('Es vegetariana', { attribute: 'diet', value: 'vegetariana' }),
  memory('El martes viene el fontanero'),
];

async function* slices() {
  yield ALL.slice(0, 4);
  yield ALL.slice(4);
}

describe('what is to be forgotten', () => {
  it.each<readonly [string, readonly string[]]>([
    ['dónde vivo', ['Vive en Bilbao', 'Vive en Madrid']],
    ['where I live', ['Vive en Bilbao', 'Vive en Madrid']],
    ['que vivo en Madrid', ['Vive en Madrid']],
    ['que mi madre vive en Lugo', ['Su madre vive en Lugo']],
    ['mi madre', ['Su madre vive en Lugo', 'Su madre se llama Carmen']],
    ['my mother', ['Su madre vive en Lugo', 'Su madre se llama Carmen']],
    ['mi nombre', ['Se llama Ana']],
    ['my name', ['Se llama Ana']],
    ['el nombre de mi perro', ['Su perro se llama Tobi']],
    ['Tobi', ['Su perro se llama Tobi']],
    ['mi alergia', ['Is allergic to peanuts']],
    ['my peanut allergy', ['Is allergic to peanuts']],
    ['lo de que soy vegetariano', ['Es vegetariana']],
    ['mis hijos', ['Tiene dos hijos']],
    ['lo del fontanero', ['El martes viene el fontanero']],
    ['mi hermana', []],
    ['my shoe size', []],
    ['lo que te dije', []],
    ['', []],
    ['mi madre vive en Bilbao', []],
    ['.*', []],
  ])('is found precisely: %s', async (what, texts) => {
    const meant = await meantBy(what, slices());
    expect(meant.map(({ text }) => text).sort()).toEqual(texts.toSorted());
  });

  it('is what was said last in the same conversation, all of that turn, or nothing', () => {
    const turn = [{ quote: 'q', at: NOON + 99, conversation: 'c2', request: 'r99' }];
    const last = [memory('Le gusta el té', { evidence: turn }), memory('Odia el café', { evidence: turn })];
    const all = [...ALL, ...last];
    expect(saidLast(all, { conversation: 'c2', at: NOON })).toEqual(last);
    expect(saidLast(all, { conversation: 'c1', at: NOON })).toEqual([ALL.at(-1)]);
    expect(saidLast(all, { conversation: 'c3', at: NOON })).toEqual([]);
    expect(saidLast(all, { conversation: null, at: NOON + 1_000 })).toEqual(last);
    expect(saidLast(all, { conversation: null, at: NOON + 86_400_000 })).toEqual([]);
  });
});
