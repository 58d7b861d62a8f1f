/** The dialogues of data/memory, which judge what the memory keeps. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { packageRoot } from '../../src/shared/package-root.ts';

export type Half = 'dev' | 'blind';
export type Language = 'es' | 'en' | 'mixed';

/** Something that a memory says, or should not say any more. */
export interface Expected {
  /** `user`, or somebody of the user's; `a|b`: either. */
  readonly about: string;
  /** Beginnings of words, all of which its text has; `a|b`: either. */
  readonly contains: readonly string[];
}

export interface DialogueTurn {
  readonly role: 'user' | 'assistant';
  readonly text: string;
  readonly keep?: readonly (Expected & { readonly kind: string })[];
  readonly may?: readonly Expected[];
  readonly closes?: readonly (Expected & { readonly question: string })[];
  readonly forgets?: readonly Expected[];
  readonly command?: 'remember' | 'forget' | 'forget-all' | 'ignore-message' | 'ignore-conversation';
}

export interface Dialogue {
  readonly id: string;
  readonly language: Language;
  readonly turns: readonly DialogueTurn[];
}

/** As src/router/said.ts. */
const MOST_EARLIER = 12;

export const HALVES: readonly Half[] = ['dev', 'blind'];

export function readDialogues(half: Half): readonly Dialogue[] {
  const lines = readFileSync(join(packageRoot(), 'data', 'memory', `${half}.jsonl`), 'utf8')
    .trim()
    .split('\n');
  return lines.map((line) => JSON.parse(line) as Dialogue);
}

/** What the user said before a turn, the last first, as many messages as a request is read for. */
export function earlierThan(turns: readonly DialogueTurn[], turn: number): readonly string[] {
  const own = turns.slice(0, turn).filter(({ role }) => role === 'user');
  return own
    .slice(-MOST_EARLIER)
    .map(({ text }) => text)
    .toReversed();
}
