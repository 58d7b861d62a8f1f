import type { KnowledgeBase } from '../../knowledge/contract.ts';
import { AppError } from '../../shared/errors.ts';
import type { ColdApp } from '../cold-context.ts';
import { readObject } from '../read-object.ts';
import { collectionOf, type KnowledgeRoutesOptions, noCollection } from './access.ts';
import { collectionName, metadataField } from './fields.ts';
import { collectionJson } from './views.ts';

/** `/api/knowledge/collections`; `:id` is an id or a name. */
export function addCollectionRoutes(app: ColdApp, { knowledge }: KnowledgeRoutesOptions): void {
  const view = async (base: KnowledgeBase, user: string, id: string) => {
    const counted = (await base.collections(user)).find((collection) => collection.id === id);
    if (counted) return collectionJson(counted);
    throw noCollection(id);
  };

  app.get('/api/knowledge/collections', async (context) => {
    const collections = await knowledge.get().collections(context.env.identity.user);
    return context.json({ collections: collections.map(collectionJson) });
  });
  app.post('/api/knowledge/collections', async (context) => {
    const base = knowledge.get();
    const { user } = context.env.identity;
    const body = await readObject(context.req.raw, ['name', 'metadata']);
    const name = await freeName(base, user, body['name']);
    const { id } = await base.createCollection(user, name, metadataField(body['metadata']));
    return context.json(await view(base, user, id), 201);
  });
  app.get('/api/knowledge/collections/:id', async (context) => {
    const base = knowledge.get();
    const { user } = context.env.identity;
    const { id } = await collectionOf(base, user, context.req.param('id'));
    return context.json(await view(base, user, id));
  });
  app.patch('/api/knowledge/collections/:id', async (context) => {
    const base = knowledge.get();
    const { user } = context.env.identity;
    const body = await readObject(context.req.raw, ['name', 'metadata']);
    const metadata = metadataField(body['metadata']);
    const { id, name: before } = await collectionOf(base, user, context.req.param('id'));
    const isNew = body['name'] !== undefined && body['name'] !== before;
    const name = isNew ? await freeName(base, user, body['name']) : undefined;
    await base.changeCollection(user, id, { ...(name !== undefined && { name }), ...(metadata && { metadata }) });
    return context.json(await view(base, user, id));
  });
  app.delete('/api/knowledge/collections/:id', async (context) => {
    const base = knowledge.get();
    const { user } = context.env.identity;
    const { id } = await collectionOf(base, user, context.req.param('id'));
    if (!(await base.removeCollection(user, id))) throw noCollection(id);
    return context.json({ id, deleted: true });
  });
}

async function freeName(base: KnowledgeBase, user: string, value: unknown): Promise<string> {
  const name = collectionName(value, 'name');
  if (!(await base.collection(user, name))) return name;
  throw new AppError('conflict', `You have a collection "${name}" already.`, { param: 'name' });
}
