import type { Collection } from '../../store/contract.ts';
import type { DocumentView, KnowledgeBase } from '../../knowledge/contract.ts';
import { AppError } from '../../shared/errors.ts';
import type { KnowledgeHolder } from '../knowledge-holder.ts';
import type { Settings } from '../settings.ts';
import { collectionName } from './fields.ts';

/** What the routes over documents need. */
export interface KnowledgeRoutesOptions {
  readonly knowledge: Pick<KnowledgeHolder, 'get' | 'status'>;
  /** Where uploads wait until they are queued; made when the first one comes. */
  readonly uploadsDir: string;
  readonly settings: () => Settings;
}

/**
 * The one answer for an id that this user does not have: it says the same, after the same question to the store, whether the id is
 * somebody else's or nobody's.
 */
export function noDocument(id: string): AppError {
  return new AppError('document_not_found', `You have no document "${id.slice(0, 100)}".`, { param: 'id' });
}

/** Likewise for collections. */
export function noCollection(idOrName: string): AppError {
  return new AppError('collection_not_found', `You have no collection "${idOrName.slice(0, 100)}".`, {
    param: 'collection',
  });
}

/** @throws AppError `document_not_found`. */
export async function documentOf(base: KnowledgeBase, user: string, id: string): Promise<DocumentView> {
  const document = await base.get(user, id);
  if (document) return document;
  throw noDocument(id);
}

/** @throws AppError `collection_not_found`. */
export async function collectionOf(base: KnowledgeBase, user: string, idOrName: string): Promise<Collection> {
  const collection = await base.collection(user, idOrName);
  if (collection) return collection;
  throw noCollection(idOrName);
}

/**
 * Of each: the id of one that is there, or a name that a new one may have.
 * @throws AppError `collection_not_found` for an id that this user does not have, `invalid_request` for what is no name.
 */
export function knownOrNew(base: KnowledgeBase, user: string, names: readonly string[]): Promise<string[]> {
  return Promise.all(
    names.map(async (name) => {
      const known = await base.collection(user, name);
      if (known) return known.id;
      if (/^vs_/i.test(name)) throw noCollection(name);
      return collectionName(name, 'collections');
    }),
  );
}
