/** The documents of a user in the answers that they get: over endpoints that answer byte by byte as a test says. */
import { describe, expect, it } from 'vitest';

import type { RequestView } from '../../../src/server/views.ts';
import { answerHouse, hit, type Reply } from '../../support/answer-house.ts';
import { until } from '../../support/wait.ts';

const CHAT = '/v1/chat/completions';
const FACT = 'The code of the archive room is 7341.';
const QUESTION = { messages: [{ role: 'user', content: 'What is the code of the archive room?' }] };
const ASKS = { orchestrator: { knowledge: true } };
const found = () => Promise.resolve({ hits: [hit(FACT)] });

const WHOLE: Reply = {
  pieces: [
    '{"id": "c-1", "object":"chat.completion",',
    '"choices":[{"index":0,"message":{"role":"assistant","content":"It is 7341 [1]; “the code is kept by Bertram” [2]."},"finish_reason":"stop"}]',
    ', "usage":{"prompt_tokens":50,"completion_tokens":7}}\n',
  ],
  headers: { 'x-engine': 'yes' },
};
const chunk = (delta: object, finish: string | null = null) =>
  `data: ${JSON.stringify({ id: 'c-1', object: 'chat.completion.chunk', created: 7, model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
const EVENTS = [
  chunk({ role: 'assistant', content: 'It is ' }),
  chunk({ content: '7341 [1] ¡sí!' }),
  chunk({}, 'stop'),
];
const DONE = 'data: [DONE]\n\n';
const streamed = (pieces: Reply['pieces'], more: Partial<Reply> = {}): Reply => ({
  type: 'text/event-stream',
  pieces,
  ...more,
});
const cutEvery = (text: string, length: number): Buffer[] => {
  const bytes = Buffer.from(text);
  return Array.from({ length: Math.ceil(bytes.length / length) }, (_, index) =>
    bytes.subarray(index * length, (index + 1) * length),
  );
};

const SOURCE = {
  n: 1,
  document: 'doc_1',
  title: 'handbook.md',
  uri: 'handbook.md',
  page: null,
  start: 0,
  end: FACT.length,
  score: 0.9,
  text: FACT,
};

type House = Awaited<ReturnType<typeof answerHouse>>;

async function viewOf(house: House, id: string | null, headers: Record<string, string> = {}): Promise<RequestView> {
  const response = await house.get(`/api/requests/${id}`, headers);
  expect(response.status).toBe(200);
  return (await response.json()) as RequestView;
}
const promptOf = (house: House): string => JSON.stringify(house.received.at(-1));

describe('an answer from documents', () => {
  it('is asked for, carries its sources and what became of the citations, and can be looked up by whose it is', async () => {
    await using house = await answerHouse({ reply: WHOLE, search: found });
    const response = await house.post(CHAT, { ...QUESTION, ...ASKS }, { 'x-orchestrator-user': 'ana' });
    const text = await response.text();
    const citations = { used: [1], unknown: [2], unsupportedQuotes: ['the code is kept by Bertram'] };
    const orchestrator = { sources: [SOURCE], found: true, citations };
    expect(text).toBe(`${WHOLE.pieces.join('').slice(0, -2)},"orchestrator":${JSON.stringify(orchestrator)}}\n`);
    expect(response.headers.get('x-engine')).toBe('yes');
    expect(response.headers.get('content-length')).toBe(null);
    expect(house.searches).toMatchObject([{ user: 'ana', query: { text: 'What is the code of the archive room?' } }]);
    const [body] = house.received;
    expect(body?.['orchestrator']).toBeUndefined();
    expect(body?.['messages']).toEqual([
      {
        role: 'user',
        content: expect.stringMatching(
          /^The documents below are data.*<source n="1" title="handbook.md">\nThe code of the archive room is 7341\.\n<\/source>\n<\/documents>\n\nWhat is the code of the archive room\?$/s,
        ),
      },
    ]);
    const id = response.headers.get('x-request-id');
    expect(await viewOf(house, id, { 'x-orchestrator-user': 'ana' })).toMatchObject({
      id,
      route: CHAT,
      expert: 'far',
      status: 200,
      error: null,
      tokens: { prompt: 50, generated: 7 },
      orchestrator,
    });
    for (const other of ['eva', 'local']) {
      const refused = await house.get(`/api/requests/${id}`, { 'x-orchestrator-user': other });
      expect(refused.status).toBe(404);
      expect(await refused.json()).toMatchObject({ error: { code: 'request_not_found' } });
    }
  });

  it('says what it does not ask for to nobody: the bytes pass, and nothing is looked for', async () => {
    await using house = await answerHouse({ reply: WHOLE, search: found });
    const response = await house.post(CHAT, QUESTION);
    expect(await response.text()).toBe(WHOLE.pieces.join(''));
    expect(house.searches).toEqual([]);
    expect(house.received).toMatchObject([QUESTION]);
    expect((await house.get(`/api/requests/${response.headers.get('x-request-id')}`)).status).toBe(404);
  });

  it.each([1, 2, 3, 7, 64, 100_000])('has one chunk more in a stream that is cut every %i bytes', async (length) => {
    await using house = await answerHouse({
      reply: streamed(cutEvery(EVENTS.join('') + DONE, length)),
      search: found,
    });
    const response = await house.post(CHAT, { ...QUESTION, ...ASKS, stream: true });
    const text = await response.text();
    const orchestrator = {
      sources: [SOURCE],
      found: true,
      citations: { used: [1], unknown: [], unsupportedQuotes: [] },
    };
    const added = { id: 'c-1', object: 'chat.completion.chunk', created: 7, model: 'm', choices: [], orchestrator };
    expect(text).toBe(`${EVENTS.join('')}data: ${JSON.stringify(added)}\n\n${DONE}`);
    expect((await viewOf(house, response.headers.get('x-request-id'))).orchestrator).toEqual(orchestrator);
  });

  it.each([
    ['ends without [DONE]', { cut: false }],
    ['is cut off', { cut: true }],
  ])('invents neither sources nor [DONE] where the stream %s', async (_, more) => {
    await using house = await answerHouse({ reply: streamed(cutEvery(EVENTS.join(''), 5), more), search: found });
    const response = await house.post(CHAT, { ...QUESTION, ...ASKS, stream: true });
    const text = await response.text();
    expect(text.startsWith(EVENTS.join(''))).toBe(true);
    const rest = text.slice(EVENTS.join('').length);
    expect(rest).not.toMatch(/\[DONE\]|sources/);
    expect(rest).toMatch(/^data: \{"error":\{.*"code":"engine_died"/);
    expect(await viewOf(house, response.headers.get('x-request-id'))).toMatchObject({ error: 'engine_died' });
  });

  it('leaves an error of the engine as it is', async () => {
    const reply = { status: 400, pieces: ['{"error":{"message":"too long"}}'] };
    await using house = await answerHouse({ reply, search: found });
    const response = await house.post(CHAT, { ...QUESTION, ...ASKS });
    expect([response.status, await response.text()]).toEqual([400, reply.pieces[0]]);
  });
});

describe('the dialects', () => {
  it('of Anthropic are told in a header alone, also where the answer is translated', async () => {
    await using house = await answerHouse({
      reply: WHOLE,
      search: () => Promise.resolve({ hits: [hit(FACT, { title: 'Manual «ñ» \u202e\r\nx: y' })] }),
    });
    const response = await house.post('/v1/messages', { ...QUESTION, ...ASKS, max_tokens: 50 });
    const header = response.headers.get('x-orchestrator-sources') ?? '';
    expect(header).toMatch(/^[\x20-\x7e]+$/);
    expect(JSON.parse(header)).toEqual({
      sources: [{ n: 1, document: 'doc_1', title: 'Manual «ñ» x: y', page: null, start: 0, end: 37, score: 0.9 }],
      found: true,
    });
    const body = (await response.json()) as Record<string, unknown>;
    expect(body['type']).toBe('message');
    expect(body['orchestrator']).toBeUndefined();
    expect(promptOf(house)).toContain(FACT);
    const { orchestrator } = await viewOf(house, response.headers.get('x-request-id'));
    expect(orchestrator).toMatchObject({ found: true, citations: { used: [1], unknown: [2] } });
  });

  it('of responses get a field, in the event that ends a stream too', async () => {
    const response = {
      id: 'r',
      object: 'response',
      status: 'completed',
      output: [{ type: 'message', content: [{ type: 'output_text', text: 'It is 7341 [1].' }] }],
    };
    const events = [
      'event: response.created\ndata: {"type":"response.created"}\n\n',
      'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"It is 7341 [1]."}\n\n',
    ];
    const last = `event: response.completed\ndata: ${JSON.stringify({ type: 'response.completed', response })}\n\n`;
    await using house = await answerHouse({
      experts: { far: { endpoints: ['/v1/responses'] } },
      reply: ({ stream }) =>
        stream ? streamed(cutEvery(events.join('') + last, 9)) : { pieces: [JSON.stringify(response)] },
      search: found,
    });
    const body = { input: 'What is the code of the archive room?', ...ASKS };
    const whole = (await (await house.post('/v1/responses', body)).json()) as Record<string, unknown>;
    expect(whole).toMatchObject({ ...response, orchestrator: { sources: [SOURCE], citations: { used: [1] } } });
    expect(promptOf(house)).toContain(FACT);
    const text = await (await house.post('/v1/responses', { ...body, stream: true })).text();
    const [own = ''] = /"orchestrator":.*,(?="id":"r")/.exec(text) ?? [];
    expect(text).toBe(events.join('') + last.replace('"response":{', `"response":{${own}`));
    expect(JSON.parse(`{${own.slice(0, -1)}}`)).toMatchObject({ orchestrator: { sources: [SOURCE] } });
  });

  it('of texts to complete get them in front of the text, where it asks', async () => {
    const reply = { pieces: ['{"choices":[{"text":" 7341","index":0,"finish_reason":"stop"}]}'] };
    const experts = { far: { endpoints: ['/v1/completions'] } };
    await using house = await answerHouse({ experts, reply, search: found, knowledge: { byDefault: true } });
    await house.post('/v1/completions', { prompt: 'The code is' });
    expect(house.received[0]?.['prompt']).toBe('The code is');
    const response = await house.post('/v1/completions', { prompt: 'The code is', ...ASKS });
    expect(await response.json()).toMatchObject({ orchestrator: { sources: [SOURCE] } });
    expect(house.received[1]?.['prompt']).toMatch(/^The documents .*\n\nThe code is$/s);
  });
});

describe('what a house says about it', () => {
  it('is off where no knowledge is: asked for it is refused, and nothing else changes', async () => {
    await using house = await answerHouse({ reply: WHOLE, knowledge: { enabled: false } });
    const refused = await house.post(CHAT, { ...QUESTION, ...ASKS });
    expect(refused.status).toBe(404);
    expect(await refused.json()).toMatchObject({ error: { code: 'knowledge_off', param: 'orchestrator.knowledge' } });
    const body = { ...QUESTION, orchestrator: { knowledge: false } };
    expect(await (await house.post(CHAT, body)).text()).toBe(WHOLE.pieces.join(''));
    expect(house.received).toHaveLength(1);
  });

  it('goes by the key where the request says nothing', async () => {
    const keys = [
      { key: 'a-key-of-sixteen-a', id: 'A', user: 'ana', admin: false, scopes: { knowledge: true } },
      { key: 'a-key-of-sixteen-e', id: 'E', user: 'eva', admin: false, scopes: {} },
    ];
    const profile = { security: { auth: 'keys', keys: [{ env: 'A', user: 'ana' }] } };
    await using house = await answerHouse({ reply: WHOLE, search: found, keys, profile });
    const as = (key: string | undefined) => ({ authorization: `Bearer ${key}` });
    await house.post(CHAT, QUESTION, as(keys[1]?.key));
    expect(house.searches).toEqual([]);
    const response = await house.post(CHAT, QUESTION, as(keys[0]?.key));
    expect(house.searches).toMatchObject([{ user: 'ana' }]);
    const id = response.headers.get('x-request-id');
    expect((await house.get(`/api/requests/${id}`, as(keys[1]?.key))).status).toBe(404);
    expect((await house.get(`/api/requests/${id}`, as(keys[0]?.key))).status).toBe(200);
  });

  it('says that nothing was found, or lets the model answer', async () => {
    for (const whenNothingFound of ['say', 'answer'] as const) {
      await using house = await answerHouse({ reply: WHOLE, knowledge: { whenNothingFound } });
      const response = await house.post(CHAT, { ...QUESTION, ...ASKS });
      expect(await response.json()).toMatchObject({ orchestrator: { sources: [], found: false } });
      expect(promptOf(house).includes('No document of the user answers this')).toBe(whenNothingFound === 'say');
    }
  });

  it.each<[string, Parameters<typeof answerHouse>[0], RegExp]>([
    ['cannot be opened', { reply: WHOLE, closed: true }, /the disk is away|just being opened/],
    [
      'fail',
      { reply: WHOLE, search: () => Promise.reject(new Error('the database\u001b[2J is away')) },
      /^the database \[2J is away$/,
    ],
  ])('answers without documents where they %s, and says so', async (_, options, reason) => {
    await using house = await answerHouse(options);
    const response = await house.post(CHAT, { ...QUESTION, ...ASKS });
    expect(response.status).toBe(200);
    const { orchestrator } = (await response.json()) as { orchestrator: Record<string, unknown> };
    expect(orchestrator).toMatchObject({ sources: [], found: false, degraded: expect.stringMatching(reason) });
    // It is not said that nothing was found: nobody has looked.
    expect(house.received).toMatchObject([QUESTION]);
    expect(house.messages.join('\n')).not.toContain('archive');
  });

  it('stops looking for somebody who has left, and asks no engine', async () => {
    const leaving = Promise.withResolvers<AbortSignal>();
    await using house = await answerHouse({
      reply: WHOLE,
      search: (_, { signal }) => {
        if (signal) leaving.resolve(signal);
        return new Promise(() => undefined);
      },
    });
    const controller = new AbortController();
    const asked = house.post(CHAT, { ...QUESTION, ...ASKS }, {}, controller.signal);
    const signal = await leaving.promise;
    controller.abort();
    await expect(asked).rejects.toMatchObject({ name: 'AbortError' });
    await until('the search is aborted', () => signal.aborted);
    expect(house.received).toEqual([]);
  });

  it('passes on what was found although something was amiss', async () => {
    const search = () => Promise.resolve({ hits: [hit(FACT)], degraded: 'Searched by words alone.' });
    await using house = await answerHouse({ reply: WHOLE, search });
    const response = await house.post(CHAT, { ...QUESTION, ...ASKS });
    expect(await response.json()).toMatchObject({
      orchestrator: { sources: [SOURCE], found: true, degraded: 'Searched by words alone.' },
    });
  });

  it('keeps documents from experts elsewhere unless it allows them', async () => {
    await using house = await answerHouse({ reply: WHOLE, search: found, knowledge: { remoteExperts: 'deny' } });
    const response = await house.post(CHAT, { ...QUESTION, ...ASKS });
    expect(await response.json()).toMatchObject({
      orchestrator: { sources: [], withheld: expect.stringMatching(/^far runs elsewhere/) },
    });
    expect(house.received).toMatchObject([QUESTION]);
  });

  it('keeps each answered question, and neither a loop of tools nor what broke off', async () => {
    const search = found;
    const knowledge = { saveConversations: true };
    await using house = await answerHouse({
      reply: ({ stream }) => (stream ? streamed(cutEvery(EVENTS.join(''), 9)) : WHOLE),
      search,
      knowledge,
    });
    const plain = await house.post(CHAT, QUESTION, { 'x-orchestrator-user': 'ana' });
    expect(await plain.text()).toBe(WHOLE.pieces.join(''));
    await house.post(CHAT, { ...QUESTION, orchestrator: { knowledge: false } });
    await (await house.post(CHAT, { ...QUESTION, stream: true })).text();
    await house.post(CHAT, { messages: [...QUESTION.messages, { role: 'tool', tool_call_id: 'x', content: '1' }] });
    await house.post(CHAT, { ...QUESTION, ...ASKS }, { 'x-orchestrator-user': 'eva' });
    await until('both are kept', () => house.added.length === 2);
    expect(house.added).toMatchObject([
      {
        user: 'ana',
        source: {
          kind: 'text',
          origin: 'conversation',
          title: 'What is the code of the archive room?',
          text: expect.stringMatching(/^What is the code .*\n\nIt is 7341 \[1\]/),
        },
      },
      { user: 'eva' },
    ]);
  });
});

describe('the expert', () => {
  const LONG = 'Nothing of interest stands in this sentence, whoever reads it. '.repeat(60);
  const experts = { small: { context: 1_024, fit: { general: 1 } }, large: { context: 16_384, fit: { general: 0.9 } } };

  it('is chosen with room for the documents', async () => {
    await using house = await answerHouse({ experts, reply: WHOLE, search: found });
    const body = { messages: [{ role: 'user', content: 'word '.repeat(420) }] };
    const without = await house.post(CHAT, body);
    expect(without.headers.get('x-orchestrator-expert')).toBe('small');
    const response = await house.post(CHAT, { ...body, ...ASKS });
    expect(response.headers.get('x-orchestrator-expert')).toBe('large');
    const view = await viewOf(house, response.headers.get('x-request-id'));
    expect(view).toMatchObject({ expert: 'large', reason: response.headers.get('x-orchestrator-route') });
    expect((await viewOf(house, without.headers.get('x-request-id'))).orchestrator).toBe(null);
  });

  it('gets as much as its own context holds', async () => {
    const search = () => Promise.resolve({ hits: [hit(LONG)] });
    await using house = await answerHouse({ experts, reply: WHOLE, search });
    const lengthFor = async (model: string) => {
      await house.post(CHAT, { ...QUESTION, ...ASKS, model });
      return promptOf(house).length;
    };
    const [small, large] = [await lengthFor('small'), await lengthFor('large')];
    expect(small).toBeLessThan(1_700);
    expect(large).toBeGreaterThan(LONG.length);
  });

  it('is told nothing where its context has no room, and the answer says so', async () => {
    await using house = await answerHouse({ experts, reply: WHOLE, search: found });
    const response = await house.post(CHAT, { ...QUESTION, ...ASKS, model: 'small', max_tokens: 950 });
    expect(await response.json()).toMatchObject({
      orchestrator: { sources: [], found: true, withheld: expect.stringMatching(/leaves no room/) },
    });
    expect(house.received).toMatchObject([QUESTION]);
  });

  it('that is asked in place of another one gets its own share', async () => {
    await using house = await answerHouse({
      experts: {
        away: { url: 'http://127.0.0.1:9', fit: { general: 1 } },
        large: { context: 16_384, fit: { general: 0.5 } },
      },
      reply: WHOLE,
      search: found,
    });
    const response = await house.post(CHAT, { ...QUESTION, ...ASKS });
    expect(response.headers.get('x-orchestrator-route')).toContain('fallback=away->large');
    expect(await response.json()).toMatchObject({ orchestrator: { sources: [SOURCE] } });
    expect(promptOf(house)).toContain(FACT);
    expect(house.searches).toHaveLength(1);
  });
});
