/** Faults, group D: more than there is room for. */
import type { Socket } from 'node:net';
import { connect } from 'node:net';

import { Agent, request } from 'undici';
import { describe, expect, it } from 'vitest';

import { acceptances, fakeExpert, type Habits } from '../../support/fake-expert.ts';
import type { Orchestrator } from '../../support/orchestrator.ts';
import { startOrchestrator } from '../../support/orchestrator.ts';
import { openFilesOf, rssOf } from '../../support/processes.ts';
import { watchInvariants } from '../../support/invariants.ts';
import { profileOf } from '../../support/profile.ts';
import { times } from '../../support/skip.ts';
import { percentile, timed, until } from '../../support/wait.ts';

describe('D1 a flood', () => {
  it('D1 requests beyond the queue are refused at once with Retry-After; those in it are served or told their age', async () => {
    const QUEUE = 20;
    await using orchestrator = await startOrchestrator({
      profile: profileOf(
        { a: fakeExpert({ parallel: 1, tokens: 20, rate: 100 }, { settings: { parallel: 1 } }) },
        { queue: { length: QUEUE, age: '2s' } },
      ),
    });
    await orchestrator.load('a');
    const before = { rss: rssOf(orchestrator.pid), files: openFilesOf(orchestrator.pid) };
    const count = times(150, 500);
    // Several addresses of loopback: the cap of connections for each address is D2's.
    const agents = Array.from(
      { length: 10 },
      (_, i) => new Agent({ localAddress: `127.0.0.${10 + i}`, connections: 100 }),
    );
    const body = JSON.stringify({ model: 'a', messages: [{ role: 'user', content: 'x' }] });
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${orchestrator.token}` };
    let longest = 0;
    const watch = setInterval(() => {
      void orchestrator.expert('a').then(({ queued }) => (longest = Math.max(longest, queued)));
    }, 50);
    const answers = await Promise.all(
      Array.from({ length: count }, (_, i) =>
        timed(async () => {
          const dispatcher = agents[i % agents.length];
          const answer = await request(`${orchestrator.url}/v1/chat/completions`, {
            method: 'POST',
            body,
            headers,
            dispatcher,
          });
          const text = await answer.body.text();
          return { status: answer.statusCode, retryAfter: Number(answer.headers['retry-after']), text };
        }),
      ),
    );
    clearInterval(watch);
    const of = (status: number) => answers.filter(({ value }) => value.status === status);
    expect(of(200).length + of(429).length + of(503).length, 'each ends exactly once').toBe(count);
    expect(of(200).length).toBeGreaterThanOrEqual(5);
    expect(of(429).length).toBeGreaterThanOrEqual(count - QUEUE - of(200).length - of(503).length);
    expect(of(429).length).toBeGreaterThan(count / 2);
    expect(of(503).length, 'some waited longer than the age limit').toBeGreaterThan(0);
    for (const { value } of [...of(429), ...of(503)]) expect(value.retryAfter).toBeGreaterThan(0);
    for (const { value } of of(503)) expect(value.text).toContain('queue_timeout');
    for (const { ms } of of(503)) expect(ms, 'age is bounded').toBeLessThan(4_000);
    expect(longest).toBeLessThanOrEqual(QUEUE);
    expect(acceptances(orchestrator.ledger('a'))).toHaveLength(of(200).length);
    expect((rssOf(orchestrator.pid) - before.rss) / 2 ** 20, 'I4').toBeLessThan(64);
    await Promise.all(agents.map((agent) => agent.destroy()));
    await until('descriptors come back', () => openFilesOf(orchestrator.pid) <= before.files + 5, 10_000);
  });

  it('D1 a refusal takes less than 100 ms while the queue is full', async () => {
    await using orchestrator = await startOrchestrator({
      profile: profileOf(
        { a: fakeExpert({ parallel: 1 }, { settings: { parallel: 1 } }) },
        { queue: { length: 2, age: '60s' } },
      ),
    });
    await orchestrator.load('a');
    const leave = new AbortController();
    const held = Array.from({ length: 3 }, () =>
      orchestrator
        .chat('[[tokens=100000]][[rate=20]]', { model: 'a', stream: true }, { signal: leave.signal })
        .catch(() => undefined),
    );
    await until('the queue is full', async () => (await orchestrator.expert('a')).queued === 2);
    const refusals: number[] = [];
    for (let i = 0; i < times(50, 300); i++) {
      const { value: response, ms } = await timed(() => orchestrator.chat('x', { model: 'a' }));
      expect(response.status).toBe(429);
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
      await response.body?.cancel();
      refusals.push(ms);
    }
    expect(percentile(refusals, 0.95)).toBeLessThan(100);
    leave.abort();
    await Promise.all(held);
  });
});

describe('D2 slow and many connections', () => {
  const open = (orchestrator: Orchestrator, address: string): Promise<Socket> =>
    new Promise((resolve) => {
      const socket = connect({
        host: '127.0.0.1',
        port: Number(new URL(orchestrator.url).port),
        localAddress: address,
      });
      // A refused or cut connection is an answer too: the tests count what stays open.
      socket.on('error', () => undefined);
      socket.once('connect', () => resolve(socket));
      socket.once('close', () => resolve(socket));
      socket.resume();
    });

  const openCount = (sockets: readonly Socket[]) =>
    sockets.filter((socket) => !socket.destroyed && !socket.readableEnded).length;

  async function healthy(orchestrator: Orchestrator): Promise<void> {
    const { value, ms } = await timed(() => orchestrator.chat('[[tokens=1]]', { model: 'a' }));
    expect(value.status).toBe(200);
    await value.body?.cancel();
    expect(ms).toBeLessThan(1_000);
  }

  it('D2 half headers and slow bodies are closed within 15 s, and a healthy request takes less than a second meanwhile', async () => {
    await using orchestrator = await startOrchestrator({
      profile: profileOf({ a: fakeExpert() }, { timeouts: { body: '12s' } }),
    });
    await orchestrator.load('a');
    const count = times(200, 2_000);
    const host = new URL(orchestrator.url).host;
    const sockets = await Promise.all(
      Array.from({ length: count }, (_, i) => open(orchestrator, `127.0.1.${1 + (i % 40)}`)),
    );
    const began = performance.now();
    const head = `POST /v1/chat/completions HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${orchestrator.token}\r\nContent-Type: application/json\r\n`;
    sockets.forEach((socket, i) =>
      socket.write(i % 2 === 0 ? head.slice(0, 80) : `${head}Content-Length: 5000\r\n\r\n{`),
    );
    const drip = setInterval(() => {
      for (const socket of sockets) if (!socket.destroyed && socket.writable) socket.write('x');
    }, 2_000);
    const watch = watchInvariants(orchestrator);
    await healthy(orchestrator);
    await new Promise((done) => setTimeout(done, 2_000));
    await healthy(orchestrator);
    await until('half headers and slow bodies are closed', () => openCount(sockets) === 0, 20_000);
    expect(performance.now() - began).toBeLessThan(15_500);
    clearInterval(drip);
    await watch.check({ openFiles: count + 100 });
    await healthy(orchestrator);
    expect(acceptances(orchestrator.ledger('a'))).toHaveLength(3);
  }, 120_000);

  it('D2 one address cannot hold all connections; another is served meanwhile', async () => {
    await using orchestrator = await startOrchestrator({ profile: profileOf({ a: fakeExpert() }) });
    await orchestrator.load('a');
    const count = times(1_000, 2_000);
    const sockets: Socket[] = [];
    for (let i = 0; i < count; i += 100) {
      sockets.push(...(await Promise.all(Array.from({ length: 100 }, () => open(orchestrator, '127.0.2.1')))));
    }
    await until('the surplus is closed', () => openCount(sockets) < count, 3_000);
    expect(openCount(sockets)).toBeGreaterThan(0);
    await healthy(orchestrator);
    expect(openFilesOf(orchestrator.pid)).toBeLessThan(count);
    for (const socket of sockets) socket.destroy();
    await until('the address may come back', async () => {
      const socket = await open(orchestrator, '127.0.2.1');
      await new Promise((done) => setTimeout(done, 100));
      const stays = !socket.destroyed;
      socket.destroy();
      return stays;
    });
  }, 60_000);
});

describe('D3 a hung engine and many who wait', () => {
  it('D3 each prompt reaches one engine once, whoever it was meant for: none is sent again, to it or to another', async () => {
    const prompts = times(50, 200);
    const hung = fakeExpert({ 'hang-from': 1, parallel: 2 }, { settings: { parallel: 2 } });
    await using orchestrator = await startOrchestrator({
      profile: profileOf(
        { hung, well: fakeExpert({ tokens: 3 }) },
        { queue: { length: prompts, age: '20s' }, timeouts: { firstByte: '1s', total: '60s', drain: '1s' } },
      ),
    });
    await Promise.all([orchestrator.load('hung'), orchestrator.load('well')]);
    const watch = watchInvariants(orchestrator, ['hung', 'well']);
    const long = 'word '.repeat(2_000);
    const ask = async (model: string) => {
      const { value: response, ms } = await timed(() => orchestrator.chat(long, { model }));
      return {
        status: response.status,
        retryAfter: response.headers.get('retry-after'),
        text: await response.text(),
        ms,
      };
    };
    // Two of a kind: what the one cannot do is not tried on the other, and that one is not held up.
    const [toHung, toWell] = await Promise.all(
      ['hung', 'well'].map((model) => Promise.all(Array.from({ length: prompts / 2 }, () => ask(model)))),
    );
    for (const { status, text } of toHung ?? []) {
      // 502 and 504: it had the request; 503: it never got it.
      expect([502, 503, 504], text).toContain(status);
      expect((JSON.parse(text) as { error: { source: string } }).error.source).toBe('orchestrator');
    }
    for (const { status, retryAfter } of toHung ?? [])
      if (status === 503) expect(Number(retryAfter)).toBeGreaterThan(0);
    expect(new Set((toWell ?? []).map(({ status }) => status))).toEqual(new Set([200]));

    const accepted = { hung: orchestrator.ledger('hung'), well: orchestrator.ledger('well') };
    expect(acceptances(accepted.well)).toHaveLength(prompts / 2);
    const had = (toHung ?? []).filter(({ status }) => status !== 503);
    expect(acceptances(accepted.hung), 'those that it had, and no others').toHaveLength(had.length);
    expect(acceptances(accepted.hung).length, 'it did hang').toBeGreaterThanOrEqual(2);
    // The supervisor's own questions are asked of an engine too.
    const all = [...accepted.hung, ...accepted.well].filter(({ event }) => event === 'accept');
    expect(all.length).toBeLessThanOrEqual(1.2 * prompts);
    await watch.check();
  }, 120_000);

  it('D3 clients that ask again when told to do not multiply what reaches the engine', async () => {
    const prompts = times(20, 50);
    const hung = fakeExpert({ 'hang-from': 1, parallel: 1 }, { settings: { parallel: 1 } });
    await using orchestrator = await startOrchestrator({
      profile: profileOf({ hung }, { queue: { length: 4, age: '2s' }, timeouts: { firstByte: '1s', drain: '1s' } }),
    });
    await orchestrator.load('hung');
    let sent = 0;
    const client = async () => {
      for (let attempt = 0; attempt < 3; attempt += 1) {
        sent += 1;
        const response = await orchestrator.chat('x', { model: 'hung' });
        await response.body?.cancel();
        expect([429, 502, 503, 504]).toContain(response.status);
        // As SDKs do, who wait for at most as long as they are told; a tenth here, to press harder.
        const seconds = Number(response.headers.get('retry-after') ?? 0.5);
        await new Promise((resolve) => setTimeout(resolve, Math.min(seconds, 5) * 100));
      }
    };
    await Promise.all(Array.from({ length: prompts }, client));
    expect(sent).toBe(3 * prompts);
    const all = orchestrator.ledger('hung').filter(({ event }) => event === 'accept');
    expect(all.length, 'most are refused before they reach it').toBeLessThanOrEqual(1.2 * prompts);
  }, 120_000);
});

describe('D3 a hung engine whose room another expert waits for', () => {
  it('D3 gets each of many long prompts at most once, whether it is replaced or makes room, and the other expert is served', async () => {
    const expert = (habits: Habits) => fakeExpert(habits, { settings: { footprint: { ram: '200MiB' } } });
    await using orchestrator = await startOrchestrator({
      profile: profileOf(
        { hung: expert({ 'hang-from': 1 }), other: expert({}) },
        {
          budget: { ram: { capacity: '300MiB' }, minResidency: '1ms' },
          timeouts: { firstByte: '1s', betweenBytes: '1s', total: '30s', drain: '2s' },
          queue: { age: '10s' },
        },
      ),
    });
    await orchestrator.load('hung');
    const watch = watchInvariants(orchestrator, ['hung', 'other']);
    const count = times(50, 200);
    const prompts = Array.from({ length: count }, (_, index) => `${index} ${'long '.repeat(20_000)}`);
    const hung = Promise.all(prompts.map((prompt) => orchestrator.chat(prompt, { model: 'hung' })));
    await until('they are there', async () => (await orchestrator.expert('hung')).inFlight > 0);
    const others = Array.from({ length: 10 }, () => orchestrator.chat('[[tokens=1]]', { model: 'other' }));
    expect((await Promise.all(others)).map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200));
    for (const answer of await hung) {
      expect(answer.status).toBeGreaterThanOrEqual(502);
      expect(await answer.json()).toMatchObject({ error: { source: 'orchestrator', code: expect.any(String) } });
    }
    await watch.check();
    const accepted = acceptances(orchestrator.ledger('hung'));
    expect(accepted.length, 'engine acceptances').toBeLessThanOrEqual(count * 1.2);
    expect(new Set(accepted.map(({ digest }) => digest)).size, 'each of them another one').toBe(accepted.length);
    expect(acceptances(orchestrator.ledger('other'))).toHaveLength(10);
  });
});

describe('D4 a noisy user', () => {
  it('D4 floods with 64 connections and long answers, and the first token of another, who asks once a second, takes at most twice as long as alone', async () => {
    const QUEUE = 40;
    await using orchestrator = await startOrchestrator({
      profile: profileOf(
        { a: fakeExpert({ 'first-delay': 200, tokens: 30, rate: 20, parallel: 4 }, { settings: { parallel: 4 } }) },
        { queue: { length: QUEUE, age: '60s' } },
      ),
    });
    await orchestrator.load('a');
    const as = (user: string, signal?: AbortSignal) =>
      orchestrator.chat(
        'hello',
        { model: 'a', stream: true },
        { headers: { 'x-orchestrator-user': user }, ...(signal && { signal }) },
      );
    const askAndWait = async (): Promise<number> => {
      const began = performance.now();
      const response = await as('quiet');
      expect(response.status, 'the quiet one is never refused').toBe(200);
      const reader = response.body?.getReader();
      await reader?.read();
      const firstTokenMs = performance.now() - began;
      await reader?.cancel();
      await new Promise((done) => setTimeout(done, Math.max(0, 1_000 - firstTokenMs)));
      return firstTokenMs;
    };
    const askOften = async () => {
      const waits: number[] = [];
      for (let i = 0; i < times(8, 40); i += 1) waits.push(await askAndWait());
      return waits;
    };
    const alone = await askOften();

    const end = new AbortController();
    const codes = new Map<number, number>();
    const flood = Array.from({ length: 64 }, async () => {
      while (!end.signal.aborted) {
        try {
          const response = await as('noisy', end.signal);
          codes.set(response.status, (codes.get(response.status) ?? 0) + 1);
          await response.text();
          if (response.status === 429) await new Promise((done) => setTimeout(done, 100));
        } catch (error) {
          if (!end.signal.aborted) throw error;
        }
      }
    });
    await until('the queue is full', async () => (await orchestrator.expert('a')).queued === QUEUE);
    const among = await askOften();
    const { inFlight } = await orchestrator.expert('a');
    end.abort();
    await Promise.all(flood);
    expect(percentile(among, 0.95), `alone ${alone.join(' ')}; among ${among.join(' ')}`).toBeLessThanOrEqual(
      2 * percentile(alone, 0.95),
    );
    expect(codes.get(200), 'the noisy one is served all the same').toBeGreaterThan(times(10, 50));
    expect(codes.get(429), 'and refused what is too much').toBeGreaterThan(0);
    expect(inFlight, 'the slots that it may have are used').toBeGreaterThanOrEqual(3);
    await until('the slots come back', async () => (await orchestrator.expert('a')).inFlight === 0);
  }, 180_000);
});
