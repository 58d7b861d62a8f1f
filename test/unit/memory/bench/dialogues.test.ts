import { describe, expect, it } from 'vitest';

import type { Command, Said } from '../../../../src/memory/contract.ts';
import type { StoredMemory } from '../../../../src/store/people-contract.ts';
import { type Dialogue, HALVES, readDialogues } from '../../../../scripts/memory/dialogues.ts';
import { judge } from '../../../../scripts/memory/judge.ts';
import { says } from '../../../../scripts/memory/matching.ts';

const all = HALVES.flatMap(readDialogues);
const userTurns = (dialogues: readonly Dialogue[]) =>
  dialogues.flatMap(({ turns }) => turns.filter(({ role }) => role === 'user'));

describe('the dialogues', () => {
  it('are many, each once, in both languages', () => {
    expect(all.length).toBeGreaterThanOrEqual(80);
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    for (const half of HALVES) {
      const languages = readDialogues(half).map(({ language }) => language);
      for (const language of ['es', 'en'])
        expect(languages.filter((one) => one === language).length).toBeGreaterThan(30);
    }
  });

  it('hold nothing worth keeping in most turns', () => {
    const turns = userTurns(all);
    const share = turns.filter(({ keep }) => keep !== undefined).length / turns.length;
    expect(share).toBeGreaterThan(0.15);
    expect(share).toBeLessThan(0.35);
  });

  it('expect nothing that is not said', () => {
    const unsaid: string[] = [];
    for (const { id, turns } of all) {
      for (const [index, { keep = [], closes = [], forgets = [] }] of turns.entries()) {
        const text = turns
          .slice(0, index + 1)
          .map((turn) => turn.text)
          .join('\n');
        for (const { about, contains } of [...keep, ...closes, ...forgets])
          if (!says({ subject: about.split('|')[0] ?? '', text }, { about, contains }))
            unsaid.push(`${id} ${contains.join()}`);
      }
    }
    expect(unsaid).toEqual([]);
  });
});

describe('the judge', () => {
  const dialogue: Dialogue = {
    id: 'd',
    language: 'en',
    turns: [
      {
        role: 'user',
        text: 'my sister Ana lives in Leeds',
        keep: [{ about: 'sister', contains: ['Leeds'], kind: 'fact' }],
      },
      { role: 'user', text: 'what is a fjord' },
      { role: 'user', text: 'forget it', command: 'forget' },
      { role: 'user', text: 'maybe a trip', may: [{ about: 'user', contains: ['trip'] }] },
    ],
  };
  const memory = (fields: Partial<StoredMemory> = {}) =>
    ({ subject: 'sister', text: 'Lives in Leeds', state: 'active', ...fields }) as StoredMemory;
  const run = async (by: (text: string) => readonly StoredMemory[], commands: readonly Command[] = []) => {
    const base = {
      obey: () => Promise.resolve(undefined),
      observe: (_: string, { text }: Said) => Promise.resolve(by(text)),
    };
    const reader = { commands: ({ text }: Said) => (text.includes('forget') ? commands : []) };
    return (await judge([dialogue], { base, reader })).tally;
  };
  const ofTurn = (word: string, kept: StoredMemory) => (text: string) => (text.includes(word) ? [kept] : []);

  it('counts what is right, and what is missed', async () => {
    const right = await run(ofTurn('Leeds', memory()));
    expect(right).toMatchObject({ kept: 1, right: 1, expected: 1, found: 1, junk: 0, empty: 1, commands: 1, heard: 0 });
    expect(await run(() => [])).toMatchObject({ kept: 0, right: 0, expected: 1, found: 0 });
  });

  it('counts what is kept of the wrong person, of a turn with nothing, and what only waits', async () => {
    const other = await run(ofTurn('Leeds', memory({ subject: 'user' })));
    expect(other).toMatchObject({ kept: 1, right: 0, found: 0 });
    expect(await run(ofTurn('fjord', memory()))).toMatchObject({ kept: 1, right: 0, junk: 1 });
    const unsure = await run(ofTurn('Leeds', memory({ state: 'quarantined' })));
    expect(unsure).toMatchObject({ kept: 0, found: 0, quarantined: 1, quarantinedRight: 1 });
  });

  it('counts what may be kept or not neither way, and commands by what they are', async () => {
    const trip = memory({ subject: 'user', text: 'Plans a trip' });
    expect(await run(ofTurn('trip', trip))).toMatchObject({ kept: 0, right: 0, junk: 0 });
    expect(await run(() => [], [{ do: 'forget', what: '', quote: 'forget it' }])).toMatchObject({
      heard: 1,
      misheard: 0,
    });
    const ignore = { do: 'ignore', scope: 'message', quote: 'forget it' } as const;
    expect(await run(() => [], [ignore])).toMatchObject({ heard: 0, misheard: 0 });
  });

  it.each([
    ['cat', 'Tiene una gata que se llama Luna', 'pet', ['Luna'], true],
    ['user', 'Tiene una gata que se llama Luna', 'cat', ['gat', 'Luna'], true],
    ['user', 'Se llama Luna', 'cat', ['Luna'], false],
    ['wife', 'Se llama Ana', 'partner', ['Ana'], true],
    ['user', 'Le gusta el té verde', 'user', ['té verde'], true],
    ['user', 'Le gusta el verde té', 'user', ['té verde'], false],
    ['user', 'Es vegetariana', 'user', ['ana'], false],
    ['user', 'Es celíaca', 'user', ['celiaco|celiaca'], true],
  ])('%s: "%s" says of the %s %j: %j', (subject, text, about, contains, expected) => {
    expect(says({ subject, text }, { about, contains })).toBe(expected);
  });
});
