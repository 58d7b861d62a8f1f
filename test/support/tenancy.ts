/** What another user could try on the documents of somebody, over every route (faults H2 and H3). */
import { expect } from 'vitest';

export interface TenantAnswer {
  readonly status: number;
  readonly text: string;
}

export type AskAs = (user: string, method: string, path: string, body?: unknown) => Promise<TenantAnswer>;

/** In what belongs to ana, and nowhere else. */
export const CANARY = 'zanahoria-7f3a';

/** Every route with an id of somebody's in its path. `:id` and the rest are filled in. */
export const ROUTES_BY_ID: readonly (readonly [method: string, path: string, body?: object])[] = [
  ['GET', '/api/knowledge/documents/:id'],
  ['DELETE', '/api/knowledge/documents/:id'],
  ['PATCH', '/api/knowledge/documents/:id', { title: 'stolen', collections: ['stolen'] }],
  ['GET', '/api/knowledge/documents/:id/text'],
  ['POST', '/api/knowledge/documents/:id/approve', {}],
  ['GET', '/api/knowledge/collections/:id'],
  ['PATCH', '/api/knowledge/collections/:id', { name: 'stolen' }],
  ['DELETE', '/api/knowledge/collections/:id'],
  ['GET', '/v1/files/:id'],
  ['DELETE', '/v1/files/:id'],
  ['GET', '/v1/files/:id/content'],
  ['GET', '/v1/vector_stores/:id'],
  ['POST', '/v1/vector_stores/:id', { name: 'stolen' }],
  ['DELETE', '/v1/vector_stores/:id'],
  ['POST', '/v1/vector_stores/:id/search', { query: CANARY }],
  ['GET', '/v1/vector_stores/:id/files'],
  ['POST', '/v1/vector_stores/:id/files', { file_id: ':file' }],
  ['GET', '/v1/vector_stores/:id/files/:file'],
  ['POST', '/v1/vector_stores/:id/files/:file', { attributes: { stolen: true } }],
  ['DELETE', '/v1/vector_stores/:id/files/:file'],
  ['GET', '/v1/vector_stores/:id/files/:file/content'],
  ['POST', '/v1/vector_stores/:id/file_batches', { file_ids: [':file'] }],
  ['GET', '/v1/vector_stores/:id/file_batches/:batch'],
  ['GET', '/v1/vector_stores/:id/file_batches/:batch/files'],
];

export interface Belongings {
  readonly document: string;
  readonly file: string;
  readonly store: string;
  readonly batch: string;
}

/** As many characters, and nobody's. */
const NEVER: Belongings = {
  document: 'doc_00000000000000000000',
  file: 'file-00000000000000000000',
  store: 'vs_00000000000000000000',
  batch: 'vsfb_000000000000000000000000',
};

/** A document in a collection, and a batch, of this user. */
export async function settle(ask: AskAs, user: string, text: string): Promise<Belongings> {
  const body = { text, title: `of ${user}`, collection: `of ${user}` };
  const document = JSON.parse((await ask(user, 'POST', '/api/knowledge/documents?wait=30s', body)).text) as {
    id: string;
    state: string;
    collections: string[];
  };
  expect(document.state).toBe('ready');
  const store = document.collections[0] ?? '';
  const file = document.id.replace('doc_', 'file-');
  const made = await ask(user, 'POST', `/v1/vector_stores/${store}/file_batches`, { file_ids: [file] });
  return { document: document.id, file, store, batch: (JSON.parse(made.text) as { id: string }).id };
}

/** Asks every route by ids of ana’s as ben, and by ids that never were; both must be answered alike, with 404, and change nothing. */
export async function expectStrangersSeeNothing(ask: AskAs): Promise<void> {
  const ana = await settle(ask, 'ana', `The secret word of ana is ${CANARY}.`);
  const ben = await settle(ask, 'ben', 'Ben keeps bees.');
  const before = await everythingOf(ask, 'ana');
  for (const [method, path, body] of ROUTES_BY_ID) {
    for (const [what, foreign, never] of attacks(path, ana, ben)) {
      const asked = async (ids: Belongings) => {
        const answer = await ask(
          'ben',
          method,
          fill(path, path, ids),
          body && (JSON.parse(fill(path, JSON.stringify(body), ids)) as object),
        );
        return { status: answer.status, text: fade(answer.text, ids) };
      };
      const where = `${method} ${path}, ${what}`;
      const answer = await asked(foreign);
      expect(answer.status, `${where}: ${answer.text}`).toBe(404);
      expect(answer, where).toEqual(await asked(never));
      expect(answer.text).not.toContain(CANARY);
    }
  }
  for (const [path, body] of [
    ['/api/knowledge/search', { query: CANARY, documents: [ana.document] }],
    ['/api/knowledge/search', { query: `secret word ${CANARY}` }],
    ['/api/knowledge/documents', undefined],
    [`/api/knowledge/documents?q=${CANARY}`, undefined],
    ['/api/knowledge/collections', undefined],
    ['/api/knowledge/export', undefined],
    ['/v1/files', undefined],
    ['/v1/vector_stores', undefined],
    [`/v1/vector_stores/${ben.store}/search`, { query: 'secret word' }],
  ] as const) {
    const answer = await ask('ben', body ? 'POST' : 'GET', path, body);
    expect(answer.status, path).toBe(200);
    expect(answer.text.replaceAll(`q=${CANARY}`, ''), path).not.toContain(CANARY);
    for (const id of Object.values(ana)) expect(answer.text, path).not.toContain(id);
  }
  for (const collection of [ana.store, NEVER.store]) {
    const refused = [
      await ask('ben', 'POST', '/api/knowledge/search', { query: CANARY, collection }),
      await ask('ben', 'POST', '/api/knowledge/documents', { text: 'mine', collection }),
      await ask('ben', 'GET', `/api/knowledge/documents?collection=${collection}`),
      await ask('ben', 'DELETE', `/api/knowledge/documents?collection=${collection}`),
      await ask('ben', 'POST', '/v1/vector_stores', { name: 'x', file_ids: [ana.file] }),
    ];
    expect(refused.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404]);
  }
  expect(await everythingOf(ask, 'ana')).toEqual(before);
}

const ZOO = [
  "' OR 1=1 --",
  '"; REMOVE TABLE document; --',
  '$user',
  'ana',
  'of ana',
  'document:ana',
  'type::thing("collection", "of ana")',
  '*',
  '%',
  '..',
  '../ana',
  '%00',
  'of ana\\',
  '{"$ne":null}',
  '⟨of ana⟩',
  '`of ana`',
  'of ana; SELECT * FROM chunk',
  '__proto__',
  'constructor',
];

/** So many questions of ben’s with hostile names and filters, in every place that takes one. */
export async function expectNoLeak(ask: AskAs, count: number): Promise<void> {
  const ana = await settle(ask, 'ana', `The secret word of ana is ${CANARY}.`);
  const ben = await settle(ask, 'ben', 'Ben keeps bees.');
  const names = [...ZOO, ...Object.values(ana)];
  const places: ((name: string) => readonly [string, string, object?])[] = [
    (name) => ['POST', '/api/knowledge/search', { query: `${CANARY} ${name}` }],
    (name) => ['POST', '/api/knowledge/search', { query: CANARY, collections: [name] }],
    (name) => ['POST', '/api/knowledge/search', { query: CANARY, documents: [name, ana.document] }],
    (name) => ['POST', '/api/knowledge/search', { query: CANARY, after: name }],
    (name) => ['GET', `/api/knowledge/documents?q=${encodeURIComponent(name)}`],
    (name) => ['GET', `/api/knowledge/documents?after=${encodeURIComponent(name)}`],
    (name) => ['GET', `/api/knowledge/documents?state=${encodeURIComponent(name)}`],
    (name) => ['GET', `/api/knowledge/documents/${encodeURIComponent(name)}/text`],
    (name) => ['GET', `/api/knowledge/collections/${encodeURIComponent(name)}`],
    (name) => ['GET', `/v1/files?after=${encodeURIComponent(name)}`],
    (name) => ['POST', `/v1/vector_stores/${encodeURIComponent(name)}/search`, { query: 'secret word' }],
    (name) => [
      'POST',
      `/v1/vector_stores/${ben.store}/search`,
      { query: 'secret word', filters: { type: 'ne', key: name, value: 'x' } },
    ],
    (name) => ['POST', '/v1/vector_stores', { file_ids: [name] }],
  ];
  for (let index = 0; index < count; index += 1) {
    const name = names[Math.floor(index / places.length) % names.length] ?? '';
    const [method, path, body] = places[index % places.length]?.(name) ?? ['GET', '/v1/files'];
    const { status, text } = await ask('ben', method, path, body);
    expect(status, `${method} ${path} ${JSON.stringify(body)}`).toBeLessThan(500);
    // What ben has written himself comes back in a refusal.
    if (status === 200) expect(text, `${method} ${path} ${JSON.stringify(body)}`).not.toContain(CANARY);
    expect(text).not.toContain('secret word of ana');
  }
}

/** Each of the ids in a path foreign, alone and with the other; beside it what never was. */
function attacks(path: string, ana: Belongings, ben: Belongings): (readonly [string, Belongings, Belongings])[] {
  const all = ['all of it ana’s', ana, NEVER] as const;
  if (!path.startsWith('/v1/vector_stores/:id/file')) return [all];
  const foreign = { ...ben, file: ana.file, batch: ana.batch };
  const never = { ...ben, file: NEVER.file, batch: NEVER.batch };
  const inOwn = ['ana’s in ben’s own store', foreign, never] as const;
  const ofOwn = ['ben’s own in ana’s store', { ...ana, file: ben.file }, { ...NEVER, file: ben.file }] as const;
  // The list of one's own store is one's own.
  return path.endsWith(':id/files') && !path.includes(':file') ? [all, ofOwn] : [all, inOwn, ofOwn];
}

function fill(path: string, text: string, { document, file, store, batch }: Belongings): string {
  const id = path.startsWith('/v1/files') ? file : /documents/.test(path) ? document : store;
  return text.replaceAll(':id', id).replaceAll(':file', file).replaceAll(':batch', batch);
}

const fade = (text: string, ids: Belongings) =>
  Object.entries(ids).reduce((faded, [name, id]) => faded.replaceAll(String(id), `<${name}>`), text);

async function everythingOf(ask: AskAs, user: string): Promise<unknown[]> {
  const paths = ['/api/knowledge/documents', '/api/knowledge/collections', '/v1/files', '/v1/vector_stores'];
  const found: unknown[] = [];
  for (const path of paths) found.push(JSON.parse((await ask(user, 'GET', path)).text));
  return found;
}
