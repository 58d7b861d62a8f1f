import { carefulTokens } from '../../knowledge/context/careful-tokens.ts';
import type { Obeyed, Recalled } from '../contract.ts';
import { doneLines, memoryLine, renderMemory } from './render.ts';

export interface Reminder {
  /** Empty: there is nothing to tell, or no room for it. */
  readonly text: string;
  /** Rather too many than too few. */
  readonly tokens: number;
  /** In the order in which the prompt has them. */
  readonly told: readonly Recalled[];
}

/** A dash and the end of a line. */
const TOKENS_AROUND = 2;
const URGENCY: Readonly<Record<Recalled['why'], number>> = { always: 0, found: 1, profile: 2 };

/**
 * What a prompt is told of its user, as much as there is room for: what was just done, then what always counts, what fits the question
 * best, and who the user is. Pure. The lines stand in the order of `recalled`, so that the same memories make the same text.
 */
export function assembleReminder(recalled: readonly Recalled[], obeyed: Obeyed | undefined, room: number): Reminder {
  const done = obeyed ? doneLines(obeyed) : [];
  let left = room - carefulTokens(renderMemory([]));
  const kept = new Set<string>();
  for (const line of done) if (takes(line)) kept.add(line);
  const chosen = new Set<Recalled>();
  for (const one of byUrgency(recalled)) if (takes(memoryLine(one.memory))) chosen.add(one);
  const told = recalled.filter((one) => chosen.has(one));
  const lines = [...told.map(({ memory }) => memoryLine(memory)), ...done.filter((line) => kept.has(line))];
  if (lines.length === 0) return { text: '', tokens: 0, told: [] };
  const text = renderMemory(lines);
  return { text, tokens: carefulTokens(text), told };

  function takes(line: string): boolean {
    const tokens = carefulTokens(line) + TOKENS_AROUND;
    if (tokens > left) return false;
    left -= tokens;
    return true;
  }
}

function byUrgency(recalled: readonly Recalled[]): Recalled[] {
  return [...recalled].sort((one, other) => URGENCY[one.why] - URGENCY[other.why] || other.score - one.score);
}
