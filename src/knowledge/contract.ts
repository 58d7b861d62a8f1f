import type { Chunk, Collection, DocumentFilter, StoredDocument, User } from '../store/contract.ts';

/** What is to be read: a text, the bytes of a file, or an address. */
export type Source =
  | {
      readonly kind: 'text';
      readonly text: string;
      readonly title?: string | undefined;
      readonly origin?: 'text' | 'conversation';
    }
  /** `name` is what the client calls it: never a path of ours. The bytes lie in `path`, which now belongs to us. */
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly name: string;
      readonly mime?: string | undefined;
      readonly title?: string | undefined;
    }
  | { readonly kind: 'url'; readonly url: string };

export interface AddOptions {
  /** Names or ids; made where there is none of a name. Default: `default`. Empty: kept, and not searched. */
  readonly collections?: readonly string[] | undefined;
  readonly attributes?: StoredDocument['attributes'] | undefined;
}

/** A document as it is shown: how far its embedding is, besides. */
export interface DocumentView extends StoredDocument {
  /** Passages that have a vector of the model in force; null where there is no embedding expert. */
  readonly embedded: number | null;
  /** Of a document that is being read: 0 to 1; null: not begun, or not known. */
  readonly progress: number | null;
}

export interface SearchQuery {
  readonly text: string;
  /** Names or ids of collections; absent: all. One that is not there finds nothing. */
  readonly collections?: readonly string[] | undefined;
  readonly documents?: readonly string[] | undefined;
  /** Of the document's creation, milliseconds since 1970. */
  readonly after?: number | undefined;
  readonly before?: number | undefined;
  readonly topK?: number | undefined;
  /** Whether the rerank expert is asked, where there is one (default: yes). */
  readonly rerank?: boolean | undefined;
  /** An answer is to rest on it: what nothing is found of may be looked up, for the next time (`web.autoLearn`). */
  readonly mayLearn?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A passage found, the best first. */
export interface Hit {
  readonly document: StoredDocument;
  readonly chunk: Chunk;
  /** From 0 to 1, for a person: how well it fits. Order is by this. */
  readonly score: number;
  /** Cosine; null where it was not compared. */
  readonly similarity: number | null;
  /** BM25; null where no word of the question is in it. */
  readonly lexical: number | null;
}

export interface SearchResult {
  /** Those that count as found. */
  readonly hits: readonly Hit[];
  /** What took part: `vectors` is false where nothing is embedded or the embedding expert did not answer. */
  readonly used: { readonly words: boolean; readonly vectors: boolean; readonly rerank: boolean };
  /** What was not as it should be (index still being built, database away), for a person. */
  readonly degraded: string | null;
  readonly ms: number;
}

/** A text split into passages, as the reader of files gives it. */
export interface Extracted {
  readonly title: string | null;
  readonly mime: string;
  readonly language: string | null;
  readonly characters: number;
  /** What could not be read, for a person; null: all was. */
  readonly warning: string | null;
  /**
   * Why a text from the web must wait for a person although the profile asks for no quarantine (it speaks to a model); null: nothing
   * of the kind, or not from the web. What decides is `sanitise` of web/sanitise.ts, between the text and its passages.
   */
  readonly suspicion: string | null;
  /** In order, in slices. */
  readonly chunks: AsyncIterable<readonly Chunk[]>;
}

/** A page as it was fetched. The bytes lie in `path`, which belongs to whoever asked. */
export interface FetchedPage {
  readonly path: string;
  /** As the server called it, without parameters. Text that was not UTF-8 has become it, with a byte order mark. */
  readonly mime: string;
  readonly bytes: number;
  /** After redirects. */
  readonly finalUrl: string;
  readonly title?: string | undefined;
  /** Milliseconds since 1970. */
  readonly fetched: number;
}

/** One thing that a source of the web has of a topic. */
export interface LearnedItem extends FetchedPage {
  readonly title: string;
  /** Whom to name, and under which licence; null: not known. */
  readonly attribution: string | null;
}

/** The only way out of this machine that knowledge has. Errors are `AppError`s (`web_refused`, `web_unavailable`). */
export interface Web {
  fetchPage(url: string, signal?: AbortSignal): Promise<FetchedPage>;
  /**
   * What the sources of the profile have of it, in their order, at most `maxPages`. Rejects where no source could be asked; a source
   * that failed beside one that answered is told in `problems`.
   */
  learn(
    topic: string,
    signal?: AbortSignal,
  ): Promise<{ readonly items: readonly LearnedItem[]; readonly problems: readonly string[] }>;
  close(): Promise<void>;
}

/** Makes vectors of length 1. */
export interface Embedder {
  /** Identifies the model with all that its vectors depend on. Changes where the first vector shows its dimension. */
  readonly model: string;
  /** A person waits for it: rejects where the expert cannot be had soon, or makes no vector of this text. */
  question(text: string, signal: AbortSignal): Promise<Float32Array>;
  /** In order; undefined for a text of which the expert makes no vector, however it is asked. Rejects where the expert cannot be had. */
  passages(texts: readonly string[], signal: AbortSignal): Promise<readonly (Float32Array | undefined)[]>;
}

/** Orders passages by how well they answer. */
export interface Reranker {
  /** One score for each text, higher is better; undefined: not in time, or not to be trusted. Never rejects. */
  rank(query: string, texts: readonly string[], signal: AbortSignal): Promise<readonly number[] | undefined>;
}

export interface KnowledgeStatus {
  readonly state: 'opening' | 'ready' | 'degraded' | 'off';
  readonly reason: string | null;
  readonly store: { readonly kind: string; readonly version: string | null };
  readonly queued: number;
  readonly embedding: { readonly model: string; readonly waiting: number } | null;
}

/** Everything that knowledge does, for routes and for answers. Errors are `AppError`s that say what to do next. */
export interface KnowledgeBase {
  status(): KnowledgeStatus;
  /** Resolves as soon as the document is safely queued: what was accepted is read even if the machine goes down now. */
  add(
    user: User,
    source: Source,
    options?: AddOptions,
  ): Promise<{ readonly document: DocumentView; readonly existed: boolean }>;
  get(user: User, id: string): Promise<DocumentView | undefined>;
  list(user: User, filter?: DocumentFilter): Promise<readonly DocumentView[]>;
  /** The whole text, in order. */
  text(user: User, id: string): Promise<AsyncIterable<string> | undefined>;
  /** Another title. */
  rename(user: User, id: string, title: string): Promise<DocumentView | undefined>;
  remove(user: User, id: string): Promise<boolean>;
  /** Of one collection, or all. Resolves with how many documents there were. */
  clear(user: User, collection?: string): Promise<number>;
  /** Lets a quarantined document be used. */
  approve(user: User, id: string): Promise<DocumentView | undefined>;
  attach(
    user: User,
    id: string,
    collection: string,
    attributes?: StoredDocument['attributes'],
  ): Promise<DocumentView | undefined>;
  detach(user: User, id: string, collection: string): Promise<DocumentView | undefined>;
  collections(user: User): Promise<readonly (Collection & { readonly documents: number })[]>;
  collection(user: User, idOrName: string): Promise<Collection | undefined>;
  /** The one of this name, made where there is none. */
  createCollection(user: User, name: string, metadata?: Readonly<Record<string, string>>): Promise<Collection>;
  /** A new one. Undefined: the name is taken. */
  newCollection(user: User, name: string, metadata?: Readonly<Record<string, string>>): Promise<Collection | undefined>;
  changeCollection(
    user: User,
    id: string,
    change: Partial<Pick<Collection, 'name' | 'metadata'>>,
  ): Promise<Collection | undefined>;
  removeCollection(user: User, id: string): Promise<boolean>;
  search(user: User, query: SearchQuery): Promise<SearchResult>;
  /** Asks the sources of `knowledge.web` and adds what they have. `problems`: what stood in the way of more, for a person. */
  learn(
    user: User,
    topic: string,
    options?: AddOptions & { readonly signal?: AbortSignal },
  ): Promise<{ readonly documents: readonly DocumentView[]; readonly problems: readonly string[] }>;
  /** Lines of JSON: this user's documents as a backup of the store has them. */
  export(user: User): AsyncIterable<string>;
  /** Records have come into the store from elsewhere: they are read, searched and embedded like the others. */
  renew(): Promise<void>;
  close(): Promise<void>;
}
