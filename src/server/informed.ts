import type { InferenceRoute } from '../engines/routes.ts';
import type { ExpertBase } from '../engines/contract.ts';
import { plainData } from '../knowledge/context/plain-data.ts';
import { searchText } from '../knowledge/context/question.ts';
import type { JsonObject } from '../proxy/json.ts';
import { readConversation } from '../router/conversation.ts';
import { messageOf } from '../shared/errors.ts';
import type { RequestContext } from './context.ts';
import { type Found, type KnowledgeAccess, type KnowledgeUse, useOf } from './knowledge-use.ts';
import type { Wanted } from './knowledge-wish.ts';

/** A request whose documents have been looked for: what each expert would be sent. */
export interface Informed {
  for(expert: ExpertBase, isLocal: boolean, route: InferenceRoute): KnowledgeUse;
}

/** Nobody who has asked a question waits longer for documents. */
const LONGEST_SEARCH_MS = 8_000;

const NOTHING: Found = { hits: [], degraded: undefined };

/** Searches the documents of a request's user. Never rejects: what goes wrong is said in the answer. */
export async function inform(
  access: KnowledgeAccess,
  context: RequestContext,
  request: {
    readonly route: InferenceRoute;
    readonly body: JsonObject;
    readonly bytes: number;
    readonly wanted: Wanted;
  },
): Promise<Informed> {
  const { body, bytes, wanted } = request;
  const conversation = readConversation(request.route, body, bytes);
  const question = searchText(conversation);
  const found = wanted.search && question !== '' ? await search(access, context, question, wanted) : NOTHING;
  return {
    for: (expert, isLocal, route) =>
      useOf({ access, context, body, wanted, conversation, question, found, expert, isLocal, route }),
  };
}

async function search(
  { knowledge, logger }: KnowledgeAccess,
  { identity, outgoing, requestId }: RequestContext,
  text: string,
  { collections, documents, topK, rerank }: Wanted,
): Promise<Found> {
  const controller = new AbortController();
  const onClose = () => controller.abort(new Error('the client left'));
  outgoing.on('close', onClose);
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const error = new Error(`the search took longer than ${LONGEST_SEARCH_MS / 1_000} s`);
    late.reject(error);
    controller.abort(error);
  }, LONGEST_SEARCH_MS);
  const { signal } = controller;
  try {
    const query = { text, collections, documents, topK, rerank, mayLearn: true, signal };
    const searching = knowledge.get().search(identity.user, query);
    const { hits, degraded } = await Promise.race([searching, late.promise]);
    return { hits, degraded: degraded === null ? undefined : plainData(degraded, 300) };
  } catch (error) {
    logger.warn('a request is answered without documents', { request: requestId, reason: messageOf(error) });
    return { hits: [], degraded: plainData(messageOf(error), 300) };
  } finally {
    clearTimeout(timer);
    outgoing.off('close', onClose);
  }
}
