import type { ExpertBase } from '../engines/contract.ts';
import type { InferenceRoute } from '../engines/routes.ts';
import { type Assembly, assemble } from '../knowledge/context/assemble.ts';
import { type Room, tokensFor } from '../knowledge/context/budget.ts';
import { checkCitations, type Citations } from '../knowledge/context/citations.ts';
import { plainData } from '../knowledge/plain-data.ts';
import { sourcesHeader, type SourcesView, sourceView } from '../knowledge/context/sources.ts';
import type { SearchResult } from '../knowledge/contract.ts';
import type { AnswerReader } from '../proxy/answer-reader.ts';
import type { JsonObject } from '../proxy/json.ts';
import type { Conversation } from '../router/conversation.ts';
import { messageOf } from '../shared/errors.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { RequestContext } from './context.ts';
import type { KnowledgeHolder } from './knowledge-holder.ts';
import type { Wanted } from './knowledge-wish.ts';

/** What requests with documents need of the house. */
export interface KnowledgeAccess {
  readonly knowledge: Pick<KnowledgeHolder, 'get' | 'peek'>;
  readonly logger: Logger;
}

/** What one expert is sent, and what is done with its answer. */
export interface KnowledgeUse {
  /** The very object that came in where nothing was added. */
  readonly body: JsonObject;
  /** Value of `x-orchestrator-sources`, for clients that take nothing else. */
  readonly header: string | undefined;
  /** The sources, which are added to the answer; undefined: nothing is. */
  readonly addition: (() => JsonObject) | undefined;
  /** What is shown of it; undefined: nothing was searched for. */
  view(): SourcesView | undefined;
  /** The answer has ended well. */
  keep(): void;
}

/** What a search came to; `degraded`: what was amiss, for a person. */
export interface Found {
  readonly hits: SearchResult['hits'];
  readonly degraded: string | undefined;
}

const LONGEST_TITLE = 80;

export interface UseInput {
  readonly access: KnowledgeAccess;
  readonly context: RequestContext;
  readonly body: JsonObject;
  readonly wanted: Wanted;
  readonly conversation: Conversation;
  readonly question: string;
  readonly found: Found;
  readonly expert: ExpertBase;
  readonly isLocal: boolean;
  readonly route: InferenceRoute;
  /** What there is room for beside the request, and beside what is remembered. */
  readonly room: Room;
  readonly reader: AnswerReader;
}

/** What one expert is sent of what was found, and what its answer gets: nothing happens yet. */
export function knowledgeUse(input: UseInput): KnowledgeUse {
  const { context, wanted, route, found, reader } = input;
  const { passages, withheld, body } = wanted.search
    ? assembled(input)
    : { passages: [], withheld: undefined, body: input.body };
  const isFound = found.hits.length > 0;
  const sources = passages.map((passage, index) => sourceView(index + 1, passage));
  const shown: SourcesView = {
    sources,
    found: isFound,
    ...(found.degraded !== undefined && { degraded: found.degraded }),
    ...(withheld !== undefined && { withheld }),
  };
  let citations: Citations | undefined;
  const checked = (): SourcesView => {
    citations ??= checkCitations(
      reader.text,
      passages.map(({ text }, index) => ({ n: index + 1, text })),
    );
    return { ...shown, citations };
  };
  return {
    body,
    header: wanted.search && route === '/v1/messages' ? sourcesHeader(shown) : undefined,
    addition: wanted.search ? () => ({ ...checked() }) : undefined,
    view: () => (wanted.search ? (reader.text === '' ? shown : checked()) : undefined),
    keep: () => {
      if (context.settings.profile.knowledge.saveConversations && reader.isWhole && (isFound || !wanted.search))
        keepConversation(input, reader.text);
    },
  };
}

/** The request with as much of what was found as its expert may see and has room for. */
function assembled({
  context,
  body,
  question,
  found,
  expert,
  isLocal,
  route,
  room: left,
}: UseInput): Pick<Assembly, 'passages'> & { readonly body: JsonObject; readonly withheld: string | undefined } {
  const { knowledge } = context.settings.profile;
  const as = (withheld: string) => ({ body, passages: [], withheld });
  if (!isLocal && knowledge.remoteExperts === 'deny')
    return as(`${expert.id} runs elsewhere and sees no documents (knowledge.remoteExperts: deny)`);
  // Nothing may be said of what could not be looked for.
  if (question === '' || (found.hits.length === 0 && found.degraded !== undefined))
    return { body, passages: [], withheld: undefined };
  const room = tokensFor('documents', knowledge.context, left);
  const { passages, body: informed } = assemble({
    route,
    body,
    hits: found.hits,
    question,
    room,
    whenNothingFound: knowledge.whenNothingFound,
  });
  if (found.hits.length > 0 && passages.length === 0)
    return as(
      `the context of ${expert.id} (${expert.context} tokens) leaves no room for documents beside this request`,
    );
  return { body: informed, passages, withheld: undefined };
}

/** A convenience: an answer is not worse for not being kept. */
function keepConversation({ access, context, conversation }: UseInput, answer: string): void {
  const [question] = conversation.turns;
  const base = access.knowledge.peek();
  if (!base || !question || conversation.underWay || answer.trim() === '') return;
  base
    .add(
      context.identity.user,
      {
        kind: 'text',
        origin: 'conversation',
        title: plainData(question, LONGEST_TITLE),
        text: `${question.trim()}\n\n${answer.trim()}\n`,
      },
      { collections: ['conversations'] },
    )
    .catch((error: unknown) =>
      access.logger.warn('a conversation could not be kept', { request: context.requestId, reason: messageOf(error) }),
    );
}
