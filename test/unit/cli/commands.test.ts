/** The commands as a person runs them: the program as a process, an orchestrator that is made of answers. */
import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';

import { describe, expect, it } from 'vitest';

import { readStat } from '../../../src/supervisor/proc.ts';
import { budgetView, events, expertView, FakeHouse, json, poolView, StateDir, statsView } from './fake-house.ts';

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
      .on('GET /api/budget', budgetView())
      .open();
    expect((await run(house, ['status'])).stdout).toMatch(/^general +llama-server +stopped/m);
    const { stdout } = await run(house, ['status', '--json']);
    expect(JSON.parse(stdout)).toEqual({ stats: statsView(), experts: [expertView()], budget: budgetView() });
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

describe('unload --all', () => {
  it('names all that were unloaded, and who was asked for again meanwhile', async () => {
    await using house = await new FakeHouse()
      .on('POST /api/unload', { experts: [expertView(), expertView({ id: 'coder', state: 'starting' })] })
      .open();
    const { code, stdout, stderr } = await run(house, ['unload', '--all', '--force']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'unloaded: general, coder.\n' });
    expect(stderr).toContain('asked for again meanwhile: coder.');
    expect(asked(house)).toEqual(['POST /api/unload?force=1']);
  });

  it('is wrong usage together with an expert, as is naming nothing', async () => {
    await using house = await new FakeHouse().open();
    expect((await run(house, ['unload', 'general', '--all'])).code).toBe(2);
    expect((await run(house, ['unload'])).code).toBe(2);
    expect(house.asked).toEqual([]);
  });
});

describe('pin and unpin', () => {
  it('say what that means', async () => {
    await using house = await new FakeHouse()
      .on('POST /api/experts/general/pin', expertView({ pinned: true }))
      .on('POST /api/experts/general/unpin', expertView())
      .open();
    expect((await run(house, ['pin', 'general'])).stdout).toMatch(/^general is pinned: .* not loaded/);
    expect((await run(house, ['unpin', 'general'])).stdout).toMatch(/^general is not pinned/);
    const { stdout } = await run(house, ['pin', 'general', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ id: 'general', pinned: true });
  });
});

describe('plan', () => {
  it('prints the sentence first, and with --json everything', async () => {
    const view = {
      expert: 'general',
      action: 'serve',
      sentence: 'would serve general at once: general is loaded',
      reason: 'general is loaded',
      warning: null,
      placement: null,
      needs: {},
      victims: [],
      frees: {},
      pools: [],
    };
    await using house = await new FakeHouse().on('POST /api/plan', view).open();
    expect((await run(house, ['plan', 'general'])).stdout).toBe(`${view.sentence}\n`);
    expect(JSON.parse((await run(house, ['plan', 'general', '--json'])).stdout)).toEqual(view);
    expect(house.asked.map(({ body }) => body)).toEqual(Array(2).fill('{"expert":"general"}'));
  });
});

describe('budget', () => {
  it('prints a table, and with --json the view', async () => {
    const view = budgetView({ pools: [poolView()] });
    await using house = await new FakeHouse().on('GET /api/budget', view).open();
    expect((await run(house, ['budget'])).stdout).toMatch(/^gpu0 +16\.0 GiB +2\.0 GiB +1\.0 GiB +14\.0 GiB +0 B$/m);
    expect(JSON.parse((await run(house, ['budget', '--json'])).stdout)).toEqual(view);
  });
});

describe('pause and resume', () => {
  const holders = [{ expert: 'general', state: 'draining', held: 1, predicted: 1, measured: 1, mapped: 0 } as const];
  const paused = (busy: boolean) =>
    budgetView({ pools: [poolView({ paused: true, holders: busy ? [...holders] : [] })], pausedUntil: 'for ever' });

  it('hands back, and waits until nobody holds anything there', async () => {
    const views = [paused(true), paused(true), paused(false)];
    await using house = await new FakeHouse()
      .on('POST /api/pause', paused(true))
      .on('GET /api/budget', (response) => json(response, views.shift()))
      .open();
    const { code, stdout } = await run(house, ['pause', '--for', '2h']);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'gpu0 is free until `orchestrator resume`. Experts on the CPU and elsewhere go on.\n',
    });
    expect(views).toEqual([]);
    expect(house.asked[0]?.body).toBe('{"for":"2h"}');
  });

  it('takes a duration only', async () => {
    await using house = await new FakeHouse().open();
    const { code, stderr } = await run(house, ['pause', '--for', 'lunch']);
    expect(code).toBe(2);
    expect(stderr).toContain('45m or 2h, not "lunch"');
    expect(house.asked).toEqual([]);
  });

  it('takes the GPUs again, or says that nothing was paused', async () => {
    const resumed = budgetView({ pools: [poolView()] });
    const before = [paused(false), resumed];
    await using house = await new FakeHouse()
      .on('GET /api/budget', (response) => json(response, before.shift()))
      .on('POST /api/resume', resumed)
      .open();
    expect((await run(house, ['resume'])).stdout).toMatch(/^gpu0 can be used again/);
    expect((await run(house, ['resume'])).stdout).toBe('nothing was paused.\n');
  });
});

describe('profile use', () => {
  it('names a file from where it is run, and tells what became of each expert', async () => {
    const view = { profile: 'mine', file: '/srv/mine.yaml', kept: ['a', 'b'], updated: [], replaced: ['c'], added: [] };
    await using house = await new FakeHouse()
      .on('POST /api/reload', { ...view, removed: ['d'], notes: ['No longer in force: --set x=1.'] })
      .open();
    const { code, stdout, stderr } = await run(house, ['profile', 'use', 'mine.yaml', '--set', 'queue.length=1']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: 'No longer in force: --set x=1.\n' });
    expect(stdout).toBe(
      'mine is in force (/srv/mine.yaml).\n  kept      a, b (as it was)\n' +
        '  replaced  c (drained; starts again when it is asked for)\n  removed   d (drained; its name is unknown now)\n',
    );
    const body: unknown = JSON.parse(house.asked[0]?.body ?? '');
    expect(body).toEqual({ profile: join(process.cwd(), 'mine.yaml'), set: ['queue.length=1'] });
  });

  it('ends with 78 and the places where the profile is invalid', async () => {
    const problems = [{ file: '/srv/mine.yaml', line: 3, column: 5, path: 'queue.lenght', message: 'unknown key' }];
    const error = { message: 'as the orchestrator would say it', code: 'profile_invalid', problems };
    await using house = await new FakeHouse()
      .on('POST /api/reload', (response) => json(response, { error }, 400))
      .open();
    const { code, stderr } = await run(house, ['profile', 'use', 'mine']);
    expect(code).toBe(78);
    expect(stderr).toContain('/srv/mine.yaml:3:5: queue.lenght: unknown key');
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
