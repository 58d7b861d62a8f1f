import { randomBytes } from 'node:crypto';

import type { DocumentView, KnowledgeBase } from '../../knowledge/contract.ts';
import { isObject } from '../../proxy/json.ts';
import type { ColdApp } from '../cold-context.ts';
import { type KnowledgeRoutesOptions, noDocument } from '../knowledge/access.ts';
import { attributesField, type Attributes, refuseField } from '../knowledge/fields.ts';
import { readFields, withPollHint } from './known-fields.ts';
import { pageOf, pagingOf } from './list-page.ts';
import { filesNamed, MOST_FILES, storeOf } from './store-access.ts';
import { countsOf, storeFileObject } from './views.ts';

/** Who asks for a batch polls it until it is done: of each user's, older ones than so many are forgotten, and all with this run. */
const MOST_BATCHES = 100;

interface Batch {
  readonly store: string;
  readonly createdAt: number;
  /** Of documents. */
  readonly ids: readonly string[];
}

/** OpenAI's `/v1/vector_stores/:id/file_batches`: several files attached at once. */
export function addBatchRoutes(app: ColdApp, { knowledge }: KnowledgeRoutesOptions): void {
  const batches = new Map<string, Map<string, Batch>>();

  /** With those of its documents that are still there. */
  const find = async (base: KnowledgeBase, user: string, [store, id]: readonly [string, string]) => {
    const batch = batches.get(user)?.get(id);
    await storeOf(base, user, store);
    if (batch?.store !== store) throw noDocument(id);
    const documents: DocumentView[] = [];
    for (const one of batch.ids) {
      const document = await base.get(user, one);
      if (document?.collections.includes(store)) documents.push(document);
    }
    return { batch, documents };
  };

  app.post('/v1/vector_stores/:id/file_batches', async (context) => {
    const base = knowledge.get();
    const { user } = context.env.identity;
    const body = await readFields(context, ['file_ids', 'files', 'attributes']);
    const wanted = await filesOf(base, user, body);
    const store = await storeOf(base, user, context.req.param('id'));
    const documents: DocumentView[] = [];
    for (const { document, attributes } of wanted) {
      const attached = await base.attach(user, document.id, store.id, attributes);
      if (attached) documents.push(attached);
    }
    const id = `vsfb_${randomBytes(12).toString('hex')}`;
    const batch = { store: store.id, createdAt: Date.now(), ids: documents.map((one) => one.id) };
    const own = batches.get(user) ?? new Map<string, Batch>();
    batches.set(user, own.set(id, batch));
    const [oldest] = own.keys();
    if (own.size > MOST_BATCHES && oldest !== undefined) own.delete(oldest);
    return context.json(batchObject(id, batch, documents));
  });
  app.get('/v1/vector_stores/:id/file_batches/:batch', async (context) => {
    const id = context.req.param('batch');
    const { batch, documents } = await find(knowledge.get(), context.env.identity.user, [context.req.param('id'), id]);
    return context.json(withPollHint(context, batchObject(id, batch, documents)));
  });
  app.get('/v1/vector_stores/:id/file_batches/:batch/files', async (context) => {
    const paging = pagingOf(context.req.query(), { usual: 20, most: 100 });
    const place = [context.req.param('id'), context.req.param('batch')] as const;
    const { batch, documents } = await find(knowledge.get(), context.env.identity.user, place);
    return context.json(
      pageOf(
        documents.map((document) => storeFileObject(document, batch.store)),
        paging,
      ),
    );
  });
}

function batchObject(id: string, { store, createdAt }: Batch, documents: readonly DocumentView[]) {
  const file_counts = countsOf(documents);
  return {
    id,
    object: 'vector_store.files_batch',
    created_at: Math.floor(createdAt / 1_000),
    vector_store_id: store,
    status: file_counts.in_progress > 0 ? 'in_progress' : 'completed',
    file_counts,
  };
}

async function filesOf(
  base: KnowledgeBase,
  user: string,
  body: Readonly<Record<string, unknown>>,
): Promise<{ document: DocumentView; attributes: Attributes | undefined }[]> {
  const { file_ids: ids, files } = body;
  const common = attributesField(body['attributes']);
  if (files === undefined || files === null) {
    const documents = await filesNamed(base, user, ids);
    if (documents.length === 0) throw refuseField('file_ids', '`file_ids` names no file.');
    return documents.map((document) => ({ document, attributes: common }));
  }
  const isList = Array.isArray(files) && files.length > 0 && files.length <= MOST_FILES && files.every(isObject);
  if (ids !== undefined || !isList)
    throw refuseField('files', 'Give either `file_ids` or `files`, a list of objects with a `file_id`.');
  const wanted: { document: DocumentView; attributes: Attributes | undefined }[] = [];
  for (const { file_id: id, attributes } of files) {
    for (const document of await filesNamed(base, user, [id]))
      wanted.push({ document, attributes: attributesField(attributes, 'files') });
  }
  return wanted;
}
