/** Faults, I6: a machine that goes down while it reads documents, again and again, at any moment. */
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import type { DocumentJson, DocumentListJson, SearchJson } from '../../../src/server/knowledge/views.ts';
import { delay } from '../../../src/shared/clock.ts';
import { fakeExpert } from '../../support/fake-expert.ts';
import { type Orchestrator, startOrchestrator } from '../../support/orchestrator.ts';
import { profileOf } from '../../support/profile.ts';
import { times } from '../../support/skip.ts';
import { until } from '../../support/wait.ts';

const profile = profileOf(
  { chat: fakeExpert(), vectors: fakeExpert({}, { settings: { task: 'embed' } }) },
  { knowledge: { enabled: true, embedding: 'vectors', chunkTokens: 60 } },
);

/** A word of its own for each document, in its first passage and in its last. */
const wordOf = (number: number) => `word${createHash('sha256').update(String(number)).digest('hex').slice(0, 10)}`;

/** From a few passages to some thousand. */
function textOf(number: number): string {
  const length = [3, 40, 400, 1_500][number % 4] ?? 3;
  const body = Array.from(
    { length },
    (_, index) => `Sentence ${index} of document ${number}, on kestrels and walnuts.`,
  );
  return [`Begins with ${wordOf(number)}.`, ...body, `Ends with ${wordOf(number)}.`].join('\n\n');
}

const api = async (house: Orchestrator, path: string, body?: unknown, method?: string): Promise<Response> => {
  const response = await house.request(`/api/knowledge${path}`, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  if (response.status >= 500) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response;
};

const untilOpen = (house: Orchestrator) =>
  until('the documents are open', async () => (await api(house, '/documents?limit=1')).ok, 30_000, 30);

async function everything(house: Orchestrator): Promise<DocumentJson[]> {
  const documents: DocumentJson[] = [];
  let after: string | null = null;
  do {
    const page = (await (
      await api(house, `/documents?limit=200${after === null ? '' : `&after=${after}`}`)
    ).json()) as DocumentListJson;
    documents.push(...page.documents);
    after = page.next;
  } while (after !== null);
  return documents;
}

describe('I6 interrupted ingestion', () => {
  it(
    `I6 converges after ${times(6, 50)} kills at random moments: what was accepted is whole, once, found and embedded; what was removed is gone`,
    async () => {
      let house = await startOrchestrator({ profile });
      onTestFinished(async () => house[Symbol.asyncDispose]());
      const accepted = new Map<number, string>();
      const removed = new Set<number>();
      const surelyRemoved = new Set<number>();
      let recoveries = 0;
      let next = 0;
      for (let kill = 0; kill < times(6, 50); kill += 1) {
        await untilOpen(house);
        const running = house;
        const over = new AbortController();
        const feed = async () => {
          while (!over.signal.aborted) {
            const number = next++;
            const response = await api(running, '/documents', { text: textOf(number) });
            const { id } = (await response.json()) as DocumentJson;
            accepted.set(number, id);
            // Some are removed again while they are read.
            if (number % 5 !== 4) continue;
            removed.add(number);
            await api(running, `/documents/${id}`, undefined, 'DELETE');
            surelyRemoved.add(number);
          }
        };
        // The connection breaks with the process: whatever was not answered was not promised.
        const feeding = feed().catch(() => undefined);
        await delay(Math.random() * 700);
        await running.killHard();
        over.abort();
        await feeding;
        house = await startOrchestrator({ profile, directory: running.directory });
        await untilOpen(house);
        if (house.output.includes('not read yet are read again')) recoveries += 1;
      }
      expect(recoveries, 'some kills came while documents were read').toBeGreaterThan(0);
      const documents = await until(
        'all are read and embedded',
        async () => {
          const all = await everything(house);
          const isDone = ({ state, embedded, chunks }: DocumentJson) => state !== 'queued' && embedded === chunks;
          return all.every(isDone) ? all : undefined;
        },
        240_000,
        200,
      );
      expect(documents.filter(({ state }) => state !== 'ready')).toEqual([]);
      const byId = new Map(documents.map((document) => [document.id, document]));
      // One row for each text: also of those whose acknowledgement was lost with the connection.
      expect(new Set(documents.map(({ sha256 }) => sha256)).size).toBe(documents.length);
      const lost = [...accepted].filter(([number, id]) => !removed.has(number) && !byId.has(id));
      expect(lost, 'what was accepted is there').toEqual([]);
      const undead = [...surelyRemoved].filter((number) => byId.has(accepted.get(number) ?? ''));
      expect(undead, 'what was removed is gone').toEqual([]);
      expect(accepted.size).toBeGreaterThan(times(6, 50));

      let passages = 0;
      for (const [number, id] of accepted) {
        const document = byId.get(id);
        if (!document) continue;
        passages += document.chunks;
        const text = await (await api(house, `/documents/${id}/text`)).text();
        expect(text === textOf(number), `document ${number} is whole`).toBe(true);
        const body = { query: wordOf(number), topK: 20, rerank: false };
        const { hits } = (await (await api(house, '/search', body)).json()) as SearchJson;
        expect(new Set(hits.map(({ document: found }) => found.id)), `document ${number} is found`).toContain(id);
      }
      expect(passages).toBeGreaterThan(0);
      expect(readdirSync(join(house.stateDir, 'knowledge', 'spool'))).toEqual([]);

      // A corpus that is added again changes nothing.
      const again = [...accepted.keys()].filter((number) => !removed.has(number)).slice(0, 10);
      for (const number of again) {
        const response = await api(house, '/documents', { text: textOf(number) });
        expect(await response.json()).toMatchObject({ id: accepted.get(number), existed: true, state: 'ready' });
      }
      expect((await everything(house)).length).toBe(documents.length);
      const cleared = (await (await api(house, '/documents?all=true', undefined, 'DELETE')).json()) as {
        deleted: number;
      };
      expect(cleared.deleted).toBe(documents.length);
      const { hits } = (await (await api(house, '/search', { query: 'kestrels walnuts' })).json()) as SearchJson;
      expect(hits).toEqual([]);
    },
    times(300_000, 1_800_000),
  );
});
