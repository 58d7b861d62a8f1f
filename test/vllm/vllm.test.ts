/** The real vLLM on a CPU, through the supervisor and the proxy. `npm run test:vllm` gets it; a start takes about a minute. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { ExpertView } from '../../src/server/views.ts';
import { type Orchestrator, runCommand, startOrchestrator } from '../support/orchestrator.ts';
import { alive, allProcesses, descendants, kill, processesMarked, rssOf } from '../support/processes.ts';
import { REAL_CACHE_DIR, REAL_ENGINES_DIR, TINY_ADAPTERS, TINY_QWEN } from '../support/real-parts.ts';
import { collect } from '../support/sse.ts';
import { vllmBuild } from '../support/vllm-parts.ts';
import { timed, until } from '../support/wait.ts';

const LONG = 280_000;
const PROFILE = {
  experts: {
    qwen: {
      engine: 'vllm',
      aliases: ['small'],
      model: { path: TINY_QWEN },
      context: 1_024,
      idleUnload: 'never',
      variants: {
        'qwen-one': { lora: { path: join(TINY_ADAPTERS, 'adapter-1') } },
        'qwen-two': { lora: { path: join(TINY_ADAPTERS, 'adapter-2') } },
      },
      vllm: { build: vllmBuild('cpu'), enforceEager: true, dtype: 'bfloat16', cpuKvCache: '1GiB' },
    },
  },
};
const HIDDEN = `
  /sleep /wake_up /is_sleeping /collective_rpc /server_info /invocations /pooling /tokenize /detokenize /load /version /ping
  /docs /openapi.json /v1/load_lora_adapter
`
  .trim()
  .split(/\s+/);
const ENV = { ORCHESTRATOR_ENGINES_DIR: REAL_ENGINES_DIR, ORCHESTRATOR_CACHE_DIR: REAL_CACHE_DIR };

const start = (directory?: string) =>
  startOrchestrator({ profile: PROFILE, env: ENV, ...(directory === undefined ? {} : { directory }) });

const note = (what: string, value: number, unit: string) =>
  console.log(`figure: ${what}: ${Math.round(value)} ${unit}`);

/** The API server, the EngineCore and its workers: what /proc says, not what the supervisor believes. */
function familyOf({ pid }: ExpertView): number[] {
  // Without a process there is no family; the descendants of process 0 would be the whole machine.
  const family = pid ? [pid, ...descendants(pid).map((entry) => entry.pid)] : [];
  segments = family.flatMap((one) => readMaps(one).match(/\/dev\/shm\/\S+$/gm) ?? []);
  return family;
}

/** Shared memory of the family that was looked at last. */
let segments: string[] = [];

function readMaps(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/maps`, 'utf8');
  } catch {
    return '';
  }
}

function processCalled(family: readonly number[], title: string): number {
  const found = family.find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith(title));
  if (found === undefined) throw new Error(`no ${title} among ${family.join(', ')}`);
  return found;
}

async function untilGone(family: readonly number[], what: string): Promise<void> {
  const { ms } = await timed(() => until(`${what}: no survivor`, () => !family.some((pid) => alive(pid)), 15_000));
  note(`${what}: the family is gone after`, ms, 'ms');
  expect(vllmTitles(family)).toEqual([]);
  await until(`${what}: no shared memory`, () => !segments.some((path) => existsSync(path)));
}

/** By title as well: a worker that had slipped out of the family would still be called so. */
function vllmTitles(family: readonly number[]): string[] {
  return allProcesses()
    .filter(({ pid, argv, state }) => family.includes(pid) && state !== 'Z' && argv[0]?.startsWith('VLLM'))
    .map(({ pid, argv }) => `${pid} ${argv[0]}`);
}

describe('vLLM', () => {
  let house: Orchestrator;
  beforeAll(async () => {
    house = await start();
  });
  afterAll(async () => {
    await house[Symbol.asyncDispose]();
  });

  const load = () => house.load('qwen');

  it('starts, and shows how far it is', { timeout: LONG }, async () => {
    const loading = timed(load);
    const sentences = new Set<string>();
    let status = '';
    await until(
      'the load',
      async () => {
        const { progress, state } = await house.expert('qwen');
        if (progress) sentences.add(progress.replace(/\d+ s$/, 'N s'));
        if (status === '' && progress?.includes('starting the')) {
          status = (
            await runCommand(house.directory, ['status', '--url', house.url], { ORCHESTRATOR_TOKEN: house.token })
          ).stdout;
        }
        return state !== 'starting' && sentences.size > 0;
      },
      LONG,
      200,
    );
    const { ms, value } = await loading;
    expect(value).toMatchObject({ state: 'ready', build: expect.stringContaining('0.32') as string });
    expect([...sentences]).toEqual(expect.arrayContaining(['loading: N s', 'loading: starting the workers, N s']));
    expect(status).toMatch(/qwen .*starting.*loading: starting the/);
    const family = familyOf(value);
    expect(family.length).toBeGreaterThanOrEqual(3);
    expect(segments).not.toEqual([]);
    note('start', ms, 'ms');
    note('resident memory of the family', family.reduce((sum, pid) => sum + rssOf(pid), 0) / 2 ** 20, 'MiB');
    note('private memory as the supervisor measures it', (value.memoryBytes ?? 0) / 2 ** 20, 'MiB');
    console.log(`figure: stages: ${[...sentences].join(' | ')}`);
  });

  it('carries its marks in every process, whatever titles they give themselves', async () => {
    const family = familyOf(await house.expert('qwen'));
    const titles = family.map((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[0]);
    expect(titles).toEqual(expect.arrayContaining(['VLLM::EngineCore', 'VLLM::Worker']));
    for (const pid of family) expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).toContain('ORCHESTRATOR_START=');
  });

  it('chats by its id, by an alias and by none, and answers in its own name', async () => {
    for (const model of ['qwen', 'small', 'auto', undefined]) {
      const answer = await house.chat('Hi', {
        ...(model && { model }),
        max_tokens: 4,
        ignore_eos: true,
        dry_multiplier: 1,
      });
      const body = (await answer.json()) as { model: string; usage: { completion_tokens: number } };
      expect(answer.status, JSON.stringify(body)).toBe(200);
      expect(body).toMatchObject({ model: 'qwen', usage: { completion_tokens: 4 } });
      expect(answer.headers.get('x-orchestrator-dropped')).toContain('dry_multiplier');
    }
    expect((await house.chat('Hi', { model: 'tiny' })).status).toBe(404);
    const long = await house.chat('x'.repeat(2_000), { model: 'qwen', max_tokens: 4 });
    expect(long.status).toBe(400);
  });

  it('streams, and speaks Anthropic’s dialect itself', async () => {
    const stream = await collect(
      await house.chat('Hi', { model: 'small', stream: true, max_tokens: 20, ignore_eos: true }),
    );
    expect(stream).toMatchObject({ status: 200, done: true, finishReason: 'length', error: undefined });
    expect(stream.events.length).toBeGreaterThan(10);
    const message = await house.post('/v1/messages', {
      model: 'small',
      max_tokens: 4,
      messages: [{ role: 'user', content: 'Hi' }],
    });
    expect(await message.json()).toMatchObject({ type: 'message', model: 'qwen' });
  });

  it('is another model by the name of a LoRA adapter, on the same process', async () => {
    const { pid } = await house.expert('qwen');
    const say = async (model: string, path = '/v1/chat/completions') => {
      const body = { model, messages: [{ role: 'user', content: 'Hi' }], max_tokens: 12, temperature: 0 };
      const response = await house.post(path, body);
      const answer = (await response.json()) as {
        model: string;
        choices?: { message: { content: string } }[];
        content?: { text: string }[];
      };
      expect([response.status, answer.model], JSON.stringify(answer)).toEqual([200, model]);
      return answer.choices?.[0]?.message.content ?? answer.content?.[0]?.text;
    };
    const said = { base: await say('qwen'), one: await say('qwen-one'), two: await say('qwen-two') };
    expect(new Set(Object.values(said)).size).toBe(3);
    expect(await say('qwen-one', '/v1/messages')).toBe(said.one);
    expect([await say('qwen'), await say('qwen-two'), await say('qwen-one')]).toEqual([said.base, said.two, said.one]);
    expect((await house.expert('qwen')).pid).toBe(pid);
  });

  it('stops computing when the client leaves', async () => {
    const running = async () => {
      const text = await (await house.request('/metrics')).text();
      return Number(/^vllm:num_requests_running\{[^}]*\} ([\d.]+)$/m.exec(text)?.[1] ?? Number.NaN);
    };
    const leave = new AbortController();
    const response = await house.chat(
      'Hi',
      { model: 'qwen', stream: true, max_tokens: 900, ignore_eos: true },
      { signal: leave.signal },
    );
    await response.body?.getReader().read();
    await until('it is computed', async () => (await running()) === 1);
    leave.abort();
    const { ms } = await timed(() => until('the engine is idle', async () => (await running()) === 0));
    note('cancel: the engine is idle after', ms, 'ms');
    await until('the slot is free', async () => (await house.expert('qwen')).inFlight === 0);
  });

  it('shows its development and keyless routes to nobody', async () => {
    for (const path of HIDDEN) {
      for (const method of ['GET', 'POST']) {
        const { status } = await house.request(path, { method, ...(method === 'POST' ? { body: '{}' } : {}) });
        expect([method, path, status]).toEqual([method, path, 404]);
      }
    }
  });

  it('is replaced when its EngineCore dies', { timeout: LONG }, async () => {
    const before = await house.expert('qwen');
    const family = familyOf(before);
    kill(processCalled(family, 'VLLM::EngineCore'));
    const stream = house.chat('Hi', { model: 'qwen', max_tokens: 4 });
    const { ms } = await timed(() =>
      until('it is noticed', async () => (await house.expert('qwen')).crashes > before.crashes, 30_000),
    );
    note('EngineCore killed: noticed after', ms, 'ms');
    expect((await stream).status).toBeGreaterThanOrEqual(500);
    await untilGone(family, 'EngineCore killed');
    const { lastFailure } = await house.expert('qwen');
    console.log(`figure: EngineCore killed: ${lastFailure?.class}: ${lastFailure?.sentence}`);
    expect(lastFailure).toMatchObject({ class: 'worker_died' });
    expect((await load()).pid).not.toBe(before.pid);
    expect((await house.chat('Hi', { model: 'qwen', max_tokens: 4 })).status).toBe(200);
  });

  it('leaves nobody behind when its API server alone is killed', { timeout: LONG }, async () => {
    const view = await house.expert('qwen');
    const family = familyOf(view);
    kill(view.pid ?? 0);
    await untilGone(family, 'API server killed');
    await until('the verdict', async () => (await house.expert('qwen')).lastFailure?.class === 'killed');
  });

  it('leaves nobody behind when it is stopped while it warms up', { timeout: LONG }, async () => {
    const loading = house.post('/api/experts/qwen/load');
    const family = await until(
      'a worker',
      async () => {
        const found = familyOf(await house.expert('qwen'));
        return found.length >= 3 ? found : undefined;
      },
      LONG,
      50,
    );
    const { ms } = await timed(() => house.post('/api/experts/qwen/unload'));
    note('stopped while warming up, after', ms, 'ms');
    await untilGone(family, 'stopped while warming up');
    await loading;
    expect((await house.expert('qwen')).state).toBe('stopped');
  });

  it('is gone when it is unloaded', { timeout: LONG }, async () => {
    const family = familyOf(await load());
    const { ms } = await timed(() => house.post('/api/experts/qwen/unload'));
    note('unload', ms, 'ms');
    await untilGone(family, 'unloaded');
    expect(processesMarked(join(house.stateDir, 's'))).toEqual([]);
  });

  it(
    'is gone when the orchestrator is killed, and the next one reaps what a killed guardian left',
    { timeout: LONG },
    async () => {
      const family = familyOf(await load());
      const guardian = allProcesses().find(
        ({ argv }) => argv.includes('orchestrator-guardian') && argv.includes(runOf(house)),
      );
      expect(guardian).toBeDefined();
      kill(guardian?.pid ?? 0, 'SIGSTOP');
      kill(house.pid);
      await house.ended;
      kill(guardian?.pid ?? 0);
      kill(family[0] ?? 0);
      expect(family.slice(1).every((pid) => alive(pid))).toBe(true);
      const { ms, value } = await timed(() => start(house.directory));
      house = value;
      note('orchestrator, guardian and API server killed: the next one is up after', ms, 'ms');
      await untilGone(family, 'reaped by the next start');

      const second = familyOf(await load());
      kill(house.pid);
      await house.ended;
      await untilGone(second, 'orchestrator killed');
      house = await start(house.directory);
    },
  );
});

/** The run's mark, as an engine of it carries it. */
function runOf(house: Orchestrator): string {
  const marked = processesMarked(house.directory).map(({ pid }) => readFileSync(`/proc/${pid}/environ`, 'utf8'));
  return /ORCHESTRATOR_RUN=([^\0]+)/.exec(marked.join('\0'))?.[1] ?? '';
}
