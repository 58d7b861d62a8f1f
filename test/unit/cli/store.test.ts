/** `store` as a person runs it: the program as a process, the real routes, a store in memory. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { describe, expect, it } from 'vitest';

import type { Store } from '../../../src/store/contract.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { newChunks, newDocument, newVectors } from '../../store/parts.ts';
import { openKnowledgeHouse } from '../server/knowledge/knowledge-house.ts';

const AWAY = { state: 'degraded', reason: 'nobody listens' } as const;
const MAIN = resolve(import.meta.dirname, '../../../src/cli/main.ts');

async function open() {
  const store = openStore({ place: { kind: 'memory' } });
  const storeDesk = {
    with: <T>(work: (opened: Store) => Promise<T>) => work(store),
    backup: (user: string | undefined) => store.backup(user) as AsyncGenerator<string>,
    restore: (lines: AsyncIterable<string>) => store.restore(lines),
  };
  const house = await openKnowledgeHouse({ storeDesk });
  const url = await house.listen();
  const directory = mkdtempSync(join(tmpdir(), 'orchestrator-backup-'));
  const command = async (...args: string[]) => {
    const child = spawn(process.execPath, [MAIN, 'store', ...args], {
      cwd: directory,
      env: { PATH: process.env['PATH'], ORCHESTRATOR_URL: url, ORCHESTRATOR_STATE_DIR: '/nowhere' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const code = await new Promise<number | null>((done) => child.once('close', done));
    return { code, stdout, stderr };
  };
  return {
    storeDesk,
    store,
    command,
    path: (name: string) => join(directory, name),
    async add(user: string) {
      const { document } = await store.documents.create(user, newDocument());
      await store.chunks.write(user, document.id, newChunks(20));
      await store.vectors.write(user, 'model', newVectors(document.id, 20));
      return document.id;
    },
    async [Symbol.asyncDispose]() {
      await store.close();
      await house[Symbol.asyncDispose]();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

describe('store backup and restore', () => {
  it('write everything into a file for nobody else, and bring it back', async () => {
    await using opened = await open();
    const id = await opened.add('ana');
    const { code, stdout, stderr } = await opened.command('backup', 'all.jsonl');
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toMatch(/all\.jsonl: 41 records \(1 document, 20 chunk, 20 vector\), /);
    expect(statSync(opened.path('all.jsonl')).mode & 0o777).toBe(0o600);
    await opened.store.documents.remove('ana', id);
    expect(await opened.command('restore', 'all.jsonl')).toMatchObject({
      code: 0,
      stdout: '41 records added (1 document, 20 chunk, 20 vector); 0 were there already.\n',
    });
    expect(await opened.store.chunks.count('ana')).toBe(20);
    expect(JSON.parse((await opened.command('restore', 'all.jsonl', '--json')).stdout)).toEqual({
      added: 0,
      kept: 41,
      parts: {},
    });
  });

  it('take one user alone where one is named', async () => {
    await using opened = await open();
    const [ana, ben] = [await opened.add('ana'), await opened.add('ben')];
    await opened.command('backup', 'ana.jsonl', '--user', 'ana');
    const lines = readFileSync(opened.path('ana.jsonl'), 'utf8');
    expect(lines).toContain(ana);
    expect(lines).not.toContain(ben);
  });

  it('overwrite nothing, and leave no part of a backup that was cut off', async () => {
    await using opened = await open();
    writeFileSync(opened.path('there'), 'mine');
    const refused = await opened.command('backup', 'there');
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('is there already; name another file') });
    expect(readFileSync(opened.path('there'), 'utf8')).toBe('mine');
    opened.storeDesk.backup = async function* () {
      yield '{"orchestrator":"knowledge"}';
    };
    const early = await opened.command('backup', 'early');
    expect(early).toMatchObject({ code: 1, stderr: expect.stringContaining('ended early') });
    expect([existsSync(opened.path('early')), existsSync(opened.path('early.part'))]).toEqual([false, false]);
  });

  it('say which line of a file is none of a backup, and which file is not there', async () => {
    await using opened = await open();
    writeFileSync(opened.path('wrong'), 'hello\n');
    expect(await opened.command('restore', 'wrong')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/Line 1 of the backup/),
    });
    expect(await opened.command('restore', 'nowhere')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/nowhere cannot be read/),
    });
  });
});

describe('store status', () => {
  it('says what the store is, and ends with 1 while it is away', async () => {
    await using opened = await open();
    const well = await opened.command('status');
    expect(well).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ready\nstore: \w+/) });
    await opened.store.people.accounts.create({ name: 'ana', admin: true, password: null });
    expect((await opened.command('status')).stdout).toMatch(/1 user\naccounts: 1\n/);
    const away = { ...opened.store, health: () => ({ ...opened.store.health(), ...AWAY }) };
    opened.storeDesk.with = (work) => work(away);
    expect(await opened.command('status')).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^degraded: nobody listens\n/),
    });
    expect(JSON.parse((await opened.command('status', '--json')).stdout)).toMatchObject({ state: 'degraded' });
  });
});
