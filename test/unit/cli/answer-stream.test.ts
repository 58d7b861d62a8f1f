import { describe, expect, it } from 'vitest';

import { streamAnswer, type ChatRequest } from '../../../src/cli/answer-stream.ts';
import { Client } from '../../../src/cli/client.ts';
import { events, FakeHouse } from './fake-house.ts';

const REQUEST: ChatRequest = { model: 'general', messages: [{ role: 'user', content: 'hi' }] };
const delta = (content: string, finish_reason: string | null = null) => ({
  choices: [{ delta: { content }, finish_reason }],
});

async function ask(house: FakeHouse, request = REQUEST, signal?: AbortSignal) {
  const heard: string[] = [];
  const answer = await streamAnswer(
    new Client(new URL(house.url)),
    request,
    { onExpert: (expert) => heard.push(`<${expert}>`), onText: (text) => heard.push(text) },
    signal,
  );
  return { answer, heard };
}

const answering = (...frames: unknown[]) =>
  new FakeHouse().on('POST /v1/chat/completions', (response) => {
    response.setHeader('x-orchestrator-expert', 'general');
    events(response, ...frames);
    response.end();
  });

describe('an answer', () => {
  it('is told as it comes, without the space that a few-shot model begins with', async () => {
    await using house = await answering(delta(' '), delta(' Par'), delta('is.', 'stop'), '[DONE]').open();
    const { answer, heard } = await ask(house);
    expect(heard).toEqual(['<general>', 'Par', 'is.']);
    expect(answer).toMatchObject({ expert: 'general', content: 'Paris.', finishReason: 'stop' });
  });

  it('is asked for with what the person gave and nothing else', async () => {
    await using house = await answering(delta('x', 'stop'), '[DONE]').open();
    await ask(house, { ...REQUEST, user: 'ana', maxTokens: 5, temperature: 0 });
    await ask(house);
    const [full, plain] = house.asked.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
    expect(full).toMatchObject({ model: 'general', stream: true, max_tokens: 5, temperature: 0 });
    expect(house.asked[0]?.headers['x-orchestrator-user']).toBe('ana');
    expect(plain).not.toHaveProperty('max_tokens');
    expect(plain).not.toHaveProperty('temperature');
  });

  it('fails with the sentence of an error frame', async () => {
    await using house = await answering(delta('Par'), { error: { message: 'The engine ended.' } }).open();
    await expect(ask(house)).rejects.toThrow('The engine ended.');
  });

  it('fails where the stream ends before the answer does', async () => {
    await using house = await answering(delta('Par')).open();
    await expect(ask(house)).rejects.toThrow('broke off');
  });

  it('fails where the connection breaks', async () => {
    await using house = await new FakeHouse()
      .on('POST /v1/chat/completions', (response) => {
        events(response, delta('Par'));
        setImmediate(() => response.destroy());
      })
      .open();
    await expect(ask(house)).rejects.toThrow('broke off');
  });

  it('can be broken off', async () => {
    await using house = await new FakeHouse()
      .on('POST /v1/chat/completions', (response) => events(response, delta('Par')))
      .open();
    const aborter = new AbortController();
    const heard: string[] = [];
    const listener = {
      onText(text: string) {
        heard.push(text);
        aborter.abort();
      },
    };
    await expect(streamAnswer(new Client(new URL(house.url)), REQUEST, listener, aborter.signal)).rejects.toMatchObject(
      { name: 'AbortError' },
    );
    expect(heard).toEqual(['Par']);
  });
});
