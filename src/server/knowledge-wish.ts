import type { InferenceRoute } from '../engines/routes.ts';
import { mostTokensFor } from '../knowledge/context/budget.ts';
import type { Profile } from '../profiles/profile.ts';
import { parseExtension } from '../proxy/extension.ts';
import { isObject, type JsonObject } from '../proxy/json.ts';
import type { KnowledgeWish } from '../proxy/knowledge-extension.ts';
import { readConversation } from '../router/conversation.ts';
import { AppError } from '../shared/errors.ts';
import type { Identity } from './identity/contract.ts';

/** What is to be done for a request of a house with knowledge. */
export interface Wanted extends KnowledgeWish {
  /** False: its answer is only kept (`knowledge.saveConversations`). */
  readonly search: boolean;
}

/** Tags and a title around a passage. */
const TOKENS_AROUND = 40;
const CONVERSATIONS: ReadonlySet<InferenceRoute> = new Set<InferenceRoute>([
  '/v1/chat/completions',
  '/v1/messages',
  '/v1/responses',
]);
const ON_REQUEST: ReadonlySet<InferenceRoute> = new Set<InferenceRoute>([...CONVERSATIONS, '/v1/completions']);

/**
 * Whether the request is to get documents: as it says itself, else as its key says, else as the profile does; with tools, or for a text
 * to be completed, only as it says itself. Undefined: there is nothing to do, or no knowledge here at all.
 * @throws AppError `invalid_request` where the route takes no documents or the extension is wrong.
 */
export function wantedKnowledge(
  { knowledge }: Pick<Profile, 'knowledge'>,
  { scopes }: Pick<Identity, 'scopes'>,
  route: InferenceRoute,
  body: unknown,
): Wanted | undefined {
  if (!knowledge.enabled || !isObject(body)) return undefined;
  const { orchestrator } = body;
  const asked = orchestrator === undefined ? undefined : parseExtension(orchestrator).knowledge;
  if (asked === false) return undefined;
  if (asked) {
    refuseElsewhere(route, body);
    return { ...asked, search: true };
  }
  if (!CONVERSATIONS.has(route)) return undefined;
  const byItself = scopes.knowledge ?? knowledge.byDefault;
  if ((!byItself && !knowledge.saveConversations) || usesTools(route, body)) return undefined;
  return { search: byItself };
}

/** Refuses documents for what takes none, and where nobody keeps any. */
export function refuseKnowledge(route: InferenceRoute, body: JsonObject): never {
  refuseElsewhere(route, body);
  throw new AppError(
    'knowledge_off',
    '`orchestrator.knowledge` asks for documents, and this profile keeps none. Set knowledge: { enabled: true } in it, or leave the field out.',
    { param: 'orchestrator.knowledge' },
  );
}

/** Tokens that documents may add to a prompt, by the context of who gets it. */
export function documentsTokens(
  { knowledge }: Pick<Profile, 'knowledge'>,
  wanted: Wanted | undefined,
  context: number,
): number {
  if (!wanted?.search) return 0;
  const { context: parts, topK, chunkTokens } = knowledge;
  return mostTokensFor('documents', parts, (wanted.topK ?? topK) * (chunkTokens + TOKENS_AROUND), context);
}

/** Whether a request of this route is part of a conversation. */
export function isConversation(route: InferenceRoute): boolean {
  return CONVERSATIONS.has(route);
}

function refuseElsewhere(route: InferenceRoute, body: JsonObject): void {
  const param = 'orchestrator.knowledge';
  if (!ON_REQUEST.has(route))
    throw new AppError('invalid_request', `\`${param}\` is for ${[...ON_REQUEST].join(', ')}; ${route} takes none.`, {
      param,
    });
  if (route === '/v1/completions' && typeof body['prompt'] !== 'string')
    throw new AppError('invalid_request', `\`${param}\` takes one \`prompt\`, as a string.`, { param });
}

/** Whether tools are offered, or have just answered. */
export function usesTools(route: InferenceRoute, body: JsonObject): boolean {
  const { tools, functions } = body;
  const offers = [tools, functions].some((list) => Array.isArray(list) && list.length > 0);
  return offers || readConversation(route, body).underWay === 'tool';
}
