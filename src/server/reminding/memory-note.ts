import type { MemoryBase, Obeyed, Recalled } from '../../memory/contract.ts';
import type { StoredMemory } from '../../store/people-contract.ts';
import type { MemoryUseView } from '../views.ts';

/**
 * What memory had to do with a request, as it is kept of it: by ids alone, so that what is forgotten later is not to be read here.
 * `kept` grows when the answer has ended.
 */
export interface MemoryNote {
  readonly told: readonly { readonly id: string; readonly why: Recalled['why']; readonly score: number }[];
  readonly kept: string[];
  readonly obeyed: {
    readonly remembered: readonly string[];
    readonly forgotten: readonly string[];
    readonly ignores: Obeyed['ignores'];
    /** How many "forget …" fitted nothing. */
    readonly unknown: number;
  } | null;
  readonly degraded: string | undefined;
  readonly withheld: string | undefined;
}

export function memoryNote(facts: {
  readonly told: readonly Recalled[];
  readonly obeyed: Obeyed | undefined;
  readonly degraded: string | undefined;
  readonly withheld: string | undefined;
}): MemoryNote {
  const { told, obeyed, degraded, withheld } = facts;
  return {
    told: told.map(({ memory, why, score }) => ({ id: memory.id, why, score: Math.round(score * 1_000) / 1_000 })),
    kept: [],
    obeyed: obeyed
      ? {
          remembered: idsOf(obeyed.remembered),
          forgotten: idsOf(obeyed.forgotten),
          ignores: obeyed.ignores,
          unknown: obeyed.unknown.length,
        }
      : null,
    degraded,
    withheld,
  };
}

/** Value of `x-orchestrator-memory`. */
export function memoryHeader({ told, obeyed }: MemoryNote): string {
  const { remembered, forgotten } = obeyed ?? { remembered: [], forgotten: [] };
  return `recalled=${told.length}; remembered=${remembered.length}; forgotten=${forgotten.length}`;
}

/** What is shown of it; texts are looked up now, and null where they were forgotten or memory is not to be had. */
export async function memoryUseView(
  { told, kept, obeyed, degraded, withheld }: MemoryNote,
  user: string,
  base: () => Pick<MemoryBase, 'get'> | undefined,
): Promise<MemoryUseView> {
  const shown = async (id: string) => ({ id, text: (await textOf(base, user, id)) ?? null });
  return {
    told: await Promise.all(told.map(async ({ id, why, score }) => ({ ...(await shown(id)), why, score }))),
    kept: await Promise.all(kept.map(shown)),
    obeyed: obeyed && { ...obeyed, remembered: await Promise.all(obeyed.remembered.map(shown)) },
    ...(degraded !== undefined && { degraded }),
    ...(withheld !== undefined && { withheld }),
  };
}

async function textOf(base: () => Pick<MemoryBase, 'get'> | undefined, user: string, id: string) {
  try {
    return (await base()?.get(user, id))?.text;
  } catch {
    // Memory is off, or its store is away: what the request was is still to be seen.
    return undefined;
  }
}

function idsOf(memories: readonly StoredMemory[]): string[] {
  return memories.map(({ id }) => id);
}
