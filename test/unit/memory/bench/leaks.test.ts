import { describe, expect, it } from 'vitest';

import { leaksOf } from '../../../../scripts/memory/leaks.ts';
import type { MemoryBase } from '../../../../src/memory/contract.ts';
import { openMemory } from '../memory-house.ts';

describe('users who try to get at what is remembered of others', () => {
  it('get nothing', async () => {
    await using house = await openMemory();
    const { queries, leaks, which } = await leaksOf(house.base, 300);
    expect([queries, leaks, which]).toEqual([300, 0, []]);
  });

  it('would be seen, where they got something or broke it', async () => {
    await using house = await openMemory();
    const { base } = house;
    // A memory that looks at ids alone.
    const owner = async (id: string) => {
      for (const user of await house.store.people.memories.users()) if (await base.get(user, id)) return user;
      return 'nobody';
    };
    const wrong: Partial<MemoryBase> = {
      get: async (_user, id) => base.get(await owner(id), id),
      change: async (_user, id, change) => base.change(await owner(id), id, change),
    };
    const broken = new Proxy<MemoryBase>(base, {
      get: (right, name) => {
        const method = wrong[name as keyof MemoryBase] ?? right[name as keyof MemoryBase];
        return method.bind(right) as unknown;
      },
    });
    const { which } = await leaksOf(broken, 300);
    expect(which.some((one) => one.startsWith('get:'))).toBe(true);
    expect(which.some((one) => one.includes('are others'))).toBe(true);
  });
});
