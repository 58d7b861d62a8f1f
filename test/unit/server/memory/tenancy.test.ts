import { expect, it } from 'vitest';

import { POLICIES } from '../../../../src/server/policy.ts';
import {
  expectNothingLeaks,
  expectStrangersKnowNothing,
  PEOPLE_ROUTES_BY_ID,
} from '../../../support/people-tenancy.ts';
import { type AskAs, CANARY } from '../../../support/tenancy.ts';
import { openMemoryHouse } from './memory-house.ts';

async function open() {
  const house = await openMemoryHouse();
  const memory = house.memory.put('ana', `The secret word is ${CANARY}.`).id;
  const turn = { role: 'user', text: CANARY, at: 0, request: null, expert: null } as const;
  await house.conversations.append('ana', 'conversation-of-ana', [turn], CANARY);
  house.answered('ana', 'r-1', { answer: CANARY });
  const { body } = await house.ana('POST', '/v1/feedback', { request_id: 'r-1', rating: 'up', comment: CANARY });
  const ask: AskAs = (user, method, path, sent) => house.as(user)(method, path, sent);
  return { house, ask, kept: { memory, conversation: 'conversation-of-ana', feedback: body.id as string } };
}

it('H2: a stranger’s memory, conversation or feedback is one that never was, on every route', async () => {
  const { house, ask, kept } = await open();
  await using _ = house;
  await expectStrangersKnowNothing(ask, kept);
});

it('H3: no word and no filter leads to what is remembered of another', async () => {
  const { house, ask, kept } = await open();
  await using _ = house;
  await expectNothingLeaks(ask, kept, 1_000);
});

it('H2: every route by an id is among those that are tried', async () => {
  await using house = await openMemoryHouse();
  const isOurs = (path: string) => /^\/api\/(?:memory|conversations|feedback)\b.*:/.test(path);
  const there = house.routes.filter(({ path }) => isOurs(path));
  const tried = PEOPLE_ROUTES_BY_ID.map(([method, path]) => `${method} ${path}`);
  expect(tried.toSorted()).toEqual(there.map(({ method, path }) => `${method} ${path}`).toSorted());
  expect([...new Set(PEOPLE_ROUTES_BY_ID.map(([, path]) => path))].toSorted()).toEqual(
    Object.keys(POLICIES).filter(isOurs).toSorted(),
  );
});
