/** The providers' own clients, unchanged, against what the translators make of the other provider's recordings. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterEach, describe, expect, it } from 'vitest';

import type { Dialect, InferenceRoute } from '../../../../src/engines/routes.ts';
import {
  createStreamTranslator,
  translateRequest,
  translateResponse,
} from '../../../../src/proxy/dialect/translate.ts';
import type { JsonObject } from '../../../../src/proxy/json.ts';
import { recordingsOf } from '../../../contract/recordings.ts';

const remote = recordingsOf('remote');
const SCHEMA = { type: 'object' as const, properties: { city: { type: 'string' } } };

interface Upstream {
  readonly status?: number;
  readonly body: unknown;
  readonly stream?: string;
}

let server: Server | undefined;
/** What the upstream was sent. */
let asked: JsonObject = {};

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** A server that speaks `to`, out of what an upstream that speaks `from` would have said. */
async function serve(from: Dialect, to: Dialect, upstream: Upstream): Promise<string> {
  server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(pieces).toString()) as JsonObject;
      const route = new URL(request.url ?? '', 'http://x').pathname as InferenceRoute;
      asked = translateRequest({ from: to, to: from, route, body, model: 'upstream-model' }).body;
      if (body['stream'] === true && upstream.stream !== undefined) {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        const options = body['stream_options'] as { include_usage?: boolean } | undefined;
        const includeUsage = options?.include_usage === true;
        const context = { model: 'upstream-model', requestId: 'r1', created: 1, includeUsage };
        const stream = createStreamTranslator({ from, to, ...context });
        const bytes = Buffer.from(upstream.stream);
        // Cut at odd places, as networks do.
        for (let start = 0; start < bytes.length; start += 37)
          response.write(stream.push(bytes.subarray(start, start + 37)));
        response.end(stream.end().text);
        return;
      }
      const status = upstream.status ?? 200;
      const translated = translateResponse({ from, to, status, body: upstream.body, model: 'm', created: 1 });
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(translated));
    });
  });
  const { promise, resolve } = Promise.withResolvers<undefined>();
  server.listen(0, '127.0.0.1', () => resolve(undefined));
  await promise;
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('the OpenAI client on an Anthropic endpoint', () => {
  const upstream = { body: remote.json('messages.json'), stream: remote.text('messages.sse') };
  const question = {
    model: 'smart',
    messages: [{ role: 'user' as const, content: 'Weather in Paris?' }],
    tools: [{ type: 'function' as const, function: { name: 'weather', parameters: SCHEMA } }],
  };
  const client = async (answer: Upstream) =>
    new OpenAI({ baseURL: `${await serve('anthropic', 'openai', answer)}/v1`, apiKey: 'x', maxRetries: 0 });

  it('reads a whole answer with a tool call', async () => {
    const answer = await (await client(upstream)).chat.completions.create(question);
    const [choice] = answer.choices;
    expect(choice?.finish_reason).toBe('tool_calls');
    expect(choice?.message.content).toBe("I'll look that up.");
    expect(choice?.message.tool_calls).toMatchObject([
      { function: { name: 'weather', arguments: '{"city":"Paris"}' } },
    ]);
    expect(answer.usage?.total_tokens).toBe(601);
    expect(asked).toMatchObject({ model: 'upstream-model', tools: [{ name: 'weather', input_schema: SCHEMA }] });
  });

  it('reads a stream with a tool call and usage', async () => {
    const stream = (await client(upstream)).chat.completions.stream({
      ...question,
      stream_options: { include_usage: true },
    });
    const answer = await stream.finalChatCompletion();
    expect(answer.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: {
        content: "I'll look that up.",
        tool_calls: [
          { id: 'toolu_01A09q90qw90lq917835lq9', function: { name: 'weather', arguments: '{"city": "Paris"}' } },
        ],
      },
    });
    expect(answer.usage?.completion_tokens).toBe(89);
  });

  it('throws on an error in the middle of a stream, and on one before it', async () => {
    const start = upstream.stream.slice(0, upstream.stream.indexOf('event: content_block_stop'));
    const error = 'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n';
    const broken = (await client({ ...upstream, stream: start + error })).chat.completions.stream(question);
    await expect(broken.finalChatCompletion()).rejects.toThrow(/Overloaded/);
    const limited = { error: { type: 'rate_limit_error', message: 'Slow down' }, type: 'error' };
    await expect(
      (await client({ status: 429, body: limited })).chat.completions.create(question),
    ).rejects.toMatchObject({ status: 429, type: 'rate_limit_error' });
  });

  it('sees that a stream was cut off', async () => {
    const cut = upstream.stream.slice(0, upstream.stream.indexOf('event: message_delta'));
    const stream = (await client({ ...upstream, stream: cut })).chat.completions.stream(question);
    await expect(stream.finalChatCompletion()).rejects.toThrow(/finish_reason/);
  });
});

describe('the Anthropic client on an OpenAI endpoint', () => {
  const upstream = { body: remote.json('tools.json'), stream: remote.text('tools.sse') };
  const question = {
    model: 'smart',
    max_tokens: 64,
    messages: [{ role: 'user' as const, content: 'Weather in Paris and Rome?' }],
    tools: [{ name: 'weather', input_schema: SCHEMA }],
  };
  const client = async (answer: Upstream) =>
    new Anthropic({ baseURL: await serve('openai', 'anthropic', answer), apiKey: 'x', maxRetries: 0 });

  it('reads a whole answer with tool calls', async () => {
    const answer = await (await client(upstream)).messages.create(question);
    expect(answer.stop_reason).toBe('tool_use');
    expect(answer.content).toMatchObject([
      { type: 'tool_use', name: 'weather', input: { city: 'Paris' } },
      { type: 'tool_use', name: 'weather', input: { city: 'Rome' } },
    ]);
    expect(answer.usage).toMatchObject({ input_tokens: 58, output_tokens: 18 });
    expect(asked).toMatchObject({
      model: 'upstream-model',
      max_tokens: 64,
      tools: [{ function: { parameters: SCHEMA } }],
    });
  });

  it('reads a stream with tool calls', async () => {
    const answer = await (await client(upstream)).messages.stream(question).finalMessage();
    expect(answer.content).toMatchObject([
      { type: 'tool_use', id: 'call_Paris1', name: 'weather', input: { city: 'Paris' } },
      { type: 'tool_use', id: 'call_Rome2', name: 'weather', input: { city: 'Rome' } },
    ]);
    expect(answer).toMatchObject({ stop_reason: 'tool_use', usage: { output_tokens: 18 } });
  });

  it('reads a text, pings before it included', async () => {
    const stream = `: waiting\n\n${remote.text('chat.sse')}`;
    const answer = (await client({ ...upstream, stream })).messages.stream(question);
    expect(await answer.finalText()).toBe('The capital of France is Paris.');
  });

  it('throws on an error in the middle of a stream, and on one before it', async () => {
    const start = upstream.stream.split('\n\n').slice(0, 4).join('\n\n');
    const error = `\n\ndata: ${JSON.stringify({ error: { message: 'CUDA error', type: 'server_error' } })}\n\n`;
    const broken = (await client({ ...upstream, stream: start + error })).messages.stream(question);
    await expect(broken.finalMessage()).rejects.toThrow(/CUDA error/);
    const refused = { error: { message: 'No such model', type: 'invalid_request_error' } };
    await expect((await client({ status: 404, body: refused })).messages.create(question)).rejects.toMatchObject({
      status: 404,
      error: { error: { type: 'not_found_error' } },
    });
  });

  it('sees that a stream was cut off', async () => {
    const cut = upstream.stream.split('\n\n').slice(0, 5).join('\n\n');
    const stream = (await client({ ...upstream, stream: `${cut}\n\n` })).messages.stream(question);
    await expect(stream.finalMessage()).rejects.toThrow(/stream ended without producing a Message/);
  });
});
