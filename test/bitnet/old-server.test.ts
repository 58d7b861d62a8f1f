/** The bitnet adapter drives a real llama-server of the age of bitnet.cpp's fork. */
import { existsSync } from 'node:fs';

import { fetch } from 'undici';
import { describe, expect, it } from 'vitest';

import type { Orchestrator } from '../support/orchestrator.ts';
import { bitnetEnvironment, bitnetExpert, NUMB_MODEL, OLD_SERVER } from '../support/bitnet-parts.ts';
import { startOrchestrator } from '../support/orchestrator.ts';
import { alive, allProcesses, kill, listenersOf, untilNoneMarked } from '../support/processes.ts';
import { profileOf } from '../support/profile.ts';
import { available } from '../support/skip.ts';
import { collect } from '../support/sse.ts';
import { until } from '../support/wait.ts';

interface ChatAnswer {
  model: string;
  choices: { message: { content: string }; finish_reason: string }[];
  usage: { completion_tokens: number };
}
interface ErrorAnswer {
  error: { message: string; code: unknown; type: string; source?: string; param?: string };
}

const here = available(existsSync(OLD_SERVER), 'a llama-server of 2024: cmake or a compiler was missing to build it');
const start = (experts: Record<string, unknown> = { b: bitnetExpert() }) =>
  startOrchestrator({ profile: profileOf(experts), env: bitnetEnvironment });
const chatOf = async (response: Response) => (await response.json()) as ChatAnswer;
const errorOf = async (response: Response) => ((await response.json()) as ErrorAnswer).error;
/** Longer than the context: a generated model has a token for nearly each character. */
const TOO_LONG = 'x'.repeat(6_000);
/** Fills the rest of the context. */
const ENDLESS = { stream: true, ignore_eos: true, max_tokens: 20_000 };

async function direct(orchestrator: Orchestrator, path: string) {
  const { pid } = await orchestrator.expert('b');
  return fetch(`http://${listenersOf(pid ?? 0)[0]}${path}`);
}

/** Requests in work, by the engine's own count. */
async function working(orchestrator: Orchestrator): Promise<number> {
  const text = await (await direct(orchestrator, '/metrics')).text();
  return Number(/^llamacpp:requests_processing (\d+)/m.exec(text)?.[1]);
}

describe.runIf(here)('a llama-server of 2024 as a bitnet engine', () => {
  it('starts with its own flags, on loopback, and hides prompts and itself from others', async () => {
    await using orchestrator = await start();
    const { pid } = await orchestrator.load('b');
    const { argv } = allProcesses().find((entry) => entry.pid === pid) ?? { argv: [] };
    expect(argv[0]).toBe(OLD_SERVER);
    for (const absent of ['--fit', '--jinja', '--cache-ram', '--no-ui', '--slots', '--no-kv-unified'])
      expect(argv).not.toContain(absent);
    expect(listenersOf(pid ?? 0)).toEqual([expect.stringMatching(/^127\.0\.0\.1:\d+$/)]);
    expect((await direct(orchestrator, '/slots')).status).toBe(501);
    expect((await direct(orchestrator, '/props')).status).toBe(401);
    const metrics = await (await orchestrator.request('/metrics')).text();
    expect(metrics).toMatch(/llamacpp_requests_processing\{.*expert="b"|llamacpp:requests_processing\{.*expert="b"/);
  });

  it('answers whole and as a stream with the same words, under the name of the expert', async () => {
    await using orchestrator = await start();
    const fields = { temperature: 0, seed: 1, max_completion_tokens: 9 };
    const answer = await chatOf(await orchestrator.chat('Hi', { ...fields, model: 'auto' }));
    expect(answer).toMatchObject({ model: 'b', usage: { completion_tokens: 9 } });
    expect(answer.choices[0]?.finish_reason).toBe('stop');
    const stream = await collect(await orchestrator.chat('Hi', { ...fields, stream: true }));
    expect(stream).toMatchObject({ done: true, error: undefined, finishReason: 'length' });
    expect(stream.text).toBe(answer.choices[0]?.message.content);
    expect(stream.raw).toContain('"model":"b"');
  });

  it('serves Anthropic’s clients by translation', async () => {
    await using orchestrator = await start();
    const body = { model: 'b', max_tokens: 6, messages: [{ role: 'user', content: 'Hi' }] };
    const answer = await orchestrator.post('/v1/messages', body);
    expect(await answer.json()).toMatchObject({ type: 'message', usage: { output_tokens: 6 } });
    const whole = await collect(await orchestrator.post('/v1/messages', { ...body, stream: true }));
    expect(whole.events.at(-1)?.event).toBe('message_stop');
    const long = { ...body, stream: true, messages: [{ role: 'user', content: TOO_LONG }] };
    const failed = await collect(await orchestrator.post('/v1/messages', long));
    expect(failed.events.at(-1)?.event).toBe('error');
    expect(failed.raw).not.toContain('message_stop');
  });

  it('gets no tools: they are refused by name; an empty list and log probabilities are dropped', async () => {
    await using orchestrator = await start();
    const tools = [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }];
    const refused = await orchestrator.chat('Hi', { tools });
    expect(refused.status).toBe(400);
    expect(await errorOf(refused)).toMatchObject({ code: 'parameter_refused', param: 'tools', source: 'orchestrator' });
    const dropped = await orchestrator.chat('Hi', { tools: [], logprobs: true, max_tokens: 2 });
    expect(dropped.status).toBe(200);
    expect(dropped.headers.get('x-orchestrator-dropped')).toMatch(/tools.*logprobs/);
    expect(await dropped.json()).not.toHaveProperty('completion_probabilities');
    expect((await orchestrator.post('/v1/completions', { model: 'b', prompt: 'x' })).status).toBe(400);
  });

  it('passes its errors on in its own words, also out of a stream, where no [DONE] follows', async () => {
    await using orchestrator = await start();
    const whole = await orchestrator.chat(TOO_LONG);
    expect(whole.status).toBe(400);
    const error = await errorOf(whole);
    expect(error).toMatchObject({ code: 400, type: 'invalid_request_error' });
    expect(error.message).toContain('context size');
    expect(error.source).toBeUndefined();
    const atOnce = await collect(await orchestrator.chat(TOO_LONG, { stream: true }));
    expect(atOnce).toMatchObject({ error: { code: 400, message: error.message }, done: false, text: '' });
    const full = await collect(await orchestrator.chat('Hi', ENDLESS));
    expect(full.text.length).toBeGreaterThan(500);
    expect(full).toMatchObject({ error: { code: 500 }, done: false, finishReason: null });
    expect(full.raw.match(/"error"/g)).toHaveLength(1);
    expect((await orchestrator.chat('Hi', { max_tokens: 3 })).status).toBe(200);
  });

  it('is free again within two seconds when its client leaves', async () => {
    await using orchestrator = await start({ b: bitnetExpert({ context: 32_000 }) });
    await orchestrator.load('b');
    const controller = new AbortController();
    const options = { signal: controller.signal };
    const endless = orchestrator.chat('Hi', ENDLESS, options).then(collect, () => undefined);
    await until('it works', async () => (await working(orchestrator)) === 1, 5_000, 2);
    controller.abort();
    await until('it rests', async () => (await working(orchestrator)) === 0, 2_000);
    await endless;
    expect(await orchestrator.expert('b')).toMatchObject({ inFlight: 0, state: 'ready' });
  });

  it('one request at a time; the next one waits in our queue', async () => {
    await using orchestrator = await start();
    await orchestrator.load('b');
    const answers = await Promise.all(['a', 'b', 'c'].map((text) => orchestrator.chat(text, { max_tokens: 20 })));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  });
});

describe.runIf(here)('what goes wrong with it', () => {
  it('--slots is a flag that it does not have: bad arguments, said at once and not tried again', async () => {
    await using orchestrator = await start({ b: bitnetExpert({}, { flags: ['--slots'] }) });
    const answer = await orchestrator.chat('Hi');
    expect(answer.status).toBe(503);
    expect((await errorOf(answer)).message).toContain('invalid argument: --slots');
    expect(await orchestrator.expert('b')).toMatchObject({
      state: 'failed',
      retryAt: null,
      lastFailure: { class: 'bad_arguments', exitCode: 1 },
    });
  });

  it('a template that it does not know is named in the failure', async () => {
    await using orchestrator = await start({ b: bitnetExpert({}, { template: 'nonsense' }) });
    expect((await errorOf(await orchestrator.chat('Hi'))).message).toContain('not supported: nonsense');
  });

  it.each([
    ['repeats one token', { model: { path: NUMB_MODEL } }, {}],
    ['writes word salad', {}, { outputCheck: { answer: 'Paris' } }],
  ])('a healthy engine that %s is degenerate_output, and never ready', async (_what, settings, own) => {
    await using orchestrator = await start({ b: bitnetExpert(settings, own) });
    const answer = await orchestrator.chat('Hi');
    expect(answer.status).toBe(503);
    expect((await errorOf(answer)).message).toContain('nonsense');
    expect(await orchestrator.expert('b')).toMatchObject({
      state: 'failed',
      starts: 1,
      lastFailure: { class: 'degenerate_output' },
    });
    expect(await (await orchestrator.request('/api/experts/b/logs')).text()).toMatch(/healthy and answers nonsense/);
  });

  it('killed in the middle of a stream: an error frame, and the next request gets another', async () => {
    await using orchestrator = await start({ b: bitnetExpert({ context: 32_000 }) });
    const { pid } = await orchestrator.load('b');
    let seen = 0;
    const stream = await collect(await orchestrator.chat('Hi', ENDLESS), () => {
      seen += 1;
      if (seen === 20) kill(pid ?? 0);
    });
    expect(stream.error).toMatchObject({ code: 'engine_died', source: 'orchestrator' });
    expect(stream).toMatchObject({ done: false, finishReason: null });
    await until('another serves', async () => (await orchestrator.chat('Hi', { max_tokens: 2 })).ok, 15_000);
  });

  it('unload ends the process, and kill -9 of the orchestrator leaves nothing, loading, ready or streaming', async () => {
    const orchestrator = await start({ b: bitnetExpert({ context: 32_000 }) });
    try {
      const { pid } = await orchestrator.load('b');
      expect((await orchestrator.post('/api/experts/b/unload')).ok).toBe(true);
      await orchestrator.untilState('b', 'stopped');
      expect(alive(pid ?? 0)).toBe(false);
    } finally {
      await orchestrator[Symbol.asyncDispose]();
    }
    for (const phase of ['loading', 'ready', 'streaming']) {
      await using doomed = await start({ b: bitnetExpert({ context: 32_000 }) });
      const ignore = () => undefined;
      if (phase === 'loading') {
        doomed.chat('x').catch(ignore);
        await until('it has a process', async () => (await doomed.expert('b')).pid !== null);
      } else await doomed.load('b');
      if (phase === 'streaming') {
        doomed.chat('Hi', ENDLESS).then(collect, ignore).catch(ignore);
        await until('it works', async () => (await working(doomed)) === 1, 5_000, 2);
      }
      await doomed.killHard();
      await untilNoneMarked(doomed.directory, 5_000);
    }
  });
});
