import type { ColdApp } from '../cold-context.ts';
import { type KnowledgeRoutesOptions, noDocument } from '../knowledge/access.ts';
import { attributesField, refuseField } from '../knowledge/fields.ts';
import { readFields, withPollHint } from './known-fields.ts';
import { allDocuments, pageOf, pagingOf } from './list-page.ts';
import { fileIn, fileNamed, storeOf } from './store-access.ts';
import { storeFileObject } from './views.ts';

const STATUSES = ['in_progress', 'completed', 'failed', 'cancelled'];

/** OpenAI's `/v1/vector_stores/:id/files`: which documents a collection has. */
export function addStoreFileRoutes(app: ColdApp, { knowledge }: KnowledgeRoutesOptions): void {
  app.post('/v1/vector_stores/:id/files', async (context) => {
    const base = knowledge.get();
    const { user } = context.env.identity;
    const body = await readFields(context, ['file_id', 'attributes']);
    const { file_id: file } = body;
    if (typeof file !== 'string') throw refuseField('file_id', '`file_id` must be the id of a file.');
    const attributes = attributesField(body['attributes']);
    const store = await storeOf(base, user, context.req.param('id'));
    const { id } = await fileNamed(base, user, file);
    const attached = await base.attach(user, id, store.id, attributes);
    if (!attached) throw noDocument(file);
    return context.json(storeFileObject(attached, store.id));
  });
  app.get('/v1/vector_stores/:id/files', async (context) => {
    const base = knowledge.get();
    const { user } = context.env.identity;
    const paging = pagingOf(context.req.query(), { usual: 20, most: 100 });
    const filter = context.req.query('filter');
    if (filter !== undefined && !STATUSES.includes(filter))
      throw refuseField('filter', `\`filter\` is one of ${STATUSES.join(', ')}.`);
    const store = await storeOf(base, user, context.req.param('id'));
    const files = (await allDocuments(base, user, store.id)).map((document) => storeFileObject(document, store.id));
    return context.json(
      pageOf(
        files.filter(({ status }) => filter === undefined || status === filter),
        paging,
      ),
    );
  });
  app.get('/v1/vector_stores/:id/files/:file', async (context) => {
    const base = knowledge.get();
    const { user } = context.env.identity;
    const store = await storeOf(base, user, context.req.param('id'));
    const document = await fileIn(base, user, store, context.req.param('file'));
    return context.json(withPollHint(context, storeFileObject(document, store.id)));
  });
  app.post('/v1/vector_stores/:id/files/:file', async (context) => {
    const base = knowledge.get();
    const { user } = context.env.identity;
    const body = await readFields(context, ['attributes']);
    const attributes = attributesField(body['attributes']);
    if (!attributes) throw refuseField('attributes', '`attributes` is missing.');
    const store = await storeOf(base, user, context.req.param('id'));
    const { id } = await fileIn(base, user, store, context.req.param('file'));
    const changed = await base.attach(user, id, store.id, attributes);
    if (!changed) throw noDocument(context.req.param('file'));
    return context.json(storeFileObject(changed, store.id));
  });
  app.delete('/v1/vector_stores/:id/files/:file', async (context) => {
    const base = knowledge.get();
    const { user } = context.env.identity;
    const store = await storeOf(base, user, context.req.param('id'));
    const { id } = await fileIn(base, user, store, context.req.param('file'));
    await base.detach(user, id, store.id);
    return context.json({ id: context.req.param('file'), object: 'vector_store.file.deleted', deleted: true });
  });
  app.get('/v1/vector_stores/:id/files/:file/content', async (context) => {
    const base = knowledge.get();
    const { user } = context.env.identity;
    const store = await storeOf(base, user, context.req.param('id'));
    const { id } = await fileIn(base, user, store, context.req.param('file'));
    const data: { type: 'text'; text: string }[] = [];
    for await (const text of (await base.text(user, id)) ?? []) data.push({ type: 'text', text });
    return context.json({ object: 'vector_store.file_content.page', data, has_more: false, next_page: null });
  });
}
