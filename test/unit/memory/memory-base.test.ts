import { describe, expect, it } from 'vitest';

import { openMemory } from './memory-house.ts';

describe('a memory of each user', () => {
  it('keeps what is said, tells it where it fits, and forgets nobody else by it', async () => {
    await using house = await openMemory();
    const [kept] = await house.observe('ana', 'Hola, vivo en Bilbao y busco piso.');
    expect(kept).toMatchObject({
      text: 'Vive en Bilbao',
      subject: 'user',
      attribute: 'residence',
      value: 'Bilbao',
      state: 'active',
      origin: 'extracted',
      seen: 1,
      validTo: null,
      retracted: null,
      evidence: [{ quote: 'vivo en Bilbao', conversation: 'c1', request: 'r1' }],
    });
    const { memories, degraded } = await house.base.recall('ana', { text: '¿Dónde vivo?', at: house.clock });
    expect(degraded).toBeNull();
    expect(memories).toMatchObject([{ memory: { id: kept?.id }, why: 'found' }]);
    expect(await house.told('ana', 'Where do I live?')).toEqual(['Vive en Bilbao']);
    expect(await house.told('luis', '¿Dónde vivo?')).toEqual([]);
    expect(await house.base.get('luis', kept?.id ?? '')).toBeUndefined();
  });

  it('closes what is corrected, and opens it again where it is said again', async () => {
    await using house = await openMemory();
    const [madrid] = await house.observe('ana', 'vivo en Madrid');
    const [bilbao] = await house.observe('ana', 'me he mudado, vivo en Bilbao');
    expect(await house.told('ana', 'dónde vivo')).toEqual(['Vive en Bilbao']);
    expect(await house.base.list('ana', { which: 'closed' })).toMatchObject([
      { id: madrid?.id, supersededBy: bilbao?.id, validTo: bilbao?.validFrom, retracted: bilbao?.recorded },
    ]);
    await house.observe('ana', 'he vuelto: vivo en Madrid', { conversation: 'c2' });
    expect(await house.told('ana', 'dónde vivo')).toEqual(['Vive en Madrid']);
    const all = await house.base.list('ana', { which: 'all' });
    expect(all).toHaveLength(2);
    expect(all.find(({ id }) => id === madrid?.id)).toMatchObject({ seen: 2, supersededBy: null, validTo: null });
    expect(all.find(({ id }) => id === bilbao?.id)).toMatchObject({ supersededBy: madrid?.id });
    await house.observe('ana', 'ya no vivo en Madrid');
    expect(await house.told('ana', 'dónde vivo')).toEqual([]);
  });

  it('knows what was said a moment ago, although it is still being looked at', async () => {
    await using house = await openMemory();
    await house.observe('ana', 'vivo en Madrid');
    expect(await house.told('ana', 'dónde vivo')).toEqual(['Vive en Madrid']);
    const { memories } = house.store.people;
    const apply = memories.apply.bind(memories);
    const asked = Promise.withResolvers<void>();
    // Written only when the question has been on its way for a while.
    Object.assign(memories, {
      apply: async (...work: Parameters<typeof apply>) => {
        await asked.promise;
        return apply(...work);
      },
    });
    const looking = house.observe('ana', 'me he mudado, vivo en Bilbao', { conversation: 'c2' });
    setTimeout(asked.resolve, 40);
    expect(await house.told('ana', 'dónde vivo')).toEqual(['Vive en Bilbao']);
    await looking;
  });

  it('makes no summary any more of conversations in which was said what is forgotten', async () => {
    await using house = await openMemory();
    const { conversations } = house.store.people;
    const turn = { role: 'user', text: 'vivo en Madrid', at: 1, request: null, expert: null } as const;
    for (const id of ['c1', 'c2', 'c3']) await conversations.append('ana', id, [turn], 'Madrid');
    const ended = async () =>
      (await conversations.list('ana')).filter(({ summarized, turns }) => summarized > turns).map(({ id }) => id);
    await house.observe('ana', 'vivo en Madrid');
    await house.observe('ana', 'vivo en Madrid', { conversation: 'c2' });
    const [memory] = await house.base.list('ana');
    await house.base.forget('ana', { ids: [memory?.id ?? ''] });
    expect((await ended()).sort()).toEqual(['c1', 'c2']);
    await house.base.clear('ana');
    expect(await ended()).toHaveLength(3);
  });

  it('does what it is told, before the message is answered', async () => {
    await using house = await openMemory();
    const { base } = house;
    expect(await base.obey('ana', house.said('¿Qué tiempo hace?'))).toBeUndefined();
    const obeyed = await base.obey('ana', house.said('recuerda que el lunes viene el fontanero'));
    expect(obeyed).toMatchObject({
      remembered: [{ text: 'El lunes viene el fontanero', origin: 'said', confidence: 1 }],
      forgotten: [],
      ignores: null,
    });
    await base.obey('ana', house.said('recuerda que vivo en Lugo'));
    expect(await house.told('ana', '¿cuándo viene el fontanero?')).toContain('El lunes viene el fontanero');
    expect(await base.list('ana', { attribute: 'residence' })).toMatchObject([{ value: 'Lugo', origin: 'said' }]);
    expect(await base.obey('ana', house.said('olvida lo del fontanero'))).toMatchObject({
      forgotten: [{ text: 'El lunes viene el fontanero' }],
    });
    expect(await base.obey('ana', house.said('olvida mi número de zapato'))).toMatchObject({
      forgotten: [],
      unknown: ['mi número de zapato'],
    });
    expect(await base.list('ana', { which: 'all' })).toHaveLength(1);
    expect(await base.obey('ana', house.said('olvida todo'))).toMatchObject({ forgotten: [{ value: 'Lugo' }] });
    expect(await base.list('ana', { which: 'all' })).toEqual([]);
    expect(await base.obey('ana', house.said('no recuerdes esto'))).toMatchObject({ ignores: 'message' });
  });
});
