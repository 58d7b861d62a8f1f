import type { User } from '../store/contract.ts';
import type { MemoryRepository } from '../store/people-contract.ts';
import type { Said } from './contract.ts';
import { scopeOf } from './extract/frames.ts';
import { mayCorrect } from './extract/corrections.ts';

/** Where no conversation tells: so long ago something is still what was said just now. */
const JUST_NOW_MS = 600_000;
/** A correction has few words. */
const LONGEST = 160;
const MOST = 6;

/**
 * The words by which the latest of what is known was said in the same conversation, for clients that do not send it again: a bare "perdón,
 * 42" stands for one of these. Empty: nothing is corrected.
 */
export async function saidRecently(memories: MemoryRepository, user: User, said: Said): Promise<readonly string[]> {
  const { text, earlier, conversation, at } = said;
  if (earlier.length > 0 || text.length > LONGEST || !mayCorrect(scopeOf(text))) return [];
  const latest = await memories.list(user, { states: ['active'], limit: MOST });
  return latest
    .map(({ evidence }) => evidence.at(-1))
    .filter((last) => last !== undefined)
    .filter((last) => {
      const isSame =
        conversation === null || last.conversation === null ? undefined : conversation === last.conversation;
      return isSame ?? Math.abs(at - last.at) < JUST_NOW_MS;
    })
    .map(({ quote }) => quote);
}
