import type { Hit } from '../../../../src/knowledge/contract.ts';
import type { StoredDocument } from '../../../../src/store/contract.ts';

export function documentOf(id: string, more: Partial<StoredDocument> = {}): StoredDocument {
  return {
    id,
    title: `${id}.md`,
    uri: `${id}.md`,
    mime: 'text/markdown',
    sha256: '0'.repeat(64),
    bytes: 10,
    language: 'en',
    origin: 'file',
    state: 'ready',
    error: null,
    collections: ['col_1'],
    chunks: 1,
    characters: 10,
    created: 1_000,
    updated: 1_000,
    fetched: null,
    attribution: null,
    attributes: {},
    ...more,
  };
}

/** Passages of one document, cut from its text at the places given. */
export function hitsOf(document: StoredDocument, texts: readonly string[], scores: readonly number[] = []): Hit[] {
  let start = 0;
  return texts.map((text, ord) => {
    const chunk = { ord, text, start, end: start + text.length, page: null, headings: [] };
    start += text.length;
    return { document, chunk, score: scores[ord] ?? 1 - ord / 100, similarity: null, lexical: null };
  });
}
