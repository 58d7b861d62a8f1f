/** OpenAI's own client, over a socket, on documents in memory. */
import OpenAI, { BadRequestError, NotFoundError, toFile } from 'openai';
import { describe, expect, it } from 'vitest';

import { openKnowledgeHouse } from '../knowledge/knowledge-house.ts';

async function open() {
  const house = await openKnowledgeHouse();
  const baseURL = `${await house.listen()}/v1`;
  const as = (user: string) => new OpenAI({ baseURL, apiKey: user, maxRetries: 0 });
  return { house, as, ana: as('ana'), [Symbol.asyncDispose]: () => house[Symbol.asyncDispose]() };
}

const file = (text: string, name = 'a.txt') => toFile(Buffer.from(text), name);

describe('files', () => {
  it('are uploaded, listed, read and deleted', async () => {
    await using opened = await open();
    const { ana, house } = opened;
    const one = await ana.files.create({ file: await file('The moon is a lamp.', 'moon.txt'), purpose: 'assistants' });
    expect(one).toMatchObject({ id: 'file-1', object: 'file', bytes: 19, filename: 'moon.txt', status: 'processed' });
    expect(house.base.entries[0]?.collections, 'in no store, and so not searched').toEqual([]);
    const two = await ana.files.create({ file: await file('The sun is a stone.'), purpose: 'user_data' });
    const ids = async (query = {}) => (await ana.files.list(query)).data.map(({ id }) => id);
    expect(await ids()).toEqual([two.id, one.id]);
    expect(await ids({ order: 'asc', limit: 1 })).toEqual([one.id]);
    expect(await ids({ after: two.id })).toEqual([one.id]);
    expect((await ana.files.retrieve(one.id)).filename).toBe('moon.txt');
    expect(await (await ana.files.content(one.id)).text()).toBe('The moon is a lamp.');
    expect(await ana.files.delete(one.id)).toEqual({ id: one.id, object: 'file', deleted: true });
    await expect(ana.files.retrieve(one.id)).rejects.toThrow(NotFoundError);
  });

  it('for what is not done here are refused', async () => {
    await using opened = await open();
    const upload = opened.ana.files.create({ file: await file('x'), purpose: 'fine-tune' });
    await expect(upload).rejects.toThrow(BadRequestError);
    const expiring = { anchor: 'created_at', seconds: 3_600 } as const;
    const kept = opened.ana.files.create({ file: await file('x'), purpose: 'assistants', expires_after: expiring });
    await expect(kept).rejects.toThrow('expires');
    expect(opened.house.uploads()).toEqual([]);
    expect(opened.house.base.entries).toEqual([]);
  });
});

describe('vector stores', () => {
  it('are made with files, listed, changed and deleted', async () => {
    await using opened = await open();
    const { ana } = opened;
    const { id: moon } = await ana.files.create({ file: await file('moon'), purpose: 'assistants' });
    const store = await ana.vectorStores.create({ name: 'sky', file_ids: [moon], metadata: { a: 'b' } });
    expect(store).toMatchObject({
      object: 'vector_store',
      name: 'sky',
      status: 'completed',
      usage_bytes: 4,
      file_counts: { total: 1, completed: 1, in_progress: 0, failed: 0, cancelled: 0 },
      metadata: { a: 'b' },
    });
    const same = await ana.vectorStores.create({ name: 'sky' });
    expect(same.name, 'another one').toBe('sky (2)');
    const atOnce = await Promise.all(Array.from({ length: 10 }, () => ana.vectorStores.create({ name: 'many' })));
    const names = ['many', ...Array.from({ length: 9 }, (_, index) => `many (${index + 2})`)];
    expect(atOnce.map(({ name }) => name).sort()).toEqual(names.sort());
    expect(new Set(atOnce.map(({ id }) => id)).size).toBe(10);
    expect((await ana.vectorStores.create({})).name).toBe('unnamed');
    expect((await ana.vectorStores.list({ limit: 2 })).data).toHaveLength(2);
    expect((await ana.vectorStores.update(store.id, { name: 'night', metadata: { c: 'd' } })).name).toBe('night');
    expect(await ana.vectorStores.retrieve(store.id)).toMatchObject({ name: 'night', metadata: { c: 'd' } });
    await expect(ana.vectorStores.retrieve('night'), 'a name is no id').rejects.toThrow(NotFoundError);
    expect(await ana.vectorStores.delete(store.id)).toMatchObject({ deleted: true, object: 'vector_store.deleted' });
    expect((await ana.files.retrieve(moon)).id, 'the file stays').toBe(moon);
  });

  it('are not made where a file is not there, or where they were to expire', async () => {
    await using opened = await open();
    const { ana, house } = opened;
    await expect(ana.vectorStores.create({ name: 'a', file_ids: ['file-9'] })).rejects.toThrow(NotFoundError);
    const expires_after = { anchor: 'last_active_at', days: 1 } as const;
    await expect(ana.vectorStores.create({ name: 'a', expires_after })).rejects.toThrow('expires');
    await expect(ana.vectorStores.create({ name: 'vs_1' })).rejects.toThrow(BadRequestError);
    expect(house.base.groups).toEqual([]);
  });

  it('take files with attributes, and give them back', async () => {
    await using opened = await open();
    const { ana } = opened;
    const { id: vector_store_id } = await ana.vectorStores.create({ name: 'sky' });
    const { id: file_id } = await ana.files.create({ file: await file('moon'), purpose: 'assistants' });
    const attached = await ana.vectorStores.files.createAndPoll(vector_store_id, {
      file_id,
      attributes: { year: 2026 },
    });
    expect(attached).toMatchObject({ id: file_id, status: 'completed', last_error: null, attributes: { year: 2026 } });
    const uploaded = await ana.vectorStores.files.uploadAndPoll(vector_store_id, await file('sun', 'sun.txt'));
    expect(uploaded.status).toBe('completed');
    expect((await ana.vectorStores.files.list(vector_store_id)).data).toHaveLength(2);
    expect((await ana.vectorStores.files.list(vector_store_id, { filter: 'failed' })).data).toHaveLength(0);
    const changed = await ana.vectorStores.files.update(file_id, { vector_store_id, attributes: { year: 1 } });
    expect(changed.attributes).toEqual({ year: 1 });
    const content: string[] = [];
    for await (const part of ana.vectorStores.files.content(file_id, { vector_store_id }))
      content.push(part.text ?? '');
    expect(content).toEqual(['moon']);
    await ana.vectorStores.files.delete(file_id, { vector_store_id });
    await expect(ana.vectorStores.files.retrieve(file_id, { vector_store_id })).rejects.toThrow(NotFoundError);
    expect((await ana.files.retrieve(file_id)).id).toBe(file_id);
  });

  it('say why a file failed', async () => {
    await using opened = await open();
    const { ana, house } = opened;
    house.base.state = 'failed';
    const { id } = await ana.vectorStores.create({ name: 'sky' });
    const failed = await ana.vectorStores.files.uploadAndPoll(id, await file('glass'));
    expect(failed).toMatchObject({
      status: 'failed',
      last_error: { code: 'invalid_file', message: 'it is made of glass' },
    });
  });

  it('are polled often while a file is read', async () => {
    await using opened = await open();
    const { ana, house } = opened;
    house.base.state = 'queued';
    const { id } = await ana.vectorStores.create({ name: 'sky' });
    const { id: file_id } = await ana.files.create({ file: await file('slow'), purpose: 'assistants' });
    const begun = await ana.vectorStores.files.create(id, { file_id });
    expect(begun.status).toBe('in_progress');
    const asked = await ana.vectorStores.files.retrieve(file_id, { vector_store_id: id }).withResponse();
    expect(asked.response.headers.get('openai-poll-after-ms')).toBe('200');
    const [entry] = house.base.entries;
    if (entry) entry.state = 'ready';
    const done = await ana.vectorStores.files.retrieve(file_id, { vector_store_id: id }).withResponse();
    expect(done.data.status).toBe('completed');
    expect(done.response.headers.get('openai-poll-after-ms')).toBeNull();
  });

  it('take several files at once', async () => {
    await using opened = await open();
    const { ana } = opened;
    const { id } = await ana.vectorStores.create({ name: 'sky' });
    const files = [await file('one'), await file('two'), await file('three')];
    const batch = await ana.vectorStores.fileBatches.uploadAndPoll(id, { files });
    expect(batch).toMatchObject({ status: 'completed', file_counts: { total: 3, completed: 3 } });
    const listed = await ana.vectorStores.fileBatches.listFiles(batch.id, { vector_store_id: id });
    expect(listed.data).toHaveLength(3);
    const { id: again } = await ana.vectorStores.create({ name: 'other' });
    const [first, second] = listed.data;
    const named = await ana.vectorStores.fileBatches.create(again, {
      files: [{ file_id: first?.id ?? '', attributes: { a: 1 } }, { file_id: second?.id ?? '' }],
    });
    expect(named.file_counts.total).toBe(2);
    await expect(opened.as('ben').vectorStores.fileBatches.retrieve(batch.id, { vector_store_id: id })).rejects.toThrow(
      NotFoundError,
    );
    await expect(
      ana.vectorStores.fileBatches.retrieve(batch.id, { vector_store_id: again }),
      'of another store',
    ).rejects.toThrow(NotFoundError);
  });

  it('are searched, with filters, several questions and a threshold', async () => {
    await using opened = await open();
    const { ana, house } = opened;
    const { id } = await ana.vectorStores.create({ name: 'sky' });
    for (const [text, year] of [
      ['the moon is a lamp', 2025],
      ['the moon is a stone', 2026],
      ['the sun is far', 2026],
    ] as const) {
      const { id: file_id } = await ana.files.create({ file: await file(text), purpose: 'assistants' });
      await ana.vectorStores.files.create(id, { file_id, attributes: { year } });
    }
    const texts = async (body: Parameters<typeof ana.vectorStores.search>[1]) =>
      (await ana.vectorStores.search(id, body)).data.map(({ content }) => content[0]?.text);
    expect(await texts({ query: 'moon stone' })).toEqual(['the moon is a stone', 'the moon is a lamp']);
    expect(await texts({ query: 'moon stone', ranking_options: { score_threshold: 0.9 } })).toEqual([
      'the moon is a stone',
    ]);
    expect(await texts({ query: 'moon', filters: { type: 'eq', key: 'year', value: 2025 } })).toEqual([
      'the moon is a lamp',
    ]);
    expect(await texts({ query: 'moon', filters: { type: 'gt', key: 'year', value: 2030 } })).toEqual([]);
    expect(await texts({ query: ['sun', 'lamp'], max_num_results: 5 })).toHaveLength(2);
    const page = await ana.vectorStores.search(id, { query: 'lamp', rewrite_query: true }).withResponse();
    expect(page.response.headers.get('x-orchestrator-dropped')).toBe('rewrite_query');
    expect(page.data.data[0]).toEqual({
      file_id: 'file-1',
      filename: 'a.txt',
      score: 1,
      attributes: { year: 2025 },
      content: [{ type: 'text', text: 'the moon is a lamp' }],
    });
    house.base.searched.length = 0;
    await expect(texts({ query: '' })).rejects.toThrow(BadRequestError);
    await expect(texts({ query: 'x', max_num_results: 51 })).rejects.toThrow(BadRequestError);
    expect(house.base.searched).toEqual([]);
  });
});
