import type { ColdApp } from '../cold-context.ts';
import { refuseField, textField, titleField, wholeNumber, yesOrNo } from '../knowledge/fields.ts';
import { textAnswer } from '../knowledge/text-answer.ts';
import { readObject } from '../read-object.ts';
import { AppError } from '../../shared/errors.ts';
import type { ConversationRepository, StoredConversation } from '../../store/people-contract.ts';
import { conversationsOf, type MemoryRoutesOptions, noConversation } from './access.ts';
import { JSON_LINES, pageOf } from './fields.ts';
import {
  conversationJson,
  type ConversationListJson,
  type ConversationSearchJson,
  type ConversationWithTurnsJson,
  turnJson,
} from './views.ts';

const MOST_LISTED = 500;
const MOST_TURNS = 500;
const MOST_FOUND = 100;
const MOST_WORDS = 12;
const SLICE = 200;

/** `/api/conversations*`: what whoever asks has talked about, where the profile keeps it. */
export function addConversationRoutes(app: ColdApp, options: MemoryRoutesOptions): void {
  const conversations = () => conversationsOf(options);

  app.get('/api/conversations', async (context) => {
    const repository = conversations();
    const { user } = context.env.identity;
    const limit = wholeNumber(context.req.query('limit'), 'limit', [1, MOST_LISTED]) ?? 50;
    const after = textField(context.req.query('after'), 'after', 200);
    const { page, next } = pageOf(await repository.list(user, { after, limit: limit + 1 }), limit);
    const answer: ConversationListJson = { user, conversations: page.map(conversationJson), next };
    return context.json(answer);
  });
  app.delete('/api/conversations', async (context) => {
    const repository = conversations();
    if (context.req.query('all') !== 'true')
      throw refuseField('all', 'Say `?all=true` to erase every conversation that you have.');
    let deleted = 0;
    for await (const { id } of everyOne(repository, context.env.identity.user))
      if (await repository.remove(context.env.identity.user, id)) deleted += 1;
    return context.json({ deleted });
  });

  app.post('/api/conversations/search', async (context) => {
    const repository = conversations();
    const body = await readObject(context.req.raw, ['query', 'limit']);
    const words = wordsOf(textField(body['query'], 'query', 500) ?? '');
    if (words.length === 0) throw new AppError('invalid_request', '`query` has no words.', { param: 'query' });
    const limit = wholeNumber(body['limit'], 'limit', [1, MOST_FOUND]) ?? 20;
    const turns = await repository.search(context.env.identity.user, words, limit);
    const answer: ConversationSearchJson = {
      turns: turns.map((turn) => ({ conversation: turn.conversation, ...turnJson(turn) })),
    };
    return context.json(answer);
  });
  // By POST, like the search: a client may have called a conversation "export".
  app.post('/api/conversations/export', (context) =>
    textAnswer(context, exported(conversations(), context.env.identity.user), JSON_LINES),
  );

  app.get('/api/conversations/:id', async (context) => {
    const repository = conversations();
    const { user } = context.env.identity;
    const id = context.req.param('id');
    const from = wholeNumber(context.req.query('from'), 'from', [0, 1_000_000]) ?? 0;
    const limit = wholeNumber(context.req.query('limit'), 'limit', [1, MOST_TURNS]) ?? SLICE;
    const conversation = await repository.get(user, id);
    if (!conversation) throw noConversation(id);
    const turns = await repository.turns(user, id, from, limit + 1);
    const answer: ConversationWithTurnsJson = {
      ...conversationJson(conversation),
      messages: turns.slice(0, limit).map(turnJson),
      next: turns.length > limit ? (turns[limit]?.ord ?? null) : null,
    };
    return context.json(answer);
  });
  app.patch('/api/conversations/:id', async (context) => {
    const repository = conversations();
    const id = context.req.param('id');
    const body = await readObject(context.req.raw, ['title', 'private']);
    const title = titleField(body['title']);
    const isPrivate = yesOrNo(body['private'], 'private');
    const changed = await repository.change(context.env.identity.user, id, {
      ...(title !== undefined && { title }),
      ...(isPrivate !== undefined && { private: isPrivate }),
    });
    if (!changed) throw noConversation(id);
    return context.json(conversationJson(changed));
  });
  app.delete('/api/conversations/:id', async (context) => {
    const id = context.req.param('id');
    if (!(await conversations().remove(context.env.identity.user, id))) throw noConversation(id);
    return context.json({ id, deleted: true });
  });
}

/** A line for each conversation, with all of its turns. */
async function* exported(repository: ConversationRepository, user: string): AsyncGenerator<string> {
  for await (const conversation of everyOne(repository, user)) {
    const messages = [];
    for await (const turn of turnsOf(repository, user, conversation.id)) messages.push(turnJson(turn));
    yield `${JSON.stringify({ ...conversationJson(conversation), messages })}\n`;
  }
}

async function* turnsOf(repository: ConversationRepository, user: string, id: string) {
  for (let from = 0; ; from += SLICE) {
    const turns = await repository.turns(user, id, from, SLICE);
    yield* turns;
    if (turns.length < SLICE) return;
  }
}

/** A page is read before its conversations are given out, so that they may be removed meanwhile. */
async function* everyOne(repository: ConversationRepository, user: string): AsyncGenerator<StoredConversation> {
  let ahead = await repository.list(user, { limit: SLICE });
  while (ahead.length > 0) {
    const page = ahead;
    const after = page.at(-1)?.id;
    ahead = page.length < SLICE ? [] : await repository.list(user, { after, limit: SLICE });
    yield* page;
  }
}

function wordsOf(query: string): string[] {
  return (query.match(/[\p{L}\p{N}_@.-]+/gu) ?? []).slice(0, MOST_WORDS);
}
