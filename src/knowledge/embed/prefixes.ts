/** What an embedding model was trained to see in front of a question and of a passage. */
export interface Prefixes {
  readonly query: string;
  readonly passage: string;
}

const NONE: Prefixes = { query: '', passage: '' };
const SEARCH_ENGLISH = 'Represent this sentence for searching relevant passages: ';

/**
 * By the name of the model, the first that fits; from the models' own cards. Without them E5 finds clearly less; MiniLM, MPNet, GTE and
 * BGE-M3 want none. `knowledge.embeddingPrefixes` overrules it.
 */
const BY_NAME: readonly (readonly [RegExp, Prefixes])[] = [
  [/\be5-mistral|\be5-.*instruct/, instructed('Given a question, retrieve passages that answer it')],
  [/\be5\b/, { query: 'query: ', passage: 'passage: ' }],
  [/\bbge-m3\b/, NONE],
  [/\bbge-.*\bzh\b/, { query: '为这个句子生成表示以用于检索相关文章：', passage: '' }],
  [/\bbge-|\bmxbai-embed/, { query: SEARCH_ENGLISH, passage: '' }],
  [/\bnomic-embed/, { query: 'search_query: ', passage: 'search_document: ' }],
  [/\barctic-embed.*v2/, { query: 'query: ', passage: '' }],
  [/\barctic-embed/, { query: SEARCH_ENGLISH, passage: '' }],
  [/\bembedding-?gemma/, { query: 'task: search result | query: ', passage: 'title: none | text: ' }],
  [/\bqwen3-embedding/, instructed('Given a question, retrieve passages that answer it')],
];

/** `names`: whatever the model is called: its file, its repository, the expert's id. */
export function prefixesOf(names: readonly string[]): Prefixes {
  const plain = names.map((name) => name.toLowerCase().replaceAll(/[_./\s]+/g, '-'));
  return BY_NAME.find(([pattern]) => plain.some((name) => pattern.test(name)))?.[1] ?? NONE;
}

function instructed(task: string): Prefixes {
  return { query: `Instruct: ${task}\nQuery: `, passage: '' };
}
