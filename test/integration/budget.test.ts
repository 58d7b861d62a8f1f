/** Plans, budgets, pins and pauses of a running orchestrator, on a GPU whose memory is counted as a driver would. */
import { describe, expect, it } from 'vitest';

import type { BudgetView, PlanView } from '../../src/server/views.ts';
import { fakeExpert } from '../support/fake-expert.ts';
import { type FakeGpu, fakeGpu } from '../support/fake-gpu.ts';
import { type Orchestrator, runCommand, startOrchestrator } from '../support/orchestrator.ts';
import { until } from '../support/wait.ts';

const MIB = 2 ** 20;

/** It says what it takes, as a container would have to, and really holds a little less. */
function gpuExpert(gpu: FakeGpu, gpuMib: number, settings: Record<string, unknown> = {}) {
  const footprint = { gpu0: `${gpuMib}MiB`, ram: '200MiB' };
  return fakeExpert({}, { settings: { footprint, ...settings }, env: gpu.holding(gpuMib - 96) });
}

/** 7692 of 8192 MiB for experts: `big` and `small` fit together, `other` beside one of them at most. */
function start(gpu: FakeGpu): Promise<Orchestrator> {
  return startOrchestrator({
    directory: gpu.directory,
    env: gpu.env,
    profile: {
      budget: { ram: { capacity: 'auto' }, gpu0: { capacity: 'auto', reserve: '500MiB' }, minResidency: '1ms' },
      experts: {
        big: gpuExpert(gpu, 4_096),
        small: gpuExpert(gpu, 3_072),
        other: gpuExpert(gpu, 4_096),
        cpu: fakeExpert({}, { settings: { footprint: { ram: '200MiB' } } }),
      },
    },
  });
}

async function json<T>(response: Promise<Response>): Promise<T> {
  return (await (await response).json()) as T;
}

const plan = (orchestrator: Orchestrator, expert: string) => json<PlanView>(orchestrator.post('/api/plan', { expert }));

async function gpuPool(orchestrator: Orchestrator) {
  const { pools } = await json<BudgetView>(orchestrator.request('/api/budget'));
  const pool = pools.find(({ id }) => id === 'gpu0');
  if (!pool) throw new Error('no gpu0');
  return pool;
}

/** Loads it and waits until its part of the GPU has been measured; returns the GPU. */
async function loadMeasured(orchestrator: Orchestrator, id: string) {
  await orchestrator.load(id);
  return until(`a measurement of ${id}`, async () => {
    const pool = await gpuPool(orchestrator);
    return pool.holders.some(({ expert, measured }) => expert === id && measured !== null) ? pool : undefined;
  });
}

/** The status, and the message of the error. */
async function refusal(response: Promise<Response>): Promise<[number, string]> {
  const answer = await response;
  const { error } = (await answer.json()) as { error?: { message: string } };
  return [answer.status, error?.message ?? ''];
}

describe('a GPU budget', () => {
  it.each([
    ['says', true],
    ['does not say (WSL2)', false],
  ])('is planned for beforehand, held, measured and made room in where the driver %s whose it is', async (_, tells) => {
    const gpu = fakeGpu(8_192, { tells });
    await using orchestrator = await start(gpu);
    await loadMeasured(orchestrator, 'small');
    const measured = await loadMeasured(orchestrator, 'big');
    expect(measured).toMatchObject({
      capacity: 8_192 * MIB,
      reserve: 500 * MIB,
      foreign: 0,
      held: 7_168 * MIB,
      free: 524 * MIB,
    });
    expect(measured.holders.find(({ expert }) => expert === 'big')).toMatchObject({
      held: 4_096 * MIB,
      predicted: 4_096 * MIB,
      measured: 4_000 * MIB,
    });
    const table = await runCommand(orchestrator.directory, ['budget']);
    expect(table.stdout).toMatch(/^ {2}big +4\.0 GiB +4\.0 GiB +3\.9 GiB {2}ready$/m);

    expect(await plan(orchestrator, 'other')).toMatchObject({
      action: 'evict',
      victims: [{ expert: 'big', how: 'stop' }],
    });
    const { stdout } = await runCommand(orchestrator.directory, ['plan', 'other']);
    expect(stdout).toMatch(/^would evict big \(idle(?: \d+ s)?, 4\.\d GiB\): gpu0 has 549\.5 MB of 4\.0 GiB free$/m);
    expect(stdout).toMatch(/^gpu0 +4\.0 GiB +549\.5 MB +4\.0 GiB$/m);

    await runCommand(orchestrator.directory, ['pin', 'big']);
    expect(await plan(orchestrator, 'other')).toMatchObject({ action: 'refuse', victims: [] });
    const [status, message] = await refusal(orchestrator.chat('hello', { model: 'other' }));
    expect(status).toBe(503);
    expect(message).toMatch(/gpu0 has 549\.5 MB of 4\.0 GiB free; .*big.* is pinned/);

    await runCommand(orchestrator.directory, ['unpin', 'big']);
    expect((await orchestrator.chat('hello', { model: 'other' })).status).toBe(200);
    expect((await orchestrator.expert('big')).state).toBe('stopped');
    expect((await orchestrator.expert('small')).state).toBe('ready');
    const metrics = await (await orchestrator.request('/metrics')).text();
    expect(metrics).toContain('orchestrator_evictions_total{expert="big",reason="room"} 1');
    expect(metrics).toContain(`orchestrator_expert_held_bytes{expert="other",pool="gpu0"} ${4_096 * MIB}`);
  });

  it('is handed back by a pause, pinned experts included, while the CPU goes on', async () => {
    const gpu = fakeGpu(8_192);
    await using orchestrator = await start(gpu);
    await orchestrator.load('small');
    const { pid } = await orchestrator.load('cpu');
    await orchestrator.post('/api/experts/small/pin');

    const paused = await runCommand(orchestrator.directory, ['pause', '--for', '1h']);
    expect(paused).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^gpu0 is free for (1 h|59 min)/) as string,
    });
    expect(await gpuPool(orchestrator)).toMatchObject({ paused: true, held: 0, holders: [] });
    expect((await orchestrator.expert('small')).state).toBe('stopped');
    expect((await orchestrator.chat('hello', { model: 'cpu' })).status).toBe(200);
    expect((await orchestrator.expert('cpu')).pid).toBe(pid);
    const [status, message] = await refusal(orchestrator.chat('hello', { model: 'small' }));
    expect(status).toBe(503);
    expect(message).toContain('gpu0 is handed back to the person at the desk; `orchestrator resume`');

    expect((await runCommand(orchestrator.directory, ['resume'])).stdout).toMatch(/^gpu0 can be used again/);
    expect((await orchestrator.chat('hello', { model: 'small' })).status).toBe(200);
    const unloaded = await runCommand(orchestrator.directory, ['unload', '--all']);
    expect(unloaded.stdout).toBe('unloaded: small, cpu.\n');
    // A place is free when the memory of the GPU has been seen to be back.
    await until('nobody is loaded', async () => {
      const { loadedExperts } = await json<BudgetView>(orchestrator.request('/api/budget'));
      return loadedExperts === 0;
    });
    const metrics = await (await orchestrator.request('/metrics')).text();
    expect(metrics).toContain('orchestrator_evictions_total{expert="small",reason="pause"} 1');
  });

  it('is left as it is by a background request, which waits for free room', async () => {
    const gpu = fakeGpu(8_192);
    await using orchestrator = await start(gpu);
    await orchestrator.load('small');
    await orchestrator.load('big');
    const answer = orchestrator.chat('hello', { model: 'other', orchestrator: { priority: 'background' } });
    await until('it waits', async () => (await orchestrator.expert('other')).queued === 1);
    expect((await orchestrator.expert('big')).state).toBe('ready');
    expect((await orchestrator.expert('small')).state).toBe('ready');
    await orchestrator.post('/api/experts/big/unload');
    expect((await answer).status).toBe(200);
  });

  it('is less when other programs take of it, which is seen and said', async () => {
    const gpu = fakeGpu(8_192);
    await using orchestrator = await start(gpu);
    await orchestrator.load('small');
    gpu.setOthers(6_000);
    const left = await orchestrator.untilState('small', 'stopped');
    expect(left.lastFailure).toBeNull();
    const pool = await until('its memory is seen to be back', async () => {
      const seen = await gpuPool(orchestrator);
      return seen.holders.length === 0 ? seen : undefined;
    });
    expect(pool).toMatchObject({
      foreign: 6_000 * MIB,
      note: expect.stringContaining('other programs hold 5.9 GiB, 5.4 GiB more than the reserve') as string,
    });
    const status = await runCommand(orchestrator.directory, ['status']);
    expect(status.stdout).toContain('gpu0: other programs hold 5.9 GiB');
    const metrics = await (await orchestrator.request('/metrics')).text();
    expect(metrics).toContain('orchestrator_evictions_total{expert="small",reason="overdrawn"} 1');
  });
});
