/** Who is let in, and who has to go, where memory is counted: with engines that really take it. */
import { describe, expect, it } from 'vitest';

import type { BudgetView, PlanView } from '../../src/server/views.ts';
import { sampleMemory } from '../support/engine-memory.ts';
import { followEvents } from '../support/event-log.ts';
import type { Habits } from '../support/fake-expert.ts';
import { acceptances, fakeExpert } from '../support/fake-expert.ts';
import { fakeGpu } from '../support/fake-gpu.ts';
import { watchInvariants } from '../support/invariants.ts';
import { type Orchestrator, startOrchestrator } from '../support/orchestrator.ts';
import { profileOf } from '../support/profile.ts';
import { times } from '../support/skip.ts';
import { collect } from '../support/sse.ts';
import { timed, until } from '../support/wait.ts';

const MIB = 2 ** 20;

/** It says what it takes; a bare fake engine takes some 50 MiB. */
function ramExpert(mebibytes: number, habits: Habits = {}, settings: Record<string, unknown> = {}) {
  return fakeExpert(habits, { settings: { footprint: { ram: `${mebibytes}MiB` }, ...settings } });
}

const houseOf = (experts: Record<string, unknown>, mebibytes: number, more: Record<string, unknown> = {}) =>
  profileOf(experts, { budget: { ram: { capacity: `${mebibytes}MiB` }, minResidency: '200ms' }, ...more });

async function ramPool(orchestrator: Orchestrator) {
  const { pools } = (await (await orchestrator.request('/api/budget')).json()) as BudgetView;
  const pool = pools.find(({ id }) => id === 'ram');
  if (!pool) throw new Error('no ram');
  return pool;
}

describe('two experts that fit only alone', () => {
  it('are both served when they are wanted at once, one after the other', async () => {
    const both = { a: ramExpert(200, { 'load-ms': 200 }), b: ramExpert(200, { 'load-ms': 200 }) };
    await using orchestrator = await startOrchestrator({ profile: houseOf(both, 300) });
    const events = await followEvents(orchestrator);
    const { value: answers, ms } = await timed(() =>
      Promise.all(['a', 'b'].map((model) => orchestrator.chat('x', { model }))),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(ms, 'nobody waited for a deadline').toBeLessThan(8_000);
    expect(events.plans('evict')).toEqual([
      expect.objectContaining({ reason: expect.stringMatching(/^room for [ab]: ram has [\d.]+ of [\d.]+ MB free$/) }),
    ]);
    await events.stop();
  });

  it('take turns under a flood for both: nobody is lost, nobody starves, and they never stand side by side', async () => {
    const slots = { settings: {}, habits: { rate: 40, tokens: 10 } };
    const both = { a: ramExpert(200, slots.habits), b: ramExpert(200, slots.habits) };
    await using orchestrator = await startOrchestrator({ profile: houseOf(both, 300, { queue: { age: '50s' } }) });
    const watch = watchInvariants(orchestrator, ['a', 'b']);
    let together = 0;
    const look = setInterval(() => (together = Math.max(together, sampleMemory(orchestrator.pid).engines.length)), 25);
    const count = times(24, 240);
    const answers = await Promise.all(
      Array.from({ length: count }, async (_, index) => {
        await new Promise((done) => setTimeout(done, index * times(60, 200)));
        return orchestrator.chat('x', { model: index % 2 === 0 ? 'a' : 'b' });
      }),
    );
    clearInterval(look);
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: count }, () => 200));
    expect(together, 'engines at the same time').toBe(1);
    await watch.check();
    const accepted = ['a', 'b'].flatMap((id) => acceptances(orchestrator.ledger(id)));
    expect(accepted).toHaveLength(count);
  });
});

describe('an expert that is evicted while requests wait for it', () => {
  it('loses none of them: they get it again when its room comes back', async () => {
    const gpu = fakeGpu(4_096);
    const a = fakeExpert(
      { parallel: 1, rate: 20 },
      { settings: { footprint: { gpu0: '2048MiB' }, parallel: 1 }, env: gpu.holding(2_000) },
    );
    await using orchestrator = await startOrchestrator({
      directory: gpu.directory,
      env: gpu.env,
      profile: profileOf({ a }, { budget: { gpu0: { capacity: 'auto' }, minResidency: '1ms' } }),
    });
    const { pid } = await orchestrator.load('a');
    const running = collect(await orchestrator.chat('[[tokens=60]]', { model: 'a', stream: true }));
    const waiting = Array.from({ length: 4 }, () => orchestrator.chat('[[tokens=2]]', { model: 'a' }));
    await until('they wait', async () => (await orchestrator.expert('a')).queued === 4);
    gpu.setOthers(3_000);
    await orchestrator.untilState('a', 'draining');
    expect(await running, 'what runs is finished first').toMatchObject({ done: true, finishReason: 'stop' });
    await orchestrator.untilState('a', 'stopped');
    expect((await orchestrator.expert('a')).queued, 'they still wait').toBe(4);
    gpu.setOthers(0);
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect((await orchestrator.expert('a')).pid).not.toBe(pid);
    expect(acceptances(orchestrator.ledger('a'))).toHaveLength(5);
  });
});

describe('an expert that takes more than was predicted', () => {
  it('by more than there is: it is unloaded, and not kept out for ever, but gets all there is at its next start', async () => {
    const experts = { a: ramExpert(120), b: ramExpert(120) };
    await using orchestrator = await startOrchestrator({ profile: houseOf(experts, 300) });
    expect((await orchestrator.chat('[[grow-mb=320]]', { model: 'a' })).status).toBe(200);
    await orchestrator.untilState('a', 'stopped');
    await orchestrator.load('b');
    const plan = await until('b has stayed its time', async () => {
      const now = (await (await orchestrator.post('/api/plan', { expert: 'a' })).json()) as PlanView;
      return now.action === 'wait' ? undefined : now;
    });
    expect(plan).toMatchObject({ action: 'evict', victims: [{ expert: 'b', how: 'stop' }] });
    expect(plan.needs['ram']).toBe(300 * MIB);
    expect((await orchestrator.chat('x', { model: 'a' })).status).toBe(200);
    expect((await orchestrator.expert('b')).state).toBe('stopped');
  });

  it('costs the cheapest idle one its place within seconds, and is counted by what it took from then on', async () => {
    const budget = 500;
    const experts = { a: ramExpert(120), b: ramExpert(120), c: ramExpert(120, {}, { priority: 8 }) };
    await using orchestrator = await startOrchestrator({ profile: houseOf(experts, budget) });
    for (const id of ['c', 'b', 'a']) await orchestrator.load(id);
    // `a` is wanted often, `b` is not: the cheapest to unload.
    for (let turn = 0; turn < 5; turn += 1) await orchestrator.chat('x', { model: 'a' });
    const events = await followEvents(orchestrator);
    const before = await ramPool(orchestrator);
    expect(before.free, 'all three fit as predicted').toBeGreaterThan(0);

    expect((await orchestrator.chat('[[grow-mb=300]]', { model: 'a' })).status).toBe(200);
    const { ms } = await timed(() => orchestrator.untilState('b', 'stopped', 5_000));
    expect(ms).toBeLessThan(3_000);
    await until('the budget is respected again', () => sampleMemory(orchestrator.pid).total <= budget * MIB, 2_000);
    expect((await ramPool(orchestrator)).free).toBeGreaterThanOrEqual(0);
    expect((await orchestrator.expert('a')).state).toBe('ready');
    expect((await orchestrator.expert('c')).state).toBe('ready');
    expect(events.plans('evict')).toEqual([
      expect.objectContaining({
        victim: 'b',
        cause: 'overdrawn',
        reason: expect.stringMatching(
          /^ram holds more than its budget \([\d.]+ MB of 524\.3 MB\), and b \(idle(?: \d+ s)?\) is the cheapest to unload$/,
        ),
      }),
    ]);
    await events.stop();
    await until('what it took is measured', async () => {
      const { holders } = await ramPool(orchestrator);
      return (holders.find(({ expert }) => expert === 'a')?.measured ?? 0) > 300 * MIB;
    });

    await orchestrator.post('/api/experts/a/unload');
    await orchestrator.untilState('a', 'stopped');
    const plan = (await (await orchestrator.post('/api/plan', { expert: 'a' })).json()) as PlanView;
    expect(plan.placement?.learned).toBe(true);
    expect(plan.placement?.footprint['ram']).toBeGreaterThan(300 * MIB);
    // What was learned no longer fits beside both of the others.
    await orchestrator.load('b');
    expect((await orchestrator.chat('x', { model: 'a' })).status).toBe(200);
    const states = await Promise.all(['b', 'c'].map(async (id) => (await orchestrator.expert(id)).state));
    expect(states.sort()).toEqual(['ready', 'stopped']);
  });
});
