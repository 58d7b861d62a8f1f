import { AppError } from '../shared/errors.ts';
import { isObject } from './json.ts';

/** What a request says about the documents of its user (`orchestrator.knowledge`). */
export interface KnowledgeWish {
  /** Names or ids. */
  readonly collections?: readonly string[] | undefined;
  readonly documents?: readonly string[] | undefined;
  readonly topK?: number | undefined;
  readonly rerank?: boolean | undefined;
}

const WHERE = 'orchestrator.knowledge';
const KEYS = new Set(['collections', 'documents', 'topK', 'rerank']);
const MOST_NAMES = 100;
const LONGEST_NAME = 256;
const MOST_PASSAGES = 50;

/** False: the request wants none; undefined: it does not say. Throws `invalid_request`. */
export function parseKnowledge(value: unknown): KnowledgeWish | false | undefined {
  if (value === undefined || value === null) return undefined;
  if (value === false) return false;
  if (value === true) return {};
  if (!isObject(value))
    throw wrong(WHERE, `\`${WHERE}\` must be true, false, or an object with ${[...KEYS].join(', ')}`);
  const unknown = Object.keys(value).find((key) => !KEYS.has(key));
  if (unknown !== undefined)
    throw wrong(
      `${WHERE}.${unknown.slice(0, 60)}`,
      `unknown key in \`${WHERE}\`: ${unknown.slice(0, 60)}; known: ${[...KEYS].join(', ')}`,
    );
  const { collections, documents, topK, rerank } = value;
  const isCount = typeof topK === 'number' && Number.isInteger(topK) && topK >= 1 && topK <= MOST_PASSAGES;
  if (topK !== undefined && !isCount)
    throw wrong(`${WHERE}.topK`, `\`${WHERE}.topK\` must be a whole number from 1 to ${MOST_PASSAGES}`);
  if (rerank !== undefined && typeof rerank !== 'boolean')
    throw wrong(`${WHERE}.rerank`, `\`${WHERE}.rerank\` must be true or false`);
  return {
    collections: namesOf(collections, `${WHERE}.collections`),
    documents: namesOf(documents, `${WHERE}.documents`),
    topK: isCount ? topK : undefined,
    rerank,
  };
}

function namesOf(names: unknown, param: string): readonly string[] | undefined {
  if (names === undefined) return undefined;
  const isList = Array.isArray(names) && names.length > 0 && names.length <= MOST_NAMES;
  if (isList && names.every((name) => typeof name === 'string' && name !== '' && name.length <= LONGEST_NAME))
    return names as readonly string[];
  throw wrong(param, `\`${param}\` must be a list of 1 to ${MOST_NAMES} names or ids`);
}

function wrong(param: string, message: string): AppError {
  return new AppError('invalid_request', message, { param });
}
