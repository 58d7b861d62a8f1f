import { createHash } from 'node:crypto';

/** Characters of a prompt that are compared as one. */
const BLOCK = 512;
/** Two million characters: what comes after them is not compared. */
const MAX_BLOCKS = 4_096;
const HASH_LENGTH = 11;

/** What tells whether two prompts begin alike, without their words: the digest of each beginning, block by block. */
export interface PromptMark {
  /** Of the whole prompt. */
  readonly chars: number;
  readonly blocks: readonly string[];
}

export function promptMark(text: string): PromptMark {
  const blocks: string[] = [];
  let before = '';
  for (let at = BLOCK; at <= text.length && blocks.length < MAX_BLOCKS; at += BLOCK) {
    const digest = createHash('sha256')
      .update(before)
      .update(text.slice(at - BLOCK, at));
    before = digest.digest('base64url').slice(0, HASH_LENGTH);
    blocks.push(before);
  }
  return { chars: text.length, blocks };
}

/** Characters that both begin with: whole blocks, so somewhat fewer than there are. */
export function sharedChars(one: PromptMark, other: PromptMark): number {
  const length = Math.min(one.blocks.length, other.blocks.length);
  let shared = 0;
  while (shared < length && one.blocks[shared] === other.blocks[shared]) shared += 1;
  return shared * BLOCK;
}

/** Whether `later` goes on where `earlier` ended, as a conversation does. */
export function continues(later: PromptMark, earlier: PromptMark): boolean {
  return later.chars >= earlier.chars && sharedChars(later, earlier) === earlier.blocks.length * BLOCK;
}
