import type { KnowledgeBase } from '../../knowledge/contract.ts';
import type { Collection } from '../../store/contract.ts';
import { AppError } from '../../shared/errors.ts';
import type { ColdApp } from '../cold-context.ts';
import { type KnowledgeRoutesOptions, noCollection } from '../knowledge/access.ts';
import { collectionName, metadataField } from '../knowledge/fields.ts';
import { readFields } from './known-fields.ts';
import { allDocuments, pageOf, pagingOf } from './list-page.ts';
import { filesNamed, storeOf } from './store-access.ts';
import { storeObject } from './views.ts';

const NAMELESS = 'unnamed';
/** More of one name are somebody's mistake. */
const MOST_OF_A_NAME = 1_000;

/** OpenAI's `/v1/vector_stores`: a store is a collection. */
export function addStoreRoutes(app: ColdApp, { knowledge }: KnowledgeRoutesOptions): void {
  app.post('/v1/vector_stores', async (context) => {
    const base = knowledge.get();
    const { user } = context.env.identity;
    const body = await readFields(context, ['name', 'file_ids', 'metadata']);
    const wanted = isNameless(body['name']) ? NAMELESS : collectionName(body['name'], 'name');
    const metadata = metadataField(body['metadata']);
    const files = await filesNamed(base, user, body['file_ids']);
    const store = await newStore(base, user, { wanted, metadata });
    for (const { id } of files) await base.attach(user, id, store.id);
    return context.json(storeObject(store, await allDocuments(base, user, store.id)));
  });
  app.get('/v1/vector_stores', async (context) => {
    const base = knowledge.get();
    const { user } = context.env.identity;
    const paging = pagingOf(context.req.query(), { usual: 20, most: 100 });
    const [stores, documents] = await Promise.all([base.collections(user), allDocuments(base, user)]);
    const newestFirst = stores.toSorted((one, other) => other.created - one.created);
    const page = pageOf(newestFirst, paging);
    const data = page.data.map((store) =>
      storeObject(
        store,
        documents.filter(({ collections }) => collections.includes(store.id)),
      ),
    );
    return context.json({ ...page, data });
  });
  app.get('/v1/vector_stores/:id', async (context) => {
    const base = knowledge.get();
    const { user } = context.env.identity;
    const store = await storeOf(base, user, context.req.param('id'));
    return context.json(storeObject(store, await allDocuments(base, user, store.id)));
  });
  app.post('/v1/vector_stores/:id', async (context) => {
    const base = knowledge.get();
    const { user } = context.env.identity;
    const body = await readFields(context, ['name', 'metadata']);
    const metadata = metadataField(body['metadata']);
    const { id, name: before } = await storeOf(base, user, context.req.param('id'));
    const wanted = isNameless(body['name']) ? before : collectionName(body['name'], 'name');
    const [name] = wanted === before ? [] : await freeNames(base, user, wanted);
    const store = await base.changeCollection(user, id, {
      ...(name !== undefined && { name }),
      ...(metadata && { metadata }),
    });
    if (!store) throw noCollection(id);
    return context.json(storeObject(store, await allDocuments(base, user, id)));
  });
  app.delete('/v1/vector_stores/:id', async (context) => {
    const base = knowledge.get();
    const { user } = context.env.identity;
    const { id } = await storeOf(base, user, context.req.param('id'));
    if (!(await base.removeCollection(user, id))) throw noCollection(id);
    return context.json({ id, object: 'vector_store.deleted', deleted: true });
  });
}

const isNameless = (name: unknown) => name === undefined || name === null || name === '';

/** Several that come at once with one name get one each. */
async function newStore(
  base: KnowledgeBase,
  user: string,
  { wanted, metadata }: { wanted: string; metadata: Readonly<Record<string, string>> | undefined },
): Promise<Collection> {
  for (const name of await freeNames(base, user, wanted)) {
    const made = await base.newCollection(user, name, metadata);
    if (made) return made;
  }
  throw tooMany(wanted);
}

/** To OpenAI two stores may have one name; here the second is `notes (2)`, so that what was meant to be apart stays apart. */
async function freeNames(base: KnowledgeBase, user: string, wanted: string): Promise<readonly string[]> {
  const taken = new Set((await base.collections(user)).map(({ name }) => name));
  const free = Array.from({ length: MOST_OF_A_NAME }, (_, index) =>
    index === 0 ? wanted : `${wanted} (${index + 1})`,
  ).filter((name) => !taken.has(name));
  if (free.length === 0) throw tooMany(wanted);
  return free;
}

function tooMany(wanted: string): AppError {
  const message = `You have ${MOST_OF_A_NAME} vector stores "${wanted}" already.`;
  return new AppError('conflict', message, { param: 'name' });
}
