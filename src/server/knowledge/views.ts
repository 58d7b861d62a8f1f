/** The JSON of `/api/knowledge/*`, which the command line reads. */
import type { DocumentView, Hit, KnowledgeStatus, SearchResult } from '../../knowledge/contract.ts';
import type { Collection, DocumentState, StoredDocument } from '../../store/contract.ts';

/** A document; moments are ISO 8601. */
export interface DocumentJson {
  id: string;
  title: string;
  /** The name of the file or the address that it came from. */
  uri: string | null;
  mime: string;
  sha256: string;
  bytes: number;
  language: string | null;
  origin: StoredDocument['origin'];
  state: DocumentState;
  /** Why it failed, or what of it could not be read. */
  error: string | null;
  /** Ids. */
  collections: string[];
  chunks: number;
  characters: number;
  created: string;
  updated: string;
  fetched: string | null;
  attribution: string | null;
  attributes: Record<string, string | number | boolean>;
  /** Passages that have a vector; null where there is no embedding expert. */
  embedded: number | null;
  /** 0 to 1 while it is read; null: not begun, or not known. */
  progress: number | null;
}

/** What adding answers: `existed` says that these bytes were there already. */
export type AddedJson = DocumentJson & { existed: boolean };

export interface DocumentListJson {
  documents: DocumentJson[];
  /** `after` of the next page; null: this was the last. */
  next: string | null;
}

/** `problems`: what stood in the way of more. */
export interface LearnedJson {
  documents: DocumentJson[];
  problems: string[];
}

export interface CollectionJson {
  id: string;
  name: string;
  created: string;
  metadata: Record<string, string>;
  documents: number;
}

/** A passage found: an exact slice `start` to `end` (UTF-16 code units) of its document's text. */
export interface HitJson {
  document: Pick<DocumentJson, 'id' | 'title' | 'uri' | 'mime' | 'origin' | 'fetched' | 'attribution' | 'collections'>;
  text: string;
  ord: number;
  start: number;
  end: number;
  page: number | null;
  headings: string[];
  score: number;
  similarity: number | null;
  lexical: number | null;
}

export interface SearchJson {
  hits: HitJson[];
  used: SearchResult['used'];
  degraded: string | null;
  ms: number;
}

/** `GET /api/knowledge`. */
export interface KnowledgeStatusJson extends KnowledgeStatus {
  /** Whose documents the asker gets. */
  user: string;
}

export function documentJson(document: DocumentView): DocumentJson {
  return {
    id: document.id,
    title: document.title,
    uri: document.uri,
    mime: document.mime,
    sha256: document.sha256,
    bytes: document.bytes,
    language: document.language,
    origin: document.origin,
    state: document.state,
    error: document.error,
    collections: [...document.collections],
    chunks: document.chunks,
    characters: document.characters,
    created: moment(document.created),
    updated: moment(document.updated),
    fetched: document.fetched === null ? null : moment(document.fetched),
    attribution: document.attribution,
    attributes: document.attributes,
    embedded: document.embedded,
    progress: document.progress,
  };
}

export function collectionJson(collection: Collection & { readonly documents: number }): CollectionJson {
  const { id, name, created, metadata, documents } = collection;
  return { id, name, created: moment(created), metadata, documents };
}

export function searchJson({ hits, used, degraded, ms }: SearchResult): SearchJson {
  return { hits: hits.map(hitJson), used, degraded, ms };
}

function hitJson({ document, chunk, score, similarity, lexical }: Hit): HitJson {
  const { id, title, uri, mime, origin, fetched, attribution, collections } = document;
  return {
    document: {
      id,
      title,
      uri,
      mime,
      origin,
      fetched: fetched === null ? null : moment(fetched),
      attribution,
      collections: [...collections],
    },
    text: chunk.text,
    ord: chunk.ord,
    start: chunk.start,
    end: chunk.end,
    page: chunk.page,
    headings: [...chunk.headings],
    score,
    similarity,
    lexical,
  };
}

const moment = (milliseconds: number) => new Date(milliseconds).toISOString();
