import type { InferenceRoute } from '../engines/routes.ts';
import type { Profile } from '../profiles/profile.ts';
import { isObject } from '../proxy/json.ts';
import { isAnybody } from './identity/act-as.ts';
import type { Identity } from './identity/contract.ts';
import { documentsTokens, isConversation, type Wanted, wantedKnowledge } from './knowledge-wish.ts';
import { askedMemory, type MemoryWanted, rememberedTokens, wantedMemory } from './memory-wish.ts';

/** What the house is to do for a request, besides passing it on. */
export interface Wants {
  readonly knowledge: Wanted | undefined;
  readonly memory: MemoryWanted | undefined;
  /** Its turns are kept, where it names its conversation (`conversations.enabled`). */
  readonly record: boolean;
  /** It is known for a while, so that its answer can be rated (`feedback.enabled`). */
  readonly rate: boolean;
}

type Parts = Pick<Profile, 'knowledge' | 'memory' | 'conversations' | 'feedback'>;

/**
 * Undefined: nothing at all; where a profile has none of it this costs a look at four flags.
 * @throws AppError `invalid_request` where the route takes none of it or the extension is wrong.
 */
export function wantsOf(
  profile: Parts,
  identity: Pick<Identity, 'scopes' | 'user'>,
  route: InferenceRoute,
  body: unknown,
): Wants | undefined {
  if (!hasParts(profile) || !isObject(body)) return undefined;
  const knowledge = wantedKnowledge(profile, identity, route, body);
  const memory = wantedMemory(profile, identity, route, body);
  // What is not to be learned from must not come back as the summary of a conversation.
  const record =
    profile.conversations.enabled && isConversation(route) && askedMemory(body) !== false && !isAnybody(identity);
  const rate = profile.feedback.enabled && isConversation(route);
  return knowledge || memory || record || rate ? { knowledge, memory, record, rate } : undefined;
}

/** Tokens that documents and memories may add to a prompt, by the context of who gets it; undefined: none. */
export function addedTokens(profile: Parts, wants: Wants | undefined): ((context: number) => number) | undefined {
  if (!wants?.knowledge?.search && !wants?.memory?.remind) return undefined;
  const { knowledge, memory } = wants;
  return (context) => documentsTokens(profile, knowledge, context) + rememberedTokens(profile, memory, context);
}

function hasParts({ knowledge, memory, conversations, feedback }: Parts): boolean {
  return knowledge.enabled || memory.enabled || conversations.enabled || feedback.enabled;
}
