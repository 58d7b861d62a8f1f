/** Knowledge costs nothing while it is off, and opens behind the proxy while it is on. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { expect, it } from 'vitest';

import type { KnowledgeStatusJson } from '../../../src/server/knowledge/views.ts';
import type { StatsView } from '../../../src/server/views.ts';
import { fakeExpert } from '../../support/fake-expert.ts';
import { type Orchestrator, startOrchestrator } from '../../support/orchestrator.ts';
import { profileOf } from '../../support/profile.ts';
import { until } from '../../support/wait.ts';

const MB = 1_000_000;
const profile = (enabled: boolean) => profileOf({ chat: fakeExpert() }, { knowledge: { enabled } });
const start = (enabled: boolean) => startOrchestrator({ profile: profile(enabled), smallNursery: true });

const hasEngine = ({ pid }: Orchestrator) => readFileSync(`/proc/${pid}/maps`, 'utf8').includes('surrealdb');
const untilOpen = (house: Orchestrator) =>
  until('the documents are open', async () => (await house.request('/api/knowledge/documents')).ok, 30_000);
/** After the garbage of the start is gone. */
const settledRss = async (house: Orchestrator) => {
  const look = async () => ((await (await house.request('/stats')).json()) as StatsView).rssBytes;
  let last = await look();
  return until(
    'its memory is at rest',
    async () => {
      const now = await look();
      const isAtRest = Math.abs(now - last) < MB / 4;
      last = now;
      return isAtRest ? now : undefined;
    },
    20_000,
    1_000,
  );
};

it('is not loaded while it is off; while it is on it opens after the proxy listens, in at most 110 MB', async () => {
  await using off = await start(false);
  await using on = await start(true);
  await untilOpen(on);
  const order = ['"listening on', 'the documents are open'].map((message) => on.output.indexOf(message));
  expect(order[0]).toBeGreaterThan(0);
  expect(order[1]).toBeGreaterThan(order[0] ?? 0);
  expect([hasEngine(off), hasEngine(on)]).toEqual([false, true]);
  const refused = await off.request('/api/knowledge/documents');
  expect([refused.status, await refused.json()]).toMatchObject([404, { error: { code: 'knowledge_off' } }]);
  const [without, withStore] = [await settledRss(off), await settledRss(on)];
  expect(withStore - without, `${without / MB} MB without, ${withStore / MB} MB with it`).toBeLessThan(110 * MB);
});

it('goes on with what it has when a reload switches it off and on again, in the same process', async () => {
  await using house = await start(true);
  await untilOpen(house);
  const added = await house.post('/api/knowledge/documents?wait=30s', { text: 'The code word is zyzzyva.' });
  expect(await added.json()).toMatchObject({ state: 'ready' });
  const search = () => house.post('/api/knowledge/search', { query: 'zyzzyva' });
  const set = async (enabled: boolean) => {
    const response = await house.post('/api/reload', {
      profile: `${house.directory}/profile.yaml`,
      set: [`knowledge.enabled=${enabled}`],
    });
    expect(response.status, await response.text()).toBe(200);
  };
  await set(false);
  expect((await search()).status).toBe(404);
  await set(true);
  await untilOpen(house);
  expect(await (await search()).json()).toMatchObject({ hits: [{ text: 'The code word is zyzzyva.' }] });
  expect((await house.stop()).code).toBe(0);
});

it('says why the store cannot be opened, serves everything else, and opens it as soon as that is mended', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'orchestrator-test-'));
  const inTheWay = join(directory, 'state', 'knowledge', 'store');
  mkdirSync(dirname(inTheWay), { recursive: true, mode: 0o700 });
  writeFileSync(inTheWay, 'a file where the folder should be');
  await using house = await startOrchestrator({ profile: profile(true), directory });
  const status = async () => (await (await house.request('/api/knowledge')).json()) as KnowledgeStatusJson;
  const degraded = await until('it says so', async () => {
    const now = await status();
    return now.state === 'degraded' ? now : undefined;
  });
  expect(degraded.reason).toMatch(/store/);
  const refused = await house.request('/api/knowledge/documents');
  expect([refused.status, await refused.json()]).toMatchObject([503, { error: { code: 'knowledge_unavailable' } }]);
  expect((await house.chat('x')).status).toBe(200);
  rmSync(inTheWay);
  await untilOpen(house);
  expect(await status()).toMatchObject({ state: 'ready', reason: null });
});
