import type { ExpertBase } from '../engines/contract.ts';
import type { InferenceRoute } from '../engines/routes.ts';
import { searchText } from '../knowledge/context/question.ts';
import { plainData } from '../knowledge/plain-data.ts';
import type { JsonObject } from '../proxy/json.ts';
import { readConversation } from '../router/conversation.ts';
import { messageOf } from '../shared/errors.ts';
import type { RequestContext } from './context.ts';
import { inTime } from './in-time.ts';
import type { Found, KnowledgeAccess } from './knowledge-use.ts';
import type { Wanted } from './knowledge-wish.ts';
import type { Reminding } from './reminding/reminding.ts';
import { type RequestUse, type RequestUseInput, requestUse } from './request-use.ts';
import type { Wants } from './wants.ts';

/** What requests with documents or memories need of the house. */
export interface InformingAccess extends KnowledgeAccess {
  /** Loads the code of all this, once. */
  readonly reminding: () => Promise<Reminding>;
}

/** A request for which has been looked what is to be told beside it: what each expert would be sent. */
export interface Informed {
  for(expert: ExpertBase, isLocal: boolean, route: InferenceRoute): RequestUse;
}

/** Nobody who has asked a question waits longer for documents. */
const LONGEST_SEARCH_MS = 8_000;
/** Of a store that is known to be away nobody expects much: not every request is to wait for it. */
const LONGEST_DEGRADED_MS = 1_500;

const NOTHING: Found = { hits: [], degraded: undefined };

/** Looks for documents and memories of a request's user at the same time. Never rejects: what goes wrong is said in the answer. */
export async function inform(
  access: InformingAccess,
  context: RequestContext,
  request: {
    readonly route: InferenceRoute;
    readonly body: JsonObject;
    readonly bytes: number;
    readonly wants: Wants;
  },
): Promise<Informed> {
  const { body, bytes, wants } = request;
  const conversation = readConversation(request.route, body, bytes);
  const question = searchText(conversation);
  const { knowledge } = wants;
  const [found, people] = await Promise.all([
    knowledge?.search && question !== '' ? search(access, context, question, knowledge) : NOTHING,
    wants.memory || wants.record || wants.rate ? remind() : undefined,
  ]);
  return {
    for: (expert, isLocal, route) =>
      requestUse({ access, context, body, wants, conversation, question, found, people, expert, isLocal, route }),
  };

  async function remind(): Promise<RequestUseInput['people']> {
    const [reminding, { readAsked }] = await Promise.all([access.reminding(), import('./reminding/asked.ts')]);
    const asked = readAsked(context, request.route, body, conversation);
    return { reminding, asked, reminded: await reminding.begin(context, asked, question, wants) };
  }
}

async function search(
  { knowledge, logger }: KnowledgeAccess,
  { identity, outgoing, requestId }: RequestContext,
  text: string,
  { collections, documents, topK, rerank }: Wanted,
): Promise<Found> {
  try {
    const base = knowledge.get();
    const limit = base.status().state === 'degraded' ? LONGEST_DEGRADED_MS : LONGEST_SEARCH_MS;
    const late = `the search took longer than ${limit / 1_000} s`;
    const { hits, degraded } = await inTime(limit, late, outgoing, (signal) =>
      base.search(identity.user, { text, collections, documents, topK, rerank, mayLearn: true, signal }),
    );
    return { hits, degraded: degraded === null ? undefined : plainData(degraded, 300) };
  } catch (error) {
    const reason = plainData(messageOf(error), 300);
    if (!outgoing.destroyed) logger.warn('a request is answered without documents', { request: requestId, reason });
    return { hits: [], degraded: reason };
  }
}
