/** Faults, group E: time that jumps, and time in which the orchestrator does not run. */
import { resolve } from 'node:path';

import { describe, expect, it } from 'vitest';

import { followEvents } from '../../support/event-log.ts';
import { fakeExpert, fakeText } from '../../support/fake-expert.ts';
import type { Orchestrator } from '../../support/orchestrator.ts';
import { startOrchestrator } from '../../support/orchestrator.ts';
import { kill } from '../../support/processes.ts';
import { profileOf } from '../../support/profile.ts';
import { times } from '../../support/skip.ts';
import { collect } from '../../support/sse.ts';
import { timed, until } from '../../support/wait.ts';

const WALL_CLOCK = resolve(import.meta.dirname, '../../fixtures/wall-clock.mjs');
const STOPPED_MS = times(4_000, 60_000);
const TIMEOUTS = { timeouts: { firstByte: '3s', betweenBytes: '2s', total: '20s', drain: '2s' }, queue: { age: '3s' } };

const pids = async (orchestrator: Orchestrator, ids: readonly string[]) =>
  Promise.all(ids.map(async (id) => (await orchestrator.expert(id)).pid));

describe('E4 the wall clock jumps', () => {
  it('E4 a day ahead and two days back while it serves: nothing is unloaded, restarted, cut or late', async () => {
    const experts = {
      a: fakeExpert({ rate: 50 }, { settings: { idleUnload: '30s' } }),
      idle: fakeExpert({}, { settings: { idleUnload: '30s' } }),
      slow: fakeExpert(
        { 'load-ms': 1_900, 'progress-ms': 200 },
        { settings: { stallTimeout: '5s', startTimeout: '20s' } },
      ),
    };
    await using orchestrator = await startOrchestrator({
      profile: profileOf(experts, TIMEOUTS),
      env: { NODE_OPTIONS: `--import=${WALL_CLOCK}` },
    });
    await orchestrator.load('idle');
    await orchestrator.load('a');
    const before = await pids(orchestrator, ['a', 'idle']);
    const loading = orchestrator.chat('[[tokens=1]]', { model: 'slow' });
    await orchestrator.untilState('slow', 'starting');
    const dayOfStart = Date.parse((await orchestrator.expert('slow')).since);
    const stream = collect(await orchestrator.chat('[[tokens=100]]', { model: 'a', stream: true }), ({ data }) => {
      if (/"w(?:40|80) "/.test(data)) kill(orchestrator.pid, 'SIGUSR2');
    });
    expect((await loading).status).toBe(200);
    const { since } = await orchestrator.expert('slow');
    expect(await stream).toMatchObject({ text: fakeText(100), finishReason: 'stop', done: true });
    expect(Math.abs(Date.parse(since) - dayOfStart), 'the clock did jump').toBeGreaterThan(80_000_000);
    expect((await orchestrator.chat('x', { model: 'a' })).status).toBe(200);
    expect(await pids(orchestrator, ['a', 'idle'])).toEqual(before);
    for (const id of ['a', 'idle', 'slow'])
      expect(await orchestrator.expert(id)).toMatchObject({ state: 'ready', crashes: 0, starts: 1 });
  });
});

describe('E4 the orchestrator does not run for a while', () => {
  it('E4 SIGSTOP, then SIGCONT: what came in the meantime is read, and no deadline, idle time or queue age has passed', async () => {
    const experts = {
      streaming: fakeExpert({ rate: 20 }),
      whole: fakeExpert({ 'header-delay': 1_000 }),
      idle: fakeExpert({}, { settings: { idleUnload: '4s' } }),
      full: fakeExpert({ rate: 25, parallel: 1 }, { settings: { parallel: 1 } }),
      silent: fakeExpert({ 'load-ms': STOPPED_MS + 1_500 }, { settings: { stallTimeout: '4s', startTimeout: '5s' } }),
      draining: fakeExpert({ rate: 25 }),
    };
    const ids = Object.keys(experts);
    await using orchestrator = await startOrchestrator({ profile: profileOf(experts, TIMEOUTS) });
    for (const id of ids) if (id !== 'silent') await orchestrator.load(id);
    const events = await followEvents(orchestrator);
    const before = await pids(orchestrator, ['streaming', 'whole', 'idle', 'full']);

    const stream = (model: string, tokens: number) =>
      orchestrator.chat(`[[tokens=${tokens}]]`, { model, stream: true }).then((response) => collect(response));
    const running = [stream('streaming', 40), stream('full', 40), stream('draining', 35)];
    await until('all three stream', async () => {
      const views = await Promise.all(['streaming', 'full', 'draining'].map((id) => orchestrator.expert(id)));
      return views.every(({ inFlight }) => inFlight === 1);
    });
    const queued = orchestrator.chat('[[tokens=2]]', { model: 'full' });
    const whole = orchestrator.chat('[[tokens=2]]', { model: 'whole' });
    const loading = orchestrator.chat('[[tokens=2]]', { model: 'silent' });
    const unloading = orchestrator.post('/api/experts/draining/unload');
    await orchestrator.untilState('silent', 'starting');
    await until('it waits', async () => (await orchestrator.expert('full')).queued === 1);
    await orchestrator.untilState('draining', 'draining');
    // Used once more, so that its idle time begins now.
    await orchestrator.chat('x', { model: 'idle' });

    kill(orchestrator.pid, 'SIGSTOP');
    await new Promise((done) => setTimeout(done, STOPPED_MS));
    kill(orchestrator.pid, 'SIGCONT');
    const continued = performance.now();

    for (const record of await Promise.all(running)) expect(record).toMatchObject({ finishReason: 'stop', done: true });
    expect((await queued).status, 'the queue').toBe(200);
    expect((await whole).status, 'the first byte').toBe(200);
    expect((await loading).status, 'the start').toBe(200);
    expect((await unloading).status, 'the drain').toBe(200);
    expect((await orchestrator.expert('idle')).state, 'the idle time').toBe('ready');
    expect(await pids(orchestrator, ['streaming', 'whole', 'idle', 'full'])).toEqual(before);
    const { ms } = await timed(() => orchestrator.untilState('idle', 'stopped'));
    expect(performance.now() - continued, `it has its own time (${Math.round(ms)} ms)`).toBeGreaterThan(2_500);
    expect(events.moves('backoff').concat(events.moves('failed'))).toEqual([]);
    for (const id of ids) expect((await orchestrator.expert(id)).crashes, id).toBe(0);
    await events.stop();
  }, 180_000);
});
