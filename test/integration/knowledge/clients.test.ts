/** What is added to answers, as the clients that people use take it. */
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';

import type { JsonObject } from '../../../src/proxy/json.ts';
import { answerHouse, hit, type Reply } from '../../support/answer-house.ts';

const FACT = 'The code of the archive room is 7341.';
const SAID = 'It is 7341 [1].';
const ASKED = 'What is the code of the archive room?';
const search = () => Promise.resolve({ hits: [hit(FACT)] });
const asks = { orchestrator: { knowledge: true } };
const sources = [{ n: 1, document: 'doc_1' }];
const citations = { used: [1], unknown: [], unsupportedQuotes: [] };

const events = (list: readonly JsonObject[], named: boolean): Reply => ({
  type: 'text/event-stream',
  pieces: list.map((event) => `${named ? `event: ${String(event['type'])}\n` : ''}data: ${JSON.stringify(event)}\n\n`),
});
const chunk = (delta: object, finish: string | null) => ({
  id: 'c',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'm',
  choices: [{ index: 0, delta, finish_reason: finish }],
});
const CHAT = events([chunk({ role: 'assistant', content: SAID }, null), chunk({}, 'stop')], false);

describe('the openai client', () => {
  const clientOf = (url: string) => new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 });

  it('reads a chat, whole and streamed, with the sources in it', async () => {
    const whole = {
      ...chunk({}, 'stop'),
      object: 'chat.completion',
      choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: SAID } }],
    };
    await using house = await answerHouse({
      reply: ({ stream }) =>
        stream ? { ...CHAT, pieces: [...CHAT.pieces, 'data: [DONE]\n\n'] } : { pieces: [JSON.stringify(whole)] },
      search,
    });
    const client = clientOf(house.url);
    const messages = [{ role: 'user' as const, content: ASKED }];
    const answer = await client.chat.completions.create({ model: 'auto', messages, ...asks });
    expect(answer).toMatchObject({ choices: [{ message: { content: SAID } }], orchestrator: { sources, citations } });
    const stream = client.chat.completions.stream({ model: 'auto', messages, ...asks });
    const added: unknown[] = [];
    stream.on('chunk', (one) => 'orchestrator' in one && added.push(one.orchestrator));
    expect((await stream.finalChatCompletion()).choices[0]?.message.content).toBe(SAID);
    expect(added).toMatchObject([{ sources, citations }]);
  });

  it('reads a response that is streamed, with the sources in it at its end', async () => {
    const content = { type: 'output_text', text: SAID, annotations: [], logprobs: [] };
    const item = { id: 'msg', type: 'message', role: 'assistant' };
    const response = { id: 'r', object: 'response', created_at: 1, model: 'm', error: null };
    const at = { item_id: 'msg', output_index: 0, content_index: 0 };
    const list: JsonObject[] = [
      { type: 'response.created', response: { ...response, status: 'in_progress', output: [] } },
      { type: 'response.output_item.added', output_index: 0, item: { ...item, status: 'in_progress', content: [] } },
      { type: 'response.content_part.added', ...at, part: { ...content, text: '' } },
      { type: 'response.output_text.delta', ...at, delta: SAID, logprobs: [] },
      { type: 'response.output_text.done', ...at, text: SAID, logprobs: [] },
      { type: 'response.content_part.done', ...at, part: content },
      {
        type: 'response.output_item.done',
        output_index: 0,
        item: { ...item, status: 'completed', content: [content] },
      },
      {
        type: 'response.completed',
        response: { ...response, status: 'completed', output: [{ ...item, status: 'completed', content: [content] }] },
      },
    ];
    await using house = await answerHouse({
      experts: { far: { endpoints: ['/v1/responses'] } },
      reply: events(
        list.map((event, index) => ({ ...event, sequence_number: index })),
        true,
      ),
      search,
    });
    const stream = clientOf(house.url).responses.stream({ model: 'auto', input: ASKED, ...asks });
    const final = await stream.finalResponse();
    expect(final.output_text).toBe(SAID);
    expect(final).toMatchObject({ orchestrator: { sources, citations } });
  });
});

describe('the anthropic client', () => {
  it('reads a message that is streamed as it always was; a header has the sources', async () => {
    await using house = await answerHouse({
      reply: { ...CHAT, pieces: [...CHAT.pieces, 'data: [DONE]\n\n'] },
      search,
    });
    const client = new Anthropic({ baseURL: house.url, apiKey: 'none', maxRetries: 0 });
    const body = { model: 'far', max_tokens: 50, messages: [{ role: 'user' as const, content: ASKED }], ...asks };
    const stream = client.messages.stream(body);
    expect((await stream.finalMessage()).content).toMatchObject([{ type: 'text', text: SAID }]);
    const { response } = await stream.withResponse();
    expect(JSON.parse(response.headers.get('x-orchestrator-sources') ?? '')).toMatchObject({ sources, found: true });
  });
});
