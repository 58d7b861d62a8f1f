import type { ExpertBase } from '../../engines/contract.ts';
import { type Room, tokensFor } from '../../knowledge/context/budget.ts';
import type { Obeyed } from '../../memory/contract.ts';
import { assembleReminder } from '../../memory/prompt/assemble.ts';
import type { Profile } from '../../profiles/profile.ts';
import type { MemoryWanted } from '../memory-wish.ts';
import { type MemoryNote, memoryNote } from './memory-note.ts';
import type { Reminded } from './reminding.ts';

/** What one expert is told of its user. */
export interface MemoryUse {
  /** Put in front of everything else that stands beside the question; empty: nothing. */
  readonly text: string;
  readonly tokens: number;
  readonly note: MemoryNote;
}

const UNDONE: Obeyed = { remembered: [], forgotten: [], ignores: null, unknown: [], isUndone: true };

export function memoryUse(input: {
  readonly profile: Pick<Profile, 'memory' | 'knowledge'>;
  readonly wanted: MemoryWanted;
  readonly reminded: Reminded;
  readonly expert: ExpertBase;
  readonly isLocal: boolean;
  readonly room: Room;
}): MemoryUse {
  const { profile, wanted, reminded, expert, isLocal, room } = input;
  const { recalled, obeyed, obeying, degraded } = reminded;
  const isDenied = !isLocal && profile.memory.remoteExperts === 'deny';
  const space = wanted.remind ? tokensFor('memory', profile.knowledge.context, room) : 0;
  // What was just done is about words that stand in this very request.
  const { text, tokens, told } = assembleReminder(isDenied ? [] : recalled, obeyed ?? (obeying && UNDONE), space);
  const left = recalled.length - told.length;
  const withheld =
    left === 0
      ? undefined
      : isDenied
        ? `${expert.id} runs elsewhere and is told none of ${left} memories (memory.remoteExperts: deny)`
        : `the context of ${expert.id} (${expert.context} tokens) leaves no room for ${left} of ${recalled.length} memories`;
  return { text, tokens, note: memoryNote({ told, obeyed, degraded, withheld }) };
}
