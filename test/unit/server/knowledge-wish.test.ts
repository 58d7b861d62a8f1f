import { describe, expect, it } from 'vitest';

import { Knowledge } from '../../../src/profiles/knowledge-section.ts';
import type { Profile } from '../../../src/profiles/profile.ts';
import { Authenticator } from '../../../src/server/identity/authenticator.ts';
import { documentsTokens, refuseKnowledge, wantedKnowledge } from '../../../src/server/knowledge-wish.ts';
import { readKeys } from '../../../src/server/open-door.ts';

const CHAT = '/v1/chat/completions';
const QUESTION = { messages: [{ role: 'user', content: 'Who founded it?' }] };
const TOOLS = { ...QUESTION, tools: [{ type: 'function', function: { name: 'f' } }] };
const LOOP = { messages: [...QUESTION.messages, { role: 'assistant', content: null }, { role: 'tool', content: '1' }] };

interface Case {
  readonly profile?: object;
  readonly key?: boolean;
  readonly route?: Parameters<typeof wantedKnowledge>[2];
  readonly body?: object;
}

function wanted({ profile = {}, key, route = CHAT, body = QUESTION }: Case) {
  return wantedKnowledge(
    { knowledge: Knowledge.parse({ enabled: true, ...profile }) },
    { scopes: { knowledge: key } },
    route,
    body,
  );
}
const asks = (knowledge: unknown, body: object = QUESTION) => ({ ...body, orchestrator: { knowledge } });

describe('whether a request gets documents', () => {
  it.each<[string, Case, boolean]>([
    ['nobody says so', {}, false],
    ['the profile does', { profile: { byDefault: true } }, true],
    ['its key does', { key: true }, true],
    ['its key says no', { profile: { byDefault: true }, key: false }, false],
    ['it asks', { body: asks(true), key: false }, true],
    ['it says no', { profile: { byDefault: true }, body: asks(false) }, false],
    ['knowledge is off', { profile: { enabled: false, byDefault: true }, body: asks(true) }, false],
    ['it has tools', { profile: { byDefault: true }, body: TOOLS }, false],
    ['it has tools and asks', { body: asks({}, TOOLS) }, true],
    ['a loop of tools is under way', { profile: { byDefault: true }, body: LOOP }, false],
    ['a loop of tools is under way and it asks', { body: asks(true, LOOP) }, true],
    ['it is for Anthropic', { profile: { byDefault: true }, route: '/v1/messages' }, true],
    ['it is a response', { profile: { byDefault: true }, route: '/v1/responses', body: { input: 'Who?' } }, true],
    [
      'it is a text to complete',
      { profile: { byDefault: true }, route: '/v1/completions', body: { prompt: 'x' } },
      false,
    ],
    ['it is a text to complete and asks', { route: '/v1/completions', body: asks(true, { prompt: 'x' }) }, true],
    ['it only counts', { profile: { byDefault: true }, route: '/v1/messages/count_tokens' }, false],
    ['it embeds', { profile: { byDefault: true }, route: '/v1/embeddings', body: { input: 'x' } }, false],
  ])('where %s', (_, request, expected) => {
    expect(wanted(request)?.search ?? false).toBe(expected);
  });

  it('knows what the keys of the profile say', () => {
    const keysOfProfile = [
      { env: 'ONE', user: 'ana', admin: false, knowledge: true },
      { env: 'TWO', user: 'eva', admin: false },
    ];
    const profile = { security: { auth: 'keys', keys: keysOfProfile, allowedHosts: [] } } as unknown as Profile;
    const keys = readKeys(profile, { ONE: 'one'.repeat(8), TWO: 'two'.repeat(8) });
    const authenticator = new Authenticator({ required: true, keys, runToken: 't'.repeat(16) });
    const said = (key: string) => authenticator.identify({ authorization: `Bearer ${key}` }, true);
    expect([said('one'.repeat(8)), said('two'.repeat(8))]).toMatchObject([
      { scopes: { knowledge: true } },
      { user: 'eva', scopes: {} },
    ]);
  });

  it('takes what it asks for', () => {
    const wish = { collections: ['notes'], documents: ['doc_1'], topK: 3, rerank: false };
    expect(wanted({ body: asks(wish) })).toEqual({ ...wish, search: true });
  });

  it('is kept, and not told anything, where conversations are saved', () => {
    expect(wanted({ profile: { saveConversations: true } })).toEqual({ search: false });
    expect(wanted({ profile: { saveConversations: true }, body: asks(false) })).toBeUndefined();
    expect(wanted({ profile: { saveConversations: true }, body: LOOP })).toBeUndefined();
  });

  it.each<[string, Case]>([
    ['embeddings', { route: '/v1/embeddings', body: asks(true, { input: 'x' }) }],
    ['counting', { route: '/v1/messages/count_tokens', body: asks(true) }],
    ['infill', { route: '/infill', body: asks(true, { prompt: 'x' }) }],
    ['a prompt of tokens', { route: '/v1/completions', body: asks(true, { prompt: [1, 2] }) }],
  ])('is refused for %s', (_, request) => {
    expect(() => wanted(request)).toThrow(
      expect.objectContaining({ code: 'invalid_request', param: 'orchestrator.knowledge' }),
    );
  });

  it('is refused by name where there is no knowledge', () => {
    expect(() => refuseKnowledge(CHAT, QUESTION)).toThrow(expect.objectContaining({ code: 'knowledge_off' }));
  });
});

describe('the tokens that documents may add', () => {
  it('are their share of each context, and no more than the passages have', () => {
    const knowledge = Knowledge.parse({ enabled: true });
    expect(documentsTokens({ knowledge }, { search: true }, 4_096)).toBe(1_000);
    expect(documentsTokens({ knowledge }, { search: true }, 131_072)).toBe(6 * 340);
    expect(documentsTokens({ knowledge }, { search: true, topK: 1 }, 131_072)).toBe(340);
    expect(documentsTokens({ knowledge }, { search: false }, 131_072)).toBe(0);
    expect(documentsTokens({ knowledge }, undefined, 131_072)).toBe(0);
  });
});
