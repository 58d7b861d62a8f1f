import { AppError } from '../../shared/errors.ts';
import type { ColdApp } from '../cold-context.ts';
import { readObject } from '../read-object.ts';
import { collectionOf, type KnowledgeRoutesOptions, knownOrNew } from './access.ts';
import { addCollectionRoutes } from './collection-routes.ts';
import { addDocumentRoutes } from './document-routes.ts';
import { collectionFields, idList, momentField, textField, wholeNumber, yesOrNo } from './fields.ts';
import { textAnswer } from './text-answer.ts';
import { documentJson, type KnowledgeStatusJson, type LearnedJson, searchJson } from './views.ts';

const LONGEST_QUERY = 10_000;
const MOST_HITS = 50;

/** `/api/knowledge/*`: the documents of whoever asks, and of nobody else. */
export function addKnowledgeRoutes(app: ColdApp, options: KnowledgeRoutesOptions): void {
  const { knowledge } = options;
  addDocumentRoutes(app, options);
  addCollectionRoutes(app, options);

  app.get('/api/knowledge', (context) => {
    const status: KnowledgeStatusJson = { ...knowledge.status(), user: context.env.identity.user };
    return context.json(status);
  });
  app.post('/api/knowledge/search', async (context) => {
    const base = knowledge.get();
    const { user } = context.env.identity;
    const body = await readObject(context.req.raw, [
      'query',
      'collection',
      'collections',
      'documents',
      'after',
      'before',
      'topK',
      'rerank',
    ]);
    const text = required(textField(body['query'], 'query', LONGEST_QUERY), 'query');
    const names = collectionFields(body);
    const found = await base.search(user, {
      text,
      // A name that is misspelt is said, rather than nothing found.
      collections: names && (await Promise.all(names.map(async (name) => (await collectionOf(base, user, name)).id))),
      documents: idList(body['documents'], 'documents'),
      after: momentField(body['after'], 'after'),
      before: momentField(body['before'], 'before'),
      topK: wholeNumber(body['topK'], 'topK', [1, MOST_HITS]),
      rerank: yesOrNo(body['rerank'], 'rerank'),
      signal: context.req.raw.signal,
    });
    return context.json(searchJson(found));
  });
  app.post('/api/knowledge/learn', async (context) => {
    const body = await readObject(context.req.raw, ['topic', 'collection', 'collections']);
    const topic = required(textField(body['topic'], 'topic', 300), 'topic');
    const base = knowledge.get();
    const { user } = context.env.identity;
    const names = collectionFields(body);
    const { documents, problems } = await base.learn(user, topic, {
      collections: names && (await knownOrNew(base, user, names)),
      signal: context.req.raw.signal,
    });
    const answer: LearnedJson = { documents: documents.map(documentJson), problems: [...problems] };
    return context.json(answer);
  });

  app.get('/api/knowledge/export', (context) =>
    textAnswer(context, inLines(knowledge.get().export(context.env.identity.user))),
  );
}

function required(value: string | undefined, param: string): string {
  if (value !== undefined) return value;
  throw new AppError('invalid_request', `\`${param}\` is missing.`, { param });
}

/** A line of a backup may come with its line end or without. */
async function* inLines(lines: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) yield line.endsWith('\n') ? line : `${line}\n`;
}
