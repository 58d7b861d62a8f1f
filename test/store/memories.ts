import { beforeAll, describe, expect, it } from 'vitest';

import type { Store } from '../../src/store/contract.ts';
import type { MemoryRepository } from '../../src/store/people-contract.ts';
import { all, MODEL, newUser, newVectors } from './parts.ts';
import { digestOf, newMemory } from './people-parts.ts';

export function memoryTests(opened: () => Store): void {
  describe('memories', () => {
    let memories: MemoryRepository;
    beforeAll(() => {
      memories = opened().people.memories;
    });
    const vectorsOf = (ids: readonly string[], shift = 0) =>
      ids.map((id, index) => ({ id, vector: newVectors('', index + shift + 1)[index + shift]!.vector }));

    it('are kept as they were given, and found by id and by hash', async () => {
      const user = newUser();
      const given = newMemory({ confidence: 1, importance: 0.25, expires: 9, lastUsed: 4, validTo: 8 });
      const [added] = await memories.apply(user, { add: [given] });
      expect(added).toEqual({ ...given, id: expect.stringMatching(/^mem_[0-9a-z]{27}$/) });
      expect(await memories.get(user, [added!.id, 'mem_none', added!.id])).toEqual([added, added]);
      expect(await memories.byHash(user, given.hash)).toEqual(added);
      expect(await memories.byHash(user, digestOf())).toBeUndefined();
      expect(await memories.list(user)).toEqual([added]);
      expect(await memories.users()).toContain(user);
      expect(await memories.apply(user, {})).toEqual([]);
    });

    it('of one hash are one, of each user: what else was to be done is not done then', async () => {
      const user = newUser();
      const given = newMemory();
      const [first] = await memories.apply(user, { add: [given] });
      const again = memories.apply(user, {
        add: [newMemory(), { ...given, text: 'again' }],
        change: [{ id: first!.id, seen: 2 }],
      });
      await expect(again).rejects.toMatchObject({ code: 'conflict' });
      expect(await memories.list(user)).toEqual([first]);
      expect(await memories.apply(newUser(), { add: [given] })).toHaveLength(1);
      const twice = newMemory();
      const racing = Array.from({ length: 10 }, () => memories.apply(user, { add: [twice] }));
      const settled = await Promise.allSettled(racing);
      expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(await memories.count(user)).toBe(2);
    });

    it('that are corrected close, name what replaced them, and lose their vectors, in one transaction', async () => {
      const user = newUser();
      const [old, other] = await memories.apply(user, { add: [newMemory(), newMemory()] });
      await memories.vectors.write(user, MODEL, vectorsOf([old!.id, other!.id]));
      const given = newMemory({ value: 'Donostia', text: 'Vive en Donostia' });
      const [added] = await memories.apply(user, {
        add: [given],
        change: [
          { id: old!.id, retracted: 5, validTo: 4, supersededBy: 0 },
          {
            id: other!.id,
            uses: 3,
            evidence: [...other!.evidence, { quote: 'q', at: 2, conversation: null, request: 'r' }],
          },
        ],
      });
      const closed = { ...old, retracted: 5, validTo: 4, supersededBy: added!.id };
      expect(await memories.get(user, [old!.id])).toEqual([closed]);
      expect((await memories.get(user, [other!.id]))[0]).toMatchObject({
        uses: 3,
        evidence: [{ quote: 'vivo en Bilbao' }, { quote: 'q' }],
      });
      expect(await memories.list(user)).toEqual([added, { ...other, uses: 3, evidence: expect.anything() }]);
      expect(await memories.list(user, { which: 'closed' })).toEqual([closed]);
      expect(await memories.list(user, { which: 'all' })).toHaveLength(3);
      expect(await memories.byHash(user, old!.hash)).toEqual(closed);
      expect((await all(memories.vectors.each(user, MODEL))).map(({ id }) => id)).toEqual([other!.id]);
      expect(await memories.vectors.missing(user, MODEL, 9)).toEqual([added!.id]);
      // What is said again counts again.
      await memories.apply(user, { change: [{ id: old!.id, retracted: null, validTo: null, supersededBy: null }] });
      expect(await memories.get(user, [old!.id])).toEqual([old]);
      expect([...(await memories.vectors.missing(user, MODEL, 9))].sort()).toEqual([added!.id, old!.id].sort());
      await memories.apply(user, { change: [{ id: other!.id, text: 'another text', value: '', pinned: true }] });
      expect((await memories.get(user, [other!.id]))[0]).toMatchObject({
        text: 'another text',
        value: '',
        pinned: true,
      });
      expect(await memories.vectors.count(user, MODEL)).toBe(0);
      await memories.apply(user, { change: [{ id: 'mem_none', seen: 7 }] });
      await expect(memories.apply(user, { change: [{ id: old!.id, supersededBy: 3 }] })).rejects.toThrow(/place 3/);
      expect(await memories.count(user, { which: 'all' })).toBe(3);
    });

    it('are listed newest first, in pages, by kind, state, subject, attribute and text', async () => {
      const user = newUser();
      const ids: string[] = [];
      for (let index = 0; index < 7; index += 1) {
        const [added] = await memories.apply(user, {
          add: [
            newMemory({
              text: `Le gusta ${index} Ñandú`,
              kind: index % 2 ? 'preference' : 'event',
              state: index === 3 ? 'quarantined' : 'active',
              subject: index === 4 ? 'mother' : 'user',
              attribute: index === 5 ? '' : 'likes',
            }),
          ],
        });
        ids.unshift(added!.id);
      }
      const list = async (filter: Parameters<MemoryRepository['list']>[1]) =>
        (await memories.list(user, filter)).map(({ id }) => 6 - ids.indexOf(id));
      expect(await list({})).toEqual([6, 5, 4, 3, 2, 1, 0]);
      expect(await list({ limit: 2 })).toEqual([6, 5]);
      expect(await list({ limit: 2, after: ids[1] })).toEqual([4, 3]);
      expect(await list({ kinds: ['preference'] })).toEqual([5, 3, 1]);
      expect(await list({ states: ['quarantined'] })).toEqual([3]);
      expect(await list({ subject: 'mother' })).toEqual([4]);
      expect(await list({ attribute: '' })).toEqual([5]);
      expect(await list({ text: 'GUSTA 2 ñ' })).toEqual([2]);
      expect(await list({ which: 'closed' })).toEqual([]);
      expect(await memories.count(user, { states: ['active'] })).toBe(6);
    });

    it('come all, in slices, and so do their vectors; those of another model are told apart', async () => {
      const user = newUser();
      const ids: string[] = [];
      for (let batch = 0; batch < 3; batch += 1) {
        const added = await memories.apply(user, { add: Array.from({ length: 300 }, () => newMemory()) });
        ids.push(...added.map(({ id }) => id));
      }
      await memories.apply(user, { change: [{ id: ids[5]!, retracted: 3 }] });
      const counting = ids.filter((_, index) => index !== 5);
      expect((await all(memories.each(user))).map(({ id }) => id).sort()).toEqual(counting.toSorted());
      expect(await memories.vectors.missing(user, MODEL, 10)).toHaveLength(10);
      await memories.vectors.write(user, MODEL, vectorsOf(ids));
      expect(await memories.vectors.missing(user, MODEL, 10)).toEqual([]);
      expect(await memories.vectors.count(user, MODEL)).toBe(899);
      const vectors = new Map((await all(memories.vectors.each(user, MODEL))).map(({ id, vector }) => [id, vector]));
      expect([...vectors.keys()].sort()).toEqual(counting.toSorted());
      expect(vectors.get(ids[7]!)).toEqual(vectorsOf(ids)[7]?.vector);
      await memories.vectors.write(user, 'another', vectorsOf(ids.slice(0, 3), 4));
      expect(await memories.vectors.count(user, 'another')).toBe(3);
      expect(await all(memories.vectors.each(user, 'another'))).toHaveLength(3);
      await memories.vectors.write(user, MODEL, vectorsOf([ids[7]!], 30));
      expect(await memories.vectors.count(user, MODEL)).toBe(899);
      await memories.vectors.retain(user, 'another');
      expect([await memories.vectors.count(user, MODEL), await memories.vectors.count(user, 'another')]).toEqual([
        0, 3,
      ]);
    });

    it('refuse vectors that are none, and those of what is not there', async () => {
      const user = newUser();
      const [added] = await memories.apply(user, { add: [newMemory()] });
      const zeros = [{ id: added!.id, vector: new Float32Array(8) }];
      await expect(memories.vectors.write(user, MODEL, zeros)).rejects.toThrow(/has length 0/);
      await memories.vectors.write(user, MODEL, vectorsOf(['mem_none']));
      expect(await memories.vectors.count(user, MODEL)).toBe(0);
    });

    it('are erased with their vectors, some or all, and can be made anew', async () => {
      const user = newUser();
      const given = newMemory();
      const [one, two, three] = await memories.apply(user, { add: [given, newMemory(), newMemory({ retracted: 3 })] });
      await memories.vectors.write(user, MODEL, vectorsOf([one!.id, two!.id]));
      expect(await memories.erase(user, [one!.id, one!.id, 'mem_none', three!.id])).toBe(2);
      expect(await memories.list(user, { which: 'all' })).toEqual([two]);
      expect((await all(memories.vectors.each(user, MODEL))).map(({ id }) => id)).toEqual([two!.id]);
      expect(await memories.users()).toContain(user);
      expect(await memories.apply(user, { add: [given] })).toHaveLength(1);
      expect(await memories.erase(user, 'all')).toBe(2);
      expect(await memories.erase(user, 'all')).toBe(0);
      expect(await memories.vectors.count(user, MODEL)).toBe(0);
      expect(await memories.users()).not.toContain(user);
      const [last] = await memories.apply(user, { add: [given] });
      await memories.erase(user, [last!.id]);
      expect(await memories.users()).not.toContain(user);
    });
  });
}
