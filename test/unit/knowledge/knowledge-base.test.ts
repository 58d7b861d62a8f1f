import { createHash } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { AppError } from '../../../src/shared/errors.ts';
import { openBase, setupOf } from './open-base.ts';

const LONG = Array.from({ length: 400 }, (_, index) => `Paragraph ${index} is about kestrels and walnuts.`).join(
  '\n\n',
);

describe('documents that a backup has, and that were not read yet', () => {
  it('are read where this machine has their bytes, and else it is said why they cannot be', async () => {
    await using house = await openBase();
    const text = 'The secret is zyzzyva.';
    const sha256 = createHash('sha256').update(text).digest('hex');
    const values = { title: '', uri: null, mime: 'text/plain', bytes: text.length, origin: 'text', collections: [] };
    const rest = { fetched: null, attribution: null, attributes: {} };
    const [here, away] = await Promise.all(
      [sha256, 'f'.repeat(64)].map((digest) =>
        house.store.documents.create('ana', { ...values, ...rest, origin: 'text', sha256: digest }),
      ),
    );
    writeFileSync(join(house.spoolDir, createHash('sha256').update(`ana\0${sha256}`).digest('hex')), text);
    await house.base.renew();
    expect(await house.settled('ana', here!.document.id)).toMatchObject({ state: 'ready', chunks: 1 });
    expect(await house.settled('ana', away!.document.id)).toMatchObject({
      state: 'failed',
      error: expect.stringMatching(/not on this machine: a backup has none .* Add it once more/),
    });
  });
});

describe('the documents of users', () => {
  it('are read, found by their words, shown whole, and gone when they are removed', async () => {
    await using house = await openBase();
    const { base } = house;
    const { document, existed } = await base.add('ana', {
      kind: 'text',
      text: '# Kestrel\n\nThe code word is zyzzyva.',
    });
    expect(existed).toBe(false);
    expect(document).toMatchObject({ origin: 'text', embedded: null });
    const view = await house.settled('ana', document.id);
    expect(view).toMatchObject({ state: 'ready', error: null, title: 'Kestrel', chunks: 1, progress: null });
    // The bytes go after the row says that they may.
    await expect.poll(() => readdirSync(house.spoolDir), { interval: 5 }).toEqual([]);

    const found = await base.search('ana', { text: 'zyzzyva' });
    expect(found).toMatchObject({ degraded: null, used: { words: true, vectors: false, rerank: false } });
    expect(found.hits).toMatchObject([{ document: { id: document.id }, chunk: { ord: 0 }, similarity: null }]);
    let text = '';
    for await (const piece of (await base.text('ana', document.id)) ?? []) text += piece;
    expect(text).toBe('# Kestrel\n\nThe code word is zyzzyva.');

    expect(await base.remove('ana', document.id)).toBe(true);
    expect(await base.remove('ana', document.id)).toBe(false);
    expect((await base.search('ana', { text: 'zyzzyva' })).hits).toEqual([]);
    expect(await base.get('ana', document.id)).toBeUndefined();
    expect(house.events).toMatchObject(
      ['queued', 'ready', 'removed'].map((state) => ({ type: 'knowledge', user: 'ana', document: document.id, state })),
    );
  });

  it('are each user’s own, the same bytes included', async () => {
    await using house = await openBase();
    const mine = await house.read('ana', 'The secret is zyzzyva.');
    const yours = await house.read('bo', 'The secret is zyzzyva.');
    expect(yours.id).not.toBe(mine.id);
    expect((await house.base.search('ana', { text: 'zyzzyva' })).hits.map(({ document }) => document.id)).toEqual([
      mine.id,
    ]);
    for (const look of [
      house.base.get('bo', mine.id),
      house.base.rename('bo', mine.id, 'x'),
      house.base.approve('bo', mine.id),
      house.base.text('bo', mine.id),
    ])
      expect(await look).toBeUndefined();
    expect(await house.base.remove('bo', mine.id)).toBe(false);
    await house.base.remove('ana', mine.id);
    expect((await house.base.search('bo', { text: 'zyzzyva' })).hits).toHaveLength(1);
  });

  it('are there once, however often they are added, in all the collections that they were added to', async () => {
    await using house = await openBase();
    const first = await house.read('ana', 'Same bytes.', ['work']);
    const again = await house.base.add('ana', { kind: 'text', text: 'Same bytes.' }, { collections: ['home'] });
    expect(again).toMatchObject({ existed: true, document: { id: first.id, state: 'ready' } });
    expect(again.document.collections).toHaveLength(2);
    await expect.poll(() => readdirSync(house.spoolDir), { interval: 5 }).toEqual([]);
    expect(await house.base.list('ana')).toHaveLength(1);
    for (const collections of [['work'], ['home'], undefined])
      expect((await house.base.search('ana', { text: 'bytes', collections })).hits).toHaveLength(1);
    expect((await house.base.search('ana', { text: 'bytes', collections: ['nowhere'] })).hits).toEqual([]);
    expect(house.events.map((event) => ('state' in event ? event.state : ''))).toEqual(['queued', 'ready']);
  });

  it('are searched where they are: attached, detached, without the collection, in none', async () => {
    await using house = await openBase();
    const { base } = house;
    const { id } = await house.read('ana', 'A walnut.', []);
    const isFound = async (collections?: string[]) =>
      (await base.search('ana', { text: 'walnut', collections })).hits.length === 1;
    expect(await isFound()).toBe(false);
    const work = await base.createCollection('ana', 'work');
    expect(await base.attach('ana', id, 'work', { year: 2026 })).toMatchObject({ attributes: { year: 2026 } });
    expect([await isFound(), await isFound([work.id]), await isFound(['work'])]).toEqual([true, true, true]);
    expect(await base.collections('ana')).toMatchObject([{ name: 'work', documents: 1 }]);
    await base.detach('ana', id, work.id);
    expect(await isFound()).toBe(false);
    await base.attach('ana', id, work.id);
    expect(await base.removeCollection('ana', work.id)).toBe(true);
    expect([await isFound(), (await base.get('ana', id))?.collections]).toEqual([false, []]);
    await expect(base.attach('ana', id, 'work')).rejects.toMatchObject({ code: 'collection_not_found' });
    await expect(base.add('ana', { kind: 'text', text: 'x' }, { collections: ['vs_no'] })).rejects.toMatchObject({
      code: 'collection_not_found',
    });
    await expect.poll(() => readdirSync(house.spoolDir), { interval: 5 }).toEqual([]);
  });

  it('that cannot be read say why, leave nothing behind, and are tried again when they are added once more', async () => {
    await using house = await openBase();
    const add = () => {
      const path = join(house.directory, 'upload');
      writeFileSync(path, Buffer.from('%PDF-1.7 but not really'));
      return house.base.add('ana', { kind: 'file', path, name: 'broken.pdf', mime: 'application/pdf' });
    };
    const { document } = await add();
    const failed = await house.settled('ana', document.id);
    expect(failed).toMatchObject({
      state: 'failed',
      chunks: 0,
      title: 'broken.pdf',
      error: expect.stringMatching(/broken\.pdf/),
    });
    await expect.poll(() => readdirSync(house.spoolDir), { interval: 5 }).toEqual([]);
    const again = await add();
    expect(again).toMatchObject({ existed: true, document: { id: document.id, state: 'queued' } });
    expect(await house.settled('ana', document.id)).toMatchObject({ state: 'failed' });
  });

  it('stop at the number of passages that a user may have', async () => {
    await using house = await openBase(
      await setupOf('{ enabled: true, limits: { chunksPerUser: 5 }, chunkTokens: 50 }'),
    );
    const small = await house.read('ana', 'A walnut.');
    const large = await house.read('ana', LONG);
    expect(large).toMatchObject({
      state: 'failed',
      chunks: 0,
      error: expect.stringMatching(/more than 5 passages.*chunksPerUser/),
    });
    expect(small.state).toBe('ready');
    expect(await house.store.chunks.count('ana')).toBe(1);
    expect(await house.read('bo', 'Another user has room.')).toMatchObject({ state: 'ready' });
    expect(await house.read('ana', 'There is still room.')).toMatchObject({ state: 'ready' });
  });

  it('are cleared by collection, or all of them', async () => {
    await using house = await openBase();
    await house.read('ana', 'One.', ['work']);
    await house.read('ana', 'Two.', ['home']);
    await house.read('bo', 'Three.', ['work']);
    expect(await house.base.clear('ana', 'work')).toBe(1);
    expect(await house.base.clear('ana', 'nowhere')).toBe(0);
    expect((await house.base.list('ana')).map(({ title }) => title)).toHaveLength(1);
    expect(await house.base.clear('ana')).toBe(1);
    expect(await house.base.list('bo')).toHaveLength(1);
  });

  it('may be removed while they are read: then nothing of them is left', async () => {
    await using house = await openBase(await setupOf('{ enabled: true, chunkTokens: 50 }'));
    for (let round = 0; round < 8; round += 1) {
      const text = `${LONG} round ${round}`;
      const { document } = await house.base.add('ana', { kind: 'text', text });
      if (round % 2 === 1) await expect.poll(() => house.store.chunks.count('ana'), { interval: 1 }).toBeGreaterThan(0);
      expect(await house.base.remove('ana', document.id)).toBe(true);
      expect(await house.store.chunks.count('ana')).toBe(0);
    }
    expect(house.base.status().queued).toBe(0);
    await expect.poll(() => readdirSync(house.spoolDir), { interval: 5 }).toEqual([]);
    expect((await house.base.search('ana', { text: 'kestrels' })).hits).toEqual([]);
  });

  it('are read when there is room again, where the disk was full in between; what was refused leaves no bytes', async () => {
    await using house = await openBase(await setupOf('{ enabled: true, chunkTokens: 50 }'));
    const full = new AppError('storage_full', 'no room');
    const write = house.store.chunks.write.bind(house.store.chunks);
    let refused = 0;
    house.store.chunks.write = () => {
      refused += 1;
      house.store.chunks.write = write;
      return Promise.reject(full);
    };
    const { document } = await house.base.add('ana', { kind: 'text', text: LONG });
    expect(await house.settled('ana', document.id)).toMatchObject({ state: 'ready', error: null });
    expect(refused).toBe(1);
    house.store.documents.create = () => Promise.reject(full);
    await expect(house.base.add('ana', { kind: 'text', text: 'another' })).rejects.toBe(full);
    expect(readdirSync(house.spoolDir)).toEqual([]);
  });

  it('have the title that they were given last, also while they are read', async () => {
    await using house = await openBase(await setupOf('{ enabled: true, chunkTokens: 50 }'));
    const { document } = await house.base.add('ana', { kind: 'text', text: `# Kestrels\n\n${LONG}` });
    await house.base.rename('ana', document.id, 'Birds');
    expect(await house.settled('ana', document.id)).toMatchObject({ title: 'Birds', state: 'ready' });
    const path = join(house.directory, 'upload');
    writeFileSync(path, '# Walnuts\n\nThey are nuts.');
    const added = await house.base.add('ana', { kind: 'file', path, name: 'w.md' });
    expect(await house.settled('ana', added.document.id)).toMatchObject({ title: 'Walnuts', uri: 'w.md' });
  });

  it('keep conversations in a collection of their own', async () => {
    await using house = await openBase();
    const source = {
      kind: 'text',
      origin: 'conversation',
      title: 'A question',
      text: 'A question\n\nzyzzyva',
    } as const;
    const { document } = await house.base.add('ana', source);
    await house.settled('ana', document.id);
    expect(await house.base.collections('ana')).toMatchObject([{ name: 'conversations', documents: 1 }]);
  });

  it('are counted in the metrics', async () => {
    await using house = await openBase();
    await house.read('ana', 'A walnut.');
    await house.base.search('ana', { text: 'walnut' });
    const metrics = await house.registry.metrics();
    expect(metrics).toMatch(/orchestrator_knowledge_documents\{state="ready"\} 1/);
    expect(metrics).toMatch(/orchestrator_knowledge_chunks 1/);
    expect(metrics).toMatch(/orchestrator_knowledge_search_seconds_count 1/);
    expect(metrics).toMatch(/orchestrator_knowledge_settled_total\{state="ready"\} 1/);
  });
});
