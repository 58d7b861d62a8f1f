/** Faults, group C: the life of a request, from the queue to its last byte. */
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';

import type { FakeExpertOptions, Habits } from '../../support/fake-expert.ts';
import { acceptances, fakeExpert, fakeText } from '../../support/fake-expert.ts';
import { startFakeEngine } from '../../support/fake-engine.ts';
import type { Orchestrator } from '../../support/orchestrator.ts';
import { startOrchestrator } from '../../support/orchestrator.ts';
import { alive, kill, rssOf } from '../../support/processes.ts';
import { watchInvariants } from '../../support/invariants.ts';
import { profileOf } from '../../support/profile.ts';
import { openRaw } from '../../support/raw-socket.ts';
import { FULL, times } from '../../support/skip.ts';
import { collect } from '../../support/sse.ts';
import { percentile, timed, until } from '../../support/wait.ts';

const one = (habits: Habits = {}, options: FakeExpertOptions = {}, more: Record<string, unknown> = {}) =>
  profileOf({ a: fakeExpert(habits, options) }, more);

/** Neither queued nor in flight, seen from outside. */
const idle = (orchestrator: Orchestrator) =>
  until(
    'nothing is queued or in flight',
    async () => {
      const { inFlight, queued } = await orchestrator.expert('a');
      return inFlight === 0 && queued === 0;
    },
    1_000,
  );

const chatBytes = (orchestrator: Orchestrator, content: string): string => {
  const body = JSON.stringify({ model: 'a', stream: true, messages: [{ role: 'user', content }] });
  return (
    `POST /v1/chat/completions HTTP/1.1\r\nHost: ${new URL(orchestrator.url).host}\r\nAuthorization: Bearer ${orchestrator.token}\r\n` +
    `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  );
};

describe('C1 the engine dies mid-stream', () => {
  const afterChunks = FULL ? Array.from({ length: 51 }, (_, k) => k) : [0, 1, 7, 50];

  it('C1 an error frame, no finish reason, no [DONE], and it counts as a failure', async () => {
    await using orchestrator = await startOrchestrator({ profile: one({ tokens: 100, rate: 500 }) });
    const watch = watchInvariants(orchestrator);
    let crashes = 0;
    for (const k of afterChunks) {
      await orchestrator.load('a');
      const stream = await collect(await orchestrator.chat(`[[die-after=${k}]]`, { model: 'a', stream: true }));
      expect(stream.text, `what the engine said before chunk ${k} arrives`).toBe(fakeText(k));
      expect(stream.error, `k = ${k}`).toMatchObject({
        code: 'engine_died',
        type: 'server_error',
        source: 'orchestrator',
      });
      expect(stream).toMatchObject({ done: false, finishReason: null });
      await until('the crash is counted', async () => (await orchestrator.expert('a')).crashes === crashes + 1);
      crashes += 1;
    }
    const accepted = acceptances(orchestrator.ledger('a'));
    expect(accepted, 'nothing was replayed').toHaveLength(afterChunks.length);
    await watch.check();
  }, 300_000);

  it('C1 a connection that the engine resets is the same to the client', async () => {
    await using orchestrator = await startOrchestrator({ profile: one({ tokens: 100 }) });
    const stream = await collect(await orchestrator.chat('[[reset-after=3]]', { model: 'a', stream: true }));
    expect(stream.text).toBe(fakeText(3));
    expect(stream.error).toMatchObject({ source: 'orchestrator' });
    expect(stream).toMatchObject({ done: false, finishReason: null });
    expect((await orchestrator.chat('x', { model: 'a' })).status).toBe(200);
  });

  it('C1 the openai client throws', async () => {
    await using orchestrator = await startOrchestrator({ profile: one({ tokens: 100, rate: 500 }) });
    const client = new OpenAI({ baseURL: `${orchestrator.url}/v1`, apiKey: orchestrator.token, maxRetries: 0 });
    const messages = [{ role: 'user' as const, content: '[[die-after=5]]' }];
    let text = '';
    const read = async () => {
      for await (const chunk of await client.chat.completions.create({ model: 'a', messages, stream: true })) {
        text += chunk.choices[0]?.delta.content ?? '';
      }
    };
    await expect(read()).rejects.toThrow(/./);
    expect(text).toBe(fakeText(5));
  });
});

describe('C2 the engine dies before its headers', () => {
  it('C2 after it accepted: 502, and one acceptance in the ledger', async () => {
    await using orchestrator = await startOrchestrator({ profile: one() });
    await orchestrator.load('a');
    for (const stream of [false, true]) {
      await orchestrator.load('a');
      const before = acceptances(orchestrator.ledger('a')).length;
      const response = await orchestrator.chat('[[die]]', { model: 'a', stream });
      expect(response.status).toBe(502);
      expect(await response.json()).toMatchObject({ error: { code: 'engine_died', source: 'orchestrator' } });
      expect(acceptances(orchestrator.ledger('a'))).toHaveLength(before + 1);
    }
  });

  it('C2 refused before it accepted: served by the next engine or refused clearly, never accepted twice', async () => {
    await using orchestrator = await startOrchestrator({ profile: one() });
    for (let i = 0; i < times(3, 20); i++) {
      const { pid } = await orchestrator.load('a');
      const before = acceptances(orchestrator.ledger('a')).length;
      kill(pid ?? 0);
      const response = await orchestrator.chat('[[tokens=1]]', { model: 'a' });
      expect([200, 502, 503]).toContain(response.status);
      await response.body?.cancel();
      await until('the end is seen', async () => (await orchestrator.expert('a')).pid !== pid);
      expect(acceptances(orchestrator.ledger('a')).length - before).toBe(response.status === 200 ? 1 : 0);
    }
  });

  it('C2 an error of the engine’s own passes untouched', async () => {
    await using orchestrator = await startOrchestrator({ profile: one() });
    const response = await orchestrator.chat('[[status=418]]', { model: 'a' });
    expect(response.status).toBe(418);
    expect(await response.json()).toEqual({ error: { message: 'as told', type: 'fake_error', code: 418 } });
  });
});

describe('C3 the client leaves', () => {
  async function leave(
    orchestrator: Orchestrator,
    content: string,
    fields: object,
    when: () => Promise<unknown>,
  ): Promise<number> {
    const controller = new AbortController();
    const gone = orchestrator
      .chat(content, { model: 'a', ...fields }, { signal: controller.signal })
      .then((response) => collect(response))
      .catch(() => undefined);
    await when();
    const left = Date.now();
    controller.abort();
    await gone;
    return left;
  }

  it('C3 while it waits in the queue: the entry is removed, the engine never hears of it', async () => {
    await using orchestrator = await startOrchestrator({
      profile: one({ rate: 50, parallel: 1 }, { settings: { parallel: 1 } }),
    });
    const holder = new AbortController();
    const held = collect(
      await orchestrator.chat('[[tokens=5000]]', { model: 'a', stream: true }, { signal: holder.signal }),
    );
    await leave(orchestrator, 'x', {}, () =>
      until('queued', async () => (await orchestrator.expert('a')).queued === 1),
    );
    await until('the entry is gone', async () => (await orchestrator.expert('a')).queued === 0, 1_000);
    holder.abort();
    await held;
    await idle(orchestrator);
    expect(acceptances(orchestrator.ledger('a'))).toHaveLength(1);
  });

  it('C3 while the expert loads', async () => {
    await using orchestrator = await startOrchestrator({ profile: one({ 'load-ms': 2_000, 'progress-ms': 100 }) });
    await leave(orchestrator, 'x', {}, () => orchestrator.untilState('a', 'starting'));
    await idle(orchestrator);
    await until('the load settles', async () => ['ready', 'stopped'].includes((await orchestrator.expert('a')).state));
    expect(acceptances(orchestrator.ledger('a'))).toEqual([]);
  });

  it.each([
    ['before the headers', '[[header-delay=20000]]', { stream: true }],
    ['before the first token', '[[first-delay=20000]]', { stream: true }],
    ['mid-stream', '[[tokens=5000]][[rate=50]]', { stream: true }],
    ['during an answer without a stream', '[[tokens=5000]][[rate=50]]', {}],
  ])('C3 %s: the engine is told within a second and the slot is free', async (_phase, content, fields) => {
    await using orchestrator = await startOrchestrator({ profile: one() });
    await orchestrator.load('a');
    const left = await leave(orchestrator, content, fields, async () => {
      await until('the engine has it', () => acceptances(orchestrator.ledger('a')).length === 1);
      await new Promise((done) => setTimeout(done, 200));
    });
    const end = await until(
      'the engine is told',
      () => orchestrator.ledger('a').find(({ event, how }) => event === 'end' && how === 'aborted'),
      1_500,
    );
    expect(end.at - left).toBeLessThan(1_000);
    await idle(orchestrator);
    expect(await orchestrator.expert('a')).toMatchObject({ state: 'ready', crashes: 0 });
  });
});

describe('C4 a slow reader', () => {
  it('C4 a client that never reads: memory stays flat, the write is cut at its deadline, the engine is told', async () => {
    const megabytes = times(100, 200);
    await using orchestrator = await startOrchestrator({
      profile: one({}, {}, { timeouts: { betweenBytes: '2s', firstByte: '5s' } }),
    });
    await orchestrator.load('a');
    await orchestrator.chat('x', { model: 'a' });
    const before = rssOf(orchestrator.pid);
    const watch = watchInvariants(orchestrator);
    using client = await openRaw(orchestrator.url);
    client.socket.pause();
    client.send(chatBytes(orchestrator, `[[push-mb=${megabytes}]]`));
    let peak = before;
    const end = await until(
      'the engine is told',
      () => {
        peak = Math.max(peak, rssOf(orchestrator.pid));
        return orchestrator.ledger('a').find(({ event, how }) => event === 'end' && how === 'aborted');
      },
      15_000,
    );
    expect(end.how).toBe('aborted');
    expect((peak - before) / 2 ** 20).toBeLessThan(32);
    await watch.check();
    await idle(orchestrator);
    expect((await orchestrator.chat('x', { model: 'a' })).status).toBe(200);
  });

  it('C4 a reader that is only slow gets every byte', async () => {
    await using orchestrator = await startOrchestrator({ profile: one() });
    const response = await orchestrator.chat('[[push-mb=20]]', { model: 'a', stream: true });
    let bytes = 0;
    for await (const part of response.body ?? []) {
      bytes += part.byteLength;
      await new Promise((done) => setTimeout(done, 1));
    }
    expect(bytes).toBeGreaterThan(20 * 2 ** 20);
  });
});

describe('C5 malformed input', () => {
  const routes = [
    '/v1/chat/completions',
    '/v1/completions',
    '/v1/embeddings',
    '/v1/rerank',
    '/v1/responses',
    '/v1/messages',
    '/v1/messages/count_tokens',
    '/v1/audio/speech',
    '/v1/audio/transcriptions',
    '/infill',
  ];
  const deep = `{"model":"a","messages":${'['.repeat(60_000)}${']'.repeat(60_000)}}`;
  const bodies: [string, string | undefined][] = [
    ['no body', undefined],
    ['an empty body', ''],
    ['null', 'null'],
    ['an array', '[]'],
    ['a string', '"x"'],
    ['a number', '5'],
    ['bad JSON', '{"model": "a", '],
    ['a wrong model', '{"model": 5, "messages": [], "input": 5, "prompt": {}}'],
    ['wrong messages', '{"model": "a", "messages": "hello", "input": {}, "prompt": 7, "query": []}'],
    ['null messages', '{"model": "a", "messages": [null], "input": null, "prompt": null}'],
    ['a prototype', '{"__proto__": {"model": "a"}, "model": "a", "messages": {"constructor": 1}}'],
    ['deep nesting', deep],
    ['invalid UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]).toString('latin1')],
  ];

  it('C5 every route answers every malformed body with 4xx JSON, and the process lives', async () => {
    await using orchestrator = await startOrchestrator({ profile: one() });
    for (const route of routes) {
      for (const [what, body] of bodies) {
        const response = await orchestrator.request(route, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          ...(body === undefined ? {} : { body: Buffer.from(body, 'latin1') }),
        });
        const where = `${route} with ${what}`;
        expect(response.status, where).toBeGreaterThanOrEqual(400);
        expect(response.status, where).toBeLessThan(500);
        const { error } = (await response.json()) as { error: { code: string; message: string; source: string } };
        expect(error.message, where).not.toBe('');
        expect(error.source, where).toBe('orchestrator');
      }
    }
    expect(orchestrator.ledger('a'), 'no engine was started for any of it').toEqual([]);
    expect(alive(orchestrator.pid)).toBe(true);
    expect(orchestrator.output).not.toMatch(/unhandled|uncaught/i);
    expect((await orchestrator.chat('x', { model: 'a' })).status).toBe(200);
  });

  it('C5 management routes take nonsense without a 5xx', async () => {
    await using orchestrator = await startOrchestrator({ profile: one() });
    for (const path of [
      '/api/experts/nobody/load',
      '/api/experts/%00/load',
      '/api/experts/a%2f..%2fb/unload',
      '/api/nothing',
      '/v1/models/nobody',
    ]) {
      for (const method of ['GET', 'POST', 'PUT', 'DELETE']) {
        const response = await orchestrator.request(path, { method, ...(method === 'GET' ? {} : { body: '[' }) });
        expect(response.status, `${method} ${path}`).toBeGreaterThanOrEqual(400);
        expect(response.status, `${method} ${path}`).toBeLessThan(500);
        expect(await response.json()).toMatchObject({ error: { source: 'orchestrator' } });
      }
    }
    expect(orchestrator.output).not.toMatch(/unhandled|uncaught/i);
  });
});

describe('C6 fragments', () => {
  const manners = ['plain', 'crlf', 'cr', 'comments', 'multidata', 'longline', 'mixed'];

  it('C6 whatever the manner and the slices, the bytes are the engine’s own', async () => {
    await using engine = await startFakeEngine();
    await using orchestrator = await startOrchestrator({ profile: one() });
    /** Ids and times differ between two engines; nothing else may. */
    const plain = (raw: string) => raw.replaceAll(/fake-\d+-\d+/g, 'id').replaceAll(/"created":\d+/g, '"created":0');
    for (const manner of manners) {
      for (const slice of manner === 'longline' ? [0, 4_096] : [0, 1, 3]) {
        const content = `[[sse=${manner}]][[slice=${slice}]][[tokens=12]]`;
        const fields = { model: 'a', stream: true, stream_options: { include_usage: true } };
        const direct = await collect(await engine.chat(content, fields));
        const proxied = await collect(await orchestrator.chat(content, fields));
        expect(proxied, `${manner}, slices of ${slice}`).toMatchObject({
          text: fakeText(12),
          done: true,
          ended: 'closed',
        });
        expect(plain(proxied.raw) === plain(direct.raw), `${manner}, slices of ${slice}: identical bytes`).toBe(true);
      }
    }
  });
});

describe('C7 a silent prefill', () => {
  it('C7 the first-byte deadline is its own: longer than the idle deadline, and no bound for the whole answer', async () => {
    const silence = times(3_000, 90_000);
    await using orchestrator = await startOrchestrator({
      profile: one(
        { rate: 20 },
        {},
        { timeouts: { firstByte: `${silence + 2_000}ms`, betweenBytes: '1s', total: '10m' } },
      ),
    });
    await orchestrator.load('a');
    for (const habit of ['header-delay', 'first-delay']) {
      const stream = await collect(
        await orchestrator.chat(`[[${habit}=${silence}]][[tokens=30]]`, { model: 'a', stream: true }),
      );
      expect(stream, habit).toMatchObject({ text: fakeText(30), done: true, error: undefined });
    }
    // The whole answer takes longer than the first byte may.
    const long = await collect(
      await orchestrator.chat(`[[tokens=${Math.ceil((silence + 3_000) / 50)}]]`, { model: 'a', stream: true }),
    );
    expect(long).toMatchObject({ done: true, error: undefined });
  }, 400_000);

  it('C7 an answer that stops in the middle is cut at the idle deadline, one that never begins at the first-byte deadline', async () => {
    await using orchestrator = await startOrchestrator({
      profile: one({}, {}, { timeouts: { firstByte: '3s', betweenBytes: '1s' } }),
    });
    await orchestrator.load('a');
    const frozen = await timed(async () =>
      collect(await orchestrator.chat('[[freeze-after=3]]', { model: 'a', stream: true })),
    );
    expect(frozen.value).toMatchObject({ text: fakeText(3), done: false, error: { code: 'idle_timeout' } });
    expect(frozen.ms).toBeGreaterThan(900);
    expect(frozen.ms).toBeLessThan(2_500);
    const silent = await timed(() => orchestrator.chat('[[header-delay=20000]]', { model: 'a', stream: true }));
    expect(silent.value.status).toBe(504);
    expect(silent.ms).toBeGreaterThan(2_900);
    expect(silent.ms).toBeLessThan(4_500);
  });

  it('C7 a stream that waits for a load longer than 10 s gets comments, so that no proxy in between gives up', async () => {
    await using orchestrator = await startOrchestrator({ profile: one({ 'load-ms': 13_000, 'progress-ms': 500 }) });
    const { value: response, ms } = await timed(() => orchestrator.chat('[[tokens=3]]', { model: 'a', stream: true }));
    expect(response.status).toBe(200);
    expect(ms).toBeGreaterThan(8_000);
    expect(ms).toBeLessThan(12_500);
    const stream = await collect(response);
    expect(stream.comments.length).toBeGreaterThan(0);
    expect(stream).toMatchObject({ text: fakeText(3), done: true, error: undefined });
  });
});

describe('C8 everybody leaves at once', () => {
  it('C8 30 clients with 5 MiB each: health answers within 100 ms meanwhile', async () => {
    await using orchestrator = await startOrchestrator({
      profile: one({ parallel: 30 }, { settings: { parallel: 30 } }),
    });
    await orchestrator.load('a');
    const clients = await Promise.all(Array.from({ length: 30 }, () => openRaw(orchestrator.url)));
    for (const client of clients) client.send(chatBytes(orchestrator, '[[push-mb=5]]'));
    await until('all are at it', () => clients.every(({ received }) => received.length > 0));
    for (const client of clients) client.socket.pause();
    const health: number[] = [];
    for (const client of clients) client[Symbol.dispose]();
    const began = performance.now();
    while (performance.now() - began < 2_000) {
      const { value, ms } = await timed(() => fetch(`${orchestrator.url}/healthz`));
      expect(value.status).toBe(200);
      await value.body?.cancel();
      health.push(ms);
    }
    expect(percentile(health, 0.99)).toBeLessThan(100);
    await until('everything is given back', async () => (await orchestrator.expert('a')).inFlight === 0, 2_000);
    expect((await orchestrator.chat('x', { model: 'a' })).status).toBe(200);
  });
});
