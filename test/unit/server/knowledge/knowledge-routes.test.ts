import { describe, expect, it } from 'vitest';

import { AppError } from '../../../../src/shared/errors.ts';
import { House } from '../../supervisor/house.ts';
import { routesOver } from '../cold-house.ts';
import { form, openKnowledgeHouse } from './knowledge-house.ts';

const DOCUMENTS = '/api/knowledge/documents';

describe('documents', () => {
  it('are added as text, found, read, changed and removed', async () => {
    await using house = await openKnowledgeHouse();
    const { ana } = house;
    const added = await ana('POST', DOCUMENTS, { text: 'The moon is a lamp.', title: 'Moon', collection: 'sky' });
    expect(added).toMatchObject({
      status: 200,
      body: { id: 'doc_1', title: 'Moon', state: 'ready', existed: false, created: '1970-01-01T00:00:01.000Z' },
    });
    expect((await ana('GET', `${DOCUMENTS}/doc_1`)).body).toMatchObject({ title: 'Moon', collections: ['vs_1'] });
    const text = await ana('GET', `${DOCUMENTS}/doc_1/text`);
    expect(text).toMatchObject({ status: 200, text: 'The moon is a lamp.' });
    expect(text.headers.get('x-content-type-options')).toBe('nosniff');
    const changed = await ana('PATCH', `${DOCUMENTS}/doc_1`, { title: 'Luna', collections: ['night'] });
    expect(changed.body).toMatchObject({ title: 'Luna', collections: ['vs_2'] });
    expect(await ana('DELETE', `${DOCUMENTS}/doc_1`)).toMatchObject({ status: 200, body: { deleted: true } });
    expect(await ana('DELETE', `${DOCUMENTS}/doc_1`)).toMatchObject({ status: 404 });
  });

  it('answer 202 while they are read, and the wait is as long as was asked for', async () => {
    await using house = await openKnowledgeHouse();
    house.base.state = 'queued';
    expect((await house.ana('POST', DOCUMENTS, { text: 'slow' })).status).toBe(202);
    expect((await house.ana('POST', `${DOCUMENTS}?wait=60ms`, { text: 'slow' })).status).toBe(202);
    const waiting = house.ana('POST', `${DOCUMENTS}?wait=5m`, { text: 'slow, too' });
    house.base.state = 'ready';
    while (house.base.entries.length < 2) await new Promise(setImmediate);
    for (const entry of house.base.entries) entry.state = 'ready';
    expect(await waiting).toMatchObject({ status: 200, body: { state: 'ready' } });
    expect((await house.ana('POST', `${DOCUMENTS}?wait=2h`, { text: 'x' })).body.error.param).toBe('wait');
  });

  it('are listed in pages, by collection, state and words', async () => {
    await using house = await openKnowledgeHouse();
    for (const title of ['One', 'Two', 'Three']) await house.ana('POST', DOCUMENTS, { text: title, title });
    await house.ben('POST', DOCUMENTS, { text: 'Ben’s', title: 'Ben’s' });
    const first = await house.ana('GET', `${DOCUMENTS}?limit=2`);
    expect(first.body).toMatchObject({ documents: [{ title: 'Three' }, { title: 'Two' }], next: 'doc_2' });
    const second = await house.ana('GET', `${DOCUMENTS}?limit=2&after=doc_2`);
    expect(second.body).toMatchObject({ documents: [{ title: 'One' }], next: null });
    expect((await house.ana('GET', `${DOCUMENTS}?q=tHr`)).body.documents).toHaveLength(1);
    expect((await house.ana('GET', `${DOCUMENTS}?state=failed`)).body.documents).toHaveLength(0);
    expect((await house.ana('GET', `${DOCUMENTS}?collection=default`)).body.documents).toHaveLength(3);
    expect((await house.ana('GET', `${DOCUMENTS}?collection=other`)).status).toBe(404);
    expect((await house.ana('GET', `${DOCUMENTS}?state=nice`)).body.error.param).toBe('state');
    expect((await house.ana('GET', `${DOCUMENTS}?limit=0`)).body.error.param).toBe('limit');
  });

  it('are cleared by collection or altogether, never by an oversight', async () => {
    await using house = await openKnowledgeHouse();
    await house.ana('POST', DOCUMENTS, { text: 'one', collection: 'a' });
    await house.ana('POST', DOCUMENTS, { text: 'two', collection: 'b' });
    expect((await house.ana('DELETE', DOCUMENTS)).status).toBe(400);
    expect((await house.ana('DELETE', `${DOCUMENTS}?collection=a&all=true`)).status).toBe(400);
    expect((await house.ana('DELETE', `${DOCUMENTS}?collection=a`)).body).toEqual({ deleted: 1 });
    expect((await house.ana('DELETE', `${DOCUMENTS}?all=true`)).body).toEqual({ deleted: 1 });
  });

  it.each([
    [{}, 'text'],
    [{ text: 'a', url: 'https://a.example' }, 'text'],
    [{ text: '  ' }, 'text'],
    [{ text: 7 }, 'text'],
    [{ url: 'https://a.example', title: 'no' }, 'title'],
    [{ text: 'a', title: 'two\nlines' }, 'title'],
    [{ text: 'a', collection: '' }, 'collections'],
    [{ text: 'a', collection: 'a', collections: ['b'] }, 'collections'],
    [{ text: 'a', collections: 'b' }, 'collections'],
    [{ text: 'a', collections: [{ $ne: 1 }] }, 'collections'],
    [{ text: 'a', collection: 'vs_999' }, 'collection'],
    [{ text: 'a', collection: 'a\u0000b' }, 'collections'],
    [{ text: 'a', attributes: { deep: { er: 1 } } }, 'attributes'],
    [{ text: 'a', attributes: { year: 1e308 } }, 'attributes'],
    [{ text: 'a', user: 'ben' }, 'user'],
  ])('%j is refused, and adds nothing', async (body, param) => {
    await using house = await openKnowledgeHouse();
    const status = param === 'collection' ? 404 : 400;
    expect(await house.ana('POST', DOCUMENTS, body)).toMatchObject({ status, body: { error: { param } } });
    expect(house.base.entries).toEqual([]);
    expect(house.base.groups).toEqual([]);
  });
});

describe('uploads', () => {
  it('are queued under the name that the client gave, whatever path is in it', async () => {
    await using house = await openKnowledgeHouse();
    const file = new Blob(['The sun is a stone.'], { type: 'text/markdown' });
    const sent = form({ file, collection: 'sky', attributes: '{"year": 2026}' }, '..\\..\\etc/su\u001B[31mn.md');
    const { status, body } = await house.ana('POST', DOCUMENTS, sent);
    expect({ status, title: body.title, mime: body.mime, attributes: body.attributes }).toEqual({
      status: 200,
      title: 'su[31mn.md',
      mime: 'text/markdown',
      attributes: { year: 2026 },
    });
  });

  it('that are refused leave no file', async () => {
    await using house = await openKnowledgeHouse();
    const file = new Blob(['x']);
    for (const fields of [
      { file, unknown: 'x' },
      { file, title: 'two\nlines' },
      { file, attributes: '{' },
      { file, collection: 'vs_2' },
    ]) {
      expect((await house.ana('POST', DOCUMENTS, form(fields))).status).toBe('collection' in fields ? 404 : 400);
    }
    expect(house.uploads()).toEqual([]);
    expect(house.base.entries).toEqual([]);
  });
});

describe('search', () => {
  it('answers passages with their places, within what was asked for', async () => {
    await using house = await openKnowledgeHouse();
    await house.ana('POST', DOCUMENTS, { text: 'The moon is a lamp.', collection: 'sky' });
    const found = await house.ana('POST', '/api/knowledge/search', {
      query: 'moon',
      collection: 'sky',
      after: '2026-01-01',
      topK: 3,
      rerank: false,
    });
    expect(found.body.hits[0]).toMatchObject({
      document: { id: 'doc_1' },
      text: 'The moon is a lamp.',
      start: 0,
      end: 19,
    });
    expect(house.base.searched[0]).toMatchObject({
      collections: ['vs_1'],
      topK: 3,
      rerank: false,
      after: 1767225600000,
    });
  });

  it.each([
    [{}, 400, 'query'],
    [{ query: 'a', topK: 1_000 }, 400, 'topK'],
    [{ query: 'a', topK: '1; DROP' }, 400, 'topK'],
    [{ query: 'a', documents: { $gt: '' } }, 400, 'documents'],
    [{ query: 'a', after: 'yesterday' }, 400, 'after'],
    [{ query: 'a', collection: 'nope' }, 404, 'collection'],
    [{ query: 'a', collection: "' OR 1=1 --" }, 404, 'collection'],
    [{ query: 'a', user: 'ben' }, 400, 'user'],
    [{ query: 'x'.repeat(10_001) }, 400, 'query'],
  ])('%j is refused', async (body, status, param) => {
    await using house = await openKnowledgeHouse();
    expect(await house.ana('POST', '/api/knowledge/search', body)).toMatchObject({
      status,
      body: { error: { param } },
    });
    expect(house.base.searched).toEqual([]);
  });
});

describe('collections', () => {
  it('are made, shown by id or name, changed and removed; their documents stay', async () => {
    await using house = await openKnowledgeHouse();
    const { ana } = house;
    const path = '/api/knowledge/collections';
    expect(await ana('POST', path, { name: 'notes', metadata: { a: 'b' } })).toMatchObject({
      status: 201,
      body: { id: 'vs_1', name: 'notes', documents: 0, metadata: { a: 'b' } },
    });
    expect((await ana('POST', path, { name: 'notes' })).status).toBe(409);
    expect((await ana('POST', path, { name: 'vs_7' })).status).toBe(400);
    await ana('POST', DOCUMENTS, { text: 'x', collection: 'notes' });
    expect((await ana('GET', `${path}/notes`)).body).toMatchObject({ id: 'vs_1', documents: 1 });
    expect((await ana('PATCH', `${path}/vs_1`, { name: 'papers' })).body).toMatchObject({ name: 'papers' });
    expect((await ana('PATCH', `${path}/vs_1`, { name: 'papers', metadata: null })).body.metadata).toEqual({});
    expect((await ana('DELETE', `${path}/papers`)).body).toEqual({ id: 'vs_1', deleted: true });
    expect((await ana('GET', DOCUMENTS)).body.documents).toHaveLength(1);
    expect((await ana('GET', path)).body).toEqual({ collections: [] });
  });
});

describe('backups', () => {
  it('are of oneself for everyone, and line by line', async () => {
    await using house = await openKnowledgeHouse();
    await house.ana('POST', DOCUMENTS, { text: 'ana’s' });
    await house.ben('POST', DOCUMENTS, { text: 'ben’s' });
    const { text } = await house.ana('GET', '/api/knowledge/export');
    expect(text.trimEnd().split('\n')).toHaveLength(2);
    expect(text).not.toContain('ben');
  });
});

describe('where there is no knowledge', () => {
  it('every route but the status says how to switch it on', async () => {
    await using house = await House.open();
    const off = new AppError('knowledge_off', 'Switch it on.');
    const status = {
      state: 'off' as const,
      reason: null,
      store: { kind: 'none', version: null },
      queued: 0,
      embedding: null,
    };
    const knowledge = {
      get: () => {
        throw off;
      },
      status: () => status,
    };
    const { get, post } = await routesOver(house, { knowledge });
    expect(await get('/api/knowledge')).toEqual({ status: 200, body: { ...status, user: 'ana' } });
    expect(await get(DOCUMENTS)).toMatchObject({ status: 404, body: { error: { code: 'knowledge_off' } } });
    expect((await post('/api/knowledge/search', { query: 'x' })).body).toMatchObject({
      error: { code: 'knowledge_off' },
    });
  });
});
