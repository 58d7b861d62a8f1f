import { createHash } from 'node:crypto';

import type { InferenceRoute } from '../../engines/routes.ts';
import type { Said } from '../../memory/contract.ts';
import { parseExtension } from '../../proxy/extension.ts';
import type { JsonObject } from '../../proxy/json.ts';
import { type Conversation, messagesOf } from '../../router/conversation.ts';
import { type ConversationKeys, conversationKeys } from '../../router/conversation-key.ts';
import { lastSaid } from '../../router/said.ts';
import type { RequestContext } from '../context.ts';
import { CONVERSATION_HEADER, conversationOf } from '../routing.ts';

/** A request as memory and the history of conversations see it. */
export interface Asked {
  readonly user: string;
  readonly request: string;
  /** Monotonic milliseconds. */
  readonly startedAt: number;
  /** The client's own id; null: it does not say. */
  readonly conversation: string | null;
  /** By which a conversation is known again, also without an id. */
  readonly keys: ConversationKeys;
  /** The user's own words; undefined: the user does not speak here. */
  readonly said: Said | undefined;
  /** An answer to what tools have found: the user's words stood in an earlier request. */
  readonly continues: boolean;
  /** The same for a request that is made once more. */
  readonly turn: string;
  /** The first message of a conversation without an id: the same words may as well begin another one. */
  readonly isBare: boolean;
}

export function readAsked(
  { identity, incoming, requestId, startedAt }: RequestContext,
  route: InferenceRoute,
  body: JsonObject,
  heard: Conversation,
): Asked {
  const { user } = identity;
  const { orchestrator } = body;
  const conversation =
    (orchestrator === undefined ? undefined : parseExtension(orchestrator).conversation) ??
    conversationOf(incoming.headers[CONVERSATION_HEADER]) ??
    identity.conversation ??
    null;
  const last = lastSaid(route, body);
  const count = messagesOf(route, body).length;
  return {
    user,
    request: requestId,
    startedAt,
    conversation,
    keys: conversationKeys(heard, user, conversation ?? undefined),
    said: last && { ...last, at: Date.now(), conversation, request: requestId },
    continues: heard.underWay === 'tool',
    turn: digest([conversation, count, heard.turns, last?.before ?? null]),
    isBare: conversation === null && heard.turns.length <= 1 && !last?.before,
  };
}

function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('base64url');
}
