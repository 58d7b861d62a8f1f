/** `rag` as a person runs it: the program as a process, the real routes, documents in memory. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { describe, expect, it } from 'vitest';

import { openKnowledgeHouse } from '../../server/knowledge/knowledge-house.ts';
import { FakeHouse } from '../fake-house.ts';

const MAIN = resolve(import.meta.dirname, '../../../../src/cli/main.ts');

async function rag(url: string, args: readonly string[], input = '', directory = tmpdir()) {
  const child = spawn(process.execPath, [MAIN, 'rag', ...args], {
    cwd: directory,
    env: { PATH: process.env['PATH'], ORCHESTRATOR_URL: url, ORCHESTRATOR_STATE_DIR: '/nowhere' },
  });
  child.stdin.end(input);
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const code = await new Promise<number | null>((done) => child.once('close', done));
  return { code, stdout, stderr };
}

async function open() {
  const house = await openKnowledgeHouse();
  const url = await house.listen();
  const directory = mkdtempSync(join(tmpdir(), 'orchestrator-rag-'));
  return {
    house,
    directory,
    rag: (args: readonly string[], input = '') => rag(url, args, input, directory),
    write(path: string, content: string | Buffer) {
      mkdirSync(join(directory, path, '..'), { recursive: true });
      writeFileSync(join(directory, path), content);
    },
    async [Symbol.asyncDispose]() {
      await house[Symbol.asyncDispose]();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

describe('texts', () => {
  it('are added, for whom is named, and found with their place', async () => {
    await using opened = await open();
    const added = await opened.rag(['add', 'The key', 'hangs behind the door.', '--title', 'Shed', '--user', 'ana']);
    expect(added).toEqual({ code: 0, stdout: 'added: Shed doc_1, 1 passage\n', stderr: '' });
    expect((await opened.rag(['query', 'key', '--user', 'ana'])).stdout).toBe(
      '[1] 1.00  Shed (doc_1, 0–30)\n    The key hangs behind the door.\n',
    );
    const nobody = await opened.rag(['query', 'key']);
    expect(nobody).toEqual({ code: 0, stdout: '', stderr: 'nothing was found.\n' });
    const piped = await opened.rag(['add', '-', '--json', '-c', 'notes'], 'piped in');
    expect(JSON.parse(piped.stdout)).toMatchObject({ id: 'doc_2', existed: false, collections: ['vs_2'] });
    expect((await opened.rag(['collections'])).stdout).toMatch(/^notes +1 {2}vs_2$/m);
  });

  it('cannot steer the terminal', async () => {
    await using opened = await open();
    const hostile = 'word \u001B]0;owned\u0007\u001B[2J\u009B31m\u202Eend';
    await opened.house.as('local')('POST', '/api/knowledge/documents', { text: hostile });
    const entry = opened.house.base.entries[0];
    if (entry) Object.assign(entry, { title: hostile, uri: hostile, error: hostile });
    for (const args of [
      ['query', 'word'],
      ['list'],
      ['show', 'doc_1'],
      ['show', 'doc_1', '--text'],
      ['list', '--json'],
    ]) {
      const { code, stdout } = await opened.rag(args);
      expect({ args, code }).toEqual({ args, code: 0 });
      expect(stdout).toContain('word');
      // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
      expect(stdout, args.join(' ')).not.toMatch(/[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u202E]/);
    }
  });
});

describe('files', () => {
  it('are added from folders, and each is told of', async () => {
    await using opened = await open();
    opened.write('docs/moon.md', 'The moon is a lamp.');
    opened.write('docs/deep/sun.txt', 'The sun is a stone.');
    opened.write('docs/picture.png', Buffer.from([0x89, 0, 0]));
    const first = await opened.rag(['add-file', 'docs']);
    expect(first.stdout).toBe('2 added, 1 passed over (1 binary); 38 B\n');
    expect(first.code).toBe(0);
    expect(first.stderr).toContain('2 files: reading');
    expect((await opened.rag(['add-file', 'docs/*.md', 'docs/deep'])).stdout).toBe('0 added, 2 already there; 38 B\n');
    expect(opened.house.base.entries.map(({ title }) => title).toSorted()).toEqual([
      'docs/deep/sun.txt',
      'docs/moon.md',
    ]);
  });

  it('that fail are named with their reason, and the exit code says so', async () => {
    await using opened = await open();
    opened.house.base.state = 'failed';
    opened.write('glass.txt', 'glass');
    const { code, stdout } = await opened.rag(['add-file', 'glass.txt']);
    expect({ code, stdout }).toEqual({
      code: 1,
      stdout: '0 added, 1 failed; 0 B\nfailed: glass.txt: it is made of glass\n',
    });
    const json = JSON.parse((await opened.rag(['add-file', 'glass.txt', '--json'])).stdout) as { files: unknown[] };
    expect(json.files).toMatchObject([{ path: 'glass.txt', failure: 'it is made of glass' }]);
    expect(await opened.rag(['add-file', 'nowhere.txt'])).toMatchObject({
      code: 2,
      stderr: 'error: there is no file or folder nowhere.txt.\n',
    });
  });
});

describe('what is there', () => {
  it('is listed, shown, changed and deleted', async () => {
    await using opened = await open();
    for (const title of ['One', 'Two']) {
      await opened.house.as('local')('POST', '/api/knowledge/documents', { text: title, title });
    }
    const { stdout } = await opened.rag(['list']);
    expect(stdout).toMatch(/^ID +STATE +TITLE +COLLECTIONS/m);
    expect(stdout).toMatch(/^doc_2 +ready +Two +default +1 +3 B/m);
    expect((await opened.rag(['show', 'doc_1'])).stdout).toMatch(/^title +One$/m);
    expect(await opened.rag(['show', 'doc_9'])).toMatchObject({
      code: 1,
      stderr: 'error: You have no document "doc_9".\n',
    });
    expect(await opened.rag(['delete', 'doc_1', 'doc_9'])).toEqual({
      code: 1,
      stdout: 'deleted: doc_1\nfailed: doc_9: You have no document "doc_9".\n',
      stderr: '',
    });
    expect(await opened.rag(['clear'])).toMatchObject({ code: 2, stderr: expect.stringContaining('--yes') as string });
    expect((await opened.rag(['clear', '--yes'])).stdout).toBe('deleted: 1 document\n');
    expect(await opened.rag(['list'])).toMatchObject({
      stdout: '',
      stderr: expect.stringContaining('add-file') as string,
    });
  });

  it('waits for approval where it comes from the web', async () => {
    await using opened = await open();
    opened.house.base.state = 'quarantined';
    expect((await opened.rag(['add-url', 'https://a.example/x'])).stdout).toBe(
      'https://a.example/x doc_1 waits for approval: orchestrator rag approve doc_1\n',
    );
    expect((await opened.rag(['approve', 'doc_1'])).stdout).toBe('approved: doc_1\n');
    opened.house.base.state = 'ready';
    expect(await opened.rag(['learn', 'Oviedo', 'Cathedral'])).toMatchObject({
      stdout: 'added: A text doc_2, 1 passage\n',
      stderr: expect.stringContaining('another source did not answer\n'),
    });
  });

  it('can be taken away whole', async () => {
    await using opened = await open();
    await opened.house.as('local')('POST', '/api/knowledge/documents', { text: 'mine' });
    await opened.house.ben('POST', '/api/knowledge/documents', { text: 'ben’s' });
    expect((await opened.rag(['export'])).stdout).toMatch(/"text":"mine"/);
    expect((await opened.rag(['export', '-o', 'mine.jsonl'])).code).toBe(0);
    const file = join(opened.directory, 'mine.jsonl');
    expect(readFileSync(file, 'utf8')).not.toContain('ben');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await opened.rag(['export', '-o', 'mine.jsonl'])).toMatchObject({ code: 1 });
  });

  it('is searched in conversation', async () => {
    await using opened = await open();
    await opened.house.as('local')('POST', '/api/knowledge/documents', { text: 'The key hangs there.', title: 'Shed' });
    const { code, stdout, stderr } = await opened.rag(['interactive'], '/search key\n/collections\n/quit\n');
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('[1] 1.00  Shed (doc_1, 0–20)');
    expect(stdout).toMatch(/^default +1/m);
  });
});

describe('where it cannot be done', () => {
  const status = { state: 'off', reason: null, store: { kind: 'none', version: null }, queued: 0, embedding: null };

  it('says which key switches it on', async () => {
    await using house = await new FakeHouse().on('GET /api/knowledge', { ...status, user: 'local' }).open();
    const { code, stderr } = await rag(house.url, ['list']);
    expect(code).toBe(1);
    expect(stderr).toContain('knowledge: { enabled: true }');
  });

  it('never acts for somebody else than was named', async () => {
    await using house = await new FakeHouse()
      .on('GET /api/knowledge', { ...status, state: 'ready', user: 'root' })
      .open();
    const { code, stderr } = await rag(house.url, ['add', 'mine', '--user', 'ana']);
    expect(code).toBe(1);
    expect(stderr).toContain('speaks for root, not for ana');
    expect(house.asked.map(({ method }) => method)).toEqual(['GET']);
  });
});
