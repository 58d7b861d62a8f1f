import { setImmediate } from 'node:timers/promises';

import type { User } from '../store/contract.ts';
import type { MemoryRepository, StoredMemory } from '../store/people-contract.ts';

/** All of a user's, with their history, the newest first: read in slices, so that nobody is held up meanwhile. */
export async function everyMemory(
  memories: Pick<MemoryRepository, 'each'>,
  user: User,
): Promise<readonly StoredMemory[]> {
  const all: StoredMemory[] = [];
  for await (const slice of memories.each(user, 'all')) {
    all.push(...slice);
    await setImmediate();
  }
  return all;
}
