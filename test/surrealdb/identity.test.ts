/** Faults, L2 and H6: accounts on a server that goes away, and that two orchestrators share. */
import { expect, it, onTestFinished } from 'vitest';

import type { IdentityJson, KeyJson, MadeKeyJson } from '../../src/server/identity/views.ts';
import { fakeExpert } from '../support/fake-expert.ts';
import { type Orchestrator, startOrchestrator } from '../support/orchestrator.ts';
import { profileOf } from '../support/profile.ts';
import { startSurrealServer } from '../support/surrealdb-server.ts';
import { until } from '../support/wait.ts';

async function houses() {
  const server = await startSurrealServer();
  onTestFinished(() => server.stop());
  const { url, namespace, database, username, password } = server.place;
  const store = { url, namespace, database, userEnv: 'STORE_USER', passwordEnv: 'STORE_PASSWORD' };
  const profile = profileOf({ a: fakeExpert() }, { knowledge: { store }, security: { auth: 'users' } });
  const start = () => startOrchestrator({ profile, env: { STORE_USER: username, STORE_PASSWORD: password } });
  return { server, start };
}

async function keyOf(house: Orchestrator, user: string): Promise<MadeKeyJson> {
  expect((await house.post('/api/users', { user })).status).toBe(201);
  const made = await house.post(`/api/users/${user}/keys`);
  expect(made.status).toBe(201);
  return (await made.json()) as MadeKeyJson;
}

const chat = async ({ url }: Orchestrator, key: string): Promise<number> => {
  const response = await fetch(new URL('/v1/chat/completions', url), {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ messages: [{ role: 'user', content: 'x' }] }),
  });
  await response.text();
  return response.status;
};

it('L2 who is known is served when the database is frozen, and what is changed is refused in time', async () => {
  const { server, start } = await houses();
  await using house = await start();
  const { key, id } = await keyOf(house, 'ana');
  expect(await chat(house, key)).toBe(200);
  server.process.kill('SIGSTOP');
  const identity = async () => (await (await house.request('/api/identity')).json()) as IdentityJson;
  await until('it is noticed', async () => (await identity()).reason !== null, 60_000, 200);
  expect(await identity()).toMatchObject({ state: 'ready', accounts: 1 });
  expect(await chat(house, key)).toBe(200);
  const refused = await house.request(`/api/keys/${id}`, { method: 'DELETE' });
  expect(refused.status).toBe(503);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  server.process.kill('SIGCONT');
  await until('it is back', async () => (await identity()).reason === null, 60_000, 200);
  expect((await house.request(`/api/keys/${id}`, { method: 'DELETE' })).status).toBe(200);
  expect(await chat(house, key)).toBe(401);
});

it('H6 a key that is revoked at one orchestrator is dead at the other within seconds', async () => {
  const { start } = await houses();
  await using here = await start();
  await using there = await start();
  const { key, id } = await keyOf(here, 'ana');
  await until('it is known there', async () => (await chat(there, key)) === 200, 30_000, 200);
  const revoked = await here.request(`/api/keys/${id}`, { method: 'DELETE' });
  expect(((await revoked.json()) as KeyJson).revoked).not.toBeNull();
  expect(await chat(here, key)).toBe(401);
  await until('it is dead there', async () => (await chat(there, key)) === 401, 30_000, 200);
});
