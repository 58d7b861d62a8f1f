import type { ExpertBase } from '../engines/contract.ts';
import type { InferenceRoute } from '../engines/routes.ts';
import { placeBeside } from '../knowledge/context/place.ts';
import { readAndAdd } from '../proxy/answer-addition.ts';
import { AnswerReader } from '../proxy/answer-reader.ts';
import type { AnswerTranslator } from '../proxy/forward.ts';
import type { JsonObject } from '../proxy/json.ts';
import type { Conversation } from '../router/conversation.ts';
import type { RequestContext } from './context.ts';
import { type Found, type KnowledgeAccess, type KnowledgeUse, knowledgeUse } from './knowledge-use.ts';
import type { Asked } from './reminding/asked.ts';
import { type MemoryNote, memoryHeader } from './reminding/memory-note.ts';
import { type MemoryUse, memoryUse } from './reminding/memory-use.ts';
import type { Reminded, Reminding } from './reminding/reminding.ts';
import { rateableOf } from './reminding/rateable-of.ts';
import type { RequestNote } from './request-view.ts';
import { roomOf } from './request-room.ts';
import type { Wants } from './wants.ts';

/** What one expert is sent, and what is done with its answer: nothing has happened yet. */
export interface RequestUse {
  /** The very object that came in where nothing was added. */
  readonly body: JsonObject;
  /** Further response headers, name and value in turn. */
  readonly headers: readonly string[];
  /** Reads the answer where somebody wants to know it, and adds the sources to it. */
  translator(inner: AnswerTranslator | undefined): AnswerTranslator | undefined;
  /** What is shown of it afterwards. */
  note(): Pick<RequestNote, 'orchestrator' | 'memory'>;
  /** The answer has ended well. `reason`: value of `x-orchestrator-route`. */
  keep(reason: string | undefined): void;
}

export interface RequestUseInput {
  readonly access: KnowledgeAccess;
  readonly context: RequestContext;
  readonly body: JsonObject;
  readonly wants: Wants;
  readonly conversation: Conversation;
  readonly question: string;
  readonly found: Found;
  /** Undefined: neither memory nor history nor ratings have to do with it. */
  readonly people: { readonly reminding: Reminding; readonly asked: Asked; readonly reminded: Reminded } | undefined;
  readonly expert: ExpertBase;
  readonly isLocal: boolean;
  readonly route: InferenceRoute;
}

export function requestUse(input: RequestUseInput): RequestUse {
  const { context, wants, body, route, expert, isLocal, conversation, people } = input;
  const reader = new AnswerReader(route);
  const room = roomOf(expert, conversation);
  const { profile } = context.settings;
  const memory: MemoryUse | undefined =
    wants.memory && people
      ? memoryUse({ profile, wanted: wants.memory, reminded: people.reminded, expert, isLocal, room })
      : undefined;
  const documents: KnowledgeUse | undefined = wants.knowledge
    ? knowledgeUse({
        ...input,
        wanted: wants.knowledge,
        room: { ...room, prompt: room.prompt + (memory?.tokens ?? 0) },
        reader,
      })
    : undefined;
  const informed = documents?.body ?? body;
  // In front of the documents: what changes from question to question stands behind what changes less.
  const placed = memory?.text ? placeBeside(route, informed, { before: memory.text, after: '' }) : undefined;
  const reads = documents !== undefined || wants.record || wants.rate;
  return {
    body: placed ?? informed,
    headers: [
      ...(documents?.header === undefined ? [] : ['x-orchestrator-sources', documents.header]),
      ...(memory ? ['x-orchestrator-memory', memoryHeader(memory.note)] : []),
    ],
    translator: (inner) => (reads ? readAndAdd({ route, inner, reader, addition: documents?.addition }) : inner),
    note: () => ({ orchestrator: documents?.view() ?? null, memory: memory?.note ?? null }),
    keep: (reason) => {
      documents?.keep();
      if (people) keepPeople(input, people, { memory: memory?.note, answer: reader.text, reason });
    },
  };
}

function keepPeople(
  { context, wants, body, route, expert }: RequestUseInput,
  { reminding, asked, reminded }: NonNullable<RequestUseInput['people']>,
  answered: { readonly memory: MemoryNote | undefined; readonly answer: string; readonly reason: string | undefined },
): void {
  const { memory, answer, reason } = answered;
  void reminding.ended({
    asked,
    wants,
    reminded,
    context,
    expert: expert.id,
    answer,
    told: memory?.told.map(({ id }) => id) ?? [],
    rateable: wants.rate ? rateableOf(route, body, { expert: expert.id, route: reason ?? '', answer }) : undefined,
    onKept: (ids) => memory?.kept.push(...ids),
  });
}
