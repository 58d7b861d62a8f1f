/** Faults, H6: what is revoked while it is in use. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import type { MadeKeyJson } from '../../../src/server/identity/views.ts';
import { fakeExpert } from '../../support/fake-expert.ts';
import { type Orchestrator, startOrchestrator } from '../../support/orchestrator.ts';
import { profileOf } from '../../support/profile.ts';
import { collect } from '../../support/sse.ts';
import { until } from '../../support/wait.ts';

const LONG = '[[tokens=100000]][[rate=50]]';
const one = () => ({ a: fakeExpert({ parallel: 1 }, { settings: { parallel: 1 } }) });

const withKey = (key: string) => ({ headers: { authorization: `Bearer ${key}` } });

async function made(orchestrator: Orchestrator, path: string, body: unknown): Promise<Record<string, unknown>> {
  const response = await orchestrator.post(path, body);
  expect(response.status, path).toBe(201);
  return (await response.json()) as Record<string, unknown>;
}

/** A stream that runs, a request that waits behind it, and a follower of the management routes, all by one key. */
async function busyWith(orchestrator: Orchestrator, key: string) {
  const response = await orchestrator.chat(LONG, { model: 'a', stream: true }, withKey(key));
  expect(response.status).toBe(200);
  const stream = collect(response);
  await until('it runs', async () => (await orchestrator.expert('a')).inFlight === 1);
  const waiting = orchestrator.chat('x', { model: 'a' }, withKey(key));
  await until('the other waits', async () => (await orchestrator.expert('a')).queued === 1);
  return { stream, waiting };
}

async function expectEnded(orchestrator: Orchestrator, { stream, waiting }: Awaited<ReturnType<typeof busyWith>>) {
  const record = await stream;
  expect(record.error).toMatchObject({ code: 'unauthorized', source: 'orchestrator' });
  expect([record.done, record.finishReason], 'nothing is invented').toEqual([false, null]);
  const refused = await waiting;
  expect([refused.status, await refused.json()]).toMatchObject([401, { error: { code: 'unauthorized' } }]);
  await until('the slot is free', async () => (await orchestrator.expert('a')).inFlight === 0);
  expect((await orchestrator.expert('a')).queued).toBe(0);
  await until('the engine has stopped', () =>
    orchestrator.ledger('a').some(({ event, how }) => event === 'end' && how === 'aborted'),
  );
}

describe('H6 revocation', () => {
  it('H6 of a key that an account made: its stream ends with an error frame, who waits leaves the queue, others go on', async () => {
    await using orchestrator = await startOrchestrator({ profile: profileOf(one(), { security: { auth: 'users' } }) });
    await orchestrator.load('a');
    await until('accounts are open', async () => (await orchestrator.request('/api/users')).ok);
    await made(orchestrator, '/api/users', { user: 'ana', password: 'correct horse battery' });
    const revoked = (await made(orchestrator, '/api/users/ana/keys', { name: 'one' })) as unknown as MadeKeyJson;
    const kept = (await made(orchestrator, '/api/users/ana/keys', { name: 'two' })) as unknown as MadeKeyJson;
    const busy = await busyWith(orchestrator, revoked.key);
    const other = orchestrator.chat('[[tokens=3]]', { model: 'a' }, withKey(kept.key));
    await until('it waits as well', async () => (await orchestrator.expert('a')).queued === 2);
    expect((await orchestrator.request(`/api/keys/${revoked.id}`, { method: 'DELETE' })).status).toBe(200);
    await expectEnded(orchestrator, busy);
    expect((await other).status, 'the other key of the same user').toBe(200);
    expect((await orchestrator.chat('x', { model: 'a' }, withKey(revoked.key))).status).toBe(401);

    const again = await busyWith(orchestrator, kept.key);
    const suspended = await orchestrator.request('/api/users/ana', {
      method: 'PATCH',
      body: '{"suspended":true}',
      headers: { 'content-type': 'application/json' },
    });
    expect(suspended.status).toBe(200);
    await expectEnded(orchestrator, again);
  });

  it('H6 of a user who is deleted while streaming; what was used stays as nobody’s', async () => {
    await using orchestrator = await startOrchestrator({ profile: profileOf(one(), { security: { auth: 'users' } }) });
    await orchestrator.load('a');
    await until('accounts are open', async () => (await orchestrator.request('/api/users')).ok);
    await made(orchestrator, '/api/users', { user: 'ana', password: 'correct horse battery' });
    const { key } = (await made(orchestrator, '/api/users/ana/keys', { name: 'one' })) as unknown as MadeKeyJson;
    expect((await orchestrator.chat('x', { model: 'a' }, withKey(key))).status).toBe(200);
    const busy = await busyWith(orchestrator, key);
    expect((await orchestrator.request('/api/users/ana', { method: 'DELETE' })).status).toBe(200);
    await expectEnded(orchestrator, busy);
    const usage = await orchestrator.request('/api/usage?by=user');
    expect(await usage.json()).toMatchObject({ rows: [{ user: '(deleted)', requests: 2, refused: 1 }] });
  });

  it('H6 of a key that a reload takes out of the profile, and a follower of events by it', async () => {
    const key = 'sk-of-the-profile-0123';
    const profile = profileOf(one(), {
      security: {
        auth: 'keys',
        keys: [
          { env: 'ANA_KEY', user: 'ana', admin: true },
          { env: 'BEN_KEY', user: 'ben' },
        ],
      },
    });
    await using orchestrator = await startOrchestrator({
      profile,
      env: { ANA_KEY: key, BEN_KEY: 'sk-other-0123456789' },
    });
    await orchestrator.load('a');
    const busy = await busyWith(orchestrator, key);
    const events = collect(await orchestrator.request('/api/events', withKey(key)));
    const file = join(orchestrator.directory, 'profile.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/ *- env: ANA_KEY\n *user: ana\n *admin: true\n/, ''));
    expect((await orchestrator.post('/api/reload')).status).toBe(200);
    await expectEnded(orchestrator, busy);
    expect((await events).error).toMatchObject({ code: 'unauthorized' });
    expect((await orchestrator.chat('x', { model: 'a' }, withKey('sk-other-0123456789'))).status).toBe(200);
  });
});
