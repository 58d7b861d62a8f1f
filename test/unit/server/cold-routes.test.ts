import { describe, expect, it } from 'vitest';

import { remote as remoteAdapter } from '../../../src/engines/remote.ts';
import { INFERENCE_PATHS } from '../../../src/engines/routes.ts';
import { NOBODY } from '../../../src/server/identity/authenticator.ts';
import { createDocumentApp } from '../../../src/server/knowledge/document-app.ts';
import { createIdentityApp } from '../../../src/server/identity/identity-app.ts';
import { createMemoryApp } from '../../../src/server/memory/memory-app.ts';
import { createStoreApp } from '../../../src/server/store-app.ts';
import { findPolicy, POLICIES } from '../../../src/server/policy.ts';
import type { ReloadRequest } from '../../../src/server/reload.ts';
import type { ReloadView } from '../../../src/server/views.ts';
import { RemoteExpert } from '../../../src/supervisor/remote-expert.ts';
import { House } from '../supervisor/house.ts';
import { ADMIN, routesOver } from './cold-house.ts';

describe('every route', () => {
  it('has a policy, and every policy a route', async () => {
    await using house = await House.open();
    const { app, options } = await routesOver(house);
    const all = [
      ...app.routes,
      ...createDocumentApp(options).routes,
      ...createMemoryApp(options).routes,
      ...createIdentityApp(options).routes,
      ...createStoreApp(options).routes,
    ];
    const routes = new Set([
      ...INFERENCE_PATHS,
      ...all.filter(({ method }) => method !== 'ALL').map(({ path }) => path),
    ]);
    expect([...routes].sort()).toEqual(Object.keys(POLICIES).sort());
  });

  it('is found by the path as it was sent, and nothing else is', () => {
    expect(findPolicy('/health')).toBe('public');
    expect(findPolicy('/v1/models/org%2Fphi')).toBe('user');
    expect(findPolicy('/api/experts/a/logs')).toBe('admin');
    expect(findPolicy('/api/users/web%2F..%2e')).toBe('admin');
    for (const path of [
      '/',
      '/health/',
      '//health',
      '/v1/../health',
      '/v1/models/',
      '/v1/models/a/b',
      '/api/experts/:id/x',
      '/api/experts//load',
      '/api/experts/a/load/x',
      '/__proto__',
      'toString',
      '/HEALTH',
      '/%68ealth',
      // What a URL is read as: `/v1/files`, with the rights at `/v1/vector_stores/:id/files`.
      '/v1/vector_stores/../files',
      '/v1/vector_stores/%2e%2E/files',
      '/v1/vector_stores/x\\..\\..\\files',
      '/api/memory/search#/approve',
      '/api/memory/%2e',
    ]) {
      expect(findPolicy(path), path).toBeUndefined();
    }
  });
});

describe('monitoring', () => {
  it('tells strangers that it lives, and those it knows what lives here', async () => {
    await using house = await House.open();
    const { get, call } = await routesOver(house);
    expect(await get('/health', NOBODY)).toMatchObject({
      status: 200,
      body: { status: 'ok', version: '1.2.3', experts: {} },
    });
    expect((await get('/health')).body['experts']).toEqual({ a: 'stopped', far: 'failed' });
    expect(await (await call('GET', '/healthz')).text()).toBe('ok');
    expect((await call('GET', '/readyz')).status).toBe(200);
    expect((await get('/stats')).body).toMatchObject({
      requests: { total: 0, active: 4, queued: 0, failed: 0 },
      url: 'http://127.0.0.1:1',
    });
  });

  it('says that it is stopping', async () => {
    await using house = await House.open();
    const { get, call, fleet } = await routesOver(house);
    await fleet.close(0);
    expect(await get('/health')).toMatchObject({ status: 503, body: { status: 'stopping' } });
    expect((await call('GET', '/readyz')).status).toBe(503);
    expect((await call('GET', '/healthz')).status, 'alive all the same').toBe(200);
  });

  it('merges the metrics of running engines, with the expert as a label', async () => {
    await using house = await House.open();
    const { call } = await routesOver(house);
    const text = await (await call('GET', '/metrics')).text();
    expect(text).toContain('# TYPE orchestrator_requests_total counter');
  });
});

describe('the list of models', () => {
  it('has auto, every expert and every variant, and starts nothing', async () => {
    await using house = await House.open();
    const { get } = await routesOver(house);
    const { body } = await get('/v1/models');
    const data = body['data'] as Record<string, unknown>[];
    expect(data.map(({ id }) => id)).toEqual(['auto', 'a', 'a:long', 'far']);
    expect(body).toMatchObject({ object: 'list', has_more: false, first_id: 'auto', last_id: 'far' });
    expect(data[1]).toEqual({
      id: 'a',
      object: 'model',
      type: 'model',
      created: 1_000,
      created_at: new Date(1_000_000).toISOString(),
      owned_by: 'fake',
      display_name: 'a',
      description: 'In memory',
      expert: 'a',
      task: 'generate',
      context_length: 1_024,
      modalities: { input: ['text', 'image'], output: ['text'] },
      tools: true,
      languages: ['en', 'es'],
      domains: { coding: 0.4 },
      state: 'stopped',
    });
    expect(data[3]).toMatchObject({ owned_by: 'remote', state: 'failed' });
    expect(house.host.engines).toEqual([]);
  });

  it('answers for one by id or alias', async () => {
    await using house = await House.open();
    const { get } = await routesOver(house);
    expect((await get('/v1/models/a:long')).body).toMatchObject({ id: 'a:long', expert: 'a' });
    expect((await get('/v1/models/close')).body).toMatchObject({ id: 'a' });
    expect(await get('/v1/models/nobody')).toMatchObject({ status: 404, body: { error: { code: 'model_not_found' } } });
  });
});

describe('management', () => {
  it('loads and unloads', async () => {
    await using house = await House.open();
    const { call, get, process } = await routesOver(house);
    const loaded = await call('POST', '/api/experts/close/load');
    expect(await loaded.json()).toMatchObject({ id: 'a', state: 'ready', pid: process.pid, starts: 1, build: 'b1' });
    expect((await get('/api/experts')).body['experts']).toHaveLength(2);
    expect(await (await call('POST', '/api/experts/a/unload?force=1')).json()).toMatchObject({
      state: 'stopped',
      pid: null,
    });
    expect((await call('POST', '/api/experts/far/unload')).status).toBe(409);
    expect((await call('POST', '/api/experts/nobody/load')).status).toBe(404);
  });

  it('says why a load failed', async () => {
    await using house = await House.open();
    house.host.habits.startsDead = { code: 1, signal: null, oomKilled: false, says: 'error loading model: nonsense' };
    const { call, get } = await routesOver(house);
    const response = await call('POST', '/api/experts/a/load');
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('1');
    expect((await get('/api/experts/a')).body).toMatchObject({
      state: 'failed',
      lastFailure: {
        class: 'model_format',
        exitCode: 1,
        tail: expect.arrayContaining(['error loading model: nonsense']) as string[],
      },
    });
    expect((await get('/api/experts/far')).body).toMatchObject({
      kind: 'remote',
      state: 'failed',
      lastFailure: { class: 'refused', at: new Date(5_000).toISOString() },
    });
  });

  it('shows logs, so many lines', async () => {
    await using house = await House.open();
    const { call, process, log } = await routesOver(house);
    for (const line of ['one', 'two', 'three']) process.log.write(line);
    log.push('of the house');
    expect(await (await call('GET', '/api/experts/a/logs?n=2')).text()).toBe('two\nthree\n');
    expect(await (await call('GET', '/api/experts/a/logs?n=0')).text()).toBe('');
    expect(await (await call('GET', '/api/experts/a/logs?n=nonsense')).text()).toBe('');
    expect(await (await call('GET', '/api/logs')).text()).toBe('of the house\n');
    expect((await call('GET', '/api/experts/far/logs')).status).toBe(409);
  });

  it('follows events until the reader leaves, and keeps nobody’s place', async () => {
    await using house = await House.open();
    const { call, bus } = await routesOver(house);
    const response = await call('GET', '/api/events');
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader?.read())?.value).toBe(': following\n\n');
    bus.publish({ type: 'reload', at: '', ok: true, message: 'hello' });
    expect((await reader?.read())?.value).toBe(
      'event: reload\ndata: {"type":"reload","at":"","ok":true,"message":"hello"}\n\n',
    );
    await reader?.cancel();
  });

  it('stops on request, and answers first', async () => {
    await using house = await House.open();
    const { call, shutdown } = await routesOver(house);
    expect((await call('POST', '/api/shutdown?drainMs=500')).status).toBe(202);
    await call('POST', '/api/shutdown');
    expect(shutdown.mock.calls).toEqual([[500], [undefined]]);
  });

  it('answers a wrong method with 405, and a defect with 500 without its details', async () => {
    await using house = await House.open();
    const { call } = await routesOver(house);
    expect((await call('DELETE', '/api/experts')).status).toBe(405);
    const response = await call('POST', '/api/reload');
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('a defect in the reload');
    expect(house.logger.messages).toContain('a route met a defect');
  });
});

describe('POST /api/reload', () => {
  const view: ReloadView = {
    generation: 2,
    profile: 'demo',
    file: '/demo.yaml',
    kept: [],
    updated: [],
    replaced: [],
    added: [],
    removed: [],
    notes: [],
  };
  async function routes(house: House) {
    const asked: (ReloadRequest | undefined)[] = [];
    const reload = (request?: ReloadRequest) => {
      asked.push(request);
      return Promise.resolve(view);
    };
    const { app } = await routesOver(house, { reload });
    const post = async (body: object | undefined, token = 'a key of the profile') => {
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${token.replaceAll(' ', '-')}` };
      const init = { method: 'POST', headers, ...(body && { body: JSON.stringify(body) }) };
      const response = await app.request('/api/reload', init, { identity: ADMIN, requestId: 'r1' });
      const { error } = (await response.json()) as { error?: { code: string; message: string } };
      return { status: response.status, code: error?.code, message: error?.message };
    };
    return { post, asked };
  }

  it('reads the profile that runs again, or one that is kept on the machine by its name', async () => {
    await using house = await House.open();
    const { post, asked } = await routes(house);
    for (const body of [undefined, {}, { profile: 'small' }]) expect(await post(body)).toMatchObject({ status: 200 });
    expect(asked).toEqual([{}, {}, { choice: { profile: 'small', set: [] } }]);
  });

  it('takes files and settings from who holds the token of this run, and from no other administrator', async () => {
    await using house = await House.open();
    const { post, asked } = await routes(house);
    const bodies = [{ profile: '/srv/mine.yaml' }, { profile: 'small', set: ['queue.length=1'] }];
    for (const body of bodies) expect(await post(body)).toMatchObject({ status: 403, code: 'forbidden' });
    expect(await post({ profile: 'a-file-of-the-working-directory' })).toMatchObject({
      status: 400,
      code: 'profile_invalid',
      message: expect.stringContaining('demo, small') as string,
    });
    expect(asked).toEqual([]);
    for (const body of bodies) expect((await post(body, 'the-run-token')).status).toBe(200);
    expect(asked).toMatchObject([{ choice: { profile: '/srv/mine.yaml' } }, { choice: { set: ['queue.length=1'] } }]);
  });

  it.each([
    ['a file that is relative to nothing', { profile: './mine.yaml' }],
    ['no name at all', { profile: '' }],
    ['settings without a profile', { set: ['a=1'] }],
    ['settings that are no texts', { profile: 'demo', set: [{ a: 1 }] }],
    ['a field that it does not know', { profil: 'demo' }],
  ])('refuses %s', async (_what, body) => {
    await using house = await House.open();
    const { post, asked } = await routes(house);
    expect(await post(body, 'the-run-token')).toMatchObject({ status: 400, code: 'invalid_request' });
    expect(asked).toEqual([]);
  });
});

describe('a remote without its key', () => {
  it('is never asked', async () => {
    await using house = await House.open();
    const { fleet, far } = await routesOver(house);
    expect(fleet.tryAcquire('far')).toBeUndefined();
    await expect(fleet.acquire('far', new AbortController().signal)).rejects.toMatchObject({
      code: 'expert_failed',
      message: expect.stringContaining('FAR_KEY') as string,
    });
    const keyed = new RemoteExpert(far, remoteAdapter, { FAR_KEY: 'k' }, new Date());
    const lease = keyed.tryEnter();
    expect(lease?.upstream).toMatchObject({ origin: 'http://127.0.0.1:9', headers: { authorization: 'Bearer k' } });
    const closed = keyed.close(600_000);
    keyed.hurry();
    await closed;
  });
});
