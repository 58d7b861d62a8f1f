import { describe, expect, it } from 'vitest';

import { parseExtension } from '../../../src/proxy/extension.ts';

describe('the orchestrator field of a request', () => {
  it('says what a request that names no expert wants of its route', () => {
    const route = { domain: 'coding', only: ['a', 'b'], not: ['c'], keepLoadedBias: 0 };
    expect(parseExtension({ route, conversation: 'c-1' })).toEqual({ route, conversation: 'c-1' });
    expect(parseExtension({ route: {}, conversation: null })).toEqual({ route: {} });
    expect(parseExtension({ route: null })).toEqual({});
  });

  it('says which documents the answer may rest on', () => {
    const knowledge = { collections: ['notes'], documents: ['doc_1'], topK: 3, rerank: false };
    expect(parseExtension({ knowledge })).toEqual({ knowledge });
    expect(parseExtension({ knowledge: true })).toEqual({ knowledge: {} });
    expect(parseExtension({ knowledge: false })).toEqual({ knowledge: false });
    expect(parseExtension({ knowledge: null })).toEqual({});
  });

  it.each([
    [{ knowledge: 'yes' }, 'orchestrator.knowledge'],
    [{ knowledge: { collection: 'a' } }, 'orchestrator.knowledge.collection'],
    [{ knowledge: { collections: [] } }, 'orchestrator.knowledge.collections'],
    [{ knowledge: { collections: ['a', 7] } }, 'orchestrator.knowledge.collections'],
    [{ knowledge: { documents: [''] } }, 'orchestrator.knowledge.documents'],
    [{ knowledge: { topK: 0 } }, 'orchestrator.knowledge.topK'],
    [{ knowledge: { topK: 51 } }, 'orchestrator.knowledge.topK'],
    [{ knowledge: { rerank: 'no' } }, 'orchestrator.knowledge.rerank'],
    [{ route: 'coding' }, 'orchestrator.route'],
    [{ route: { domian: 'coding' } }, 'orchestrator.route.domian'],
    [{ route: { domain: 7 } }, 'orchestrator.route.domain'],
    [{ route: { only: 'a' } }, 'orchestrator.route.only'],
    [{ route: { only: [] } }, 'orchestrator.route.only'],
    [{ route: { not: [7] } }, 'orchestrator.route.not'],
    [{ route: { keepLoadedBias: 2 } }, 'orchestrator.route.keepLoadedBias'],
    [{ route: { keepLoadedBias: '0.1' } }, 'orchestrator.route.keepLoadedBias'],
    [{ conversation: '' }, 'orchestrator.conversation'],
    [{ conversation: '..' }, 'orchestrator.conversation'],
    [{ conversation: 'a\nb' }, 'orchestrator.conversation'],
    [{ conversation: 'x'.repeat(129) }, 'orchestrator.conversation'],
    [{ routes: {} }, 'orchestrator.routes'],
  ])('%j is refused by name', (value, param) => {
    expect(() => parseExtension(value)).toThrow(expect.objectContaining({ code: 'invalid_request', param }));
  });
});
