import type { Conversation } from './conversation.ts';

/** A turn is told from another by its beginning, its end and its length. */
const HEAD = 200;
const TAIL = 56;
const TURNS = 3;

export interface ConversationKeys {
  /** Of the conversation up to and including the user's last turn. */
  readonly own: string | undefined;
  /** The same up to the turn before it. */
  readonly previous: string | undefined;
}

/**
 * By what a conversation is recognised when its next request comes: the user's last turns, which clients send again unchanged, while
 * answers are shortened and instructions carry the time. With an id of the client's both keys are that.
 */
export function conversationKeys({ turns }: Pick<Conversation, 'turns'>, scope: string, id?: string): ConversationKeys {
  if (id !== undefined) return { own: `${scope}\n#${id}`, previous: `${scope}\n#${id}` };
  return { own: keyOf(turns, 0, scope), previous: keyOf(turns, 1, scope) };
}

function keyOf(turns: readonly string[], from: number, scope: string): string | undefined {
  if (from >= turns.length) return undefined;
  let [high, low] = [0xdeadbeef, 0x41c6ce57];
  const mix = (code: number) => {
    high = Math.imul(high ^ code, 2_654_435_761);
    low = Math.imul(low ^ code, 1_597_334_677);
  };
  for (let index = from; index < Math.min(turns.length, from + TURNS); index += 1) {
    const turn = turns[index] ?? '';
    mix(turn.length + 0x1_0000);
    const head = Math.min(turn.length, HEAD);
    for (let at = 0; at < head; at += 1) mix(turn.charCodeAt(at));
    for (let at = Math.max(head, turn.length - TAIL); at < turn.length; at += 1) mix(turn.charCodeAt(at));
  }
  high ^= high >>> 16;
  low ^= low >>> 13;
  return `${scope}\n${(high >>> 0).toString(36)}${(low >>> 0).toString(36)}`;
}
