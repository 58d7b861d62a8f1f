/** Faults of groups A and B again, while one expert makes room for another. */
import { describe, expect, it } from 'vitest';

import { sampleMemory } from '../../support/engine-memory.ts';
import type { FakeExpertOptions, Habits } from '../../support/fake-expert.ts';
import { acceptances, fakeExpert, fakeText } from '../../support/fake-expert.ts';
import type { Orchestrator } from '../../support/orchestrator.ts';
import { startOrchestrator } from '../../support/orchestrator.ts';
import { alive, descendants, kill, openFilesOf, untilNoneMarked, zombiesBelow } from '../../support/processes.ts';
import { profileOf } from '../../support/profile.ts';
import { FULL, itWhere, times } from '../../support/skip.ts';
import { collect } from '../../support/sse.ts';
import { timed, until } from '../../support/wait.ts';

const SIZE = { footprint: { ram: '200MiB' } };
/** Room for one of the two. */
const BUDGET = { budget: { ram: { capacity: '300MiB' }, minResidency: '1ms' } };
const DEADLINES = { timeouts: { firstByte: '1500ms', betweenBytes: '1s', total: '60s', drain: '10s' } };

const expertOf = (habits: Habits, { settings, ...options }: FakeExpertOptions = {}) =>
  fakeExpert(habits, { ...options, settings: { ...SIZE, ...settings } });

const house = (a: Record<string, unknown>, b: Record<string, unknown> = expertOf({})) =>
  profileOf({ a, b }, { ...BUDGET, ...DEADLINES });

/** A stream that yields its expert's room to others, once it has been finished. */
const yielding = (orchestrator: Orchestrator, content: string) =>
  orchestrator.chat(content, { model: 'a', stream: true, orchestrator: { priority: 'background' } });

const answered = (orchestrator: Orchestrator, model: string) =>
  timed(async () => (await orchestrator.chat('[[tokens=2]]', { model })).status);

describe('A1 the orchestrator is killed while one expert makes room for another', () => {
  const PHASES = ['draining', 'stopping', 'starting'] as const;
  const profile = house(
    expertOf({ rate: 50, 'term-delay': 700, fork: 1, setsid: 1 }),
    expertOf({ 'load-ms': 800, 'progress-ms': 50, setsid: 1 }),
  );

  it('A1 kill -9 while it drains, stops, and starts the next leaves no engine after 5 s; the next start serves both', async () => {
    let directory: string | undefined;
    for (let round = 0; round < times(3, 60); round += 1) {
      const phase = PHASES[round % PHASES.length] ?? 'draining';
      const orchestrator = await startOrchestrator({ profile, directory });
      directory = orchestrator.directory;
      await orchestrator.load('a');
      if (phase === 'draining') collect(await yielding(orchestrator, '[[tokens=500]]')).catch(() => undefined);
      orchestrator.chat('x', { model: 'b' }).catch(() => undefined);
      if (phase === 'starting') await orchestrator.untilState('b', 'starting');
      else await orchestrator.untilState('a', phase);
      await new Promise((done) => setTimeout(done, Math.random() * 300));
      const family = descendants(orchestrator.pid).map(({ pid }) => pid);
      expect(family.length, `there is something to leave behind while ${phase}`).toBeGreaterThanOrEqual(2);
      await orchestrator.killHard();
      await untilNoneMarked(directory, 5_000);
      await until(`the family of round ${round} (${phase}) is gone`, () => !family.some(alive), 5_000);
    }
    await using last = await startOrchestrator({ profile, directory: directory ?? '' });
    expect((await answered(last, 'a')).value).toBe(200);
    expect((await answered(last, 'b')).value).toBe(200);
  }, 600_000);
});

describe('A2 an engine with descendants makes room', () => {
  it('A2 nothing of its family is left when the next one starts', async () => {
    const a = expertOf({ fork: 1, setsid: 1, 'ignore-term': true }, { wrapped: true });
    await using orchestrator = await startOrchestrator({ profile: house(a) });
    const wrapper = (await orchestrator.load('a')).pid ?? 0;
    const family = [wrapper, ...descendants(wrapper).map(({ pid }) => pid)];
    expect(family.length).toBeGreaterThanOrEqual(4);
    const answer = answered(orchestrator, 'b');
    let overlapped: number[] = [];
    await until(
      'b starts',
      () => {
        const survivors = family.filter(alive);
        if (!orchestrator.ledger('b').some(({ event }) => event === 'start')) return false;
        overlapped = survivors;
        return true;
      },
      20_000,
    );
    expect(overlapped, 'of a, while b already ran').toEqual([]);
    expect((await answer).value).toBe(200);
  });
});

describe('A3 an engine dies while it makes room, or while another waits for its room', () => {
  it('A3 killed while it drains: its stream ends with an error frame, and the other one gets the room at once', async () => {
    await using orchestrator = await startOrchestrator({ profile: house(expertOf({ rate: 50 })) });
    const { pid } = await orchestrator.load('a');
    const stream = collect(await yielding(orchestrator, '[[tokens=5000]]'));
    const answer = answered(orchestrator, 'b');
    await orchestrator.untilState('a', 'draining');
    kill(pid ?? 0);
    const { value, ms } = await answer;
    expect(value).toBe(200);
    expect(ms).toBeLessThan(5_000);
    const { error, done, finishReason } = await stream;
    expect({ code: error?.['code'], done, finishReason }).toEqual({
      code: 'engine_died',
      done: false,
      finishReason: null,
    });
    await until('a can be had again', async () => (await answered(orchestrator, 'a')).value === 200);
    expect((await orchestrator.expert('b')).state, 'a took its room back').toBe('stopped');
  });

  it('A3 killed while it works and another waits: the other one starts, and who waited for the dead one is told', async () => {
    const a = expertOf({ rate: 50, parallel: 1 }, { settings: { parallel: 1 } });
    await using orchestrator = await startOrchestrator({ profile: house(a) });
    const { pid } = await orchestrator.load('a');
    const stream = collect(await orchestrator.chat('[[tokens=5000]]', { model: 'a', stream: true }));
    const behind = orchestrator.chat('[[tokens=1]]', { model: 'a' });
    const answer = answered(orchestrator, 'b');
    await until('both wait', async () => {
      const [first, second] = await Promise.all(['a', 'b'].map((id) => orchestrator.expert(id)));
      return first?.queued === 1 && second?.queued === 1;
    });
    kill(pid ?? 0);
    expect((await answer).value).toBe(200);
    expect((await stream).error).toMatchObject({ code: 'engine_died' });
    const told = await behind;
    expect(told.status).toBe(503);
    expect(await told.json()).toMatchObject({ error: { code: 'expert_backing_off', source: 'orchestrator' } });
    expect(acceptances(orchestrator.ledger('a')), 'it was never sent').toHaveLength(1);
  });

  it('A3 the one that gets the room dies at its start: its requests are told, and the evicted one comes back', async () => {
    const b = expertOf({ crash: 'load', 'load-ms': 200, 'exit-code': 3 });
    await using orchestrator = await startOrchestrator({ profile: house(expertOf({}), b) });
    await orchestrator.load('a');
    const refused = await orchestrator.chat('x', { model: 'b' });
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({ error: { code: 'engine_start_failed' } });
    expect((await orchestrator.expert('a')).state).toBe('stopped');
    const { value, ms } = await answered(orchestrator, 'a');
    expect(value).toBe(200);
    expect(ms, 'the dead one holds no room').toBeLessThan(5_000);
  });
});

describe('A8 an engine that does not obey', () => {
  it('A8 swaps leave no zombie and no descriptor behind', async () => {
    await using orchestrator = await startOrchestrator({
      profile: house(expertOf({ fork: 1 }), expertOf({ setsid: 1 })),
    });
    expect((await answered(orchestrator, 'a')).value).toBe(200);
    expect((await answered(orchestrator, 'b')).value).toBe(200);
    const before = openFilesOf(orchestrator.pid);
    for (let swap = 0; swap < times(5, 200); swap += 1) {
      expect((await answered(orchestrator, swap % 2 === 0 ? 'a' : 'b')).value).toBe(200);
      expect(sampleMemory(orchestrator.pid).engines.length, 'one engine and its worker').toBeLessThanOrEqual(2);
    }
    await until('zombies are reaped', () => zombiesBelow(orchestrator.pid).length === 0);
    await until('descriptors come back', () => openFilesOf(orchestrator.pid) <= before + 3);
  }, 300_000);
});

describe('B1 an engine hangs', () => {
  itWhere(FULL, 'waits for the grace of an engine that ignores SIGTERM; npm run test:faults')(
    'B1 frozen while it is to make room: it is killed after its grace, and the other one is served',
    async () => {
      await using orchestrator = await startOrchestrator({ profile: house(expertOf({})) });
      const frozen = (await orchestrator.load('a')).pid ?? 0;
      kill(frozen, 'SIGSTOP');
      const { value, ms } = await answered(orchestrator, 'b');
      expect(value).toBe(200);
      expect(ms, 'ten seconds to end by itself').toBeGreaterThan(9_000);
      expect(ms).toBeLessThan(14_000);
      expect(alive(frozen)).toBe(false);
      expect(await orchestrator.expert('a'), 'that was no crash').toMatchObject({ state: 'stopped', crashes: 0 });
    },
  );

  it('B1 frozen in the middle of a stream while another waits for its room: the deadline frees it', async () => {
    await using orchestrator = await startOrchestrator({ profile: house(expertOf({ rate: 50 })) });
    const frozen = (await orchestrator.load('a')).pid ?? 0;
    const stream = collect(await orchestrator.chat('[[tokens=5000]]', { model: 'a', stream: true }), () =>
      kill(frozen, 'SIGSTOP'),
    );
    const { value, ms } = await answered(orchestrator, 'b');
    expect(value).toBe(200);
    expect(ms, 'without the grace that an engine gets which may still run its handlers').toBeLessThan(7_000);
    expect((await stream).error).toMatchObject({ code: 'idle_timeout' });
    expect(alive(frozen)).toBe(false);
  });
});

describe('B3 a start that stalls', () => {
  it('B3 the room of a load that stalls goes to the one that waits for it, at the deadline', async () => {
    const a = expertOf(
      { 'load-ms': 60_000, 'progress-ms': 200, 'stall-after': 500 },
      { settings: { stallTimeout: '2s', startTimeout: '10m' } },
    );
    await using orchestrator = await startOrchestrator({ profile: house(a) });
    const stalled = timed(() => orchestrator.chat('x', { model: 'a' }));
    await orchestrator.untilState('a', 'starting');
    const { value, ms } = await answered(orchestrator, 'b');
    expect(value).toBe(200);
    expect(ms).toBeGreaterThan(1_500);
    expect(ms).toBeLessThan(9_000);
    const { value: response } = await stalled;
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ error: { code: 'engine_start_failed' } });
    expect((await orchestrator.expert('a')).lastFailure?.class).toBe('stalled');
  });
});

describe('B4 a swap under load', () => {
  it('B4 what drains may finish until the deadline of the drain, then is cut; who waits for the room is served after it', async () => {
    const profile = profileOf(
      { a: expertOf({ rate: 50, parallel: 4 }, { settings: { parallel: 4 } }), b: expertOf({}) },
      { ...BUDGET, timeouts: { ...DEADLINES.timeouts, drain: '1500ms' } },
    );
    await using orchestrator = await startOrchestrator({ profile });
    await orchestrator.load('a');
    const open = (tokens: number) => yielding(orchestrator, `[[tokens=${tokens}]]`);
    const streams = (await Promise.all([open(30), open(5_000)])).map((response) => collect(response));
    const { value, ms } = await answered(orchestrator, 'b');
    expect(value).toBe(200);
    expect(ms).toBeLessThan(8_000);
    const [short, long] = await Promise.all(streams);
    expect(short).toMatchObject({ text: fakeText(30), finishReason: 'stop', done: true });
    expect(long).toMatchObject({ finishReason: null, done: false, error: { code: 'expert_stopped' } });
  });
});
