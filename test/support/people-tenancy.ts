/** What another user could try on what is kept of somebody: memories, conversations, feedback (faults H2 and H3). */
import { expect } from 'vitest';

import { type AskAs, CANARY } from './tenancy.ts';

/** Every route with an id of somebody's in its path. */
export const PEOPLE_ROUTES_BY_ID: readonly (readonly [method: string, path: string, body?: object])[] = [
  ['GET', '/api/memory/:id'],
  ['PATCH', '/api/memory/:id', { text: 'stolen' }],
  ['POST', '/api/memory/:id/approve', {}],
  ['DELETE', '/api/memory/:id'],
  ['GET', '/api/conversations/:id'],
  ['PATCH', '/api/conversations/:id', { title: 'stolen' }],
  ['DELETE', '/api/conversations/:id'],
  ['DELETE', '/api/feedback/:id'],
];

/** Ids of what somebody has, in all of which the canary is. */
export interface Kept {
  readonly memory: string;
  readonly conversation: string;
  readonly feedback: string;
}

/** As many characters, and nobody's. */
const NEVER: Kept = {
  memory: 'mem_zzzzzzzzzzzzzzzzzzzz',
  conversation: 'conversation-of-nobody',
  feedback: 'fb_zzzzzzzzzzzzzzzzzzzz',
};

/** Everything that a user can read of what is kept of them. */
const READS: readonly (readonly [method: string, path: string, body?: object])[] = [
  ['GET', '/api/memory?which=all'],
  ['GET', `/api/memory?q=${CANARY}`],
  ['POST', '/api/memory/search', { query: `What do you know of ${CANARY}?` }],
  ['POST', '/api/memory/forget', { text: CANARY, dryRun: true }],
  ['GET', '/api/memory/export'],
  ['GET', '/api/conversations'],
  ['POST', '/api/conversations/search', { query: CANARY }],
  ['POST', '/api/conversations/export'],
  ['GET', '/api/feedback'],
  ['GET', '/api/feedback/export'],
];

/** Asks every route by ids of ana’s as ben, and by ids that never were; both must be answered alike, with 404, and change nothing. */
export async function expectStrangersKnowNothing(ask: AskAs, ana: Kept): Promise<void> {
  const before = await everythingOf(ask, 'ana');
  expect(before.join('\n')).toContain(CANARY);
  for (const [method, path, body] of PEOPLE_ROUTES_BY_ID) {
    const asked = async (kept: Kept) => {
      const id = idFor(path, kept);
      const { status, text } = await ask('ben', method, path.replace(':id', encodeURIComponent(id)), body);
      return { status, text: text.replaceAll(id, '<id>') };
    };
    const answer = await asked(ana);
    expect(answer.status, `${method} ${path}: ${answer.text}`).toBe(404);
    expect(answer, `${method} ${path}`).toEqual(await asked(NEVER));
  }
  const strange = { ids: Object.values(ana) };
  expect(JSON.parse((await ask('ben', 'POST', '/api/memory/forget', strange)).text)).toMatchObject({ forgotten: [] });
  expect(JSON.parse((await ask('ben', 'POST', '/api/memory/forget', { text: CANARY })).text)).toMatchObject({
    forgotten: [],
  });
  for (const [method, path, body] of [
    ...READS,
    ['GET', `/api/memory?after=${ana.memory}`],
    ['GET', `/api/conversations?after=${ana.conversation}`],
    ['GET', `/api/feedback?after=${ana.feedback}`],
  ] as const) {
    const { status, text } = await ask('ben', method, path, body);
    expect(status, `${method} ${path}: ${text}`).toBe(200);
    expect(text, `${method} ${path}`).not.toContain(CANARY);
    for (const id of Object.values(ana)) expect(text, path).not.toContain(id);
  }
  for (const path of ['/api/feedback?user=ana', '/api/feedback?all=1', '/api/feedback/export?all=1'])
    expect((await ask('ben', 'GET', path)).status, path).toBe(403);
  expect(await everythingOf(ask, 'ana')).toEqual(before);
}

const ZOO = [
  "' OR 1=1 --",
  '"; REMOVE TABLE memory; --',
  '$user',
  'ana',
  'memory:ana',
  '*',
  '%',
  '..',
  '{"$ne":null}',
  '__proto__',
  '⟨ana⟩',
  '`ana`',
];

/** So many questions of ben’s with hostile words, ids and filters, in every place that takes one. */
export async function expectNothingLeaks(ask: AskAs, ana: Kept, count: number): Promise<void> {
  const names = [...ZOO, ...Object.values(ana)];
  const places: ((name: string) => readonly [string, string, object?])[] = [
    (name) => ['POST', '/api/memory/search', { query: `${CANARY} ${name}` }],
    (name) => ['POST', '/api/memory/search', { query: name, topK: 50 }],
    (name) => ['GET', `/api/memory?which=all&q=${encodeURIComponent(name)}`],
    (name) => ['GET', `/api/memory?which=all&subject=${encodeURIComponent(name)}`],
    (name) => ['GET', `/api/memory?which=all&attribute=${encodeURIComponent(name)}`],
    (name) => ['GET', `/api/memory?which=all&after=${encodeURIComponent(name)}`],
    (name) => ['GET', `/api/memory/${encodeURIComponent(name)}`],
    (name) => ['POST', '/api/memory/forget', { text: `${name} ${CANARY}` }],
    (name) => ['POST', '/api/memory/forget', { ids: [name] }],
    (name) => ['POST', '/api/conversations/search', { query: `${CANARY} ${name}` }],
    (name) => ['GET', `/api/conversations?after=${encodeURIComponent(name)}`],
    (name) => ['GET', `/api/conversations/${encodeURIComponent(name)}`],
    (name) => ['GET', `/api/feedback?after=${encodeURIComponent(name)}`],
    (name) => ['GET', `/api/feedback?user=${encodeURIComponent(name)}`],
    (name) => ['POST', '/v1/feedback', { request_id: name, rating: 'up' }],
  ];
  for (let index = 0; index < count; index += 1) {
    const name = names[Math.floor(index / places.length) % names.length] ?? '';
    const [method, path, body] = places[index % places.length]?.(name) ?? ['GET', '/api/memory'];
    const { status, text } = await ask('ben', method, path, body);
    const where = `${method} ${path} ${JSON.stringify(body)}`;
    expect(status, `${where}: ${text}`).toBeLessThan(500);
    if (status === 200) expect(text, where).not.toContain(CANARY);
  }
}

function idFor(path: string, { memory, conversation, feedback }: Kept): string {
  if (path.startsWith('/api/memory')) return memory;
  return path.startsWith('/api/conversations') ? conversation : feedback;
}

/** Without what a question itself changes: how long it took, and when an export was written. */
async function everythingOf(ask: AskAs, user: string): Promise<string[]> {
  const texts: string[] = [];
  for (const [method, path, body] of READS)
    texts.push((await ask(user, method, path, body)).text.replaceAll(/"(?:ms|uses|lastUsed|created)":[^,}]+/g, ''));
  return texts;
}
