/** `orchestrator status --watch` shows an expert going through its life. */
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';

import { describe, expect, it } from 'vitest';

import { fakeExpert } from '../support/fake-expert.ts';
import { runCommand, startOrchestrator } from '../support/orchestrator.ts';
import { profileOf } from '../support/profile.ts';
import { realEnvironment, tinyExpert } from '../support/real-parts.ts';
import { until } from '../support/wait.ts';

const MAIN = resolve(import.meta.dirname, '../../src/cli/main.ts');

describe('orchestrator status', () => {
  it('--watch shows stopped, starting, ready and, after the idle time, stopped again', async () => {
    await using orchestrator = await startOrchestrator({
      profile: profileOf({
        a: fakeExpert({ 'load-ms': 2_500, 'progress-ms': 200 }, { settings: { idleUnload: '2s' } }),
      }),
    });
    const watch = spawn(process.execPath, [MAIN, 'status', '--watch'], {
      env: {
        PATH: process.env['PATH'],
        HOME: orchestrator.directory,
        ORCHESTRATOR_STATE_DIR: orchestrator.stateDir,
        COLUMNS: '160',
      },
    });
    let seen = '';
    watch.stdout.setEncoding('utf8').on('data', (text: string) => (seen += text));
    try {
      const shows = (state: string) =>
        until(`it shows ${state}`, () => new RegExp(`\\ba\\b.*\\b${state}\\b`).test(seen), 10_000);
      await shows('stopped');
      seen = '';
      const answer = orchestrator.chat('x', { model: 'a' });
      await shows('starting');
      await shows('ready');
      expect((await answer).status).toBe(200);
      seen = '';
      await shows('stopped');
    } finally {
      watch.kill('SIGKILL');
    }
  });

  it('--json tells the same with the real engine, through load and unload', async () => {
    await using orchestrator = await startOrchestrator({
      profile: profileOf({ a: tinyExpert() }),
      env: realEnvironment(),
    });
    const status = async () => {
      const { code, stdout, stderr } = await runCommand(orchestrator.directory, ['status', '--json']);
      expect(code, stderr).toBe(0);
      return stdout;
    };
    expect(await status()).toContain('"stopped"');
    expect((await runCommand(orchestrator.directory, ['load', 'a'])).code).toBe(0);
    expect(await status()).toContain('"ready"');
    expect((await runCommand(orchestrator.directory, ['unload', 'a'])).code).toBe(0);
    await orchestrator.untilState('a', 'stopped');
    expect(await status()).toContain('"stopped"');
  });

  it('down drains and ends it; afterwards a command says with exit code 69 that none answers', async () => {
    const orchestrator = await startOrchestrator({ profile: profileOf({ a: fakeExpert() }) });
    try {
      await orchestrator.load('a');
      expect((await runCommand(orchestrator.directory, ['down'])).code).toBe(0);
      expect(await orchestrator.ended).toEqual({ code: 0, signal: null });
      expect((await runCommand(orchestrator.directory, ['status'])).code).toBe(69);
    } finally {
      await orchestrator[Symbol.asyncDispose]();
    }
  });
});
