/** Faults, group A: whatever is killed, at any moment, no engine stays behind and none is started in vain. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { spawn } from 'node:child_process';

import { describe, expect, it } from 'vitest';

import type { FakeExpertOptions, Habits } from '../../support/fake-expert.ts';
import { fakeExpert, fakeText } from '../../support/fake-expert.ts';
import type { Orchestrator } from '../../support/orchestrator.ts';
import { launchOrchestrator, startOrchestrator } from '../../support/orchestrator.ts';
import { alive, descendants, kill, openFilesOf, untilNoneMarked, zombiesBelow } from '../../support/processes.ts';
import { watchInvariants } from '../../support/invariants.ts';
import { profileOf } from '../../support/profile.ts';
import { FULL, times } from '../../support/skip.ts';
import { collect } from '../../support/sse.ts';
import { timed, until } from '../../support/wait.ts';

const one = (habits: Habits = {}, options: FakeExpertOptions = {}) => profileOf({ a: fakeExpert(habits, options) });

describe('A1 the orchestrator is killed', () => {
  const PHASES = ['loading', 'ready', 'streaming', 'draining'] as const;
  type Phase = (typeof PHASES)[number];

  const profile = profileOf({
    a: fakeExpert({ 'load-ms': 250, 'progress-ms': 50, tokens: 2_000, rate: 50, fork: 1 }),
    b: fakeExpert({ 'load-ms': 20, setsid: 1 }),
  });

  /** Brings the house into the phase; what clients then meet is of no interest. */
  async function enter(orchestrator: Orchestrator, phase: Phase): Promise<void> {
    const ignore = () => undefined;
    await orchestrator.load('b');
    if (phase === 'loading') {
      orchestrator.chat('x', { model: 'a' }).catch(ignore);
      await until('a starts', () => orchestrator.ledger('a').some(({ event }) => event === 'start'));
      return;
    }
    await orchestrator.load('a');
    if (phase === 'ready') return;
    const response = await orchestrator.chat('x', { model: 'a', stream: true });
    collect(response).catch(ignore);
    if (phase === 'streaming') return;
    orchestrator.post('/api/experts/a/unload').catch(ignore);
    await orchestrator.untilState('a', 'draining');
  }

  it(`A1 kill -9 at a random moment of each phase leaves no engine after 5 s, and the next start is ready in 10 s`, async () => {
    let directory: string | undefined;
    const rounds = times(8, 100);
    for (let round = 0; round < rounds; round++) {
      const phase = PHASES[round % PHASES.length] ?? 'ready';
      const { value: orchestrator, ms } = await timed(() => startOrchestrator({ profile, directory }));
      directory = orchestrator.directory;
      expect(ms, 'the restart is ready').toBeLessThan(10_000);
      await enter(orchestrator, phase);
      await new Promise((done) => setTimeout(done, Math.random() * 200));
      const family = descendants(orchestrator.pid).map(({ pid }) => pid);
      expect(family.length, `there is something to leave behind while ${phase}`).toBeGreaterThanOrEqual(3);
      await orchestrator.killHard();
      await untilNoneMarked(directory, 5_000);
      // The guardian carries no mark: it must have gone too.
      await until(`the family of round ${round} (${phase}) is gone`, () => !family.some(alive), 5_000);
    }
    await using last = await startOrchestrator({ profile, directory: directory ?? '' });
    expect((await last.chat('[[tokens=2]]', { model: 'b' })).status).toBe(200);
  }, 900_000);

  it('A1 with the guardian killed as well, the next start reaps what is left', async () => {
    const first = await startOrchestrator({ profile });
    await enter(first, 'streaming');
    const engines = [await first.expert('a'), await first.expert('b')].map(({ pid }) => pid ?? 0);
    const family = descendants(first.pid).map(({ pid }) => pid);
    const helpers = family.filter((pid) => !isBelow(pid, engines));
    // Stopped, it cannot start another guardian in between.
    kill(first.pid, 'SIGSTOP');
    for (const pid of helpers) kill(pid);
    await first.killHard();
    await until('the guardian is gone', () => !helpers.some(alive));
    expect(engines.every(alive), 'the engines outlived both').toBe(true);
    await using second = await startOrchestrator({ profile, directory: first.directory });
    await until('the next start has reaped them', () => !family.some(alive), 5_000);
    expect((await second.load('b')).pid).not.toBe(engines[1]);
  });

  it('A1 a killed guardian is replaced, and the new one does the work', async () => {
    const orchestrator = await startOrchestrator({ profile });
    try {
      await orchestrator.load('b');
      const engine = (await orchestrator.expert('b')).pid ?? 0;
      const guardians = () => descendants(orchestrator.pid).filter(({ pid }) => !isBelow(pid, [engine]));
      const before = guardians().map(({ pid }) => pid);
      for (const pid of before) kill(pid);
      await until('another guardian', () =>
        guardians().some(({ pid, state }) => state !== 'Z' && !before.includes(pid)),
      );
      await orchestrator.killHard();
      await untilNoneMarked(orchestrator.directory, 5_000);
    } finally {
      await orchestrator[Symbol.asyncDispose]();
    }
  });

  function isBelow(pid: number, ancestors: readonly number[]): boolean {
    return (
      ancestors.includes(pid) || ancestors.some((ancestor) => descendants(ancestor).some((entry) => entry.pid === pid))
    );
  }
});

describe('A2 an engine with descendants', () => {
  const profile = one({ fork: 1, setsid: 1 }, { wrapped: true });

  async function loadFamily(orchestrator: Orchestrator): Promise<{ wrapper: number; family: number[] }> {
    const wrapper = (await orchestrator.load('a')).pid ?? 0;
    const family = [wrapper, ...descendants(wrapper).map(({ pid }) => pid)];
    expect(family.length, 'sh, the engine, two workers').toBeGreaterThanOrEqual(4);
    return { wrapper, family };
  }

  it('A2 a stop takes the whole family along, the setsid worker too', async () => {
    await using orchestrator = await startOrchestrator({ profile });
    const { family } = await loadFamily(orchestrator);
    await orchestrator.post('/api/experts/a/unload');
    await until('the family is gone', () => !family.some(alive), 12_000);
    await orchestrator.untilState('a', 'stopped');
  });

  it('A2 the death of the wrapper alone takes the rest along', async () => {
    await using orchestrator = await startOrchestrator({ profile });
    const { wrapper, family } = await loadFamily(orchestrator);
    kill(wrapper);
    await until('the family is gone', () => !family.some(alive), 5_000);
    await until('the next request is served by a new engine', async () => {
      return (await orchestrator.chat('[[tokens=1]]', { model: 'a' })).ok;
    });
  });
});

describe('A3 crash loops', () => {
  it('A3 an engine that dies at once is started ever more rarely, and requests are refused at once meanwhile', async () => {
    await using orchestrator = await startOrchestrator({
      profile: one({ crash: 'argv', 'exit-code': 3, stderr: 'no luck today' }),
    });
    const deadline = performance.now() + times(12_000, 75_000);
    const fast: number[] = [];
    while (performance.now() < deadline) {
      const starts = orchestrator.ledger('a').length;
      const { value: response, ms } = await timed(() => orchestrator.chat('x', { model: 'a' }));
      const { error } = (await response.json()) as { error: { code: string; message: string } };
      expect(response.status).toBe(503);
      if (orchestrator.ledger('a').length === starts && error.code !== 'engine_start_failed') {
        expect(['expert_backing_off', 'expert_failed']).toContain(error.code);
        expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
        fast.push(ms);
      }
      await new Promise((done) => setTimeout(done, 50));
    }
    const starts = orchestrator.ledger('a').map(({ at }) => at);
    const gaps = starts.slice(1).map((at, index) => at - (starts[index] ?? 0));
    expect(starts.length).toBeGreaterThanOrEqual(3);
    expect(starts.length).toBeLessThanOrEqual(10);
    gaps.slice(1).forEach((gap, index) => expect(gap, 'delays grow').toBeGreaterThan((gaps[index] ?? 0) * 1.1));
    expect(fast.length).toBeGreaterThan(20);
    expect(fast.sort((a, b) => a - b)[Math.floor(fast.length / 2)]).toBeLessThan(100);
    const view = await orchestrator.expert('a');
    expect(['backoff', 'failed']).toContain(view.state);
    expect(view.lastFailure).toMatchObject({ exitCode: 3 });
    expect(view.lastFailure?.tail.join('\n')).toContain('no luck today');
    if (FULL) expect(view.state, 'it gives up in the end').toBe('failed');
  }, 120_000);

  it('A3 a wrong flag is permanent: one start, a sentence, and none after', async () => {
    await using orchestrator = await startOrchestrator({ profile: one({ 'no-such-flag': true }) });
    const first = await orchestrator.chat('x', { model: 'a' });
    expect(first.status).toBe(503);
    await orchestrator.untilState('a', 'failed');
    for (let i = 0; i < 20; i++) {
      const { value: response, ms } = await timed(() => orchestrator.chat('x', { model: 'a' }));
      expect(response.status).toBe(503);
      expect(((await response.json()) as { error: { code: string } }).error.code).toBe('expert_failed');
      expect(ms).toBeLessThan(500);
      await new Promise((done) => setTimeout(done, 100));
    }
    expect(orchestrator.ledger('a').filter(({ event }) => event === 'start').length).toBe(0);
    const view = await orchestrator.expert('a');
    expect(view).toMatchObject({
      starts: 1,
      state: 'failed',
      retryAt: null,
      lastFailure: { class: 'bad_arguments', exitCode: 1 },
    });
    expect(view.lastFailure?.sentence).toContain('--no-such-flag');
  });

  it('A3 the cause of an end is looked for in the words of the engine that ended, not of the one before', async () => {
    await using orchestrator = await startOrchestrator({
      profile: one({ crash: 'argv', 'crash-times': 1, stderr: 'error: invalid argument: --nonsense' }),
    });
    expect((await orchestrator.chat('x', { model: 'a' })).status).toBe(503);
    expect((await orchestrator.expert('a')).lastFailure?.class).toBe('bad_arguments');
    kill((await orchestrator.load('a')).pid ?? 0);
    await until('the second end is seen', async () => (await orchestrator.expert('a')).crashes === 2);
    expect((await orchestrator.expert('a')).lastFailure).toMatchObject({ class: 'killed', signal: 'SIGKILL' });
  });

  it('A3 a missing model is permanent too', async () => {
    const expert = { ...fakeExpert(), model: { path: '@DIR@/nowhere.gguf' } };
    await using orchestrator = await startOrchestrator({ profile: profileOf({ a: expert, b: fakeExpert() }) });
    const response = await orchestrator.chat('x', { model: 'a' });
    expect(response.status).toBe(503);
    expect(await response.text()).toMatch(/nowhere\.gguf|model/);
    expect(orchestrator.ledger('a')).toEqual([]);
    expect((await orchestrator.chat('x', { model: 'b' })).status, 'the others live').toBe(200);
  });
});

describe('A5 the port is stolen', () => {
  it('A5 another program on the port never hears a client, and the expert starts elsewhere', async () => {
    const heard: string[] = [];
    await using orchestrator = await startOrchestrator({ profile: one({ 'bind-delay': 400 }) });
    const squatter = createServer((request, response) => {
      heard.push(`${request.method} ${request.url}`);
      response.end(JSON.stringify({ status: 'ok', choices: [{ text: 'stolen', message: { content: 'stolen' } }] }));
    });
    const answer = orchestrator.chat('secret words', { model: 'a' });
    const port = await until('the engine has its port', () => {
      const argv = orchestrator.ledger('a').find(({ event }) => event === 'start')?.argv ?? [];
      return Number(argv[argv.indexOf('--port') + 1]);
    });
    await new Promise<void>((done) => squatter.listen(port, '127.0.0.1', done));
    try {
      const response = await answer;
      expect(response.status, 'the start was not lost').toBe(200);
      expect(JSON.stringify(await response.json())).toContain(fakeText(1).trim());
      expect(heard.filter((line) => line.startsWith('POST /v1/chat'))).toEqual([]);
      expect((await orchestrator.expert('a')).state).toBe('ready');
    } finally {
      squatter.closeAllConnections();
      squatter.close();
    }
  });

  it('A5 starts under ephemeral-port churn: none is lost', async () => {
    await using orchestrator = await startOrchestrator({ profile: one(), smallNursery: true });
    const churn = startChurn(orchestrator.url);
    const watch = watchInvariants(orchestrator);
    try {
      for (let i = 0; i < times(15, 300); i++) {
        await orchestrator.load('a');
        expect((await orchestrator.chat('[[tokens=1]]', { model: 'a' })).status).toBe(200);
        await orchestrator.post('/api/experts/a/unload');
        await orchestrator.untilState('a', 'stopped');
      }
      expect((await orchestrator.expert('a')).crashes).toBe(0);
    } finally {
      churn.stop();
      await watch.check();
    }
  }, 900_000);

  /** Connections that come and go, each with a port of the kernel's choice. */
  function startChurn(url: string): { stop(): void } {
    let running = true;
    const open = (): void => {
      if (!running) return;
      const socket = connect({ host: '127.0.0.1', port: Number(new URL(url).port) });
      const again = () => setTimeout(open, 2);
      socket.once('connect', () => socket.destroy());
      socket.once('close', again);
      socket.on('error', () => undefined);
    };
    for (let i = 0; i < 8; i++) open();
    return { stop: () => (running = false) };
  }
});

describe('A6 a stale list of processes', () => {
  it('A6 an innocent process that got the pid of a dead engine is left alone, and that is logged', async () => {
    const profile = one();
    const first = await startOrchestrator({ profile });
    const engine = (await first.load('a')).pid ?? 0;
    await first.killHard();
    await untilNoneMarked(first.directory, 5_000);
    const innocent = spawn('sleep', ['300'], { stdio: 'ignore', env: {} });
    const pid = innocent.pid ?? 0;
    try {
      const changed = replaceInFiles(first.stateDir, String(engine), String(pid));
      expect(changed, 'some state file names the engine').toBeGreaterThan(0);
      await using second = await startOrchestrator({ profile, directory: first.directory });
      expect((await second.load('a')).state).toBe('ready');
      expect(alive(pid), 'the innocent lives').toBe(true);
      expect(second.output).toContain(String(pid));
    } finally {
      innocent.kill('SIGKILL');
    }
  });

  function replaceInFiles(directory: string, from: string, to: string): number {
    let changed = 0;
    for (const name of readdirSync(directory)) {
      if (!name.endsWith('.json') || name === 'runtime.json') continue;
      const text = readFileSync(join(directory, name), 'utf8');
      const next = text.replaceAll(new RegExp(`\\b${from}\\b`, 'g'), to);
      if (next === text) continue;
      writeFileSync(join(directory, name), next);
      changed += 1;
    }
    return changed;
  }
});

describe('A7 two orchestrators, one state directory', () => {
  it('A7 the second ends within 2 s, names the owner and touches nothing', async () => {
    const profile = one();
    await using first = await startOrchestrator({ profile });
    const engine = (await first.load('a')).pid ?? 0;
    const { value: ending, ms } = await timed(async () => {
      const second = launchOrchestrator({ profile, directory: first.directory });
      const ended = await second.ended;
      return { ...ended, output: second.output };
    });
    expect(ending.code).toBeGreaterThan(0);
    expect(ms).toBeLessThan(2_000);
    expect(ending.output).toContain(String(first.pid));
    expect(alive(engine)).toBe(true);
    expect(await first.expert('a')).toMatchObject({ pid: engine, state: 'ready' });
    expect((await first.chat('x', { model: 'a' })).status).toBe(200);
  });
});

describe('A8 an engine that ignores SIGTERM', () => {
  it('A8 it is killed at the end of its grace; no zombie and no descriptor stays', async () => {
    const ids = Array.from({ length: times(3, 8) }, (_, i) => `stubborn${i}`);
    const experts = Object.fromEntries(ids.map((id) => [id, fakeExpert({ 'ignore-term': true, fork: 1 })]));
    await using orchestrator = await startOrchestrator({ profile: profileOf(experts) });
    let settled = 0;
    for (let round = 0; round < times(2, 25); round++) {
      const views = await Promise.all(ids.map((id) => orchestrator.load(id)));
      const family = views.flatMap(({ pid }) => [pid ?? 0, ...descendants(pid ?? 0).map((entry) => entry.pid)]);
      await Promise.all(ids.map((id) => orchestrator.post(`/api/experts/${id}/unload?force=1`)));
      await until('the engines are killed', () => !family.some(alive), 15_000);
      await Promise.all(ids.map((id) => orchestrator.untilState(id, 'stopped')));
      // The guardian's own short-lived children may be seen between their end and its wait.
      await until('no zombie stays', () => zombiesBelow(orchestrator.pid).length === 0, 1_000);
      if (round === 0) settled = openFilesOf(orchestrator.pid);
    }
    expect(openFilesOf(orchestrator.pid)).toBeLessThanOrEqual(settled + ids.length);
    for (const id of ids) expect((await orchestrator.expert(id)).crashes).toBe(0);
  }, 900_000);

  it('A8 an orderly unload asks first and kills then', async () => {
    await using orchestrator = await startOrchestrator({ profile: one({ 'ignore-term': true }) });
    const pid = (await orchestrator.load('a')).pid ?? 0;
    const began = performance.now();
    await orchestrator.post('/api/experts/a/unload');
    await until('the engine is gone', () => !alive(pid), 15_000);
    expect(
      orchestrator.ledger('a').some(({ event }) => event === 'term'),
      'it was asked',
    ).toBe(true);
    expect(performance.now() - began).toBeLessThan(14_000);
  });
});
