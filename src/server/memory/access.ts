import { AppError } from '../../shared/errors.ts';
import type { ConversationRepository, FeedbackRepository, StoredFeedback } from '../../store/people-contract.ts';
import type { MemoryHolder } from '../memory-holder.ts';
import type { PeopleHolder } from '../people-holder.ts';
import type { Settings } from '../settings.ts';

/** What is known of a request that a judgement can be of. */
export type Episode = Pick<StoredFeedback, 'expert' | 'route' | 'messages' | 'answer'>;

/** What the routes over what is kept of people need. */
export interface MemoryRoutesOptions {
  readonly memory: Pick<MemoryHolder, 'get' | 'status'>;
  readonly people: Pick<PeopleHolder, 'get'>;
  readonly feedbackSource: {
    /** Of the user's own last requests; undefined: there is none of this id. */
    find(user: string, requestId: string): Episode | undefined;
  };
  readonly settings: () => Settings;
}

/** @throws AppError `memory_off` (says how to switch it on), `knowledge_unavailable`. */
export function conversationsOf({ people, settings }: MemoryRoutesOptions): ConversationRepository {
  if (settings().profile.conversations.enabled) return people.get().conversations;
  throw notKept('conversations');
}

/** @throws like `conversationsOf`. */
export function feedbackOf({ people, settings }: MemoryRoutesOptions): FeedbackRepository {
  if (settings().profile.feedback.enabled) return people.get().feedback;
  throw notKept('feedback');
}

function notKept(what: 'conversations' | 'feedback'): AppError {
  return new AppError(
    'memory_off',
    `This orchestrator keeps no ${what}. Write \`${what}: { enabled: true }\` into the profile.`,
  );
}

/** The one answer for an id that this user does not have: the same whether it is somebody else's or nobody's. */
export function noMemory(id: string): AppError {
  return new AppError('memory_not_found', `Nothing is remembered of you under "${id.slice(0, 100)}".`, { param: 'id' });
}

export function noConversation(id: string): AppError {
  return new AppError('conversation_not_found', `You have no conversation "${id.slice(0, 100)}".`, { param: 'id' });
}

export function noFeedback(id: string): AppError {
  return new AppError('feedback_not_found', `You have given no feedback "${id.slice(0, 100)}".`, { param: 'id' });
}
