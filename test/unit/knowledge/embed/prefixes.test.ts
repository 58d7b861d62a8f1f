import { describe, expect, it } from 'vitest';

import { prefixesOf } from '../../../../src/knowledge/embed/prefixes.ts';

describe('the prefixes of embedding models', () => {
  it.each([
    ['multilingual-e5-small-q8_0', 'query: ', 'passage: '],
    ['intfloat/e5-base-v2', 'query: ', 'passage: '],
    ['multilingual-e5-large-instruct', 'Instruct: Given a question, retrieve passages that answer it\nQuery: ', ''],
    ['bge-small-en-v1.5', 'Represent this sentence for searching relevant passages: ', ''],
    ['gpustack/bge-m3-GGUF', '', ''],
    ['nomic-embed-text-v1.5.Q8_0', 'search_query: ', 'search_document: '],
    ['snowflake-arctic-embed-l-v2.0', 'query: ', ''],
    ['embeddinggemma-300M-Q8_0', 'task: search result | query: ', 'title: none | text: '],
    ['all-minilm-l6-v2-f16', '', ''],
    ['paraphrase-multilingual-mpnet-base-v2', '', ''],
  ])('%s', (name, query, passage) => {
    expect(prefixesOf([name])).toEqual({ query, passage });
  });

  it('go by whichever of its names tells', () => {
    expect(prefixesOf(['model', 'nomic-ai/nomic-embed-text-v2-moe-GGUF']).query).toBe('search_query: ');
  });
});
