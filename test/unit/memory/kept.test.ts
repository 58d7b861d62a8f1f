import { describe, expect, it } from 'vitest';

import { leastWanted } from '../../../src/memory/evict.ts';
import type { StoredMemory } from '../../../src/store/people-contract.ts';
import { openMemory } from './memory-house.ts';

async function linesOf(lines: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const line of lines) all.push(line);
  return all;
}

async function* given(lines: readonly string[]) {
  yield* lines;
}

const plain = (memories: readonly StoredMemory[]) =>
  memories.map(({ text, retracted, state, evidence, recorded, seen, validFrom, validTo }) => {
    return { text, retracted, state, evidence, recorded, seen, validFrom, validTo };
  });

describe('what is kept of a user', () => {
  it('is exported whole, and imported once, however often', async () => {
    await using house = await openMemory();
    await house.observe('ana', 'vivo en Madrid');
    await house.observe('ana', 'vivo en Lugo');
    await house.observe('ana', 'vivo en Bilbao');
    await house.observe('ana', 'creo que trabajo en Acme');
    const lines = await linesOf(house.base.export('ana'));
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ orchestrator: 'memory', version: 1, user: 'ana' });
    expect(lines.join('\n')).toContain('vivo en Madrid');
    expect(await house.base.import('ana', given(lines))).toEqual({ added: 0, kept: 4 });

    await using other = await openMemory();
    other.clock = house.clock;
    expect(await other.base.import('eva', given(lines))).toEqual({ added: 4, kept: 0 });
    expect(await other.base.import('eva', given(lines))).toEqual({ added: 0, kept: 4 });
    const [mine, theirs] = [
      await house.base.list('ana', { which: 'all' }),
      await other.base.list('eva', { which: 'all' }),
    ];
    const byText = (one: { text: string }, two: { text: string }) => one.text.localeCompare(two.text, 'es');
    expect(plain(theirs).sort(byText)).toEqual(plain(mine).sort(byText));
    const named = (memories: readonly StoredMemory[], text: string) => memories.find((memory) => memory.text === text);
    expect(named(theirs, 'Vive en Madrid')?.supersededBy).toBe(named(theirs, 'Vive en Lugo')?.id);
    expect(named(theirs, 'Vive en Lugo')?.supersededBy).toBe(named(theirs, 'Vive en Bilbao')?.id);
    expect(await other.told('eva', 'dónde vivo')).toEqual(['Vive en Bilbao']);
  });

  it('is decided by what was said last, where a file has something else', async () => {
    await using house = await openMemory();
    await house.observe('ana', 'vivo en Madrid');
    const older = await linesOf(house.base.export('ana'));
    await house.observe('ana', 'vivo en Bilbao');
    const newer = await linesOf(house.base.export('ana'));
    await using eva = await openMemory();
    eva.clock = house.clock - 30_000;
    await eva.observe('eva', 'vivo en Lugo');
    await eva.base.import('eva', given(older));
    expect((await eva.base.list('eva')).map(({ value }) => value)).toEqual(['Lugo']);
    await eva.base.clear('eva');
    await using luis = await openMemory();
    luis.clock = house.clock - 3_600_000;
    await luis.observe('luis', 'vivo en Lugo');
    luis.clock = house.clock + 3_600_000;
    await luis.base.import('luis', given(newer));
    expect((await luis.base.list('luis')).map(({ value }) => value)).toEqual(['Bilbao']);
    expect(await luis.base.list('luis', { which: 'closed' })).toHaveLength(2);
  });

  it('is a new version where its text is changed, and history is left alone', async () => {
    await using house = await openMemory();
    const { base } = house;
    const [first] = await house.observe('ana', 'vivo en Bilbao');
    const id = first?.id ?? '';
    const second = await base.change('ana', id, { text: 'Vive en Bilbao, en Deusto', importance: 1 });
    expect(second).toMatchObject({ attribute: 'residence', origin: 'written', importance: 1, supersededBy: null });
    expect(second?.id).not.toBe(id);
    expect(await base.get('ana', id)).toMatchObject({ supersededBy: second?.id, retracted: second?.recorded });
    await expect(base.change('ana', id, { text: 'Otra cosa' })).rejects.toMatchObject({ code: 'conflict' });
    expect(await base.change('ana', second?.id ?? '', { pinned: true })).toMatchObject({
      id: second?.id,
      pinned: true,
    });
    await house.observe('ana', 'vivo en Lugo');
    expect(await base.get('ana', second?.id ?? '')).toMatchObject({ retracted: expect.any(Number) });
    expect(await base.change('ana', 'mem_none', { pinned: true })).toBeUndefined();
    const [lugo] = await base.list('ana');
    const back = await base.change('ana', lugo?.id ?? '', { text: 'Vive en Bilbao, en Deusto' });
    expect(back).toMatchObject({ id: second?.id, retracted: null, validTo: null });
    expect(await base.list('ana')).toHaveLength(1);
    const same = await base.change('ana', second?.id ?? '', { text: 'vive en BILBAO, en Deusto' });
    expect(same).toMatchObject({ id: second?.id, text: 'vive en BILBAO, en Deusto' });
    expect(await house.told('ana', 'dónde vivo')).toEqual(['vive en BILBAO, en Deusto']);
  });

  it('is erased with its history, and with what else mentions it', async () => {
    await using house = await openMemory();
    const { base } = house;
    await house.observe('ana', 'vivo en Madrid');
    await house.observe('ana', 'vivo en Bilbao y me gusta pasear');
    const [bilbao] = await base.list('ana', { attribute: 'residence' });
    const gone = await base.forget('ana', { ids: [bilbao?.id ?? ''] });
    expect(gone.map(({ text }) => text).sort()).toEqual(['Vive en Bilbao', 'Vive en Madrid']);
    expect((await base.list('ana', { which: 'all' })).map(({ text }) => text)).toEqual(['Le gusta pasear']);
    expect((await linesOf(base.export('ana'))).join('\n')).not.toMatch(/Bilbao|Madrid/);
    expect(await base.forget('ana', { ids: [bilbao?.id ?? ''] })).toEqual([]);
  });

  it('is not what was still being looked at when it was forgotten', async () => {
    await using house = await openMemory();
    const { base } = house;
    await house.observe('ana', 'vivo en Bilbao');
    const late = house.base.observe('ana', house.said('vivo en Madrid'));
    const cleared = base.clear('ana');
    await Promise.all([late, cleared]);
    expect(await base.list('ana', { which: 'all' })).toEqual([]);
    await house.observe('ana', 'vivo en Lugo');
    expect(await base.list('ana', { which: 'all' })).toHaveLength(1);
  });

  it('has no more of one user than it may: what nobody needs goes first', async () => {
    await using house = await openMemory({ memory: '{ enabled: true, perUser: 10 }' });
    const { base } = house;
    await house.observe('ana', 'vivo en Madrid');
    await house.observe('ana', 'vivo en Bilbao');
    await base.add('ana', { text: 'Guarda las llaves en el cajón', origin: 'written', pinned: true });
    for (let number = 0; number < 12; number += 1)
      await base.add('ana', { text: `Cosa número ${number}`, origin: 'written' });
    const left = (await base.list('ana', { which: 'all' })).map(({ text }) => text);
    expect(left.length).toBeLessThanOrEqual(10);
    expect(left).toContain('Guarda las llaves en el cajón');
    expect(left).toContain('Cosa número 11');
    expect(left).not.toContain('Vive en Madrid');
  });

  it('goes in the order of how little it is wanted', () => {
    const memory = (id: string, more: Partial<StoredMemory>) =>
      ({
        id,
        kind: 'fact',
        state: 'active',
        pinned: false,
        importance: 0.5,
        retracted: null,
        expires: null,
        lastSeen: 5,
        lastUsed: null,
        ...more,
      }) as StoredMemory;
    const all = [
      memory('pinned', { pinned: true }),
      memory('used', { lastUsed: 9 }),
      memory('plain', {}),
      memory('important', { importance: 0.9 }),
      memory('instruction', { kind: 'instruction' }),
      memory('unsure', { state: 'quarantined' }),
      memory('over', { expires: 3 }),
      memory('closed', { retracted: 4 }),
    ];
    expect(leastWanted(all, 8, 10)).toEqual('closed over unsure plain used important instruction pinned'.split(' '));
  });

  it('says how often it was used', async () => {
    await using house = await openMemory();
    const [bilbao] = await house.observe('ana', 'vivo en Bilbao');
    const id = bilbao?.id ?? '';
    house.base.used('ana', [id]);
    house.base.used('ana', [id, 'mem_none']);
    await house.base.close();
    expect(await house.store.people.memories.get('ana', [id])).toMatchObject([{ uses: 2, lastUsed: house.clock }]);
  });

  it('shows as counts, and never as whose', async () => {
    await using house = await openMemory();
    await house.observe('ana', 'vivo en Madrid');
    await house.observe('ana', 'vivo en Bilbao');
    await house.base.clear('ana');
    const shown = house.events.map((event) =>
      event.type === 'memory' ? `${event.change} ${event.count}` : event.type,
    );
    expect(shown).toEqual(['kept 1', 'kept 1', 'closed 1', 'forgotten 2']);
    await house.observe('ana', 'vivo en Lugo');
    const metrics = await house.registry.metrics();
    expect(metrics).toContain('orchestrator_memory_memories{state="active"} 1');
    expect(metrics).toContain('orchestrator_memory_changes_total{change="kept"} 3');
    expect(metrics + JSON.stringify(house.events)).not.toMatch(/ana|Lugo|Bilbao/);
  });
});

describe('a wall clock that jumps', () => {
  it('loses nothing and revives nothing, also over a restart', async () => {
    await using house = await openMemory();
    await house.observe('ana', 'vivo en Madrid');
    house.clock -= 86_400_000;
    await house.observe('ana', 'vivo en Bilbao');
    expect(await house.told('ana', 'dónde vivo')).toEqual(['Vive en Bilbao']);
    await house.base.close();
    house.clock -= 86_400_000;
    await house.reopen();
    await house.observe('ana', 'vivo en Lugo');
    expect(await house.told('ana', 'dónde vivo')).toEqual(['Vive en Lugo']);
    const times = (await house.base.list('ana', { which: 'all' })).map(({ recorded }) => recorded);
    expect(times).toEqual(times.toSorted((one, other) => other - one));
  });
});
