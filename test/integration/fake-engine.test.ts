import { describe, expect, it } from 'vitest';

import { startFakeEngine } from '../support/fake-engine.ts';
import { acceptances, fakeText } from '../support/fake-expert.ts';
import { collect } from '../support/sse.ts';
import { until } from '../support/wait.ts';

describe('the fake engine', () => {
  it('says 503 while it loads, then answers, and writes each acceptance down', async () => {
    await using engine = await startFakeEngine({ 'load-ms': 300, 'progress-ms': 50 });
    expect((await fetch(`${engine.url}/health`)).status).toBe(503);
    await until('ready', async () => (await fetch(`${engine.url}/health`)).ok);
    const answer = (await (await engine.chat('hello', { max_tokens: 3 })).json()) as {
      choices: { message: { content: string }; finish_reason: string }[];
    };
    expect(answer.choices[0]).toMatchObject({ message: { content: fakeText(3) }, finish_reason: 'length' });
    expect(engine.output()).toMatch(/loading: \d+ %/);
    expect(acceptances(engine.ledger())).toMatchObject([{ method: 'POST', path: '/v1/chat/completions' }]);
  });

  it.each(['plain', 'crlf', 'cr', 'comments', 'multidata', 'longline', 'mixed'])(
    'streams the same text in manner %s, byte by byte too',
    async (manner) => {
      await using engine = await startFakeEngine();
      for (const slice of manner === 'longline' ? [''] : ['', '[[slice=1]]']) {
        const stream = await collect(await engine.chat(`[[sse=${manner}]]${slice}`, { stream: true }));
        expect(stream).toMatchObject({ text: fakeText(5), finishReason: 'stop', done: true, ended: 'closed' });
      }
    },
  );

  it('dies after so many chunks', async () => {
    await using engine = await startFakeEngine();
    const stream = await collect(await engine.chat('[[die-after=2]]', { stream: true }));
    expect(stream).toMatchObject({ text: fakeText(2), done: false, ended: 'aborted' });
    expect(await engine.ended).toMatchObject({ signal: 'SIGKILL' });
  });

  it('frees the slot when the client leaves', async () => {
    await using engine = await startFakeEngine({ parallel: 1 });
    const controller = new AbortController();
    const response = await engine.chat('[[tokens=1000]][[rate=50]]', { stream: true }, { signal: controller.signal });
    const slots = async () => (await fetch(`${engine.url}/slots`)).json();
    expect(await slots()).toMatchObject([{ is_processing: true }]);
    controller.abort();
    await collect(response);
    await until('the slot is free', async () => JSON.stringify(await slots()).includes('false'), 1_000);
    expect(engine.ledger().at(-1)).toMatchObject({ event: 'end', how: 'aborted' });
  });

  it('asks for its key', async () => {
    await using engine = await startFakeEngine({}, { FAKE_KEY: 'secret' });
    expect((await engine.chat('x')).status).toBe(401);
    expect((await engine.chat('x', {}, { headers: { authorization: 'Bearer secret' } })).status).toBe(200);
    expect(acceptances(engine.ledger())).toHaveLength(1);
  });

  it('ignores SIGTERM, and ends as told at a wrong flag', async () => {
    await using stubborn = await startFakeEngine({ 'ignore-term': true });
    stubborn.child.kill('SIGTERM');
    await until('the signal was seen', () => stubborn.ledger().some(({ event }) => event === 'term'));
    expect((await fetch(`${stubborn.url}/health`)).status).toBe(200);
    await using wrong = await startFakeEngine({ 'no-such-flag': true }, {}, false);
    expect(await wrong.ended).toEqual({ code: 1, signal: null });
    expect(wrong.output()).toContain('invalid argument: --no-such-flag');
  });
});
