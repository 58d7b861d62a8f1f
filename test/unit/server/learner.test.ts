import { describe, expect, it } from 'vitest';

import type { Decision } from '../../../src/router/route.ts';
import type { CandidateBook } from '../../../src/server/candidate-book.ts';
import type { RequestContext } from '../../../src/server/context.ts';
import { Learner } from '../../../src/server/learner.ts';
import { expertWith, ManualClock } from '../supervisor/house.ts';

const CHAT = '/v1/chat/completions';
const user = (content: unknown) => ({ role: 'user', content });

function learner() {
  const added: Parameters<CandidateBook['add']>[0][] = [];
  const book = { add: (candidate: Parameters<CandidateBook['add']>[0]) => Promise.resolve(void added.push(candidate)) };
  return { added, learner: new Learner({ book, clock: new ManualClock() }) };
}

const target = (fit: Record<string, number>) => ({
  expert: expertWith({ fit }),
  variant: undefined,
  reason: 'named' as const,
});
const CODER = target({ coding: 1, general: 0.3 });

describe('a request that names its expert', () => {
  it('is taken for one of what that expert is best at', () => {
    const { added, learner: one } = learner();
    one.chosen(CHAT, { messages: [user('my loop never ends')] }, CODER);
    expect(added).toEqual([
      { at: '1970-01-01T00:16:40.000Z', text: 'my loop never ends', domain: 'coding', expert: 'a', source: 'choice' },
    ]);
  });

  it.each([
    ['the expert is best at several', CHAT, [user('x y z')], target({ coding: 1, general: 1 })],
    ['it is best at what no example teaches', CHAT, [user('x y z')], target({ multilingual: 1 })],
    ['nothing is known of it', CHAT, [user('x y z')], target({})],
    ['it only goes on', CHAT, [user('a poem'), { role: 'assistant', content: '…' }, user('ok')], CODER],
    ['a tool has answered', CHAT, [user('a poem'), { role: 'tool', content: '…' }], CODER],
    ['it shows an image', CHAT, [user([{ type: 'image_url' }, { type: 'text', text: 'look' }])], CODER],
    ['it says nothing', CHAT, [], CODER],
    ['it only counts', '/v1/messages/count_tokens', [user('x y z')], CODER],
    ['it embeds', '/v1/embeddings', [user('x y z')], CODER],
  ] as const)('teaches nothing where %s', (_, route, messages, named) => {
    const { added, learner: one } = learner();
    one.chosen(route, { messages }, named);
    expect(added).toEqual([]);
  });
});

describe('a request that was routed', () => {
  const context = (requestId: string, name = 'ana') =>
    ({ requestId, identity: { user: name, admin: false } }) as unknown as RequestContext;
  const decision = (more: Partial<Decision> = {}) =>
    ({ voices: ['is it binding?'], domain: 'general', expert: 'a', stage: 'classifier', ...more }) as Decision;

  it('can be rated by whose it was', async () => {
    const { added, learner: one } = learner();
    one.routed(context('r1'), decision());
    await one.rate('ana', 'r1', 'up');
    await one.rate('ana', 'r1', 'down');
    expect(added).toMatchObject([
      { text: 'is it binding?', domain: 'general', source: 'up' },
      { text: 'is it binding?', source: 'down' },
    ]);
    await expect(one.rate('eva', 'r1', 'up')).rejects.toMatchObject({ code: 'invalid_request', param: 'request_id' });
  });

  it('only where content had decided, and of late', async () => {
    const { learner: one } = learner();
    one.routed(context('r1'), decision({ stage: 'default' }));
    one.routed(context('r2'), decision({ domain: 'multimodal' }));
    one.routed(context('r3'), decision({ voices: [] }));
    one.routed(context('r4'), decision());
    for (let index = 0; index < 1_000; index += 1) one.routed(context(`more ${index}`), decision());
    for (const id of ['r1', 'r2', 'r3', 'r4']) await expect(one.rate('ana', id, 'up')).rejects.toThrow(id);
    await one.rate('ana', 'more 0', 'up');
  });
});
