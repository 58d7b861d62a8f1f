import type { DocumentView, KnowledgeBase } from '../../knowledge/contract.ts';
import { arrayOf } from '../../proxy/json.ts';
import type { Collection } from '../../store/contract.ts';
import { noCollection, noDocument } from '../knowledge/access.ts';
import { refuseField } from '../knowledge/fields.ts';
import { documentIdOf } from './ids.ts';

/** Of one request. */
export const MOST_FILES = 2_000;

/** The collection of this id: a name is none. @throws AppError `collection_not_found`. */
export async function storeOf(base: KnowledgeBase, user: string, id: string): Promise<Collection> {
  const collection = await base.collection(user, id);
  if (collection?.id === id) return collection;
  throw noCollection(id);
}

/** The document of a file. @throws AppError `document_not_found`. */
export async function fileNamed(base: KnowledgeBase, user: string, file: string): Promise<DocumentView> {
  const document = await base.get(user, documentIdOf(file));
  if (document) return document;
  throw noDocument(file);
}

/** The file of a store. @throws AppError `document_not_found`, also where it is in other stores alone. */
export async function fileIn(
  base: KnowledgeBase,
  user: string,
  store: Collection,
  file: string,
): Promise<DocumentView> {
  const document = await base.get(user, documentIdOf(file));
  if (document?.collections.includes(store.id)) return document;
  throw noDocument(file);
}

/** The documents of these files, all of which are there. @throws AppError `document_not_found`, `invalid_request`. */
export async function filesNamed(base: KnowledgeBase, user: string, value: unknown): Promise<DocumentView[]> {
  const ids = arrayOf(value ?? []);
  const isList = (value ?? null) === null || Array.isArray(value);
  if (!isList || ids.length > MOST_FILES || !ids.every((id) => typeof id === 'string'))
    throw refuseField('file_ids', `\`file_ids\` must be a list of at most ${MOST_FILES} ids.`);
  const documents: DocumentView[] = [];
  for (const id of new Set(ids)) documents.push(await fileNamed(base, user, id));
  return documents;
}
