/** Faults, L2: the whole orchestrator, and a database that goes away under it. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it, onTestFinished } from 'vitest';

import type { KnowledgeStatusJson } from '../../src/server/knowledge/views.ts';
import { fakeExpert } from '../support/fake-expert.ts';
import { startOrchestrator } from '../support/orchestrator.ts';
import { profileOf } from '../support/profile.ts';
import { startSurrealServer } from '../support/surrealdb-server.ts';
import { until } from '../support/wait.ts';

it('L2 inference goes on when the database is killed, knowledge says that it is degraded, and both are back with it', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'orchestrator-surrealdb-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  let server = await startSurrealServer({ directory });
  onTestFinished(() => server.stop());
  const { url, namespace, database, username, password } = server.place;
  const store = { url, namespace, database, userEnv: 'STORE_USER', passwordEnv: 'STORE_PASSWORD' };
  const profile = profileOf(
    { chat: fakeExpert(), vectors: fakeExpert({}, { settings: { task: 'embed' } }) },
    { knowledge: { enabled: true, embedding: 'vectors', store } },
  );
  await using house = await startOrchestrator({ profile, env: { STORE_USER: username, STORE_PASSWORD: password } });
  const documents = () => house.request('/api/knowledge/documents');
  const isBack = () => until('the documents are there', async () => (await documents()).ok, 60_000, 100);
  const status = async () => (await (await house.request('/api/knowledge')).json()) as KnowledgeStatusJson;
  const search = () => house.post('/api/knowledge/search', { query: 'zyzzyva' });
  const add = (text: string) => house.post('/api/knowledge/documents?wait=30s', { text });

  await isBack();
  expect(await (await add('The code word is zyzzyva.')).json()).toMatchObject({ state: 'ready' });
  expect(await (await search()).json()).toMatchObject({ hits: [{ text: 'The code word is zyzzyva.' }] });
  expect(await status()).toMatchObject({ state: 'ready', store: { kind: 'server' } });

  server.process.kill('SIGKILL');
  await until('it says so', async () => (await status()).state === 'degraded');
  const startedAt = performance.now();
  expect((await house.chat('x', { model: 'chat', orchestrator: { knowledge: true } })).status).toBe(200);
  expect((await search()).status).toBe(503);
  const refused = await add('Nobody keeps this.');
  expect([refused.status, await refused.json()]).toMatchObject([503, { error: { code: 'knowledge_unavailable' } }]);
  expect(performance.now() - startedAt, 'nobody waits for a database that is away').toBeLessThan(20_000);
  expect(readdirSync(join(house.stateDir, 'knowledge', 'spool'))).toEqual([]);

  server = await startSurrealServer({ directory, port: server.port });
  await isBack();
  expect(await (await search()).json()).toMatchObject({ hits: [{ text: 'The code word is zyzzyva.' }] });
  expect(await (await add('Somebody keeps this.')).json()).toMatchObject({ state: 'ready' });
  expect(house.output).not.toContain(password);
});
