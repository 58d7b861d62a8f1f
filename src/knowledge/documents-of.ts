import type { DocumentFilter, Store, StoredDocument, User } from '../store/contract.ts';

type Which = Pick<DocumentFilter, 'states' | 'collection'>;

const A_PAGE = 200;

/** All of a user's documents, in pages small enough to hold nobody up. */
export async function* pagesOfDocuments(
  store: Pick<Store, 'documents'>,
  user: User,
  which: Which = {},
): AsyncGenerator<readonly StoredDocument[]> {
  let after: string | undefined;
  do {
    const page: readonly StoredDocument[] = await store.documents.list(user, { ...which, after, limit: A_PAGE });
    if (page.length > 0) yield page;
    after = page.length === A_PAGE ? page.at(-1)?.id : undefined;
  } while (after !== undefined);
}

/** The same, one by one. */
export async function* documentsOf(
  store: Pick<Store, 'documents'>,
  user: User,
  which?: Which,
): AsyncGenerator<StoredDocument> {
  for await (const page of pagesOfDocuments(store, user, which)) yield* page;
}
