/** `orchestrator store rewrite`, as a person runs it, over a store that a process of its own has written. */
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { finishRewrite } from '../../../src/store/rewrite.ts';
import { lockOwner } from '../../../src/store/lock-owner.ts';
import { lockStateDir } from '../../../src/supervisor/lock.ts';
import { until } from '../../support/wait.ts';

const MAIN = resolve(import.meta.dirname, '../../../src/cli/main.ts');
const CANARY = resolve(import.meta.dirname, '../../fixtures/store-canary.ts');
const WORD = 'canario-4f1c9d';

describe('store rewrite', () => {
  let stateDir: string;
  let directory: string;
  let before: unknown;
  beforeAll(async () => {
    stateDir = mkdtempSync(join(tmpdir(), 'orchestrator-rewrite-'));
    directory = join(stateDir, 'knowledge', 'store');
    mkdirSync(join(stateDir, 'knowledge'));
    const written = await run(CANARY, directory, 'write', WORD);
    expect(written).toMatchObject({ code: 0, stderr: '' });
    before = JSON.parse(written.stdout);
    expect(before).toMatchObject({ users: ['stays'], counts: { accounts: 1, logins: 1, turns: 2, passages: 600 } });
  }, 120_000);
  afterAll(() => rmSync(stateDir, { recursive: true, force: true }));

  it('is refused while an orchestrator uses the state directory, and where there is no embedded store', async () => {
    const lock = await lockStateDir(stateDir);
    const refused = await run(MAIN, 'store', 'rewrite', '--state-dir', stateDir);
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/already uses the state directory .* Stop it/),
    });
    await new Promise((done) => lock.close(done));
    const empty = mkdtempSync(join(tmpdir(), 'orchestrator-rewrite-'));
    const nothing = await run(MAIN, 'store', 'rewrite', '--state-dir', empty);
    rmSync(empty, { recursive: true });
    expect(nothing).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/no embedded database .* server's own affair/),
    });
  }, 60_000);

  it('leaves nothing in the files of what was erased, and everything else as it was', async () => {
    // Found by nobody, and there.
    expect(filesWith(directory, WORD)).not.toEqual([]);
    const rewritten = await run(MAIN, 'store', 'rewrite', '--state-dir', stateDir);
    expect(rewritten).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+ records rewritten; the files were /),
    });
    expect(rewritten.stderr).toContain('rewrite: ');
    expect(filesWith(directory, WORD)).toEqual([]);
    expect(filesWith(directory, 'what is kept')).not.toEqual([]);
    expect(readdirSync(join(stateDir, 'knowledge'))).toEqual(['store']);
    const after = await run(CANARY, directory, 'read');
    expect(JSON.parse(after.stdout)).toEqual(before);
  }, 120_000);

  it('that was cut off anywhere is finished, or undone, and loses nothing', async () => {
    const whole = filesOf(directory);
    const place = (name: string) => `${directory}${name}`;
    const cuts: readonly (readonly [what: string, cut: () => void])[] = [
      ['the copy was growing', () => mkdirSync(place('.rewriting'))],
      ['the copy was whole', () => cpSync(directory, place('.rewritten'), { recursive: true })],
      [
        'the old one was on its way out',
        () => {
          cpSync(directory, place('.rewritten'), { recursive: true });
          renameSync(directory, place('.old'));
        },
      ],
      ['the old one was not yet gone', () => cpSync(directory, place('.old'), { recursive: true })],
    ];
    for (const [what, cut] of cuts) {
      cut();
      finishRewrite(directory);
      expect(readdirSync(join(stateDir, 'knowledge')), what).toEqual(['store']);
      expect(filesOf(directory), what).toEqual(whole);
    }
    expect(existsSync(directory)).toBe(true);
  });

  it('that is killed while it copies leaves the store as it was', async () => {
    const child = spawn(process.execPath, [MAIN, 'store', 'rewrite', '--state-dir', stateDir], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    await new Promise((seen) => child.stderr.once('data', seen));
    const gone = new Promise((done) => child.once('close', done));
    child.kill('SIGKILL');
    await gone;
    await until('the copying ends', () => lockOwner(directory) === undefined);
    const again = await run(MAIN, 'store', 'rewrite', '--state-dir', stateDir);
    expect(again).toMatchObject({ code: 0 });
    expect(JSON.parse((await run(CANARY, directory, 'read')).stdout)).toEqual(before);
  }, 120_000);
});

async function run(program: string, ...args: string[]) {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const code = await new Promise<number | null>((done) => child.once('close', done));
  return { code, stdout, stderr };
}

function filesOf(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort();
}

function filesWith(directory: string, word: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((path) => readFileSync(path).includes(word));
}
