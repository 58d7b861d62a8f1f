import type { StoredMemory } from '../store/people-contract.ts';

/**
 * Which ones go where there are too many: first what is closed, then what is over, then what waits in quarantine, then what counts; of
 * each the least important first, and of those what was used or said longest ago. What is pinned goes last of all.
 */
export function leastWanted(all: readonly StoredMemory[], count: number, now: number): readonly string[] {
  const ranked = all.map((memory) => ({ memory, rank: rankOf(memory, now) }));
  ranked.sort(
    (one, other) =>
      one.rank - other.rank ||
      one.memory.importance - other.memory.importance ||
      lastNeed(one.memory) - lastNeed(other.memory) ||
      // The older one has the larger id.
      (one.memory.id > other.memory.id ? -1 : 1),
  );
  return ranked.slice(0, Math.max(0, count)).map(({ memory }) => memory.id);
}

function rankOf({ retracted, expires, state, kind, pinned }: StoredMemory, now: number): number {
  if (retracted !== null) return 0;
  if (pinned) return 5;
  if (expires !== null && expires <= now) return 1;
  if (state === 'quarantined') return 2;
  return kind === 'instruction' ? 4 : 3;
}

function lastNeed({ lastUsed, lastSeen }: StoredMemory): number {
  return Math.max(lastUsed ?? 0, lastSeen);
}
