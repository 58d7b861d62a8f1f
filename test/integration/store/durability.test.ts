import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

import { afterEach, describe, expect, it } from 'vitest';

import { openStore } from '../../../src/store/open-store.ts';
import { newDocument } from '../../store/parts.ts';
import { times } from '../../support/skip.ts';
import { timed, until } from '../../support/wait.ts';

const WRITER = resolve(import.meta.dirname, '../../fixtures/store-writer.ts');
const KILLS = times(5, 50);

describe('the embedded store', () => {
  const folders: string[] = [];
  const children: ChildProcess[] = [];
  afterEach(async () => {
    for (const child of children.splice(0)) await end(child);
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });
  const newFolder = (name = 'store') => {
    const folder = mkdtempSync(join(tmpdir(), 'orchestrator-store-'));
    folders.push(folder);
    return join(folder, name);
  };
  const start = (...args: string[]) => {
    const child = spawn(process.execPath, [WRITER, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    return child;
  };

  it.each([
    ['write', 'passages', KILLS],
    ['correction', 'memories', Math.ceil(KILLS / 2)],
  ])(
    'has every %s that it acknowledged, and no half of one, after kills in the middle of writing (L3, %s)',
    async (_what, mode, kills) => {
      const directory = newFolder();
      let acknowledged = 0;
      let batch = 0;
      for (let kill = 0; kill <= kills; kill += 1) {
        const child = start(directory, mode);
        const wanted = 1 + Math.floor(Math.random() * 40);
        let seen = 0;
        for await (const message of messages(child)) {
          if ('found' in message) {
            batch = message.batch;
            expect(message.whole).toBe(true);
            expect(message.found % batch).toBe(0);
            expect(message.found).toBeGreaterThanOrEqual(acknowledged);
            expect(message.found).toBeLessThanOrEqual(acknowledged + batch);
          } else {
            acknowledged = message.acknowledged;
            seen += 1;
          }
          if (seen === wanted || kill === kills) child.kill('SIGKILL');
        }
        expect(child.signalCode).toBe('SIGKILL');
      }
      expect(acknowledged).toBeGreaterThanOrEqual(kills * batch);
    },
    600_000,
  );

  it('names the process that has it open, and opens by itself when that ends', async () => {
    const directory = newFolder();
    const holder = start(directory, 'hold');
    await firstMessage(holder);
    const store = openStore({ place: { kind: 'embedded', directory }, limits: { backoffMs: 100 } });
    const { value, ms } = await timed(() => store.users().catch((error: unknown) => error));
    expect(value).toMatchObject({ code: 'knowledge_unavailable', status: 503 });
    expect(String(value)).toContain(`process ${holder.pid} (`);
    expect(ms).toBeLessThan(15_000);
    expect(store.health()).toMatchObject({ state: 'degraded', kind: 'embedded' });
    await end(holder);
    await until('the store opens', () => store.health().state === 'ready');
    expect(await store.users()).toEqual([]);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    await store.close();
  });

  it('is opened once in a process, and shared by who opens it again, also after a close', async () => {
    const directory = newFolder('with space, ñ, % and #');
    const first = openStore({ place: { kind: 'embedded', directory } });
    const second = openStore({ place: { kind: 'embedded', directory } });
    await first.collections.ensure('user', 'shared');
    expect(await second.collections.list('user')).toHaveLength(1);
    await first.close();
    await expect(first.users()).rejects.toMatchObject({ code: 'knowledge_unavailable' });
    expect(await second.users()).toEqual(['user']);
    await second.close();
    const third = openStore({ place: { kind: 'embedded', directory } });
    expect(await third.users()).toEqual(['user']);
    expect(statSync(join(directory, 'LOCK')).isFile()).toBe(true);
    await third.close();
  });

  it('adds nothing where its disk is nearly full, before the engine meets the end of it, and still reads and removes', async () => {
    const directory = newFolder();
    const store = openStore({ place: { kind: 'embedded', directory } });
    const { document } = await store.documents.create('ana', newDocument());
    const full = openStore({ place: { kind: 'embedded', directory, spareBytes: Number.MAX_SAFE_INTEGER } });
    await expect(full.documents.create('ana', newDocument())).rejects.toMatchObject({ code: 'storage_full' });
    expect(await full.documents.list('ana', { limit: 10 })).toHaveLength(1);
    expect(await full.documents.remove('ana', document.id)).toBe(true);
    await full.close();
    await store.close();
  });

  it('accepts nothing that would be lost, where its directory was deleted under it', async () => {
    const directory = newFolder();
    const store = openStore({ place: { kind: 'embedded', directory } });
    await store.documents.create('ana', newDocument());
    rmSync(directory, { recursive: true });
    const refused = store.documents.create('ana', newDocument());
    await expect(refused).rejects.toMatchObject({ code: 'knowledge_unavailable' });
    await expect(refused).rejects.toThrow(/was deleted while it was in use/);
    await store.close();
  });

  it('says what is in the way, and waits for no answer that never comes', async () => {
    const directory = newFolder();
    writeFileSync(directory, 'a file');
    const store = openStore({ place: { kind: 'embedded', directory } });
    const { value, ms } = await timed(() => store.users().catch((error: unknown) => error));
    expect(value).toMatchObject({ code: 'knowledge_unavailable' });
    expect(String(value)).toContain(directory);
    expect(ms).toBeLessThan(15_000);
    expect(store.health().state).toBe('degraded');
    await store.close();
  });
});

type Message = { found: number; whole: boolean; batch: number } | { acknowledged: number };

async function* messages(child: ChildProcess): AsyncGenerator<Message> {
  for await (const line of createInterface({ input: child.stdout! })) yield JSON.parse(line) as Message;
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

async function firstMessage(child: ChildProcess): Promise<Message> {
  for await (const line of createInterface({ input: child.stdout! })) return JSON.parse(line) as Message;
  throw new Error('the program ended before it said anything');
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}
