import { describe, expect, it } from 'vitest';

import type { BudgetView, PlanView } from '../../../src/server/views.ts';
import type { Appraisal } from '../../../src/supervisor/appraisal.ts';
import { House } from '../supervisor/house.ts';
import { routesOver } from './cold-house.ts';

const GIB = 2 ** 30;

/** The routes over a house whose budget counts RAM and one GPU, on which the expert takes three of four GiB. */
async function countedRoutes(house: House) {
  const routes = await routesOver(house);
  const parts = [{ pool: 'gpu0', name: 'weights', bytes: 3 * GIB, how: '32 layers' }];
  const appraisal: Appraisal = {
    placements: [
      {
        name: 'gpu0',
        footprint: { gpu0: 3 * GIB, ram: GIB },
        mapped: [],
        parts,
        estimated: true,
        learned: false,
        launch: undefined,
      },
    ],
    asleep: undefined,
    learnedKey: () => undefined,
  };
  const budget = {
    pools: { ram: { capacity: 8 * GIB, reserve: GIB }, gpu0: { capacity: 4 * GIB, reserve: 0 } },
    spillToCpu: 'refuse',
    minResidency: 0,
    maxLoadedExperts: 2,
  } as const;
  house.memory.reconfigure({ budget, appraise: () => Promise.resolve(appraisal), stamp: () => '' }, house.processes);
  // What is known of the files is there a moment later.
  await Promise.resolve();
  return routes;
}

describe('a plan over HTTP', () => {
  it('says what would happen, with the arithmetic, and starts nothing', async () => {
    await using house = await House.open();
    const { post } = await countedRoutes(house);
    const { status, body } = await post('/api/plan', { expert: 'close' });
    expect(status).toBe(200);
    expect(body as unknown as PlanView).toMatchObject({
      expert: 'a',
      action: 'start',
      sentence: expect.stringMatching(/^would start a on gpu0: /) as string,
      placement: { name: 'gpu0', estimated: true, parts: [{ name: 'weights' }] },
      needs: { gpu0: 3 * GIB, ram: GIB },
      pools: [{ id: 'ram' }, { id: 'gpu0', free: 4 * GIB }],
    });
    expect(house.host.engines).toEqual([]);
  });

  it('knows endpoints elsewhere, and says what it does not know', async () => {
    await using house = await House.open();
    const { post } = await countedRoutes(house);
    expect((await post('/api/plan', { expert: 'far' })).body).toMatchObject({ action: 'refuse', placement: null });
    expect(await post('/api/plan', { expert: 'nobody' })).toMatchObject({ status: 404 });
    expect(await post('/api/plan', { model: 'a' })).toMatchObject({ status: 400, body: { error: { param: 'model' } } });
    expect(await post('/api/plan')).toMatchObject({ status: 400, body: { error: { param: 'expert' } } });
  });
});

describe('the budget over HTTP', () => {
  it('has who holds what, predicted beside measured', async () => {
    await using house = await House.open();
    const { call, get, fleet } = await countedRoutes(house);
    await call('POST', '/api/experts/a/load');
    const budget = (await get('/api/budget')).body as unknown as BudgetView;
    expect(budget).toMatchObject({ loadedExperts: 1, maxLoadedExperts: 2, pausedUntil: null });
    expect(budget.pools[1]).toMatchObject({
      id: 'gpu0',
      capacity: 4 * GIB,
      held: 3 * GIB,
      free: GIB,
      holders: [{ expert: 'a', state: 'ready', held: 3 * GIB, predicted: 3 * GIB, measured: null, mapped: 0 }],
    });
    expect((await get('/api/experts/a')).body).toMatchObject({
      footprint: { gpu0: 3 * GIB, ram: GIB },
      pinned: false,
      priority: 5,
      languages: ['en', 'es'],
      fit: { coding: 0.4 },
    });
    expect((await get('/api/experts/far')).body).toMatchObject({ footprint: {}, pinned: false, priority: null });
    await fleet.unload('a', 'a test', true);
  });
});

describe('pins over HTTP', () => {
  it('are kept until they are taken off', async () => {
    await using house = await House.open();
    const { call, get } = await countedRoutes(house);
    expect(await (await call('POST', '/api/experts/close/pin')).json()).toMatchObject({ id: 'a', pinned: true });
    expect((await get('/api/experts/a')).body).toMatchObject({ pinned: true, state: 'stopped' });
    expect(await (await call('POST', '/api/experts/a/unpin')).json()).toMatchObject({ pinned: false });
    const { status } = await call('POST', '/api/experts/far/pin');
    expect(status).toBe(409);
  });
});

describe('a pause over HTTP', () => {
  it('hands the GPU back until it is resumed, and refuses what needs it', async () => {
    await using house = await House.open();
    const { call, get, post } = await countedRoutes(house);
    await call('POST', '/api/experts/a/load');
    const stopped = house.log.next('stopped', 'a');
    expect((await post('/api/pause', { for: '2h' })).body).toMatchObject({
      pausedUntil: new Date(house.clock.wallTime().getTime() + 7_200_000).toISOString(),
      pools: [
        { id: 'ram', paused: false },
        { id: 'gpu0', paused: true, usable: 0, note: expect.stringContaining('handed back') as string },
      ],
    });
    await stopped;
    expect((await post('/api/plan', { expert: 'a' })).body).toMatchObject({
      action: 'refuse',
      reason: expect.stringContaining('orchestrator resume') as string,
      needs: { gpu0: 3 * GIB },
    });
    expect((await post('/api/pause')).body).toMatchObject({ pausedUntil: 'for ever' });
    expect((await post('/api/resume')).body).toMatchObject({ pausedUntil: null });
    expect((await get('/api/budget')).body).toMatchObject({ pools: [{}, { paused: false, usable: 4 * GIB }] });
  });

  it('takes a duration only, and a profile that counts a GPU', async () => {
    await using house = await House.open();
    const { post } = await countedRoutes(house);
    for (const wrong of ['lunch', '0s', 7_200, '']) {
      expect(await post('/api/pause', { for: wrong })).toMatchObject({
        status: 400,
        body: { error: { param: 'for' } },
      });
    }
    await using plain = await House.open();
    const routes = await routesOver(plain);
    expect(await routes.post('/api/pause')).toMatchObject({ status: 409 });
  });
});

describe('unloading all over HTTP', () => {
  it('unloads who is loaded, pinned or not, and names them', async () => {
    await using house = await House.open();
    const { call, post } = await countedRoutes(house);
    expect((await post('/api/unload')).body).toEqual({ experts: [] });
    await call('POST', '/api/experts/a/load');
    await call('POST', '/api/experts/a/pin');
    expect((await post('/api/unload?force=1')).body).toMatchObject({ experts: [{ id: 'a', state: 'stopped' }] });
  });
});
