/** Faults, group E: a GPU, its driver, and what the driver tells of them. */
import { describe, expect, it } from 'vitest';

import type { BudgetView, PlanView } from '../../../src/server/views.ts';
import { followEvents } from '../../support/event-log.ts';
import { fakeExpert } from '../../support/fake-expert.ts';
import { type FakeGpu, fakeGpu } from '../../support/fake-gpu.ts';
import { watchInvariants } from '../../support/invariants.ts';
import { type Orchestrator, startOrchestrator } from '../../support/orchestrator.ts';
import { profileOf } from '../../support/profile.ts';
import { FULL, itWhere, times } from '../../support/skip.ts';
import { collect } from '../../support/sse.ts';
import { timed, until } from '../../support/wait.ts';

const MIB = 2 ** 20;
/** Devices that could not be read for ten seconds are given up, and a failing driver is asked again every few. */
const GIVEN_UP_MS = 25_000;

const patient = itWhere(FULL, 'waits for what shows only after ten seconds; npm run test:faults');

const onGpu = (gpu: FakeGpu, mebibytes: number) =>
  fakeExpert({ rate: 50 }, { settings: { footprint: { gpu0: `${mebibytes}MiB` } }, env: gpu.holding(mebibytes - 48) });

function start(gpu: FakeGpu, capacity = 'auto'): Promise<Orchestrator> {
  return startOrchestrator({
    directory: gpu.directory,
    env: gpu.env,
    profile: profileOf(
      { a: onGpu(gpu, 2_048), b: onGpu(gpu, 2_048), cpu: fakeExpert() },
      { budget: { gpu0: { capacity }, minResidency: '1ms' } },
    ),
  });
}

async function gpuPool(orchestrator: Orchestrator) {
  const { pools } = (await (await orchestrator.request('/api/budget')).json()) as BudgetView;
  const pool = pools.find(({ id }) => id === 'gpu0');
  if (!pool) throw new Error('no gpu0');
  return pool;
}

async function refusal(response: Response): Promise<{ status: number; code?: string; message?: string }> {
  const { error } = (await response.json()) as { error?: { code: string; message: string } };
  return { status: response.status, ...error };
}

describe('E5 the driver', () => {
  const STATES = [
    ['prints ERR!', 'faulty', /in trouble \(the driver says ERR! of its memory\)/],
    ['hangs', 'hangs', /in trouble \(nvidia-smi did not answer within \d+ ms; the driver may hang\.\)/],
    ['ends with 1', 'fails', /in trouble \(nvidia-smi ended with 1: .*could not communicate/],
  ] as const;

  // A fault that is told is believed at once; silence only when it has lasted.
  it.each(STATES.slice(0, times(1, 3)))(
    'E5 %s: what runs goes on, nothing is started on the device, and all is well again afterwards',
    async (_what, state, words) => {
      const gpu = fakeGpu(6_144);
      await using orchestrator = await start(gpu);
      const { pid } = await orchestrator.load('a');
      const watch = watchInvariants(orchestrator, ['a', 'b', 'cpu']);
      gpu.setState(state);
      const noted = await until('it is noticed', async () => (await gpuPool(orchestrator)).note, GIVEN_UP_MS);
      expect(noted).toContain('nothing is started on it');
      const { value, ms } = await timed(async () => refusal(await orchestrator.chat('x', { model: 'b' })));
      expect(value).toMatchObject({ status: 503, code: 'no_room' });
      expect(value.message).toMatch(words);
      expect(ms).toBeLessThan(1_000);
      expect(orchestrator.ledger('b'), 'nothing was started on it').toEqual([]);
      expect((await orchestrator.chat('[[tokens=1]]', { model: 'a' })).status, 'what runs there goes on').toBe(200);
      expect((await orchestrator.expert('a')).pid).toBe(pid);
      expect((await orchestrator.chat('[[tokens=1]]', { model: 'cpu' })).status).toBe(200);
      expect(gpu.asking(), 'two questions at a time at most').toBeLessThanOrEqual(2);
      gpu.setState('well');
      await until('it is trusted again', async () => (await gpuPool(orchestrator)).note === null, 25_000);
      expect((await orchestrator.chat('[[tokens=1]]', { model: 'b' })).status).toBe(200);
      await watch.check();
    },
  );

  it('E5 hangs from the beginning: the orchestrator starts, says so, and serves what needs no GPU', async () => {
    const gpu = fakeGpu(6_144);
    gpu.setState('hangs');
    const { value: started, ms } = await timed(() => start(gpu));
    await using orchestrator = started;
    expect(ms).toBeLessThan(15_000);
    expect((await orchestrator.chat('x', { model: 'cpu' })).status).toBe(200);
    const told = await refusal(await orchestrator.chat('x', { model: 'a' }));
    expect(told).toMatchObject({ status: 503, code: 'no_room', message: expect.stringContaining('did not answer') });
    if (!FULL) return;
    gpu.setState('well');
    await until('a starts', async () => (await orchestrator.chat('[[tokens=1]]', { model: 'a' })).ok, 30_000, 500);
  });

  patient(
    'E5 loses the GPU: what stood on it is unloaded and told why, requests are refused with the reason, and it may come back',
    async () => {
      const gpu = fakeGpu(6_144);
      await using orchestrator = await start(gpu);
      await orchestrator.load('a');
      const events = await followEvents(orchestrator);
      const stream = collect(await orchestrator.chat('[[tokens=100]]', { model: 'a', stream: true }));
      gpu.setState('gone');
      await orchestrator.untilState('a', 'stopped', GIVEN_UP_MS);
      expect(await stream, 'what still answered was let finish').toMatchObject({ done: true });
      expect(events.plans('evict')).toEqual([
        expect.objectContaining({ victim: 'a', reason: expect.stringContaining('lists no such GPU') }),
      ]);
      await events.stop();
      const told = await refusal(await orchestrator.chat('x', { model: 'a' }));
      expect(told).toMatchObject({
        status: 503,
        code: 'no_room',
        message: expect.stringContaining('lists no such GPU'),
      });
      expect((await orchestrator.chat('[[tokens=1]]', { model: 'cpu' })).status).toBe(200);
      gpu.setState('well');
      await until(
        'it serves again',
        async () => (await orchestrator.chat('[[tokens=1]]', { model: 'a' })).ok,
        30_000,
        500,
      );
    },
  );
});

describe('E5 memory of a device', () => {
  patient(
    'E5 that does not come back is quarantined: named in the budget and the log, not given away, credited when it returns',
    async () => {
      const gpu = fakeGpu(4_096);
      await using orchestrator = await start(gpu);
      await orchestrator.load('a');
      gpu.setLeak(1_500);
      await until('it is measured', async () => (await gpuPool(orchestrator)).holders[0]?.measured);
      await orchestrator.post('/api/experts/a/unload');
      const early = (await (await orchestrator.post('/api/plan', { expert: 'b' })).json()) as PlanView;
      expect(early.pools.find(({ id }) => id === 'gpu0')?.free, 'nothing is credited before it is back').toBeLessThan(
        2_200 * MIB,
      );
      const pool = await until(
        'it is set aside',
        async () => {
          const seen = await gpuPool(orchestrator);
          return seen.quarantined > 0 ? seen : undefined;
        },
        20_000,
      );
      expect(pool).toMatchObject({
        quarantined: 1_500 * MIB,
        foreign: 0,
        free: (4_096 - 1_500) * MIB,
        note: expect.stringMatching(/^1\.5 GiB did not come back after an engine had ended/) as string,
      });
      expect(orchestrator.output).toContain(
        '1.5 GiB of gpu0 did not come back after an engine ended; they are set aside',
      );
      gpu.setLeak(0);
      await until('it is credited', async () => (await gpuPool(orchestrator)).quarantined === 0);
      expect((await gpuPool(orchestrator)).free).toBe(4_096 * MIB);
    },
  );

  patient('E5 that other programs take is made room for within seconds, busy engines last', async () => {
    const gpu = fakeGpu(6_144);
    await using orchestrator = await start(gpu);
    await orchestrator.load('a');
    await orchestrator.load('b');
    const stream = collect(await orchestrator.chat('[[tokens=400]]', { model: 'a', stream: true }));
    gpu.setOthers(2_500);
    const { ms } = await timed(() => orchestrator.untilState('b', 'stopped'));
    expect(ms).toBeLessThan(5_000);
    expect((await orchestrator.expert('a')).state).toBe('ready');
    expect(await stream).toMatchObject({ done: true });
  });
});
