/**
 * What the store keeps, and how it is asked. Every method takes the user first and sees nothing of anybody else; an id of another
 * user is an id that is not there. Nothing outside this room speaks SurrealQL.
 *
 * Ids are made here (`doc_…`, `vs_…`), never by a client. Dates are milliseconds since 1970. Offsets are UTF-16 code units.
 */

import type { PeopleStore } from './people-contract.ts';

/** A person, by the name that identity has found for a request. */
export type User = string;

/** `queued`: waits or is being read. `quarantined`: read, and used only after approval. `failed`: `error` says why. */
export type DocumentState = 'queued' | 'quarantined' | 'ready' | 'failed';
export type DocumentOrigin = 'text' | 'file' | 'url' | 'learned' | 'conversation';

export interface StoredDocument {
  readonly id: string;
  readonly title: string;
  /** The name of the file or the address that it came from. */
  readonly uri: string | null;
  readonly mime: string;
  /** Of the bytes received, hexadecimal: one user has the same bytes once. */
  readonly sha256: string;
  readonly bytes: number;
  readonly language: string | null;
  readonly origin: DocumentOrigin;
  readonly state: DocumentState;
  /** Why it failed, or what of it could not be read, for a person. */
  readonly error: string | null;
  /** Ids of collections. In none: kept, and not searched. */
  readonly collections: readonly string[];
  readonly chunks: number;
  /** Length of the text, in UTF-16 code units. */
  readonly characters: number;
  readonly created: number;
  readonly updated: number;
  /** When it was fetched from the web. */
  readonly fetched: number | null;
  /** Whom to name, and under which licence: CC BY-SA of Wikipedia. */
  readonly attribution: string | null;
  /** What an OpenAI client attached (`attributes`). */
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
}

export type NewDocument = Pick<
  StoredDocument,
  'title' | 'uri' | 'mime' | 'sha256' | 'bytes' | 'origin' | 'collections' | 'fetched' | 'attribution' | 'attributes'
>;

export interface Collection {
  readonly id: string;
  /** One user has a name once. */
  readonly name: string;
  readonly created: number;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * A passage: an exact slice of its document's text. Passages follow each other without gap or overlap, so that together they are
 * the text.
 */
export interface Chunk {
  /** From 0. */
  readonly ord: number;
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** From 1; null where there are no pages. */
  readonly page: number | null;
  /** Headings above it, the outermost first. */
  readonly headings: readonly string[];
}

export interface ChunkRef {
  readonly document: string;
  readonly ord: number;
}

export interface StoredChunk extends Chunk, ChunkRef {}

/** Of length 1, never of zeros. */
export interface StoredVector extends ChunkRef {
  readonly vector: Float32Array;
}

export interface DocumentFilter {
  readonly collection?: string | undefined;
  readonly states?: readonly DocumentState[] | undefined;
  /** Part of title or uri, without regard to case. */
  readonly text?: string | undefined;
  /** Newest first; the id of the last one of the page before. */
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
}

export interface CollectionRepository {
  list(user: User): Promise<readonly Collection[]>;
  /** By id or by name. */
  find(user: User, idOrName: string): Promise<Collection | undefined>;
  /** The one of this name, made where there is none. */
  ensure(user: User, name: string, metadata?: Readonly<Record<string, string>>): Promise<Collection>;
  /** A new one. Undefined: the name is taken. */
  create(user: User, name: string, metadata?: Readonly<Record<string, string>>): Promise<Collection | undefined>;
  change(
    user: User,
    id: string,
    change: Partial<Pick<Collection, 'name' | 'metadata'>>,
  ): Promise<Collection | undefined>;
  /** Takes it away, also from its documents, which stay. False: there is none. */
  remove(user: User, id: string): Promise<boolean>;
}

export interface DocumentRepository {
  /** Where this user has these bytes already, that document, with the collections of both. */
  create(user: User, document: NewDocument): Promise<{ readonly document: StoredDocument; readonly existed: boolean }>;
  get(user: User, id: string): Promise<StoredDocument | undefined>;
  list(user: User, filter?: DocumentFilter): Promise<readonly StoredDocument[]>;
  count(user: User, filter?: Pick<DocumentFilter, 'collection' | 'states'>): Promise<number>;
  change(
    user: User,
    id: string,
    change: Partial<Omit<StoredDocument, 'id' | 'sha256' | 'created' | 'chunks'>>,
  ): Promise<StoredDocument | undefined>;
  /** With its chunks and vectors, in transactions that a crash cannot leave half done for the next look. False: there is none. */
  remove(user: User, id: string): Promise<boolean>;
  /** Many at once, in far fewer transactions. Answers those that were there. */
  removeMany(user: User, ids: readonly string[]): Promise<readonly string[]>;
}

export interface ChunkRepository {
  /** Adds passages of a document; what stands under an `ord` already is replaced. Undone by `clear`. */
  write(user: User, document: string, chunks: readonly Chunk[]): Promise<void>;
  /** Takes all passages and vectors of a document away: reading it begins anew. */
  clear(user: User, document: string): Promise<void>;
  /** In the order asked for; those that are not there are left out. */
  get(user: User, refs: readonly ChunkRef[]): Promise<readonly StoredChunk[]>;
  /** Passages of one document from `from` to `to` (inclusive), in order. */
  range(user: User, document: string, from: number, to: number): Promise<readonly StoredChunk[]>;
  count(user: User): Promise<number>;
  /** All of a user's passages, in slices small enough to hold nobody up. */
  each(user: User): AsyncIterable<readonly StoredChunk[]>;
}

export interface VectorRepository {
  /** `model` names the embedding model and its settings; vectors of different ones never meet. */
  write(user: User, model: string, vectors: readonly StoredVector[]): Promise<void>;
  /** Passages without a vector of this model, at most `limit`. */
  missing(user: User, model: string, limit: number): Promise<readonly ChunkRef[]>;
  count(user: User, model: string): Promise<number>;
  each(user: User, model: string): AsyncIterable<readonly StoredVector[]>;
  /** Takes away vectors of every other model. */
  retain(user: User, model: string): Promise<void>;
  /**
   * The nearest by an index of the store, nearest first; undefined where the store has none (the embedded engine never builds it).
   * Approximate: `documents` narrows it.
   */
  nearest?(
    user: User,
    model: string,
    vector: Float32Array,
    options: { readonly limit: number; readonly documents?: readonly string[] | undefined },
  ): Promise<readonly (ChunkRef & { readonly similarity: number })[]>;
}

/** `opening` and `degraded` recover by themselves; each says why for a person. */
export interface StoreHealth {
  readonly state: 'opening' | 'ready' | 'degraded' | 'closed';
  readonly reason: string | null;
  readonly kind: 'embedded' | 'server' | 'memory';
  /** Of the engine, where it is known. */
  readonly version: string | null;
}

export interface BackupOptions {
  /** Accounts with their passwords as they are at rest, keys (their digests), memories, conversations, feedback. Default: true. */
  readonly people?: boolean;
}

export interface Store {
  readonly collections: CollectionRepository;
  readonly documents: DocumentRepository;
  readonly chunks: ChunkRepository;
  readonly vectors: VectorRepository;
  readonly people: PeopleStore;
  health(): StoreHealth;
  /** Everybody who has anything here: the one question that is nobody's. */
  users(): Promise<readonly User[]>;
  /** How much of everything there is, of everybody: `documents`, `memories` and so on. */
  counts(): Promise<Readonly<Record<string, number>>>;
  /** Everything, or all of one user, as lines of JSON, the first of which says what it is. */
  backup(user?: User, options?: BackupOptions): AsyncIterable<string>;
  /** Lines of a backup into what is here; what is here already stays. Resolves with how many records were added, and of what. */
  restore(lines: AsyncIterable<string>): Promise<{
    readonly added: number;
    readonly kept: number;
    readonly parts: Readonly<Record<string, number>>;
  }>;
  close(): Promise<void>;
}
