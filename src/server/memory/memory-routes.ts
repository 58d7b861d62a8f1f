import type { Context } from 'hono';

import type { MemoryBase } from '../../memory/contract.ts';
import { AppError } from '../../shared/errors.ts';
import type { MemoryFilter, MemoryKind, MemoryState } from '../../store/people-contract.ts';
import type { ColdApp, ColdEnvironment } from '../cold-context.ts';
import { idList, momentField, refuseField, textField, wholeNumber, yesOrNo } from '../knowledge/fields.ts';
import { linesIn } from '../knowledge/lines-in.ts';
import { textAnswer } from '../knowledge/text-answer.ts';
import { readObject } from '../read-object.ts';
import { type MemoryRoutesOptions, noMemory } from './access.ts';
import { choiceField, inLines, JSON_LINES, pageOf, shareField } from './fields.ts';
import { type ForgottenJson, memoryJson, type MemoryListJson, recollectionJson } from './views.ts';

const LONGEST_TEXT = 2_000;
const LONGEST_QUERY = 10_000;
const MOST_LISTED = 500;
const MOST_HITS = 50;
const KINDS: readonly MemoryKind[] = ['fact', 'preference', 'event', 'instruction', 'summary'];
const STATES: readonly MemoryState[] = ['active', 'quarantined'];
const WHICH = ['current', 'closed', 'all'] as const;

/** `/api/memory*`: what is remembered of whoever asks, and of nobody else. */
export function addMemoryRoutes(app: ColdApp, { memory }: MemoryRoutesOptions): void {
  const baseOf = () => memory.get();

  app.get('/api/memory', async (context) => {
    const base = baseOf();
    const { user } = context.env.identity;
    const limit = wholeNumber(context.req.query('limit'), 'limit', [1, MOST_LISTED]) ?? 50;
    const { page, next } = pageOf(await base.list(user, { ...filterOf(context), limit: limit + 1 }), limit);
    const answer: MemoryListJson = { user, memories: page.map(memoryJson), next };
    return context.json(answer);
  });
  app.post('/api/memory', async (context) => {
    const base = baseOf();
    const body = await readObject(context.req.raw, ['text', 'kind', 'pinned', 'validFrom', 'expires']);
    const added = await base.add(context.env.identity.user, {
      text: required(memoryText(body['text']), 'text'),
      kind: choiceField(body['kind'], 'kind', KINDS),
      pinned: yesOrNo(body['pinned'], 'pinned'),
      validFrom: momentField(body['validFrom'], 'validFrom'),
      expires: momentField(body['expires'], 'expires'),
      origin: 'written',
    });
    return context.json(memoryJson(added), 201);
  });
  app.delete('/api/memory', async (context) => {
    const base = baseOf();
    if (context.req.query('all') !== 'true')
      throw refuseField('all', 'Say `?all=true` to erase everything that is remembered of you.');
    return context.json({ deleted: await base.clear(context.env.identity.user) });
  });

  app.post('/api/memory/search', async (context) => {
    const base = baseOf();
    const body = await readObject(context.req.raw, ['query', 'topK', 'at']);
    const found = await base.search(context.env.identity.user, {
      text: required(textField(body['query'], 'query', LONGEST_QUERY), 'query'),
      topK: wholeNumber(body['topK'], 'topK', [1, MOST_HITS]),
      at: momentField(body['at'], 'at') ?? Date.now(),
      signal: context.req.raw.signal,
    });
    return context.json(recollectionJson(found));
  });
  app.post('/api/memory/forget', async (context) => {
    const base = baseOf();
    const { user } = context.env.identity;
    const body = await readObject(context.req.raw, ['ids', 'text', 'dryRun']);
    const ids = idList(body['ids'], 'ids');
    const text = textField(body['text'], 'text', LONGEST_TEXT);
    const dryRun = yesOrNo(body['dryRun'], 'dryRun') ?? false;
    if ((ids === undefined) === (text === undefined))
      throw refuseField('text', 'Give either `ids`, or `text`: words that say what to forget.');
    const answer: ForgottenJson = {
      forgotten: (await forget(base, user, { ids, text, dryRun })).map(memoryJson),
      dryRun,
    };
    return context.json(answer);
  });
  app.get('/api/memory/export', (context) =>
    textAnswer(context, inLines(baseOf().export(context.env.identity.user)), JSON_LINES),
  );
  app.post('/api/memory/import', async (context) => {
    const base = baseOf();
    const { body } = context.req.raw;
    if (!body) throw new AppError('invalid_request', 'There is no export in the body.');
    return context.json(await base.import(context.env.identity.user, linesIn(body)));
  });

  app.get('/api/memory/:id', async (context) => {
    const id = context.req.param('id');
    const memory = await baseOf().get(context.env.identity.user, id);
    if (!memory) throw noMemory(id);
    return context.json(memoryJson(memory));
  });
  app.patch('/api/memory/:id', async (context) => {
    const base = baseOf();
    const id = context.req.param('id');
    const body = await readObject(context.req.raw, ['text', 'kind', 'pinned', 'importance', 'expires']);
    const changed = await base.change(context.env.identity.user, id, {
      ...defined('text', memoryText(body['text'])),
      ...defined('kind', choiceField(body['kind'], 'kind', KINDS)),
      ...defined('pinned', yesOrNo(body['pinned'], 'pinned')),
      ...defined('importance', shareField(body['importance'], 'importance')),
      ...defined('expires', body['expires'] === null ? null : momentField(body['expires'], 'expires')),
    });
    if (!changed) throw noMemory(id);
    return context.json(memoryJson(changed));
  });
  app.delete('/api/memory/:id', async (context) => {
    const id = context.req.param('id');
    const gone = await baseOf().forget(context.env.identity.user, { ids: [id] });
    if (gone.length === 0) throw noMemory(id);
    return context.json({ id, deleted: true });
  });
  app.post('/api/memory/:id/approve', async (context) => {
    const id = context.req.param('id');
    const approved = await baseOf().approve(context.env.identity.user, id);
    if (!approved) throw noMemory(id);
    return context.json(memoryJson(approved));
  });
}

interface Wanted {
  readonly ids: readonly string[] | undefined;
  readonly text: string | undefined;
  readonly dryRun: boolean;
}

/** Ids that are not this user's are passed over, as ids that never were. */
async function forget(base: MemoryBase, user: string, { ids, text, dryRun }: Wanted) {
  if (ids === undefined) return dryRun ? base.fitting(user, text ?? '') : base.forget(user, { text: text ?? '' });
  if (!dryRun) return base.forget(user, { ids });
  const found = await Promise.all(ids.map((id) => base.get(user, id)));
  return found.filter((memory) => memory !== undefined);
}

function filterOf(context: Context<ColdEnvironment>): MemoryFilter {
  const { which, state, kind, subject, attribute, q, after } = context.req.query();
  return {
    which: choiceField(which, 'which', WHICH),
    states: choices(state, 'state', STATES),
    kinds: choices(kind, 'kind', KINDS),
    subject: textField(subject, 'subject', 100),
    attribute: textField(attribute, 'attribute', 100),
    text: textField(q, 'q', 500),
    after: textField(after, 'after', 200),
  };
}

function choices<T extends string>(text: string | undefined, param: string, all: readonly T[]) {
  return text?.split(',').map((one) => required(choiceField(one, param, all), param));
}

/** What is remembered is a sentence or two, on one line. */
function memoryText(value: unknown): string | undefined {
  return textField(value, 'text', LONGEST_TEXT)?.replaceAll(/\s+/g, ' ').trim();
}

const defined = <K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> =>
  value === undefined ? {} : ({ [key]: value } as Partial<Record<K, V>>);

function required<T>(value: T | undefined, param: string): T {
  if (value !== undefined) return value;
  throw new AppError('invalid_request', `\`${param}\` is missing.`, { param });
}
