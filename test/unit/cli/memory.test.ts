/** `memory`, `conversation` and `feedback` as a person runs them: the program as a process, the real routes, people in memory. */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { memoryNote } from '../../../src/cli/show-answer.ts';
import { openMemoryHouse } from '../server/memory/memory-house.ts';
import { runProgram } from './run-program.ts';

async function open(options: Parameters<typeof openMemoryHouse>[0] = {}) {
  const house = await openMemoryHouse(options);
  const url = await house.listen();
  const directory = mkdtempSync(join(tmpdir(), 'orchestrator-memory-'));
  return {
    house,
    directory,
    run: (...args: string[]) => runProgram(url, args, '', directory),
    pipe: (input: string, ...args: string[]) => runProgram(url, args, input, directory),
    async [Symbol.asyncDispose]() {
      await house[Symbol.asyncDispose]();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

describe('memory', () => {
  it('adds, lists with its marks and words, changes, shows the history, and approves', async () => {
    await using opened = await open();
    const added = await opened.run('memory', 'add', 'Vive', 'en Bilbao', '--user', 'ana', '--pin');
    const id = /mem_\d+/.exec(added.stdout)?.[0] ?? '';
    expect(added).toEqual({ code: 0, stdout: `remembered: ${id}  Vive en Bilbao (pinned)\n`, stderr: '' });
    const dog = opened.house.memory.put('ana', 'Has a dog', { state: 'quarantined', origin: 'extracted' }).id;
    const list = await opened.run('memory', 'list', '-u', 'ana');
    expect(list.stdout).toMatch(/^ID +SINCE +KIND +WHAT IS REMEMBERED +FROM$/m);
    expect(list.stdout).toMatch(/^mem_\d+ +2026-01-01 +fact +Vive en Bilbao \(pinned\) +written by hand$/m);
    expect(list.stdout).toMatch(/Has a dog \(quarantined\) +“Has a dog”$/m);
    const changed = await opened.run('memory', 'change', id, 'Vive en Oviedo', '-u', 'ana', '--json');
    const next = (JSON.parse(changed.stdout) as { id: string }).id;
    expect((await opened.run('memory', 'list', '-u', 'ana')).stdout).not.toContain('Bilbao');
    const history = await opened.run('memory', 'list', '--history', '--search', 'bilbao', '-u', 'ana');
    expect(history.stdout).toContain('Vive en Bilbao (pinned; no longer, until 2026-01-01)');
    const shown = await opened.run('memory', 'show', next, '-u', 'ana');
    expect(shown.stdout).toContain(`replaces    ${id} (Vive en Bilbao)`);
    expect(shown.stdout).toMatch(/^from these words:\n {2}2026-01-01 00:00 UTC {2}“Vive en Oviedo”$/m);
    expect(await opened.run('memory', 'approve', dog, 'mem_9', '-u', 'ana')).toMatchObject({
      code: 1,
      stdout: `approved: ${dog}\nfailed: mem_9: Nothing is remembered of you under "mem_9".\n`,
    });
    expect(await opened.run('memory', 'list', '--user', 'ben')).toMatchObject({
      code: 0,
      stdout: '',
      stderr: expect.stringContaining('memory add') as string,
    });
    expect(await opened.run('memory', 'change', id)).toMatchObject({ code: 2 });
    expect(await opened.run('memory', 'change', id, '--importance', '7')).toMatchObject({ code: 2 });
  });

  it('forgets one at once, several after a question, and says what remains', async () => {
    await using opened = await open();
    for (const text of ['Lives in Bilbao', 'Was born in Bilbao', 'Likes tea']) opened.house.memory.put('local', text);
    const tea = await opened.run('memory', 'forget', 'tea');
    expect(tea).toMatchObject({ code: 0, stderr: expect.stringContaining('orchestrator store rewrite') as string });
    expect(tea.stdout).toMatch(/^forgotten: mem_\d+ {2}Likes tea\n$/);
    const unasked = await opened.run('memory', 'forget', 'bilbao');
    expect(unasked).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('Lives in Bilbao') as string,
    });
    expect(unasked.stderr).toContain('--yes');
    expect(opened.house.memory.entries).toHaveLength(2);
    const both = await opened.run('memory', 'forget', 'bilbao', '--yes', '--json');
    expect((JSON.parse(both.stdout) as { forgotten: unknown[] }).forgotten).toHaveLength(2);
    expect(await opened.run('memory', 'forget', 'bilbao')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('memory list') as string,
    });
    opened.house.memory.put('local', 'x');
    opened.house.memory.put('ben', 'y');
    expect((await opened.run('memory', 'clear')).code).toBe(2);
    expect((await opened.run('memory', 'clear', '--yes')).stdout).toBe('erased: 1 memory\n');
    expect(opened.house.memory.entries.map(({ user }) => user)).toEqual(['ben']);
  });

  it('searches, exports to a file of the user’s own, and imports', async () => {
    await using opened = await open();
    opened.house.memory.put('ana', 'Lives in Bilbao');
    expect((await opened.run('memory', 'search', 'bilbao', '-u', 'ana')).stdout).toMatch(
      /^FITS +WHY +ID +WHAT IS REMEMBERED\n1\.00 +found +mem_\d+ +Lives in Bilbao\n$/,
    );
    const written = await opened.run('memory', 'export', '-u', 'ana', '-o', 'ana.jsonl');
    expect(written).toMatchObject({ code: 0, stdout: '', stderr: 'written: ana.jsonl\n' });
    const file = join(opened.directory, 'ana.jsonl');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8').split('\n')[1]).toContain('"text":"Lives in Bilbao"');
    expect((await opened.run('memory', 'export', '-u', 'ana', '-o', 'ana.jsonl')).code).toBe(1);
    expect((await opened.run('memory', 'import', 'ana.jsonl', '-u', 'ben')).stdout).toBe(
      '1 added; 0 were there already.\n',
    );
    expect(await opened.run('memory', 'import', 'nowhere.jsonl')).toMatchObject({ code: 1 });
  });

  it('cannot steer the terminal', async () => {
    await using opened = await open();
    const hostile = 'word \u001B]0;owned\u0007\u001B[2J\u009B31m\u202Eend';
    const { id } = opened.house.memory.put('local', hostile, { value: hostile, subject: hostile });
    const turn = { role: 'user', text: hostile, at: 0, request: null, expert: hostile } as const;
    await opened.house.conversations.append('local', 'c', [turn], hostile);
    opened.house.answered('local', 'r', { expert: hostile, messages: [{ role: 'user', content: hostile }] });
    await opened.run('feedback', 'add', 'r', 'down', '--ideal', hostile, '--comment', hostile);
    for (const args of [
      ['memory', 'list'],
      ['memory', 'list', '--json'],
      ['memory', 'show', id],
      ['memory', 'search', 'word'],
      ['conversation', 'list'],
      ['conversation', 'show', 'c'],
      ['conversation', 'search', 'word'],
      ['feedback', 'list'],
      ['memory', 'forget', 'word'],
    ]) {
      const { code, stdout, stderr } = await opened.run(...args);
      expect({ args, code, stderr: stderr.replace(/^no answer gets.*\n/, '') }).toEqual({ args, code: 0, stderr: '' });
      expect(stdout, args.join(' ')).toContain('word');
      // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
      expect(stdout, args.join(' ')).not.toMatch(/[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u202E]/);
    }
  });

  it.each([
    [['memory', 'list'], 'memory: { enabled: true }'],
    [['conversation', 'list'], 'conversations: { enabled: true }'],
    [['feedback', 'list'], 'feedback: { enabled: true }'],
    [['feedback', 'add', 'r', 'up'], 'feedback: { enabled: true }'],
  ])('%j says what to switch on where it is off', async (args, text) => {
    await using opened = await open({ isOn: false });
    expect(await opened.run(...args)).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining(text) as string,
    });
  });
});

describe('conversation', () => {
  it('lists, shows, finds, exports and deletes', async () => {
    await using opened = await open();
    const { conversations } = opened.house;
    const said = (role: 'user' | 'assistant', text: string, expert: string | null) =>
      ({ role, text, at: 0, request: null, expert }) as const;
    await conversations.append('local', 'trip', [said('user', 'We leave\non Friday', null)], 'Trip');
    await conversations.append('local', 'trip', [said('assistant', 'Have fun', 'general')], '');
    for (let index = 0; index < 201; index += 1)
      await conversations.append('local', 'long', [said('user', 'x', null)], '');
    expect((await opened.run('conversation', 'list')).stdout).toMatch(/^trip +2026-01-01 00:00 +2 {2}Trip$/m);
    expect((await opened.run('conversation', 'show', 'trip')).stdout).toBe(
      '1970-01-01 00:00  user:\n    We leave\n    on Friday\n1970-01-01 00:00  general:\n    Have fun\n',
    );
    const long = JSON.parse((await opened.run('conversation', 'show', 'long', '--json')).stdout) as {
      messages: unknown[];
    };
    expect(long.messages).toHaveLength(201);
    expect((await opened.run('conversation', 'search', 'friday')).stdout).toMatch(/^trip, turn 1\n/);
    expect((await opened.run('conversation', 'export')).stdout.trim().split('\n')).toHaveLength(2);
    expect(await opened.run('conversation', 'delete', 'trip', 'nowhere')).toMatchObject({
      code: 1,
      stdout: 'erased: trip\nfailed: nowhere: You have no conversation "nowhere".\n',
    });
    expect((await opened.run('conversation', 'delete')).code).toBe(2);
    expect((await opened.run('conversation', 'delete', '--all', '--yes')).stdout).toBe('erased: 1 conversation\n');
  });
});

describe('feedback', () => {
  it('is given, listed, exported and deleted', async () => {
    await using opened = await open();
    opened.house.answered('local', 'r-1');
    expect(await opened.run('feedback', 'add', 'r-9', 'up')).toMatchObject({ code: 1 });
    expect((await opened.run('feedback', 'add', 'r-1', 'meh')).code).toBe(2);
    const added = await opened.pipe('Four.', 'feedback', 'add', 'r-1', 'down', '--ideal', '-', '--comment', 'wrong');
    const id = /fb_\d+/.exec(added.stdout)?.[0] ?? '';
    expect(added).toEqual({ code: 0, stdout: `rated down: ${id}\n`, stderr: '' });
    expect((await opened.run('feedback', 'list', '--rating', 'down')).stdout).toMatch(
      /down +general +What is two and two\? +→ Four\. \(wrong\)$/m,
    );
    expect(JSON.parse((await opened.run('feedback', 'export', '--all')).stdout)).toEqual({
      messages: [
        { role: 'user', content: 'What is two and two?' },
        { role: 'assistant', content: 'Four.' },
      ],
    });
    expect((await opened.run('feedback', 'delete', id)).stdout).toBe(`deleted: ${id}\n`);
  });
});

describe('chat', () => {
  it('says in a line what memory did', () => {
    expect(memoryNote('recalled=2; remembered=1; forgotten=0')).toBe(
      'memory: 2 recalled, 1 remembered (see `orchestrator memory list`)',
    );
    expect(memoryNote('recalled=0; remembered=0; forgotten=0')).toBeUndefined();
    expect(memoryNote(null)).toBeUndefined();
  });
});
