import type { Context } from 'hono';

import type { AddOptions, DocumentView, KnowledgeBase, Source } from '../../knowledge/contract.ts';
import { delay } from '../../shared/clock.ts';
import { AppError } from '../../shared/errors.ts';
import { parseDuration } from '../../shared/units.ts';
import type { DocumentState } from '../../store/contract.ts';
import type { ColdApp, ColdEnvironment } from '../cold-context.ts';
import { readKnownObject, readObject } from '../read-object.ts';
import { collectionOf, documentOf, type KnowledgeRoutesOptions, knownOrNew, noDocument } from './access.ts';
import { addFile } from './add-file.ts';
import {
  attributesField,
  collectionFields,
  idList,
  refuseField,
  textField,
  titleField,
  wholeNumber,
} from './fields.ts';
import { textAnswer } from './text-answer.ts';
import { type AddedJson, documentJson, type DocumentListJson } from './views.ts';

/** A longer text is better sent as a file. */
const LONGEST_TEXT_BYTES = 4 << 20;
const LONGEST_WAIT_MS = 600_000;
const POLL_MS = 50;
const SLOW_POLL_MS = 500;
const MOST_LISTED = 500;
const STATES: readonly DocumentState[] = ['queued', 'quarantined', 'ready', 'failed'];

/** `/api/knowledge/documents`: what a user has, and adding to it. */
export function addDocumentRoutes(app: ColdApp, options: KnowledgeRoutesOptions): void {
  const { knowledge } = options;

  app.post('/api/knowledge/documents', async (context) => {
    const base = knowledge.get();
    const { user } = context.env.identity;
    const waitMs = waitOf(context.req.query('wait'));
    const { document, existed } = /^multipart\/form-data\b/i.test(context.req.header('content-type') ?? '')
      ? await addUpload(context, base, options)
      : await addSaid(context, base);
    const settled = await untilSettled(base, { user, document, waitMs, signal: context.req.raw.signal });
    const answer: AddedJson = { ...documentJson(settled), existed };
    return context.json(answer, settled.state === 'queued' ? 202 : 200);
  });

  app.get('/api/knowledge/documents', async (context) => {
    const base = knowledge.get();
    const { user } = context.env.identity;
    const { collection, state, q, after } = context.req.query();
    const limit = wholeNumber(context.req.query('limit'), 'limit', [1, MOST_LISTED]) ?? 50;
    const found = await base.list(user, {
      collection: collection === undefined ? undefined : (await collectionOf(base, user, collection)).id,
      states: statesOf(state),
      text: textField(q, 'q', 500),
      after: textField(after, 'after', 200),
      limit: limit + 1,
    });
    const documents = found.slice(0, limit).map(documentJson);
    const answer: DocumentListJson = {
      documents,
      next: found.length > limit ? (documents.at(-1)?.id ?? null) : null,
    };
    return context.json(answer);
  });

  app.delete('/api/knowledge/documents', async (context) => {
    const base = knowledge.get();
    const { user } = context.env.identity;
    const { collection, all } = context.req.query();
    if ((collection === undefined) === (all !== 'true'))
      throw refuseField(
        'collection',
        'Say which: `?collection=NAME`, or `?all=true` for every document that you have.',
      );
    const id = collection === undefined ? undefined : (await collectionOf(base, user, collection)).id;
    return context.json({ deleted: await base.clear(user, id) });
  });

  app.get('/api/knowledge/documents/:id', async (context) => {
    const document = await documentOf(knowledge.get(), context.env.identity.user, context.req.param('id'));
    return context.json(documentJson(document));
  });

  app.delete('/api/knowledge/documents/:id', async (context) => {
    const id = context.req.param('id');
    if (!(await knowledge.get().remove(context.env.identity.user, id))) throw noDocument(id);
    return context.json({ id, deleted: true });
  });

  app.patch('/api/knowledge/documents/:id', async (context) => {
    const base = knowledge.get();
    const { user } = context.env.identity;
    const id = context.req.param('id');
    const body = await readObject(context.req.raw, ['title', 'collection', 'collections']);
    const title = titleField(body['title']);
    const wanted = collectionFields(body);
    await documentOf(base, user, id);
    if (wanted) await moveTo(base, { user, id, wanted });
    if (title !== undefined) await base.rename(user, id, title);
    return context.json(documentJson(await documentOf(base, user, id)));
  });

  app.get('/api/knowledge/documents/:id/text', async (context) => {
    const id = context.req.param('id');
    const pieces = await knowledge.get().text(context.env.identity.user, id);
    if (!pieces) throw noDocument(id);
    return textAnswer(context, pieces);
  });

  app.post('/api/knowledge/documents/:id/approve', async (context) => {
    const id = context.req.param('id');
    const document = await knowledge.get().approve(context.env.identity.user, id);
    if (!document) throw noDocument(id);
    return context.json(documentJson(document));
  });
}

async function addSaid(context: Context<ColdEnvironment>, base: KnowledgeBase) {
  const body = await readKnownObject(
    context.req.raw,
    ['text', 'url', 'title', 'collection', 'collections', 'attributes'],
    LONGEST_TEXT_BYTES,
  );
  const { user } = context.env.identity;
  const title = titleField(body['title']);
  const said = textField(body['text'], 'text', LONGEST_TEXT_BYTES);
  const url = textField(body['url'], 'url', 2_000);
  if ((said === undefined) === (url === undefined))
    throw refuseField('text', 'Give either `text` or `url`, or upload a file as multipart/form-data.');
  if (url !== undefined && title !== undefined) throw refuseField('title', 'A page brings its own title.');
  const source: Source = url === undefined ? { kind: 'text', text: said ?? '', title } : { kind: 'url', url };
  return base.add(user, source, await addOptions(base, user, body));
}

async function addUpload(context: Context<ColdEnvironment>, base: KnowledgeBase, options: KnowledgeRoutesOptions) {
  const { user } = context.env.identity;
  return addFile(context.req.raw, { base, user, ...options }, async ({ fields }) => {
    const unknown = Object.keys(fields).find((name) => !['title', 'collection', 'attributes'].includes(name));
    if (unknown !== undefined)
      throw refuseField(unknown.slice(0, 60), 'Beside `file` an upload takes `title`, `collection` and `attributes`.');
    const said = {
      ...(fields['collection'] && { collections: fields['collection'].filter((name) => name !== '') }),
      attributes: parseJson(fields['attributes']?.[0]),
    };
    return { title: titleField(fields['title']?.[0]), ...(await addOptions(base, user, said)) };
  });
}

function parseJson(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    throw refuseField('attributes', '`attributes` must be a JSON object.');
  }
}

async function addOptions(
  base: KnowledgeBase,
  user: string,
  body: Readonly<Record<string, unknown>>,
): Promise<AddOptions> {
  const names = collectionFields(body);
  return {
    collections: names && (await knownOrNew(base, user, names)),
    attributes: attributesField(body['attributes']),
  };
}

async function moveTo(
  base: KnowledgeBase,
  { user, id, wanted }: { readonly user: string; readonly id: string; readonly wanted: readonly string[] },
): Promise<void> {
  const names = await knownOrNew(base, user, wanted);
  const ids: string[] = [];
  for (const name of names)
    ids.push((await base.collection(user, name))?.id ?? (await base.createCollection(user, name)).id);
  const { collections } = await documentOf(base, user, id);
  for (const added of ids.filter((one) => !collections.includes(one))) await base.attach(user, id, added);
  for (const left of collections.filter((one) => !ids.includes(one))) await base.detach(user, id, left);
}

interface Wait {
  readonly user: string;
  readonly document: DocumentView;
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

/** The document when it has been read, or as it is when the wait or the client is over. */
async function untilSettled(base: KnowledgeBase, { user, document, waitMs, signal }: Wait): Promise<DocumentView> {
  const endsAt = performance.now() + waitMs;
  let view = document;
  for (let pause = POLL_MS; view.state === 'queued'; pause = Math.min(SLOW_POLL_MS, pause * 1.2)) {
    const left = endsAt - performance.now();
    if (left <= 0 || signal.aborted) return view;
    await delay(Math.min(pause, left), signal);
    view = await documentOf(base, user, document.id);
  }
  return view;
}

function waitOf(text: string | undefined): number {
  const milliseconds = text === undefined ? 0 : parseDuration(text);
  if (milliseconds !== undefined && milliseconds <= LONGEST_WAIT_MS) return milliseconds;
  throw refuseField('wait', '`wait` is a duration of at most 10m, like 30s.');
}

function statesOf(text: string | undefined): readonly DocumentState[] | undefined {
  const states = idList(text?.split(','), 'state') as readonly DocumentState[] | undefined;
  if (states === undefined || states.every((state) => STATES.includes(state))) return states;
  throw new AppError('invalid_request', `\`state\` is one or several of ${STATES.join(',')}.`, { param: 'state' });
}
