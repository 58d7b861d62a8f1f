/** Limits and usage of a whole orchestrator, over real sockets. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import type { UsageView } from '../../src/server/views.ts';
import { fakeExpert } from '../support/fake-expert.ts';
import { type Orchestrator, startOrchestrator } from '../support/orchestrator.ts';
import { profileOf } from '../support/profile.ts';
import { collect } from '../support/sse.ts';
import { until } from '../support/wait.ts';

const KEYS = { ANA_KEY: 'sk-ana-canary-7f3a', BEN_KEY: 'sk-ben-canary-9c1d', BATCH_KEY: 'sk-batch-canary-22ee' };

const withKeys = (key: keyof typeof KEYS, more: Record<string, string> = {}) => ({
  headers: { authorization: `Bearer ${KEYS[key]}`, ...more },
});

const security = (more: Record<string, unknown> = {}, keys: Record<string, unknown> = {}) => ({
  security: {
    auth: 'keys',
    keys: [
      { env: 'ANA_KEY', user: 'ana', ...keys },
      { env: 'BEN_KEY', user: 'ben' },
      { env: 'BATCH_KEY', user: 'ana', rateLimit: { requestsPerMinute: 1_000 } },
    ],
    ...more,
  },
});

const start = (profile: Record<string, unknown>, more: Record<string, unknown> = {}): Promise<Orchestrator> =>
  startOrchestrator({
    profile: profileOf({ a: fakeExpert({ tokens: 5, parallel: 4 }, { settings: { parallel: 4 } }) }, profile),
    env: KEYS,
    ...more,
  });

const usageOf = async (orchestrator: Orchestrator, query = ''): Promise<UsageView> =>
  (await (await orchestrator.request(`/api/usage${query}`)).json()) as UsageView;

describe('limits', () => {
  it('answers say what is left; beyond it 429 with Retry-After, before the body is looked at; others are not touched', async () => {
    await using orchestrator = await start(security({ rateLimit: { requestsPerMinute: 3, tokensPerMinute: 100_000 } }));
    await orchestrator.load('a');
    for (const left of [2, 1, 0]) {
      const answer = await orchestrator.chat('hello', { model: 'a', stream: left === 1 }, withKeys('ANA_KEY'));
      await answer.text();
      expect(answer.status).toBe(200);
      expect(answer.headers.get('x-ratelimit-limit-requests')).toBe('3');
      expect(answer.headers.get('x-ratelimit-remaining-requests')).toBe(String(left));
      expect(answer.headers.get('x-ratelimit-reset-requests')).toMatch(/^(?:\d+(?:\.\d+)?s|1m0s)$/);
      expect(Number(answer.headers.get('x-ratelimit-remaining-tokens'))).toBeGreaterThan(90_000);
    }
    const refused = await orchestrator.request('/v1/chat/completions', {
      method: 'POST',
      body: 'not json at all',
      ...withKeys('ANA_KEY', { 'content-type': 'application/json' }),
    });
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(refused.headers.get('x-ratelimit-remaining-requests')).toBe('0');
    expect(await refused.json()).toMatchObject({ error: { code: 'rate_limited', type: 'rate_limit_error' } });
    for (const key of ['BEN_KEY', 'BATCH_KEY'] as const)
      expect((await orchestrator.chat('hello', { model: 'a' }, withKeys(key))).status, key).toBe(200);
    const anthropic = await orchestrator.post(
      '/v1/messages',
      { model: 'a', max_tokens: 5, messages: [{ role: 'user', content: 'x' }] },
      withKeys('ANA_KEY'),
    );
    expect([anthropic.status, await anthropic.json()]).toMatchObject([429, { type: 'error' }]);
    for (const path of ['/health', '/healthz', '/metrics', '/api/usage'])
      expect((await orchestrator.request(path, withKeys('ANA_KEY'))).status, path).toBe(200);
    expect((await orchestrator.request('/api/experts')).status, 'nor is management').toBe(200);
    expect((await orchestrator.request('/v1/models', withKeys('ANA_KEY'))).status).toBe(429);
  });

  it('requests at the same time: as many as allowed, and the next when one has ended or its client has left', async () => {
    await using orchestrator = await start(security({ rateLimit: { concurrent: 2 } }));
    await orchestrator.load('a');
    const leave = new AbortController();
    const held = await Promise.all(
      [0, 1].map(() =>
        orchestrator.chat(
          '[[tokens=100000]][[rate=50]]',
          { model: 'a', stream: true },
          { ...withKeys('ANA_KEY'), signal: leave.signal },
        ),
      ),
    );
    expect(held.map(({ status }) => status)).toEqual([200, 200]);
    const refused = await orchestrator.chat('x', { model: 'a' }, withKeys('ANA_KEY'));
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
    expect((await orchestrator.chat('x', { model: 'a' }, withKeys('BEN_KEY'))).status).toBe(200);
    leave.abort();
    await until(
      'the places come free',
      async () => (await orchestrator.chat('x', { model: 'a' }, withKeys('ANA_KEY'))).ok,
    );
  });

  it('users behind one key are limited one by one, whether a header or the body names them', async () => {
    const keys = { actAs: true, rateLimit: { requestsPerMinute: 1_000 } };
    await using orchestrator = await start(security({ rateLimit: { requestsPerMinute: 1 } }, keys));
    await orchestrator.load('a');
    const byHeader = (user: string) =>
      orchestrator.chat('x', { model: 'a' }, withKeys('ANA_KEY', { 'x-openwebui-user-id': user }));
    const byBody = (user: string) => orchestrator.chat('x', { model: 'a', user }, withKeys('ANA_KEY'));
    expect([(await byHeader('u1')).status, (await byHeader('u1')).status]).toEqual([200, 429]);
    expect([(await byBody('u1')).status, (await byBody('u2')).status, (await byBody('u2')).status]).toEqual([
      429, 200, 429,
    ]);
    const { rows } = await usageOf(orchestrator, '?by=user');
    expect(rows).toMatchObject([
      { user: 'ana/u1', requests: 1, refused: 2 },
      { user: 'ana/u2', requests: 1, refused: 1 },
    ]);
  });

  it('limits an address where nobody has a key', async () => {
    await using orchestrator = await start({ security: { rateLimit: { perAddress: 2 } } });
    await orchestrator.load('a');
    const statuses = [];
    for (let index = 0; index < 3; index += 1) statuses.push((await orchestrator.chat('x', { model: 'a' })).status);
    expect(statuses).toEqual([200, 200, 429]);
    expect((await usageOf(orchestrator)).kept).toBe(false);
  });

  it('where nothing is limited and nobody has to say who they are, there is nothing of it, until a reload asks for it', async () => {
    await using orchestrator = await start({});
    await orchestrator.load('a');
    const answer = await orchestrator.chat('x', { model: 'a' });
    await answer.text();
    expect([...answer.headers.keys()].filter((name) => name.startsWith('x-ratelimit'))).toEqual([]);
    expect(await (await orchestrator.request('/metrics')).text()).not.toContain('orchestrator_users_active');
    expect(existsSync(join(orchestrator.stateDir, 'usage'))).toBe(false);
    const file = join(orchestrator.directory, 'profile.yaml');
    writeFileSync(file, `${readFileSync(file, 'utf8')}\nsecurity: { rateLimit: { requestsPerMinute: 1 } }\n`);
    expect((await orchestrator.post('/api/reload')).status).toBe(200);
    expect((await orchestrator.chat('x', { model: 'a' })).status).toBe(200);
    expect((await orchestrator.chat('x', { model: 'a' })).status).toBe(429);
  });
});

describe('usage', () => {
  it('is kept by day, user, key and expert, also of what failed or left early; shown to each their own; and survives a restart', async () => {
    const profile = security({}, { budget: { requestsPerDay: 4 } });
    const orchestrator = await start(profile);
    await orchestrator.load('a');
    const ask = (fields: Record<string, unknown> = {}, text = 'hello') =>
      orchestrator.chat(text, { model: 'a', ...fields }, withKeys('ANA_KEY'));
    const answer = (await (await ask()).json()) as { usage: { prompt_tokens: number; completion_tokens: number } };
    expect((await collect(await ask({ stream: true }))).done).toBe(true);
    const leave = new AbortController();
    const left = await orchestrator.chat(
      '[[tokens=100000]][[rate=50]]',
      { model: 'a', stream: true },
      { ...withKeys('ANA_KEY'), signal: leave.signal },
    );
    let events = 0;
    await collect(left, () => {
      events += 1;
      if (events === 20) leave.abort();
    });
    expect((await ask({ model: 'nobody' })).status).toBe(404);
    expect((await orchestrator.chat('x', { model: 'a' }, withKeys('BEN_KEY'))).status).toBe(200);
    const [row] = await until('what left is counted', async () => {
      const { rows } = await usageOf(orchestrator, '?user=ana&by=user,key');
      return rows[0]?.requests === 3 ? rows : undefined;
    });
    expect(row).toMatchObject({ user: 'ana', key: 'ANA_KEY', requests: 3, refused: 1 });
    expect(row?.generatedTokens).toBeGreaterThanOrEqual(answer.usage.completion_tokens + 15);
    expect(row?.promptTokens).toBeGreaterThan(answer.usage.prompt_tokens);
    expect(row?.engineMs).toBeGreaterThan(300);

    const own = await orchestrator.request('/api/usage?by=user', withKeys('BEN_KEY'));
    expect(await own.json()).toMatchObject({ rows: [{ user: 'ben', requests: 1 }], totals: { requests: 1 } });
    expect((await orchestrator.request('/api/usage?user=ana', withKeys('BEN_KEY'))).status).toBe(403);
    const csv = await orchestrator.request('/api/usage?by=user,expert&format=csv');
    expect(csv.headers.get('content-type')).toContain('text/csv');
    expect(await csv.text()).toMatch(
      /^user,expert,requests,refused,promptTokens,generatedTokens,engineMs\r\nana,,0,1,0,0,0\r\nana,a,3,/,
    );

    const metrics = await (await orchestrator.request('/metrics')).text();
    expect(metrics).toContain('orchestrator_users_active');
    for (const name of [
      'ana',
      'ben',
      'ANA_KEY',
      ...Object.values(KEYS),
      ...Object.values(KEYS).map((key) => key.slice(0, 8)),
    ])
      expect(metrics, name).not.toMatch(new RegExp(`\\b${name}\\b`));

    expect((await ask()).status, 'the fourth of the day').toBe(200);
    const refused = await ask();
    expect([refused.status, await refused.json()]).toMatchObject([429, { error: { code: 'budget_exhausted' } }]);
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(86_400);
    orchestrator.child.kill('SIGTERM');
    await orchestrator.ended;

    const [month] = new Date().toISOString().split(/-\d\dT/);
    const file = join(orchestrator.stateDir, 'usage', `${month}.jsonl`);
    writeFileSync(file, `${readFileSync(file, 'utf8')}half a li`);
    await using again = await start(profile, { directory: orchestrator.directory });
    const { rows } = await usageOf(again, '?user=ana&by=user');
    expect(rows).toMatchObject([{ user: 'ana', requests: 4, refused: 2 }]);
    expect((await again.chat('x', { model: 'a' }, withKeys('ANA_KEY'))).status, 'the budget goes on').toBe(429);
    expect(again.output).toContain('set aside');
  });
});
