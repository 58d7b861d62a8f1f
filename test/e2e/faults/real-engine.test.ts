/** Faults with the real llama-server and a generated model: what the fake engine shows must hold for the real one. */
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';

import type { Orchestrator } from '../../support/orchestrator.ts';
import { startOrchestrator } from '../../support/orchestrator.ts';
import { alive, descendants, kill, untilNoneMarked } from '../../support/processes.ts';
import { profileOf } from '../../support/profile.ts';
import { busySlots } from '../../support/real-engine.ts';
import { realEnvironment, tinyExpert } from '../../support/real-parts.ts';
import { FULL, times } from '../../support/skip.ts';
import { collect } from '../../support/sse.ts';
import { timed, until } from '../../support/wait.ts';

const profile = profileOf(
  {
    // Small batches: between two of them the engine looks at what else there is to do.
    a: tinyExpert({ context: 32_000, parallel: 2, 'llama-server': { batch: 64, ubatch: 64 } }),
    b: tinyExpert(),
  },
  { timeouts: { firstByte: '2s', betweenBytes: '1s', drain: '2s' } },
);
const start = (more: { directory?: string; profile?: Record<string, unknown> } = {}) =>
  startOrchestrator({ profile, env: realEnvironment(), ...more });

/** A stream that nothing but its end would end for a good while. */
const LONG = { model: 'a', stream: true, max_tokens: 30_000, ignore_eos: true };
const long = (orchestrator: Orchestrator, options: RequestInit = {}) => orchestrator.chat('tell me', LONG, options);

function letters(count: number): string {
  return Array.from({ length: count }, (_, i) => String.fromCharCode(97 + (i % 26))).join('');
}

describe('A1 the orchestrator is killed, with the real engine', () => {
  it('A1 kill -9 while loading, ready, streaming and draining leaves no llama-server after 5 s', async () => {
    let directory: string | undefined;
    const phases = ['loading', 'ready', 'streaming', 'draining'];
    for (let round = 0; round < times(4, 40); round++) {
      const phase = phases[round % phases.length];
      const orchestrator = await start(directory === undefined ? {} : { directory });
      directory = orchestrator.directory;
      const ignore = () => undefined;
      await orchestrator.load('b');
      if (phase === 'loading') {
        orchestrator.chat('x', { model: 'a' }).catch(ignore);
        await until('a has a process', async () => (await orchestrator.expert('a')).pid !== null);
      } else await orchestrator.load('a');
      if (phase === 'streaming' || phase === 'draining') collect(await long(orchestrator)).catch(ignore);
      if (phase === 'draining') {
        orchestrator.post('/api/experts/a/unload').catch(ignore);
        await orchestrator.untilState('a', 'draining');
      }
      const family = descendants(orchestrator.pid).map(({ pid }) => pid);
      expect(family.length, phase).toBeGreaterThanOrEqual(3);
      await orchestrator.killHard();
      await untilNoneMarked(directory, 5_000);
      await until('the family is gone', () => !family.some(alive), 5_000);
    }
    await using last = await start({ directory: directory ?? '' });
    const { value, ms } = await timed(() => last.chat('x', { model: 'a', max_tokens: 3 }));
    expect(value.status).toBe(200);
    expect(ms, 'the restart is ready').toBeLessThan(10_000);
  }, 600_000);
});

describe('B1 a frozen llama-server', () => {
  it('B1 frozen when ready: 504 at the deadline, replaced; the neighbour is unaffected', async () => {
    await using orchestrator = await start();
    const frozen = (await orchestrator.load('a')).pid ?? 0;
    await orchestrator.load('b');
    kill(frozen, 'SIGSTOP');
    const answer = orchestrator.chat('x', { model: 'a', max_tokens: 3 });
    const neighbour = await timed(() => orchestrator.chat('x', { model: 'b', max_tokens: 3 }));
    expect(neighbour.value.status).toBe(200);
    expect(neighbour.ms).toBeLessThan(1_500);
    expect((await answer).status).toBe(504);
    await until('it is killed', () => !alive(frozen), 20_000);
    await until('another serves', async () => (await orchestrator.chat('x', { model: 'a', max_tokens: 3 })).ok, 20_000);
  });

  it('B1 frozen mid-stream: an error frame at the idle deadline', async () => {
    await using orchestrator = await start();
    const frozen = (await orchestrator.load('a')).pid ?? 0;
    let seen = 0;
    const stream = await collect(await long(orchestrator), () => {
      seen += 1;
      if (seen === 20) kill(frozen, 'SIGSTOP');
    });
    expect(stream.error).toMatchObject({ code: 'idle_timeout', source: 'orchestrator' });
    expect(stream).toMatchObject({ done: false, finishReason: null });
    await until('it is killed', () => !alive(frozen), 20_000);
  });
});

describe('streams that wait for one slot of a real engine', () => {
  it('are all served, although llama-server closes the connection of each when it has ended', async () => {
    await using orchestrator = await start({ profile: profileOf({ a: tinyExpert({ parallel: 1 }) }) });
    await orchestrator.load('a');
    const streams = Array.from({ length: 30 }, async (_, index) =>
      collect(await orchestrator.chat(`hello ${index}`, { model: 'a', stream: true, max_tokens: 3 })),
    );
    for (const stream of await Promise.all(streams)) {
      expect(stream.error).toBeUndefined();
      expect(stream.done).toBe(true);
    }
  });
});

describe('B4 unload under load, with the real engine', () => {
  it('B4 short streams finish, long ones get an error frame at the drain deadline, and the process goes', async () => {
    await using orchestrator = await start();
    const engine = (await orchestrator.load('a')).pid ?? 0;
    const short = collect(await orchestrator.chat('x', { ...LONG, max_tokens: 100 }));
    const endless = collect(await long(orchestrator));
    const began = performance.now();
    const unload = orchestrator.post('/api/experts/a/unload');
    expect(await short).toMatchObject({ done: true, finishReason: 'length', error: undefined });
    const cut = await endless;
    expect(cut.error).toMatchObject({ code: 'expert_stopped' });
    expect(cut).toMatchObject({ done: false, finishReason: null });
    await unload;
    await until('the process is gone', () => !alive(engine), 14_000);
    expect(performance.now() - began).toBeLessThan(14_000);
  });
});

describe('C1 a real engine dies mid-stream', () => {
  it('C1 an error frame, no finish reason, no [DONE]; the openai client throws', async () => {
    await using orchestrator = await start();
    for (const after of FULL ? Array.from({ length: 51 }, (_, k) => k + 1) : [1, 25]) {
      const { pid } = await orchestrator.load('a');
      let seen = 0;
      const stream = await collect(await long(orchestrator), () => {
        seen += 1;
        if (seen === after) kill(pid ?? 0);
      });
      expect(stream.error, `after ${after}`).toMatchObject({ code: 'engine_died', source: 'orchestrator' });
      expect(stream).toMatchObject({ done: false, finishReason: null });
      await until('the end is seen', async () => (await orchestrator.expert('a')).pid !== pid);
    }
    const { pid } = await orchestrator.load('a');
    const client = new OpenAI({ baseURL: `${orchestrator.url}/v1`, apiKey: orchestrator.token, maxRetries: 0 });
    const read = async () => {
      const messages = [{ role: 'user' as const, content: 'tell me' }];
      for await (const _chunk of await client.chat.completions.create({
        model: 'a',
        messages,
        stream: true,
        max_tokens: 30_000,
      }))
        kill(pid ?? 0);
    };
    await expect(read()).rejects.toThrow(/./);
  }, 300_000);
});

describe('C3 the client of a real engine leaves', () => {
  /**
   * While nothing is sent to the client, llama-server looks only once a second whether it is still there, and starts that second
   * anew at every answer that it gives to anybody, `GET /slots` included: so no looking in between.
   */
  const OWN_SECOND_MS = 1_200;

  it.each([
    ['mid-stream', 'tell me', { ...LONG }, 0],
    ['during an answer without a stream', 'tell me', { ...LONG, stream: false }, OWN_SECOND_MS],
    ['during the prefill', letters(30_000), { ...LONG, max_tokens: 5 }, OWN_SECOND_MS],
  ])(
    'C3 %s: the connection is closed at once, and the slot is free within a second of that',
    async (_phase, content, fields, blindMs) => {
      await using orchestrator = await start();
      const engine = (await orchestrator.load('a')).pid ?? 0;
      const controller = new AbortController();
      const answer = orchestrator.chat(content, fields, { signal: controller.signal }).then(collect, () => undefined);
      await until('the slot is busy', async () => (await busySlots(engine)) === 1, 5_000, 2);
      controller.abort();
      await until('our side is done', async () => (await orchestrator.expert('a')).inFlight === 0, 1_000);
      await new Promise((done) => setTimeout(done, blindMs));
      await until('the slot is free', async () => (await busySlots(engine)) === 0, blindMs > 0 ? 100 : 1_000);
      await answer;
      expect(await orchestrator.expert('a')).toMatchObject({ inFlight: 0, queued: 0, state: 'ready', pid: engine });
    },
  );

  it('C3 while queued and while loading: the engine never hears of it', async () => {
    const only = profileOf({ a: tinyExpert({ context: 32_000, parallel: 1 }) });
    await using orchestrator = await start({ profile: only });
    const loading = new AbortController();
    const first = orchestrator.chat('x', { model: 'a' }, { signal: loading.signal }).catch(() => undefined);
    loading.abort();
    await first;
    const { pid } = await orchestrator.load('a');
    const holder = new AbortController();
    const held = collect(await long(orchestrator, { signal: holder.signal }));
    const queued = new AbortController();
    const second = orchestrator.chat('x', { model: 'a' }, { signal: queued.signal }).catch(() => undefined);
    await until('it is queued', async () => (await orchestrator.expert('a')).queued === 1);
    queued.abort();
    await until('it has left', async () => (await orchestrator.expert('a')).queued === 0, 1_000);
    holder.abort();
    await Promise.all([held, second]);
    await until('nothing runs', async () => (await busySlots(pid ?? 0)) === 0, 1_000);
  });
});

describe('J2 unknown fields at a real engine', () => {
  it('J2 harmless fields that the engine does not know are dropped and named, dangerous ones refused', async () => {
    await using orchestrator = await start();
    const fields = { model: 'b', max_tokens: 2, safety_identifier: 'x', prompt_cache_key: 'y', verbosity: 'low' };
    const response = await orchestrator.chat('x', fields);
    expect(response.status).toBe(200);
    const dropped = response.headers.get('x-orchestrator-dropped') ?? '';
    for (const name of ['safety_identifier', 'prompt_cache_key', 'verbosity']) expect(dropped).toContain(name);
    expect(dropped).not.toContain('max_tokens');
    for (const bad of [{ chat_template: '{{ x }}' }, { n: 1e9 }, { max_tokens: 1e12 }, { id_slot: 0 }]) {
      expect((await orchestrator.chat('x', { model: 'b', ...bad })).status, JSON.stringify(bad)).toBe(400);
    }
  });
});
