/** Faults, group B: an engine that looks alive and is not, or looks dead and is not; and stops under load. */
import { describe, expect, it } from 'vitest';

import type { FakeExpertOptions, Habits } from '../../support/fake-expert.ts';
import { acceptances, fakeExpert, fakeText } from '../../support/fake-expert.ts';
import { startOrchestrator } from '../../support/orchestrator.ts';
import { alive, kill } from '../../support/processes.ts';
import { watchInvariants } from '../../support/invariants.ts';
import { profileOf } from '../../support/profile.ts';
import { times } from '../../support/skip.ts';
import { collect } from '../../support/sse.ts';
import { timed, until } from '../../support/wait.ts';

const DEADLINES = { timeouts: { firstByte: '1500ms', betweenBytes: '1s', total: '60s', drain: '2s' } };

const house = (habits: Habits, options: FakeExpertOptions = {}, more: Record<string, unknown> = DEADLINES) =>
  profileOf({ a: fakeExpert(habits, options), b: fakeExpert() }, more);

const codeOf = async (response: Response): Promise<string> =>
  ((await response.json()) as { error: { code: string } }).error.code;

describe('B1 a frozen engine', () => {
  it('B1 frozen when ready: 504 at the first-byte deadline, the engine is replaced, the neighbour serves on', async () => {
    await using orchestrator = await startOrchestrator({ profile: house({}) });
    const frozen = (await orchestrator.load('a')).pid ?? 0;
    await orchestrator.load('b');
    const watch = watchInvariants(orchestrator, ['a', 'b']);
    kill(frozen, 'SIGSTOP');
    const answer = timed(() => orchestrator.chat('x', { model: 'a' }));
    for (let i = 0; i < 10; i++) {
      const { value, ms } = await timed(() => orchestrator.chat('[[tokens=1]]', { model: 'b' }));
      expect(value.status).toBe(200);
      expect(ms).toBeLessThan(1_000);
      await value.body?.cancel();
    }
    const { value: response, ms } = await answer;
    expect(response.status).toBe(504);
    expect(await codeOf(response)).toBe('first_byte_timeout');
    expect(ms).toBeGreaterThan(1_400);
    expect(ms).toBeLessThan(4_000);
    await until('the frozen engine is killed', () => !alive(frozen), 20_000);
    await until('another serves', async () => (await orchestrator.chat('[[tokens=1]]', { model: 'a' })).ok, 20_000);
    expect((await orchestrator.expert('a')).pid).not.toBe(frozen);
    await watch.check();
  });

  it('B1 frozen mid-stream: an error frame at the idle deadline, no finish reason, no [DONE]', async () => {
    await using orchestrator = await startOrchestrator({ profile: house({ tokens: 1_000, rate: 50 }) });
    const frozen = (await orchestrator.load('a')).pid ?? 0;
    const response = await orchestrator.chat('x', { model: 'a', stream: true });
    let last = performance.now();
    const stream = await collect(response, ({ data }) => {
      if (data.includes('"content"')) last = performance.now();
      kill(frozen, 'SIGSTOP');
    });
    expect(performance.now() - last).toBeGreaterThan(900);
    expect(performance.now() - last).toBeLessThan(4_000);
    expect(stream.error).toMatchObject({ code: 'idle_timeout', source: 'orchestrator' });
    expect(stream).toMatchObject({ done: false, finishReason: null });
    await until('the frozen engine is killed', () => !alive(frozen), 20_000);
    await until('another serves', async () => (await orchestrator.chat('[[tokens=1]]', { model: 'a' })).ok, 20_000);
  });
});

describe('B2 health says yes, inference says nothing', () => {
  it('B2 an engine whose requests go unanswered is replaced, although /health is well', async () => {
    await using orchestrator = await startOrchestrator({ profile: house({ 'hang-from': 1 }) });
    const deaf = (await orchestrator.load('a')).pid ?? 0;
    const codes: string[] = [];
    for (let i = 0; i < 6 && alive(deaf); i++) {
      const response = await orchestrator.chat('x', { model: 'a' });
      expect(response.status).toBeGreaterThanOrEqual(502);
      codes.push(await codeOf(response));
    }
    await until('it is ejected', () => !alive(deaf), 20_000);
    expect(codes).toContain('first_byte_timeout');
    // The process is gone an instant before its exit is reported.
    await until('why is told', async () => (await orchestrator.expert('a')).lastFailure !== null);
    expect((await orchestrator.expert('a')).lastFailure?.class).toBe('unresponsive');
    expect((await orchestrator.chat('x', { model: 'b' })).status).toBe(200);
  });

  it('B2 /health alone never makes an engine ready', async () => {
    const options = { settings: { startTimeout: '3s', stallTimeout: '2s' } };
    await using orchestrator = await startOrchestrator({ profile: house({ hang: true }, options) });
    const { value: response, ms } = await timed(() => orchestrator.chat('x', { model: 'a' }));
    expect(response.status).toBe(503);
    expect(ms).toBeLessThan(15_000);
    expect(acceptances(orchestrator.ledger('a')), 'no client request ever reached it').toEqual([]);
    expect((await orchestrator.expert('a')).state).not.toBe('ready');
  });
});

describe('B3 a slow load and a stalled load', () => {
  const options = { settings: { stallTimeout: '2s', startTimeout: '10m' } };

  it('B3 a slow load with progress survives the stall deadline; 20 waiters share it; one that leaves disturbs nobody', async () => {
    const loadMs = times(6_000, 120_000);
    await using orchestrator = await startOrchestrator({
      profile: house({ 'load-ms': loadMs, 'progress-ms': 500, parallel: 4, tokens: 2 }, options, {}),
    });
    const leaver = new AbortController();
    const left = orchestrator.chat('x', { model: 'a' }, { signal: leaver.signal }).catch((error: Error) => error.name);
    const waiters = Array.from({ length: 20 }, () => orchestrator.chat('x', { model: 'a' }));
    await orchestrator.untilState('a', 'starting');
    setTimeout(() => leaver.abort(), 1_000);
    expect(await left).toBe('AbortError');
    const watch = watchInvariants(orchestrator, ['a', 'b']);
    const answers = await Promise.all(waiters);
    await watch.check();
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
    const ledger = orchestrator.ledger('a');
    expect(ledger.filter(({ event }) => event === 'start')).toHaveLength(1);
    expect(acceptances(ledger)).toHaveLength(20);
  }, 200_000);

  it.each([
    ['that answers 503 meanwhile', {}],
    ['that does not listen yet', { 'listen-late': true }],
  ] as [string, Habits][])(
    'B3 a load %s and then shows nothing more dies at the stall deadline',
    async (_what, habits) => {
      await using orchestrator = await startOrchestrator({
        profile: house({ 'load-ms': 60_000, 'progress-ms': 200, 'stall-after': 1_000, ...habits }, options),
      });
      const { value: response, ms } = await timed(() =>
        orchestrator.chat('x', { model: 'a' }, { signal: AbortSignal.timeout(20_000) }),
      );
      expect(response.status).toBe(503);
      const { error } = (await response.json()) as { error: { code: string; message: string } };
      expect(error.code).toBe('engine_start_failed');
      expect(error.message).toMatch(/progress/);
      expect(ms).toBeGreaterThan(2_500);
      expect(ms).toBeLessThan(8_000);
      expect((await orchestrator.expert('a')).lastFailure?.class).toBe('stalled');
    },
  );

  it('B3 a load that prints nothing but fills memory, behind a wrapper, is no stall', async () => {
    const habits: Habits = { 'load-ms': 6_000, 'load-mb': 300, 'listen-late': true };
    await using orchestrator = await startOrchestrator({ profile: house(habits, { ...options, wrapped: true }, {}) });
    expect((await orchestrator.chat('x', { model: 'a' })).status).toBe(200);
    expect(await orchestrator.expert('a')).toMatchObject({ starts: 1, crashes: 0 });
  });

  it('B3 the last waiter that leaves gives the load up, or lets it finish: nothing hangs either way', async () => {
    await using orchestrator = await startOrchestrator({
      profile: house({ 'load-ms': 1_500, 'progress-ms': 100 }, options),
    });
    const leaver = new AbortController();
    const left = orchestrator.chat('x', { model: 'a' }, { signal: leaver.signal }).catch((error: Error) => error.name);
    await orchestrator.untilState('a', 'starting');
    leaver.abort();
    expect(await left).toBe('AbortError');
    await until('it settles', async () => ['ready', 'stopped'].includes((await orchestrator.expert('a')).state));
    expect(await orchestrator.expert('a')).toMatchObject({ inFlight: 0, queued: 0 });
    expect((await orchestrator.chat('x', { model: 'a' })).status).toBe(200);
  });
});

describe('B4 unload and swap under load', () => {
  it('B4 an unload lets streams finish up to the drain deadline and cuts the rest with an error frame', async () => {
    await using orchestrator = await startOrchestrator({
      profile: house({ rate: 50, parallel: 4 }, { settings: { parallel: 4 } }),
    });
    const engine = (await orchestrator.load('a')).pid ?? 0;
    const watch = watchInvariants(orchestrator, ['a', 'b']);
    const open = (tokens: number) => orchestrator.chat(`[[tokens=${tokens}]]`, { model: 'a', stream: true });
    const responses = await Promise.all([open(40), open(40), open(5_000), open(5_000)]);
    const streams = Promise.all(responses.map((response) => collect(response)));
    const began = performance.now();
    const unload = orchestrator.post('/api/experts/a/unload');
    await orchestrator.untilState('a', 'draining');
    const late = orchestrator.chat('[[tokens=1]]', { model: 'a' });
    const [short, short2, long, long2] = await streams;
    expect(performance.now() - began).toBeLessThan(2_000 + 10_000 + 2_000);
    for (const stream of [short, short2]) {
      expect(stream).toMatchObject({ text: fakeText(40), finishReason: 'stop', done: true });
    }
    for (const stream of [long, long2]) {
      expect(stream?.error).toMatchObject({ code: 'expert_stopped' });
      expect(stream).toMatchObject({ finishReason: null, done: false });
    }
    await unload;
    await until('the engine is gone', () => !alive(engine), 14_000);
    // Work that came while it drained was queued for the next start, or refused: never lost.
    expect([200, 503]).toContain((await late).status);
    await watch.check();
  });

  it('B4 a swap waits for the streams of the one that goes', async () => {
    await using orchestrator = await startOrchestrator({
      profile: house({ rate: 50 }, {}, { ...DEADLINES, budget: { maxLoadedExperts: 1 } }),
    });
    await orchestrator.load('a');
    const stream = collect(await orchestrator.chat('[[tokens=60]]', { model: 'a', stream: true }));
    const swapped = await orchestrator.chat('[[tokens=1]]', { model: 'b' });
    expect(swapped.status).toBe(200);
    expect(await stream).toMatchObject({ text: fakeText(60), done: true });
    expect((await orchestrator.expert('a')).state).toBe('stopped');
    const [aGone] = orchestrator
      .ledger('a')
      .filter(({ event }) => event === 'end')
      .slice(-1);
    const [bCame] = orchestrator.ledger('b').filter(({ event }) => event === 'start');
    expect(bCame?.at).toBeGreaterThanOrEqual(aGone?.at ?? Infinity);
  });
});

describe('B5 idle unload', () => {
  it('B5 a request longer than the idle time is never cut; the unload comes after it', async () => {
    const options = { settings: { idleUnload: '1s' } };
    await using orchestrator = await startOrchestrator({ profile: house({ rate: 20 }, options) });
    const { pid } = await orchestrator.load('a');
    const stream = await collect(await orchestrator.chat('[[tokens=80]]', { model: 'a', stream: true }));
    const ended = performance.now();
    expect(stream).toMatchObject({ text: fakeText(80), finishReason: 'stop', done: true });
    expect(await orchestrator.expert('a')).toMatchObject({ state: 'ready', pid });
    await orchestrator.untilState('a', 'stopped', 10_000);
    expect(performance.now() - ended).toBeGreaterThan(800);
    expect(performance.now() - ended).toBeLessThan(5_000);
    expect((await orchestrator.expert('a')).crashes).toBe(0);
  });
});
