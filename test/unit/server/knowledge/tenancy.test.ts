import { expect, it } from 'vitest';

import type { KnowledgeBase } from '../../../../src/knowledge/contract.ts';
import { POLICIES } from '../../../../src/server/policy.ts';
import { type AskAs, expectNoLeak, expectStrangersSeeNothing, ROUTES_BY_ID } from '../../../support/tenancy.ts';
import { openKnowledgeHouse } from './knowledge-house.ts';

it('a stranger’s id is one that never was, on every route', async () => {
  await using house = await openKnowledgeHouse();
  const ask: AskAs = (user, method, path, body) => house.as(user)(method, path, body);
  await expectStrangersSeeNothing(ask);
});

it('no name and no filter leads to what is another’s', async () => {
  await using house = await openKnowledgeHouse();
  await expectNoLeak((user, method, path, body) => house.as(user)(method, path, body), 1_000);
});

it('every route by an id is among those that are tried', async () => {
  await using house = await openKnowledgeHouse();
  const isOurs = (path: string) => /^\/(?:api\/knowledge|v1\/files|v1\/vector_stores)\b.*:/.test(path);
  const there = house.routes.filter(({ path }) => isOurs(path));
  const tried = ROUTES_BY_ID.map(([method, path]) => `${method} ${path}`);
  expect(tried.toSorted()).toEqual(there.map(({ method, path }) => `${method} ${path}`).toSorted());
  expect([...new Set(ROUTES_BY_ID.map(([, path]) => path))].toSorted()).toEqual(
    Object.keys(POLICIES).filter(isOurs).toSorted(),
  );
});

it('the store is asked the same for an id of another’s as for one that never was', async () => {
  await using house = await openKnowledgeHouse();
  const { body: document } = await house.ana('POST', '/api/knowledge/documents', { text: 'ana’s' });
  const calls: string[] = [];
  const recorded = new Proxy(house.base, {
    get: (target, name: keyof KnowledgeBase) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...given: unknown[]) => {
        calls.push(name);
        return Reflect.apply(value, target, given) as unknown;
      };
    },
  });
  house.replace(recorded);
  for (const [method, path, body] of ROUTES_BY_ID) {
    const asked = async (id: string, store: string) => {
      calls.length = 0;
      const file = id.replace('doc_', 'file-');
      const named = path.includes('documents') ? id : path.startsWith('/v1/files') ? file : store;
      const filled = path.replace(':id', named).replace(':file', file).replace(':batch', 'vsfb_1');
      const sent = body && (JSON.parse(JSON.stringify(body).replaceAll(':file', file)) as object);
      expect((await house.ben(method, filled, sent)).status, `${method} ${path}`).toBe(404);
      return calls.join(' ');
    };
    expect(await asked(document.id, document.collections[0]), `${method} ${path}`).toBe(await asked('doc_9', 'vs_9'));
  }
});
