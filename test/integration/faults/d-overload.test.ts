/** Faults, group D: more than there is room for. */
import type { Socket } from 'node:net';
import { connect } from 'node:net';

import { Agent, request } from 'undici';
import { describe, expect, it } from 'vitest';

import { acceptances, fakeExpert } from '../../support/fake-expert.ts';
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
