import type { User } from '../../store/contract.ts';

/** What of a document decides whether it takes part in a search, and its title: its words count as those of every passage. */
export interface DocumentFacts {
  readonly title: string;
  /** Ids. In none: not searched. */
  readonly collections: readonly string[];
  /** Milliseconds since 1970. */
  readonly created: number;
  /** False: neither ready nor approved. */
  readonly searchable: boolean;
}

export interface IndexedChunk {
  readonly ord: number;
  readonly text: string;
  /** Headings above it: their words count as its own. */
  readonly headings: readonly string[];
}

/** `packed`: one vector after the other, in the order of `ords`. */
export interface PackedVectors {
  readonly ords: readonly number[];
  readonly packed: Float32Array;
}

export interface SliceQuery {
  readonly text: string;
  readonly vector?: Float32Array | undefined;
  /** In place of comparing every vector: what an index of the store holds for nearest, the nearest first. */
  readonly near?:
    | readonly { readonly document: string; readonly ord: number; readonly similarity: number }[]
    | undefined;
  /** Ids; absent: all. */
  readonly collections?: readonly string[] | undefined;
  readonly documents?: readonly string[] | undefined;
  /** Of the document's creation: from `after` on, and before `before`. */
  readonly after?: number | undefined;
  readonly before?: number | undefined;
  readonly limit: number;
  /** Cosine. */
  readonly minSimilarity: number;
  /** What is searched are statements of a few words, perhaps few of them: a word that all have still tells, and less counts as found. */
  readonly short?: boolean | undefined;
}

export interface Found {
  readonly document: string;
  readonly ord: number;
  readonly similarity: number | null;
  readonly lexical: number | null;
  /** From 0 to 1, in the order of the hits. */
  readonly score: number;
}

export interface SliceAnswer {
  readonly hits: readonly Found[];
  /** Whether any vector was compared. */
  readonly compared: boolean;
}

export interface SliceSize {
  readonly bytes: number;
  readonly documents: number;
  readonly chunks: number;
  readonly vectors: number;
}

/**
 * Changes of one user's slice. `fill`: comes from the store while the slice is being read from it, and never takes the place of what
 * was told meanwhile.
 */
export type Change =
  | { readonly kind: 'document'; readonly id: string; readonly facts: DocumentFacts; readonly fill?: boolean }
  | { readonly kind: 'chunks'; readonly id: string; readonly chunks: readonly IndexedChunk[]; readonly fill?: boolean }
  | ({ readonly kind: 'vectors'; readonly id: string; readonly fill?: boolean } & PackedVectors)
  | { readonly kind: 'clear'; readonly id: string }
  | { readonly kind: 'remove'; readonly id: string }
  /** The store has been read to its end. */
  | { readonly kind: 'filled' };

export type Order =
  | { readonly do: 'change'; readonly user: User; readonly changes: readonly Change[] }
  | { readonly do: 'search'; readonly user: User; readonly query: SliceQuery }
  /** Which documents a search would be of. */
  | { readonly do: 'eligible'; readonly user: User; readonly query: SliceQuery }
  | { readonly do: 'forget'; readonly user: User };

/** `documents` null: all. */
export interface Eligible {
  readonly documents: readonly string[] | null;
}

/** Answers of each order: `change` and `forget` the size after it. */
export type Answer<O extends Order> = O extends { do: 'search' }
  ? SliceAnswer
  : O extends { do: 'eligible' }
    ? Eligible
    : SliceSize;
export type AnyAnswer = SliceAnswer | Eligible | SliceSize;

export interface Request {
  readonly number: number;
  readonly order: Order;
}

export type Reply =
  | { readonly number: number; readonly value: AnyAnswer }
  | { readonly number: number; readonly error: string };
