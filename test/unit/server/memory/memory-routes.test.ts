import { describe, expect, it } from 'vitest';

import { openMemoryHouse } from './memory-house.ts';

describe('memories', () => {
  it('are added, listed by pages, shown, changed, approved and erased', async () => {
    await using house = await openMemoryHouse();
    const added = await house.ana('POST', '/api/memory', { text: ' Lives in\n Bilbao ', kind: 'fact', pinned: true });
    expect(added.status).toBe(201);
    expect(added.body).toMatchObject({
      text: 'Lives in Bilbao',
      kind: 'fact',
      pinned: true,
      origin: 'written',
      closed: false,
      validFrom: '2026-01-01T00:00:01.000Z',
      evidence: [{ quote: 'Lives in Bilbao', at: '2026-01-01T00:00:01.000Z', conversation: null }],
    });
    house.memory.put('ana', 'Has a dog', { state: 'quarantined' });
    const first = await house.ana('GET', '/api/memory?limit=1');
    expect(first.body).toMatchObject({ user: 'ana', memories: [{ text: 'Has a dog', state: 'quarantined' }] });
    const second = await house.ana('GET', `/api/memory?limit=1&after=${first.body.next as string}`);
    expect(second.body).toMatchObject({ memories: [{ text: 'Lives in Bilbao' }], next: null });
    const [dog] = (await house.ana('GET', '/api/memory?state=quarantined')).body.memories as { id: string }[];
    expect((await house.ana('POST', `/api/memory/${dog?.id}/approve`)).body).toMatchObject({ state: 'active' });
    const { id } = added.body as { id: string };
    const changed = await house.ana('PATCH', `/api/memory/${id}`, { text: 'Lives in Oviedo', pinned: false });
    expect(changed.body).toMatchObject({ text: 'Lives in Oviedo', pinned: false });
    expect((await house.ana('GET', `/api/memory/${id}`)).body).toMatchObject({
      closed: true,
      supersededBy: changed.body.id as string,
    });
    expect((await house.ana('GET', '/api/memory?which=closed')).body.memories).toHaveLength(1);
    expect((await house.ana('GET', '/api/memory?which=all&q=LIVES')).body.memories).toHaveLength(2);
    expect((await house.ana('DELETE', `/api/memory/${id}`)).body).toEqual({ id, deleted: true });
    expect((await house.ana('DELETE', '/api/memory')).body.error).toMatchObject({ param: 'all' });
    expect((await house.ana('DELETE', '/api/memory?all=true')).body).toEqual({ deleted: 2 });
    expect((await house.ana('GET', '/api/memory?which=all')).body.memories).toEqual([]);
  });

  it('are found, and forgotten by words or ids, after a look at what that would be', async () => {
    await using house = await openMemoryHouse();
    for (const text of ['Lives in Bilbao', 'Was born in Bilbao', 'Likes tea']) house.memory.put('ana', text);
    const found = await house.ana('POST', '/api/memory/search', { query: 'Bilbao', topK: 5 });
    expect(found.body).toMatchObject({ degraded: null, hits: [{ why: 'found', score: 1 }, {}] });
    const dry = await house.ana('POST', '/api/memory/forget', { text: 'Bilbao', dryRun: true });
    expect(dry.body).toMatchObject({ dryRun: true, forgotten: [{}, {}] });
    expect(house.memory.entries).toHaveLength(3);
    const ids = (dry.body.forgotten as { id: string }[]).map(({ id }) => id);
    expect((await house.ben('POST', '/api/memory/forget', { ids })).body.forgotten).toEqual([]);
    expect((await house.ana('POST', '/api/memory/forget', { ids: ids.slice(0, 1) })).body.forgotten).toHaveLength(1);
    expect((await house.ana('POST', '/api/memory/forget', { text: 'tea' })).body).toMatchObject({
      dryRun: false,
      forgotten: [{ text: 'Likes tea' }],
    });
    expect(house.memory.entries.map(({ text }) => text)).toEqual(['Was born in Bilbao']);
  });

  it('go out as lines of JSON, and come back', async () => {
    await using house = await openMemoryHouse();
    house.memory.put('ana', '<script>alert(1)</script>', { retracted: 5, validTo: 5 });
    house.memory.put('ben', 'of ben');
    const out = await house.ana('GET', '/api/memory/export');
    expect(Object.fromEntries(out.headers)).toMatchObject({
      'content-type': 'application/jsonl; charset=utf-8',
      'content-disposition': 'attachment',
      'x-content-type-options': 'nosniff',
    });
    const lines = out.text.trim().split('\n');
    expect(lines).toHaveLength(2);
    expect(JSON.parse(lines[1] ?? '')).toMatchObject({ text: '<script>alert(1)</script>', evidence: [{}] });
    expect((await house.ben('POST', '/api/memory/import', out.text)).body).toEqual({ added: 1, kept: 0 });
    expect((await house.ben('POST', '/api/memory/import', out.text)).body).toEqual({ added: 0, kept: 1 });
  });

  it.each([
    ['POST', '/api/memory', { text: 'x', color: 1 }, 'color'],
    ['POST', '/api/memory', { text: ' ' }, 'text'],
    ['POST', '/api/memory', {}, 'text'],
    ['POST', '/api/memory', { text: 'x'.repeat(2_001) }, 'text'],
    ['POST', '/api/memory', { text: 'x', kind: 'rumour' }, 'kind'],
    ['POST', '/api/memory', { text: 'x', expires: 'soon' }, 'expires'],
    ['PATCH', '/api/memory/mem_1', { importance: 2 }, 'importance'],
    ['POST', '/api/memory/forget', {}, 'text'],
    ['POST', '/api/memory/forget', { ids: ['a'], text: 'b' }, 'text'],
    ['POST', '/api/memory/forget', { ids: Array.from({ length: 101 }, () => 'a') }, 'ids'],
    ['POST', '/api/memory/search', { query: 'x', topK: 51 }, 'topK'],
    ['GET', '/api/memory?limit=501', undefined, 'limit'],
    ['GET', '/api/memory?which=every', undefined, 'which'],
    ['GET', '/api/memory?state=lost', undefined, 'state'],
    ['POST', '/api/conversations/search', { query: ' ? ' }, 'query'],
    ['PATCH', '/api/conversations/c', { title: 'a\nb' }, 'title'],
    ['DELETE', '/api/conversations', undefined, 'all'],
    ['GET', '/api/feedback?rating=meh', undefined, 'rating'],
  ])('%s %s with %j is refused by the name of the field', async (method, path, body, param) => {
    await using house = await openMemoryHouse();
    const { status, body: answer } = await house.ana(method, path, body);
    expect({ status, param: answer.error.param as string }).toEqual({ status: 400, param });
  });
});

describe('conversations', () => {
  it('are listed, read by pages, found by words, renamed, exported and erased', async () => {
    await using house = await openMemoryHouse();
    const turn = (role: 'user' | 'assistant', text: string) => ({ role, text, at: 0, request: null, expert: null });
    for (let index = 0; index < 260; index += 1)
      await house.conversations.append('ana', 'long/one?', [turn('user', `word ${index}`)], 'Long');
    await house.conversations.append('ana', 'c2', [turn('user', 'hola'), turn('assistant', '<b>adiós</b>')], 'Hi');
    await house.conversations.append('ben', 'c2', [turn('user', 'of ben')], 'Ben');
    expect((await house.ana('GET', '/api/conversations')).body).toMatchObject({
      user: 'ana',
      conversations: [{ id: 'c2', turns: 2 }, { id: 'long/one?' }],
    });
    for (const id of ['export', 'search', '%2e']) {
      await house.conversations.append('ben', id, [turn('user', 'of ben')], 'Ben');
      const own = `/api/conversations/${encodeURIComponent(id)}`;
      expect((await house.ben('GET', own)).body, id).toMatchObject({ id, turns: 1 });
      expect((await house.ben('DELETE', own)).body, id).toEqual({ id, deleted: true });
    }
    const path = `/api/conversations/${encodeURIComponent('long/one?')}`;
    const first = await house.ana('GET', path);
    expect(first.body).toMatchObject({ turns: 260, next: 200 });
    const rest = await house.ana('GET', `${path}?from=200`);
    expect(rest.body).toMatchObject({ next: null });
    expect(rest.body.messages).toHaveLength(60);
    expect((await house.ana('POST', '/api/conversations/search', { query: 'ADIÓS' })).body.turns).toMatchObject([
      { conversation: 'c2', text: '<b>adiós</b>', at: '1970-01-01T00:00:00.000Z' },
    ]);
    expect((await house.ana('PATCH', '/api/conversations/c2', { title: 'Bye', private: true })).body).toMatchObject({
      title: 'Bye',
      private: true,
    });
    const lines = (await house.ana('POST', '/api/conversations/export')).text.trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { messages: unknown[] }).messages.length)).toEqual([2, 260]);
    expect((await house.ana('DELETE', '/api/conversations/c2')).body).toEqual({ id: 'c2', deleted: true });
    expect((await house.ana('GET', '/api/conversations/c2')).status).toBe(404);
    expect((await house.ana('DELETE', '/api/conversations?all=true')).body).toEqual({ deleted: 1 });
    expect((await house.ben('GET', '/api/conversations')).body.conversations).toHaveLength(1);
  });
});

describe('feedback', () => {
  const rate = { request_id: 'r-1', rating: 'down', ideal_response: 'Four.', comment: '<img src=x onerror=alert(1)>' };

  it('is kept with what it is of, once for a request, and becomes examples', async () => {
    await using house = await openMemoryHouse();
    house.answered('ana', 'r-1');
    house.answered('ana', 'r-2', { answer: 'Good.' });
    house.answered('ana', 'r-3');
    expect((await house.ana('POST', '/v1/feedback', { ...rate, ideal_response: undefined })).status).toBe(201);
    const kept = await house.ana('POST', '/v1/feedback', rate);
    expect(kept.body).toMatchObject({ request_id: 'r-1', rating: 'down' });
    await house.ana('POST', '/v1/feedback', { request_id: 'r-2', rating: 'up' });
    await house.ana('POST', '/v1/feedback', { request_id: 'r-3', rating: 'down' });
    const list = await house.ana('GET', '/api/feedback?limit=2');
    expect(list.body).toMatchObject({ user: 'ana', feedback: [{ request: 'r-3' }, { request: 'r-2' }] });
    const more = await house.ana('GET', `/api/feedback?after=${list.body.next as string}`);
    expect(more.body).toMatchObject({ next: null, feedback: [{ comment: rate.comment, ideal: 'Four.' }] });
    const exported = await house.ana('GET', '/api/feedback/export');
    expect(
      exported.text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([
      {
        messages: [
          { role: 'user', content: 'What is two and two?' },
          { role: 'assistant', content: 'Good.' },
        ],
      },
      {
        messages: [
          { role: 'user', content: 'What is two and two?' },
          { role: 'assistant', content: 'Four.' },
        ],
      },
    ]);
    const { id } = kept.body as { id: string };
    expect((await house.ana('DELETE', `/api/feedback/${id}`)).body).toEqual({ id, deleted: true });
  });

  it('is of one’s own last answers alone', async () => {
    await using house = await openMemoryHouse();
    house.answered('ana', 'r-1');
    const [strange, never] = [
      await house.ben('POST', '/v1/feedback', rate),
      await house.ben('POST', '/v1/feedback', { ...rate, request_id: 'r-9' }),
    ];
    expect(strange.status).toBe(404);
    expect(strange.text).toBe(never.text);
  });

  it('is kept whether or not the router can learn from it', async () => {
    await using house = await openMemoryHouse({ learns: true });
    house.answered('ana', 'r-1');
    expect((await house.ana('POST', '/v1/feedback', rate)).status).toBe(201);
  });

  it('that would be lost where the router alone learns is refused', async () => {
    await using house = await openMemoryHouse({ isOn: false, learns: true });
    const refused = await house.ana('POST', '/v1/feedback', rate);
    expect(refused.body.error).toMatchObject({ code: 'conflict', param: 'ideal_response' });
    const unknown = await house.ana('POST', '/v1/feedback', { request_id: 'r-1', rating: 'up' });
    expect(unknown.body.error).toMatchObject({ code: 'invalid_request', param: 'request_id' });
  });

  it('of others is for administrators', async () => {
    await using house = await openMemoryHouse();
    house.answered('ana', 'r-1');
    const { id } = (await house.ana('POST', '/v1/feedback', rate)).body as { id: string };
    for (const path of ['/api/feedback?all=1', '/api/feedback?user=ana', '/api/feedback/export?all=1']) {
      expect((await house.ben('GET', path)).body.error.code, path).toBe('forbidden');
      const answer = await house.as('root', true)('GET', path);
      expect({ path, status: answer.status }).toEqual({ path, status: 200 });
      expect(answer.text).toContain('Four.');
    }
    expect((await house.ben('DELETE', `/api/feedback/${id}?user=ana`)).status).toBe(403);
    expect((await house.as('root', true)('DELETE', `/api/feedback/${id}?user=ana`)).status).toBe(200);
  });
});

describe('what is switched off', () => {
  it.each([
    ['GET', '/api/memory', undefined, 'memory_off', 'memory: { enabled: true }'],
    ['GET', '/api/conversations', undefined, 'memory_off', 'conversations: { enabled: true }'],
    ['GET', '/api/feedback', undefined, 'memory_off', 'feedback: { enabled: true }'],
    ['POST', '/v1/feedback', { request_id: 'r', rating: 'up' }, 'conflict', 'feedback: { enabled: true }'],
  ])('%s %s says what to switch on', async (method, path, body, code, text) => {
    await using house = await openMemoryHouse({ isOn: false });
    const answer = await house.ana(method, path, body);
    expect(answer.body.error).toMatchObject({ code, message: expect.stringContaining(text) as string });
  });
});
