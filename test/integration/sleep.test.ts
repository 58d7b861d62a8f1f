/** Sleep levels: an idle engine gives its memory back without ending, is woken by a request, and is never asked while it sleeps. */
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { readLedger } from '../support/fake-expert.ts';
import { fakeVllm } from '../support/fake-vllm.ts';
import { type Orchestrator, startOrchestrator } from '../support/orchestrator.ts';
import { environmentOf, kill, untilNoneMarked } from '../support/processes.ts';
import { until } from '../support/wait.ts';

async function house(experts: (fake: ReturnType<typeof fakeVllm>) => Record<string, unknown>, profile = {}) {
  const fake = fakeVllm();
  return startOrchestrator({
    directory: fake.directory,
    env: fake.env,
    profile: { experts: experts(fake), ...profile },
  });
}

const ledgerOf = (orchestrator: Orchestrator, id: string) => readLedger(join(orchestrator.directory, `${id}.ledger`));
const eventsOf = (orchestrator: Orchestrator, id: string) => ledgerOf(orchestrator, id).map(({ event }) => event);

describe('an engine that sleeps', () => {
  it('is put to sleep when idle, and woken by a request', async () => {
    await using orchestrator = await house((fake) => ({ a: fake.expert('a') }));
    const { pid } = await orchestrator.load('a');
    await orchestrator.untilState('a', 'sleeping');
    expect(await orchestrator.expert('a')).toMatchObject({ pid, unloadsAt: null, starts: 1 });

    const answer = await orchestrator.chat('good morning', { model: 'a' });
    expect(answer.status, await answer.clone().text()).toBe(200);
    expect(await orchestrator.expert('a')).toMatchObject({ pid, starts: 1, crashes: 0 });
    await orchestrator.untilState('a', 'sleeping');
    const urls = ledgerOf(orchestrator, 'a').flatMap(({ event, url }) => (event === 'sleep' ? [url] : []));
    expect(urls[0]).toBe('/sleep?level=1');
    expect(eventsOf(orchestrator, 'a')).not.toContain('disturbed');

    expect((await orchestrator.post('/api/experts/a/load')).status).toBe(200);
    expect((await orchestrator.post('/api/experts/a/unload')).status).toBe(200);
    await orchestrator.untilState('a', 'stopped');
    await untilNoneMarked(join(orchestrator.directory, 'a-model'));
  });

  it('wakes from level 2 by reading its weights again', async () => {
    await using orchestrator = await house((fake) => ({ a: fake.expert('a', {}, { sleep: 'level2' }) }));
    await orchestrator.load('a');
    await orchestrator.untilState('a', 'sleeping');
    expect((await orchestrator.chat('hello', { model: 'a' })).status).toBe(200);
    const turns = ledgerOf(orchestrator, 'a').filter(({ event }) => ['sleep', 'wake', 'rpc'].includes(event));
    expect(turns.slice(0, 4).map(({ url }) => url)).toEqual([
      '/sleep?level=2',
      '/wake_up?tags=weights',
      '/collective_rpc',
      '/wake_up?tags=kv_cache',
    ]);
  });

  it('serves those who come while it falls asleep or wakes, and is disturbed by none', async () => {
    await using orchestrator = await house((fake) => ({ a: fake.expert('a', { 'turn-ms': 150 }) }));
    await orchestrator.load('a');
    for (let round = 0; round < 3; round += 1) {
      await until('it turns', async () => (await orchestrator.expert('a')).state === 'sleeping');
      const answers = await Promise.all([1, 2, 3, 4].map(() => orchestrator.chat('hello', { model: 'a' })));
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    }
    expect(eventsOf(orchestrator, 'a')).not.toContain('disturbed');
    expect(await orchestrator.expert('a')).toMatchObject({ starts: 1, crashes: 0 });
  });

  it('leaves its room to another, and asks for it again to wake', async () => {
    await using orchestrator = await house((fake) => ({ a: fake.expert('a'), b: fake.expert('b') }), {
      budget: { maxLoadedExperts: 1 },
    });
    await orchestrator.load('a');
    await orchestrator.untilState('a', 'sleeping');
    await orchestrator.load('b');
    expect(await orchestrator.expert('a')).toMatchObject({ state: 'sleeping' });
    expect((await orchestrator.chat('hello', { model: 'a' })).status).toBe(200);
    expect((await orchestrator.expert('a')).starts).toBe(1);
    expect(['sleeping', 'stopping', 'stopped', 'draining']).toContain((await orchestrator.expert('b')).state);
  });

  it('is unloaded where it refuses to sleep, or only says that it does', async () => {
    await using orchestrator = await house((fake) => ({
      a: fake.expert('a', { 'sleep-refused': true }),
      b: fake.expert('b', { 'sleep-lies': true }),
    }));
    await Promise.all([orchestrator.load('a'), orchestrator.load('b')]);
    await Promise.all([orchestrator.untilState('a', 'stopped'), orchestrator.untilState('b', 'stopped')]);
    expect(await orchestrator.expert('a')).toMatchObject({ crashes: 0 });
  });

  it('is replaced where it does not wake up', async () => {
    await using orchestrator = await house((fake) => ({ a: fake.expert('a', { 'wake-refused': true }) }));
    const { pid } = await orchestrator.load('a');
    await orchestrator.untilState('a', 'sleeping');
    const answer = await orchestrator.chat('hello', { model: 'a' });
    // Nobody has accepted it: it may be sent again as it is.
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ error: { code: 'expert_backing_off' } });
    expect((await orchestrator.expert('a')).lastFailure).toMatchObject({ class: 'unresponsive' });
    await orchestrator.load('a');
    expect((await orchestrator.expert('a')).pid).not.toBe(pid);
  });

  it('is noticed when it dies in its sleep', async () => {
    await using orchestrator = await house((fake) => ({ a: fake.expert('a') }));
    const { pid } = await orchestrator.load('a');
    await orchestrator.untilState('a', 'sleeping');
    kill(pid ?? 0);
    await orchestrator.untilState('a', 'backoff');
    expect((await orchestrator.expert('a')).lastFailure).toMatchObject({ class: 'killed' });
    await orchestrator.load('a');
  });

  it('shows its state, and its development routes to nobody', async () => {
    await using orchestrator = await house((fake) => ({ a: fake.expert('a') }));
    const { pid } = await orchestrator.load('a');
    expect(environmentOf(pid ?? 0)).toMatchObject({ VLLM_SERVER_DEV_MODE: '1', SPT_NOENV: '1', HF_HUB_OFFLINE: '1' });
    await orchestrator.untilState('a', 'sleeping');
    expect(await (await orchestrator.request('/metrics')).text()).toMatch(
      /orchestrator_expert_state\{expert="a",state="sleeping"\} 1/,
    );
    for (const path of ['/sleep', '/wake_up', '/is_sleeping', '/collective_rpc', '/v1/sleep', '/server_info']) {
      for (const method of ['GET', 'POST']) {
        const { status } = await orchestrator.request(path, { method, ...(method === 'POST' ? { body: '{}' } : {}) });
        expect([path, status]).toEqual([path, 404]);
      }
    }
    expect(eventsOf(orchestrator, 'a').filter((event) => event === 'rpc')).toEqual([]);
    expect((await orchestrator.expert('a')).state).toBe('sleeping');
  });
});
