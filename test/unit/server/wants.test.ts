import { describe, expect, it } from 'vitest';

import type { InferenceRoute } from '../../../src/engines/routes.ts';
import { Knowledge } from '../../../src/profiles/knowledge-section.ts';
import { Conversations, Feedback, Memory } from '../../../src/profiles/memory-section.ts';
import { refuseMemory } from '../../../src/server/memory-wish.ts';
import { addedTokens, wantsOf } from '../../../src/server/wants.ts';

const CHAT = '/v1/chat/completions';
const BODY = { messages: [{ role: 'user', content: 'Where do I live?' }] };
const TOOLS = { ...BODY, tools: [{ type: 'function', function: { name: 'f' } }] };
const asks = (memory: unknown, body: object = BODY) => ({ ...body, orchestrator: { memory } });

interface Case {
  readonly memory?: object;
  readonly key?: boolean;
  readonly route?: InferenceRoute;
  readonly body?: object;
}

const profileOf = (parts: { knowledge?: object; memory?: object; conversations?: object; feedback?: object }) => ({
  knowledge: Knowledge.parse(parts.knowledge ?? {}),
  memory: Memory.parse(parts.memory ?? {}),
  conversations: Conversations.parse(parts.conversations ?? {}),
  feedback: Feedback.parse(parts.feedback ?? {}),
});
const wanted = ({ memory = {}, key, route = CHAT, body = BODY }: Case) =>
  wantsOf(profileOf({ memory: { enabled: true, ...memory } }), { user: 'ana', scopes: { memory: key } }, route, body)
    ?.memory;

describe('what memory has to do with a request', () => {
  it.each<[string, Case, { remind: boolean } | undefined]>([
    ['nobody says so', {}, { remind: true }],
    ['the profile says only who asks', { memory: { byDefault: false } }, undefined],
    ['its key does', { memory: { byDefault: false }, key: true }, { remind: true }],
    ['its key says no', { key: false }, undefined],
    ['it asks', { body: asks(true), key: false }, { remind: true }],
    ['it says no', { body: asks(false), key: true }, undefined],
    ['memory is off', { memory: { enabled: false }, key: true }, undefined],
    ['it has tools: it is listened to', { body: TOOLS }, { remind: false }],
    ['it has tools and asks', { body: asks(true, TOOLS) }, { remind: true }],
    ['it is no conversation', { route: '/v1/completions', body: { prompt: 'x' } }, undefined],
    ['it counts tokens', { route: '/v1/messages/count_tokens' }, undefined],
  ])('%s', (_, request, expected) => {
    expect(wanted(request)).toEqual(expected);
  });

  it('is nothing for a front end that does not say for whom it speaks, unless it asks', () => {
    const profile = profileOf({ memory: { enabled: true }, conversations: { enabled: true } });
    const of = (user: string, body: object = BODY) => wantsOf(profile, { user, scopes: { actAs: true } }, CHAT, body);
    expect(of('webui')).toBeUndefined();
    expect(of('webui/7')).toMatchObject({ memory: { remind: true }, record: true });
    expect(of('webui', asks(true))).toMatchObject({ memory: { remind: true }, record: false });
  });

  it('is refused by name where there is none, and where a route takes none', () => {
    const off = profileOf({});
    expect(() => refuseMemory(off, CHAT)).toThrow(expect.objectContaining({ code: 'memory_off' }));
    const on = profileOf({ memory: { enabled: true } });
    expect(() => refuseMemory(on, '/v1/completions')).toThrow(expect.objectContaining({ code: 'invalid_request' }));
    expect(() => refuseMemory(on, CHAT)).not.toThrow();
    expect(() => wanted({ body: asks('yes') })).toThrow(/orchestrator\.memory/);
  });
});

describe('what else is kept of a request', () => {
  it('is nothing where nothing is switched on', () => {
    expect(wantsOf(profileOf({}), { user: 'ana', scopes: {} }, CHAT, BODY)).toBeUndefined();
    expect(addedTokens(profileOf({}), undefined)).toBeUndefined();
  });

  it('is its turns, but not of a request that is not to be learned from', () => {
    const profile = profileOf({ conversations: { enabled: true } });
    expect(wantsOf(profile, { user: 'ana', scopes: {} }, CHAT, BODY)).toMatchObject({ record: true, rate: false });
    expect(wantsOf(profile, { user: 'ana', scopes: {} }, CHAT, asks(false))).toBeUndefined();
    expect(wantsOf(profile, { user: 'ana', scopes: {} }, '/v1/embeddings', BODY)).toBeUndefined();
  });

  it('is the answer, for a rating', () => {
    const profile = profileOf({ feedback: { enabled: true } });
    expect(wantsOf(profile, { user: 'ana', scopes: {} }, CHAT, asks(false))).toMatchObject({
      record: false,
      rate: true,
    });
  });
});

describe('the tokens that memories may add', () => {
  it('are their share of each context, and no more than as many memories have, beside those of documents', () => {
    const profile = profileOf({ memory: { enabled: true, topK: 8 }, knowledge: { enabled: true, byDefault: true } });
    const wants = wantsOf(profile, { user: 'ana', scopes: {} }, CHAT, BODY);
    const added = addedTokens(profile, wants);
    expect(added?.(4_096)).toBe(1_300);
    expect(added?.(131_072)).toBe(6 * 340 + 40 + 8 * 60);
    expect(addedTokens(profile, wants && { ...wants, knowledge: undefined })?.(4_096)).toBe(300);
  });
});
