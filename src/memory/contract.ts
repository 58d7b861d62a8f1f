import type { User } from '../store/contract.ts';
import type { MemoryFilter, MemoryKind, MemoryOrigin, StoredMemory } from '../store/people-contract.ts';

/** Something that a user has said of themselves. Found without any model, or by one; nothing is kept of it yet. */
export interface Candidate {
  readonly kind: MemoryKind;
  /** `user`, or somebody of the user's: `mother`, `partner`, `son`, `dog` (English words, lower case). */
  readonly subject: string;
  /** A name of attributes.ts; `''` where none fits. */
  readonly attribute: string;
  /** What of it can be compared, as it was said: `Bilbao`. */
  readonly value: string;
  /** For a person and a prompt, in the user's language, with the user's own words: `Vive en Bilbao`. */
  readonly text: string;
  readonly language: 'es' | 'en' | null;
  /** Exactly as it stands in the message, from `start` to `end` (UTF-16 code units). */
  readonly quote: string;
  readonly start: number;
  readonly end: number;
  /** 0 to 1. From 0.8 on it is believed at once; below, when it has been said twice. */
  readonly confidence: number;
  readonly importance: number;
  /** What was known under the same subject and attribute is no longer so, even where several could be. */
  readonly corrects: boolean;
  /** It is said not to be so (any more): "ya no vivo en Madrid". Closes what has this value (any, where it is empty). */
  readonly negated: boolean;
  /** Milliseconds since 1970; null: from when it was said. */
  readonly validFrom: number | null;
  /** An event that is over then, a state that is to end. */
  readonly expires: number | null;
}

/** What a user tells the memory to do, in a message. */
export type Command =
  | { readonly do: 'remember'; readonly text: string; readonly quote: string }
  /** `what`: as it was said; empty: what was said last. */
  | { readonly do: 'forget'; readonly what: string; readonly quote: string }
  | { readonly do: 'forget-all'; readonly quote: string }
  /** Nothing of this message, or of this conversation, is to be kept. */
  | { readonly do: 'ignore'; readonly scope: 'message' | 'conversation'; readonly quote: string };

/** One message of a user, as the user wrote it: never what was put beside it, never results of tools. */
export interface Said {
  readonly text: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly conversation: string | null;
  readonly request: string | null;
  /** The message of the assistant before it, for "yes, there" and "no, in Bilbao"; null: none. */
  readonly before: string | null;
  /**
   * What the user said before it in the same conversation, the last first, bounded. Nothing is kept of these: they tell what the message is
   * a part of (a game, an exercise), of whom it speaks and what it corrects.
   */
  readonly earlier: readonly string[];
}

/** A memory, and how well it fits. */
export interface Recalled {
  readonly memory: StoredMemory;
  /** 0 to 1. */
  readonly score: number;
  /** `always`: pinned or an instruction; `found`: it fits the question; `profile`: who the user is, where there is room. */
  readonly why: 'always' | 'found' | 'profile';
}

export interface Recollection {
  /** In the order in which a prompt has them. */
  readonly memories: readonly Recalled[];
  /** What was not as it should be, for a person. */
  readonly degraded: string | null;
  readonly ms: number;
}

/** What the commands of a message came to: done before it is answered, so that the answer can say so. */
export interface Obeyed {
  readonly remembered: readonly StoredMemory[];
  /** Erased. */
  readonly forgotten: readonly StoredMemory[];
  readonly ignores: 'message' | 'conversation' | null;
  /** A "forget …" that fits nothing. */
  readonly unknown: readonly string[];
  /** It could not be done, or not yet: nobody is to believe that it was. */
  readonly isUndone?: boolean | undefined;
}

export interface RecallQuery {
  /** What the user says now, and what of the conversation before helps to understand it. */
  readonly text: string;
  /** The question's date, milliseconds since 1970. */
  readonly at: number;
  readonly topK?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface NewMemory {
  readonly text: string;
  readonly kind?: MemoryKind | undefined;
  readonly pinned?: boolean | undefined;
  readonly validFrom?: number | undefined;
  readonly expires?: number | null | undefined;
  readonly origin: Extract<MemoryOrigin, 'said' | 'written' | 'imported'>;
}

export interface MemoryStatus {
  readonly state: 'opening' | 'ready' | 'degraded' | 'off';
  readonly reason: string | null;
  /** Turns that wait for the second extraction. */
  readonly queued: number;
  readonly embedding: { readonly model: string; readonly waiting: number } | null;
}

/** All that memory does. Errors are `AppError`s that say what to do next. */
export interface MemoryBase {
  status(): MemoryStatus;
  /** Carries out what the message tells the memory to do; undefined: it tells nothing. */
  obey(user: User, said: Said): Promise<Obeyed | undefined>;
  /** Never waits long: what takes too long is left out and told in `degraded`. Rejects where the signal aborts. */
  recall(user: User, query: RecallQuery): Promise<Recollection>;
  /** These were part of a prompt. Never rejects. */
  used(user: User, ids: readonly string[]): void;
  /** A turn has ended: what it says of the user is kept, in the background. Answers what the first stage kept; never rejects. */
  observe(user: User, said: Said): Promise<readonly StoredMemory[]>;
  list(user: User, filter?: MemoryFilter): Promise<readonly StoredMemory[]>;
  get(user: User, id: string): Promise<StoredMemory | undefined>;
  add(user: User, memory: NewMemory): Promise<StoredMemory>;
  /** A changed text is a new version: the old one is closed and names it. */
  change(
    user: User,
    id: string,
    change: Partial<Pick<StoredMemory, 'text' | 'kind' | 'pinned' | 'importance' | 'expires'>>,
  ): Promise<StoredMemory | undefined>;
  /** A quarantined one counts from now on. */
  approve(user: User, id: string): Promise<StoredMemory | undefined>;
  search(user: User, query: RecallQuery): Promise<Recollection>;
  /** What `forget` by these words would erase, the best first: for a person who is asked before it is done. */
  fitting(user: User, text: string): Promise<readonly StoredMemory[]>;
  /** Erases, history included. Ids, or words that say what (all that fits well). Answers what is gone. */
  forget(
    user: User,
    what: { readonly ids: readonly string[] } | { readonly text: string },
  ): Promise<readonly StoredMemory[]>;
  /** Erases everything of this user. */
  clear(user: User): Promise<number>;
  /** Lines of JSON: a header, then every memory with its history and evidence. */
  export(user: User): AsyncIterable<string>;
  import(user: User, lines: AsyncIterable<string>): Promise<{ readonly added: number; readonly kept: number }>;
  close(): Promise<void>;
}
