import type { User } from '../contract.ts';

/** What one user's records are written under, one after the other. No name has control characters: two keys are never the same text. */
export function memoriesKey(user: User): string {
  return `${user}\n\nmemories`;
}

export function conversationKey(user: User, conversation: string): string {
  return `${user}\n\nconversation\n${conversation}`;
}
