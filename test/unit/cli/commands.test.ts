/** The commands as a person runs them: the program as a process, an orchestrator that is made of answers. */
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';

import { describe, expect, it } from 'vitest';

import { readStat } from '../../../src/supervisor/proc.ts';
import { events, expertView, FakeHouse, json, StateDir, statsView } from './fake-house.ts';

const MAIN = resolve(import.meta.dirname, '../../../src/cli/main.ts');

async function run(house: FakeHouse, args: readonly string[], input = '') {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env['PATH'], ORCHESTRATOR_URL: house.url, ORCHESTRATOR_STATE_DIR: '/nowhere' },
  });
  child.stdin.end(input);
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const code = await new Promise<number | null>((done) => child.once('close', done));
  return { code, stdout, stderr };
}

const asked = (house: FakeHouse) => house.asked.map(({ method, url }) => `${method} ${url}`);

describe('status', () => {
  it('prints a table, and with --json what the table is made of', async () => {
    await using house = await new FakeHouse()
      .on('GET /stats', statsView())
      .on('GET /api/experts', { experts: [expertView()] })
      .open();
    expect((await run(house, ['status'])).stdout).toMatch(/^general +llama-server +stopped/m);
    const { stdout } = await run(house, ['status', '--json']);
    expect(JSON.parse(stdout)).toEqual({ stats: statsView(), experts: [expertView()] });
  });
});

describe('load', () => {
  it('waits until the expert is ready, also where the answer comes before that', async () => {
    const states = [expertView({ state: 'starting' }), expertView({ state: 'ready', loadMs: 870, memoryBytes: 1e8 })];
    await using house = await new FakeHouse()
      .on('POST /api/experts/general/load', expertView({ state: 'starting' }))
      .on('GET /api/experts/general', (response) => json(response, states.shift()))
      .open();
    const { code, stdout } = await run(house, ['load', 'general']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'general is ready, loaded in 870 ms, 100.0 MB of memory.\n' });
  });

  it('says why an expert could not be loaded', async () => {
    await using house = await new FakeHouse()
      .on('POST /api/experts/a%2Fb/load', (response) =>
        json(response, { error: { message: 'a/b: the model file is damaged.' } }, 503),
      )
      .open();
    const { code, stderr } = await run(house, ['load', 'a/b']);
    expect(code).toBe(1);
    expect(stderr).toContain('the model file is damaged');
  });
});

describe('unload', () => {
  it('waits until the expert has stopped', async () => {
    const states = [expertView({ state: 'draining' }), expertView({ state: 'stopped' })];
    await using house = await new FakeHouse()
      .on('POST /api/experts/general/unload', expertView({ state: 'draining' }))
      .on('GET /api/experts/general', (response) => json(response, states.shift()))
      .open();
    const { code, stdout } = await run(house, ['unload', 'general', '--force']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'general is stopped.\n' });
    expect(asked(house)[0]).toBe('POST /api/experts/general/unload?force=1');
  });
});

describe('logs', () => {
  it('prints the last lines of an engine, without what could steer a terminal', async () => {
    await using house = await new FakeHouse()
      .on('GET /api/experts/general/logs', (response) => response.end('one\n\u001B[2Jtwo\n'))
      .open();
    expect((await run(house, ['logs', 'general', '-n', '2'])).stdout).toBe('one\ntwo\n');
    expect(asked(house)).toEqual(['GET /api/experts/general/logs?n=2']);
  });

  it('follows the log of the orchestrator itself', async () => {
    await using house = await new FakeHouse()
      .on('GET /api/logs', (response) => {
        events(response, 'one', 'two');
        response.end();
      })
      .open();
    const { code, stdout } = await run(house, ['logs', '-f']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'one\ntwo\n' });
    expect(asked(house)).toEqual(['GET /api/logs?n=100&follow=1']);
  });
});

describe('chat', () => {
  const answer = (...frames: unknown[]) =>
    new FakeHouse().on('POST /v1/chat/completions', (response) => {
      response.setHeader('x-orchestrator-expert', 'general');
      events(response, ...frames);
      response.end();
    });
  const whole = [{ choices: [{ delta: { content: 'Paris.' }, finish_reason: 'stop' }] }, '[DONE]'];

  it('asks what stands on the command line; the answer is on stdout, who gave it on stderr', async () => {
    await using house = await answer(...whole).open();
    const { code, stdout, stderr } = await run(house, ['chat', 'Which', 'city?', '--system', 'Be short.']);
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'Paris.\n', stderr: 'general:\n' });
    expect(JSON.parse(house.asked[0]?.body ?? '')).toMatchObject({
      model: 'auto',
      messages: [
        { role: 'system', content: 'Be short.' },
        { role: 'user', content: 'Which city?' },
      ],
    });
  });

  it('asks what is piped in, and nothing where nothing is', async () => {
    await using house = await answer(...whole).open();
    expect((await run(house, ['chat'], 'Which city?')).stdout).toBe('Paris.\n');
    expect((await run(house, ['chat'], ' \n')).code).toBe(2);
    expect(house.asked).toHaveLength(1);
  });

  it('ends with 1 and the reason where the answer breaks off', async () => {
    await using house = await answer(
      { choices: [{ delta: { content: 'Pa' } }] },
      { error: { message: 'It died.' } },
    ).open();
    const { code, stdout, stderr } = await run(house, ['chat', 'hi']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: 'Pa\n' });
    expect(stderr).toContain('It died.');
  });
});

describe('down', () => {
  /** A process to be stopped, with a runtime file that names it. */
  async function victim(state: StateDir, url: string) {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000); console.log("up")']);
    await new Promise((up) => child.stdout.once('data', up));
    const pid = child.pid ?? 0;
    state.write({ url, pid, startTicks: readStat(pid)?.startTicks ?? 0 });
    return {
      child,
      ended: new Promise<NodeJS.Signals | null>((done) => child.once('exit', (_, signal) => done(signal))),
    };
  }
  const down = async (state: StateDir) => {
    const child = spawn(process.execPath, [MAIN, 'down'], {
      env: { PATH: process.env['PATH'], ORCHESTRATOR_STATE_DIR: state.path },
    });
    return new Promise<number | null>((done) => child.once('close', done));
  };

  it('asks the orchestrator and waits until its process has ended', async () => {
    using state = new StateDir();
    await using house = await new FakeHouse().on('GET /stats', statsView({ status: 'stopping' })).open();
    const { child, ended } = await victim(state, house.url);
    house.on('POST /api/shutdown', (response, { headers }) => {
      expect(headers.authorization).toBe('Bearer file-token');
      json(response, { status: 'stopping' }, 202);
      child.kill('SIGKILL');
    });
    expect(await down(state)).toBe(0);
    expect(await ended).toBe('SIGKILL');
  });

  it('sends SIGTERM to that very process where nothing answers', async () => {
    using state = new StateDir();
    const { ended } = await victim(state, 'http://127.0.0.1:1');
    expect(await down(state)).toBe(0);
    expect(await ended).toBe('SIGTERM');
  });
});
