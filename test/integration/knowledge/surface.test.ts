/** The routes and commands of documents on the real store: keys, users, uploads, OpenAI's client, the command line. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';

import OpenAI, { NotFoundError, toFile } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { DocumentListJson, KnowledgeStatusJson, SearchJson } from '../../../src/server/knowledge/views.ts';
import { fakeExpert } from '../../support/fake-expert.ts';
import { type Orchestrator, runCommand, startOrchestrator } from '../../support/orchestrator.ts';
import { type AskAs, expectNoLeak, expectStrangersSeeNothing } from '../../support/tenancy.ts';
import { until } from '../../support/wait.ts';

const KEYS = { ana: 'key-of-ana-0123456789', ben: 'key-of-ben-0123456789', root: 'key-of-root-0123456789' };
const LARGEST = 2 << 20;
const COUNT = process.env['ORCHESTRATOR_FULL_FAULTS'] ? 1_000 : 300;

let house: Orchestrator;

beforeAll(async () => {
  house = await startOrchestrator({
    profile: {
      name: 'surface',
      experts: { general: fakeExpert() },
      knowledge: { enabled: true, limits: { fileSize: '2MiB' } },
      security: {
        auth: 'keys',
        keys: [
          { env: 'KEY_ANA', user: 'ana' },
          { env: 'KEY_BEN', user: 'ben' },
          { env: 'KEY_ROOT', user: 'root', admin: true },
        ],
      },
    },
    env: { KEY_ANA: KEYS.ana, KEY_BEN: KEYS.ben, KEY_ROOT: KEYS.root },
  });
  await until('the store is open', async () => {
    const response = await house.request('/api/knowledge');
    return ((await response.json()) as KnowledgeStatusJson).state === 'ready';
  });
});

afterAll(async () => {
  await house[Symbol.asyncDispose]();
});

const ask: AskAs = async (user, method, path, body) => {
  const headers = new Headers({ authorization: `Bearer ${KEYS[user as keyof typeof KEYS]}` });
  if (body !== undefined) headers.set('content-type', 'application/json');
  const response = await house.request(path, {
    method,
    headers,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, text: await response.text() };
};

const uploads = () => {
  try {
    return readdirSync(join(house.stateDir, 'uploads'));
  } catch {
    return [];
  }
};

describe('between users', () => {
  it('a stranger’s id is one that never was, on every route', async () => {
    await expectStrangersSeeNothing(ask);
  });

  it('no name and no filter leads to what is another’s', { timeout: 120_000 }, async () => {
    await expectNoLeak(ask, COUNT);
  });

  it('backups are for administrators', async () => {
    expect((await ask('ana', 'GET', '/api/store/backup')).status).toBe(403);
    expect((await ask('ana', 'POST', '/api/store/restore', {})).status).toBe(403);
    const whole = await ask('root', 'GET', '/api/store/backup?user=ana');
    expect(whole.status).toBe(200);
    expect(whole.text).not.toContain('Ben keeps bees');
  });

  it('what was backed up comes back', async () => {
    const text = 'The pelican of Orvane is called Umber.';
    await ask('ben', 'POST', '/api/knowledge/documents?wait=30s', { text, title: 'Pelican', collection: 'birds' });
    const { text: own } = await ask('ben', 'GET', '/api/knowledge/export');
    await ask('ben', 'DELETE', '/api/knowledge/documents?all=true');
    const query = { query: 'pelican of Orvane' };
    expect((JSON.parse((await ask('ben', 'POST', '/api/knowledge/search', query)).text) as SearchJson).hits).toEqual(
      [],
    );
    const restored = await house.request('/api/store/restore', {
      method: 'POST',
      body: own,
      headers: { authorization: `Bearer ${KEYS.root}`, 'content-type': 'application/x-ndjson' },
    });
    expect(restored.status, await restored.text()).toBe(200);
    const found = JSON.parse((await ask('ben', 'POST', '/api/knowledge/search', query)).text) as SearchJson;
    expect(found.hits[0]).toMatchObject({
      text: expect.stringContaining('Umber') as string,
      document: { title: 'Pelican' },
    });
    const cut = await house.request('/api/store/restore', {
      method: 'POST',
      body: own.slice(0, own.length / 2),
      headers: { authorization: `Bearer ${KEYS.root}` },
    });
    expect(cut.status, await cut.text()).toBe(400);
  });

  it('only the token of the run may name somebody', async () => {
    const named = { 'x-orchestrator-user': 'ben' };
    const whose = async (headers: Record<string, string>) =>
      ((await (await house.request('/api/knowledge', { headers })).json()) as KnowledgeStatusJson).user;
    expect(await whose(named)).toBe('ben');
    expect(await whose({ ...named, authorization: `Bearer ${KEYS.root}` })).toBe('root');
  });
});

/** The head of an upload of so many bytes, by hand. */
const head = (bytes: number) =>
  `POST /api/knowledge/documents HTTP/1.1\r\nhost: ${new URL(house.url).host}\r\nauthorization: Bearer ${KEYS.ana}\r\n` +
  `content-type: multipart/form-data; boundary=XX\r\ncontent-length: ${bytes}\r\n\r\n` +
  '--XX\r\ncontent-disposition: form-data; name="file"; filename="a.txt"\r\n\r\n';

describe('an upload', () => {
  it('whose client goes away leaves nothing', async () => {
    const socket = connect(Number(new URL(house.url).port), '127.0.0.1');
    socket.write(head(1 << 20));
    socket.write(Buffer.alloc(64 << 10, 'x'));
    await until('the file is begun', () => uploads().length === 1);
    socket.destroy();
    await until('the file is gone', () => uploads().length === 0);
  });

  it('beyond the limit is refused while it is being sent, and leaves nothing', async () => {
    const socket = connect(Number(new URL(house.url).port), '127.0.0.1');
    let answer = '';
    socket.setEncoding('utf8').on('data', (text: string) => (answer += text));
    // The server closes before all is written.
    socket.on('error', () => undefined);
    socket.write(head(LARGEST + 100_000));
    socket.write(Buffer.alloc(LARGEST + 50_000, 'x'));
    await until('the refusal', () => answer.includes('body_too_large'));
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toContain('knowledge.limits.fileSize');
    socket.destroy();
    expect(uploads()).toEqual([]);
  });
});

describe('a body that is too long', () => {
  it('ends its connection in so many words, so that the next request goes over another one', async () => {
    const refused = await house.request('/api/knowledge/search', {
      method: 'POST',
      headers: { authorization: `Bearer ${KEYS.ana}`, 'content-type': 'application/json' },
      body: JSON.stringify({ query: 'x'.repeat(1 << 20) }),
    });
    expect(refused.status).toBe(413);
    expect(refused.headers.get('connection')).toBe('close');
    await refused.text();
    expect((await ask('ana', 'POST', '/api/knowledge/search', { query: 'x' })).status).toBe(200);
  });
});

describe('OpenAI’s client', () => {
  it('uploads, attaches, searches and deletes', async () => {
    const openai = new OpenAI({ baseURL: `${house.url}/v1`, apiKey: KEYS.ana, maxRetries: 0 });
    const store = await openai.vectorStores.create({ name: 'manuals', metadata: { a: 'b' } });
    const text = 'The blender of model Q7 is cleaned with vinegar.\n\nIts jar holds two litres.';
    const file = await openai.files.create({ file: await toFile(Buffer.from(text), 'q7.txt'), purpose: 'assistants' });
    const attached = await openai.vectorStores.files.createAndPoll(store.id, {
      file_id: file.id,
      attributes: { year: 2026 },
    });
    expect(attached).toMatchObject({ id: file.id, status: 'completed', last_error: null, attributes: { year: 2026 } });
    const batch = await openai.vectorStores.fileBatches.uploadAndPoll(store.id, {
      files: [await toFile(Buffer.from('The kettle of model K2 whistles.'), 'k2.txt')],
    });
    expect(batch.file_counts).toMatchObject({ total: 1, completed: 1 });
    expect(await openai.vectorStores.retrieve(store.id)).toMatchObject({
      status: 'completed',
      file_counts: { total: 2 },
    });
    const found = await openai.vectorStores.search(store.id, { query: 'how is the blender cleaned with vinegar?' });
    expect(found.data[0]).toMatchObject({ file_id: file.id, filename: 'q7.txt', attributes: { year: 2026 } });
    expect(found.data[0]?.content[0]?.text).toContain('vinegar');
    const filters = { type: 'gt', key: 'year', value: 2026 } as const;
    expect((await openai.vectorStores.search(store.id, { query: 'vinegar', filters })).data).toEqual([]);
    expect(await (await openai.files.content(file.id)).text()).toBe(text);
    await openai.vectorStores.files.delete(file.id, { vector_store_id: store.id });
    const left = await openai.vectorStores.search(store.id, { query: 'vinegar' });
    expect(left.data.filter(({ file_id: id }) => id === file.id)).toEqual([]);
    expect(await openai.vectorStores.delete(store.id)).toMatchObject({ deleted: true });
    expect(await openai.files.delete(file.id)).toMatchObject({ deleted: true });
    await expect(openai.files.retrieve(file.id)).rejects.toThrow(NotFoundError);
  });
});

describe('the command line', () => {
  const rag = (...args: string[]) => runCommand(house.directory, ['rag', ...args]);

  it('adds a folder for somebody, finds what is in it, and takes it away', async () => {
    const folder = join(house.directory, 'papers');
    mkdirSync(join(folder, 'deep'), { recursive: true });
    writeFileSync(join(folder, 'lease.md'), '# Lease\n\nThe lease of the boathouse ends on 3 May 2031.\n');
    writeFileSync(join(folder, 'deep', 'alquiler.txt'), 'El alquiler del faro vence el 9 de junio de 2032.\n');
    writeFileSync(join(folder, 'empty.txt'), '');
    const added = await rag('add-file', 'papers', '--user', 'eva', '--collection', 'home');
    expect(added).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^2 added, 1 passed over \(1 empty\)/) as string,
    });
    const again = await rag('add-file', 'papers', '--user', 'eva', '--collection', 'home');
    expect(again.stdout).toMatch(/^0 added, 2 already there/);

    const found = JSON.parse(
      (await rag('query', 'when does the lease of the boathouse end?', '--user', 'eva', '--json')).stdout,
    ) as SearchJson;
    expect(found.hits[0]?.text).toContain('3 May 2031');
    expect((await rag('query', '¿cuándo vence el alquiler?', '--user', 'eva')).stdout).toContain('9 de junio de 2032');
    expect((await rag('query', 'boathouse')).stdout, 'one’s own').toBe('');
    const list = JSON.parse((await rag('list', '--user', 'eva', '--json')).stdout) as DocumentListJson;
    const lease = list.documents.find(({ uri }) => uri === 'papers/lease.md');
    expect((await rag('show', lease?.id ?? '', '--text', '--user', 'eva')).stdout).toContain('# Lease');
    expect((await rag('export', '--user', 'eva')).stdout).toContain('boathouse');
    expect((await rag('delete', lease?.id ?? '', '--user', 'eva')).code).toBe(0);
    expect((await rag('clear', '--yes', '--user', 'eva')).stdout).toBe('deleted: 1 document\n');
    expect((await runCommand(house.directory, ['status'])).stdout).toMatch(/^knowledge ready · embedded store/m);
  });

  it('says which files failed and why', async () => {
    writeFileSync(join(house.directory, 'large.txt'), Buffer.alloc(LARGEST + 1, 'x '));
    writeFileSync(join(house.directory, 'odd.bin'), Buffer.from([0, 1, 2, 3, 0, 255]));
    const { code, stdout } = await rag('add-file', 'large.txt', 'odd.bin', '--user', 'eva');
    expect(code).toBe(1);
    expect(stdout).toMatch(/^failed: large\.txt: .*knowledge\.limits\.fileSize/m);
    expect(stdout).toMatch(/^failed: odd\.bin: \S/m);
  });
});
