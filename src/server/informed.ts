import type { InferenceRoute } from '../engines/routes.ts';
import type { ExpertBase } from '../engines/contract.ts';
import { plainData } from '../knowledge/plain-data.ts';
import { searchText } from '../knowledge/context/question.ts';
import type { JsonObject } from '../proxy/json.ts';
import { readConversation } from '../router/conversation.ts';
import { afterRunning } from '../shared/clock.ts';
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
/** Of a store that is known to be away nobody expects much: not every request is to wait for it. */
const LONGEST_DEGRADED_MS = 1_500;

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
  const { signal } = controller;
  const given = Promise.withResolvers<never>();
  const giveUp = (reason: string) => {
    const error = new Error(reason);
    given.reject(error);
    controller.abort(error);
  };
  const onClose = () => giveUp('the client left');
  outgoing.on('close', onClose);
  let cancel: (() => void) | undefined;
  try {
    const base = knowledge.get();
    const limit = base.status().state === 'degraded' ? LONGEST_DEGRADED_MS : LONGEST_SEARCH_MS;
    cancel = afterRunning(limit, () => giveUp(`the search took longer than ${limit / 1_000} s`));
    const query = { text, collections, documents, topK, rerank, mayLearn: true, signal };
    const { hits, degraded } = await Promise.race([base.search(identity.user, query), given.promise]);
    return { hits, degraded: degraded === null ? undefined : plainData(degraded, 300) };
  } catch (error) {
    const reason = plainData(messageOf(error), 300);
    if (!outgoing.destroyed) logger.warn('a request is answered without documents', { request: requestId, reason });
    return { hits: [], degraded: reason };
  } finally {
    cancel?.();
    outgoing.off('close', onClose);
  }
}
