import type { KeptCache } from './cache-folder.ts';
import { type PromptMark, sharedChars } from './prompt-mark.ts';

/** One slot of a running engine, and what it holds as far as we know. */
export interface Slot {
  readonly id: number;
  /** Requests of ours that it serves: one, or none. */
  holds: number;
  /** Counts up when what it holds is nobody's any more: a request from before then says nothing about it. */
  epoch: number;
  /** Whose words it holds; undefined: nothing, or not known whose. */
  user: string | undefined;
  /** The prompt that it holds whole; undefined: not known. */
  mark: PromptMark | undefined;
  /** Tokens of that prompt, as the engine counted them. */
  promptTokens: number;
  usedAt: number;
  /** It holds more than any file. */
  unsaved: boolean;
}

/** A slot for a request, and the file that fits the request better than what any free slot holds. */
export interface Choice {
  readonly slot: Slot;
  readonly restore: KeptCache | undefined;
  /** Characters of the prompt that the slot then holds. */
  readonly chars: number;
}

/** A shorter beginning is computed again faster than it is looked after: some 250 tokens. */
export const WORTH_CHARS = 1_024;

export function newSlot(id: number): Slot {
  return {
    id,
    holds: 0,
    epoch: 0,
    user: undefined,
    mark: undefined,
    promptTokens: 0,
    usedAt: 0,
    unsaved: false,
  };
}

/** What the slot holds is nobody's from now on. */
export function disown(slot: Slot): void {
  slot.epoch += 1;
  slot.user = undefined;
  slot.mark = undefined;
  slot.promptTokens = 0;
  slot.unsaved = false;
}

/**
 * The user's free slot that goes on best; else an empty one, else the one that has rested longest, with the user's file read into it
 * where one fits. Slots are as many as requests, so one is free.
 */
export function choose(
  slots: readonly Slot[],
  user: string,
  mark: PromptMark,
  found: { readonly kept: KeptCache; readonly chars: number } | undefined,
): Choice {
  const free = slots.filter(({ holds }) => holds === 0);
  let best: { slot: Slot; chars: number } | undefined;
  for (const slot of free) {
    if (slot.user !== user || !slot.mark) continue;
    const chars = sharedChars(slot.mark, mark);
    if (chars > (best?.chars ?? 0)) best = { slot, chars };
  }
  const restore = found && found.chars >= WORTH_CHARS && found.chars > (best?.chars ?? 0) ? found.kept : undefined;
  if (best && !restore) return { ...best, restore: undefined };
  const byRest = (free.length > 0 ? free : slots).toSorted(
    (one, other) => Number(one.mark !== undefined) - Number(other.mark !== undefined) || one.usedAt - other.usedAt,
  );
  const [slot = newSlot(0)] = byRest;
  return { slot, restore, chars: restore ? (found?.chars ?? 0) : 0 };
}
