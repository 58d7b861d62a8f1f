/** The JSON of `/api/memory*`, `/api/conversations*` and `/api/feedback*`, which the command line reads. Moments are ISO 8601. */
import type { Recalled, Recollection } from '../../memory/contract.ts';
import type {
  Evidence,
  MemoryKind,
  MemoryOrigin,
  MemoryState,
  StoredConversation,
  StoredFeedback,
  StoredMemory,
  Turn,
} from '../../store/people-contract.ts';

/** Something that is known of a user, and from which words. */
export interface MemoryJson {
  id: string;
  kind: MemoryKind;
  text: string;
  language: string | null;
  subject: string;
  attribute: string;
  value: string;
  state: MemoryState;
  /** It counts no more: corrected, withdrawn, or a version before. */
  closed: boolean;
  pinned: boolean;
  confidence: number;
  importance: number;
  validFrom: string;
  validTo: string | null;
  recorded: string;
  retracted: string | null;
  supersededBy: string | null;
  expires: string | null;
  evidence: EvidenceJson[];
  origin: MemoryOrigin;
  seen: number;
  lastSeen: string;
  uses: number;
  lastUsed: string | null;
}

export interface EvidenceJson extends Omit<Evidence, 'at'> {
  at: string;
}

export interface MemoryListJson {
  /** Whose they are. */
  user: string;
  memories: MemoryJson[];
  /** `after` of the next page; null: this was the last. */
  next: string | null;
}

export interface MemoryHitJson {
  memory: MemoryJson;
  score: number;
  why: Recalled['why'];
}

export interface MemorySearchJson {
  hits: MemoryHitJson[];
  degraded: string | null;
  ms: number;
}

/** `forgotten`: what was erased, or (`dryRun`) would be. */
export interface ForgottenJson {
  forgotten: MemoryJson[];
  dryRun: boolean;
}

export interface ConversationJson {
  id: string;
  title: string;
  created: string;
  updated: string;
  turns: number;
  private: boolean;
}

export interface ConversationListJson {
  user: string;
  conversations: ConversationJson[];
  next: string | null;
}

export interface TurnJson extends Omit<Turn, 'at'> {
  at: string;
}

/** One conversation and a page of its turns; `next`: `from` of the next page. */
export interface ConversationWithTurnsJson extends ConversationJson {
  messages: TurnJson[];
  next: number | null;
}

export interface ConversationSearchJson {
  turns: (TurnJson & { conversation: string })[];
}

export interface FeedbackJson extends Omit<StoredFeedback, 'at'> {
  at: string;
}

export interface FeedbackListJson {
  /** Whose it is; null: everybody's. */
  user: string | null;
  feedback: FeedbackJson[];
  next: string | null;
}

export function memoryJson(memory: StoredMemory): MemoryJson {
  return {
    id: memory.id,
    kind: memory.kind,
    text: memory.text,
    language: memory.language,
    subject: memory.subject,
    attribute: memory.attribute,
    value: memory.value,
    state: memory.state,
    closed: memory.retracted !== null,
    pinned: memory.pinned,
    confidence: memory.confidence,
    importance: memory.importance,
    validFrom: moment(memory.validFrom),
    validTo: momentOrNull(memory.validTo),
    recorded: moment(memory.recorded),
    retracted: momentOrNull(memory.retracted),
    supersededBy: memory.supersededBy,
    expires: momentOrNull(memory.expires),
    evidence: memory.evidence.map(({ quote, at, conversation, request }) => ({
      quote,
      at: moment(at),
      conversation,
      request,
    })),
    origin: memory.origin,
    seen: memory.seen,
    lastSeen: moment(memory.lastSeen),
    uses: memory.uses,
    lastUsed: momentOrNull(memory.lastUsed),
  };
}

export function recollectionJson({ memories, degraded, ms }: Recollection): MemorySearchJson {
  return { hits: memories.map(({ memory, score, why }) => ({ memory: memoryJson(memory), score, why })), degraded, ms };
}

export function conversationJson(conversation: StoredConversation): ConversationJson {
  const { id, title, created, updated, turns } = conversation;
  return { id, title, created: moment(created), updated: moment(updated), turns, private: conversation.private };
}

export function turnJson({ ord, role, text, at, request, expert }: Turn): TurnJson {
  return { ord, role, text, at: moment(at), request, expert };
}

export function feedbackJson(feedback: StoredFeedback): FeedbackJson {
  const { id, user, request, rating, comment, ideal, at, expert, route, messages, answer } = feedback;
  return {
    id,
    user,
    request,
    rating,
    comment,
    ideal,
    at: moment(at),
    expert,
    route,
    messages: messages.map(({ role, content }) => ({ role, content })),
    answer,
  };
}

const moment = (milliseconds: number) => new Date(milliseconds).toISOString();
const momentOrNull = (milliseconds: number | null) => (milliseconds === null ? null : moment(milliseconds));
