import type { ColdApp } from '../cold-context.ts';
import { type KnowledgeRoutesOptions, noDocument } from '../knowledge/access.ts';
import { addFile } from '../knowledge/add-file.ts';
import { refuseField } from '../knowledge/fields.ts';
import { textAnswer } from '../knowledge/text-answer.ts';
import { documentIdOf } from './ids.ts';
import { nameDropped } from './known-fields.ts';
import { allDocuments, pageOf, pagingOf } from './list-page.ts';
import { fileNamed } from './store-access.ts';
import { fileObject } from './views.ts';

const PURPOSES = new Set(['assistants', 'user_data']);

/** OpenAI's `/v1/files`: every document is a file, in a vector store or in none. */
export function addFileRoutes(app: ColdApp, options: KnowledgeRoutesOptions): void {
  const { knowledge } = options;

  app.post('/v1/files', async (context) => {
    const base = knowledge.get();
    const { user } = context.env.identity;
    const { document } = await addFile(context.req.raw, { base, user, ...options }, async ({ fields }) => {
      const { purpose, ...more } = fields;
      if (!PURPOSES.has(purpose?.[0] ?? ''))
        throw refuseField('purpose', '`purpose` must be "assistants" or "user_data": nothing else is kept here.');
      const names = Object.keys(more);
      if (names.some((name) => name.startsWith('expires_after')))
        throw refuseField('expires_after', 'Nothing expires here; leave `expires_after` out.');
      nameDropped(context, names);
      // In no store: kept, and not searched, until it is attached to one.
      return { collections: [] };
    });
    return context.json(fileObject(document));
  });
  app.get('/v1/files', async (context) => {
    const paging = pagingOf(context.req.query(), { usual: 10_000, most: 10_000 });
    const documents = await allDocuments(knowledge.get(), context.env.identity.user);
    return context.json(pageOf(documents.map(fileObject), paging));
  });
  app.get('/v1/files/:id', async (context) => {
    const document = await fileNamed(knowledge.get(), context.env.identity.user, context.req.param('id'));
    return context.json(fileObject(document));
  });
  app.delete('/v1/files/:id', async (context) => {
    const id = context.req.param('id');
    if (!(await knowledge.get().remove(context.env.identity.user, documentIdOf(id)))) throw noDocument(id);
    return context.json({ id, object: 'file', deleted: true });
  });
  app.get('/v1/files/:id/content', async (context) => {
    const id = context.req.param('id');
    const pieces = await knowledge.get().text(context.env.identity.user, documentIdOf(id));
    if (!pieces) throw noDocument(id);
    return textAnswer(context, pieces);
  });
}
