/** Starts the real llama-server as the product would, fills its context, and reads what the kernel and the log say of its memory. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { Client } from 'undici';

import type { LaunchContext, ProgramProbe } from '../../src/engines/contract.ts';
import { llamaServer } from '../../src/engines/llama-server.ts';
import { picture } from './picture.ts';
import { findFamily, residentBytes } from '../../src/supervisor/proc.ts';

export type LlamaExpert = Parameters<typeof llamaServer.launch>[0];

export interface RealRunOptions {
  readonly program: ProgramProbe;
  readonly files: LaunchContext['files'] & { readonly model: string };
  readonly expert: LlamaExpert;
  /** Tokens of each prompt; every slot gets one. */
  readonly promptTokens: number;
  /** Ids of tokens that prompts may be made of, one after the other from zero. */
  readonly promptVocabulary: number;
  /** Steps in which each prompt grows to its full length, as a conversation does; each step is a request. Default 1. */
  readonly turns?: number | undefined;
  readonly folder: string;
  readonly cores: number;
}

export interface RealRun {
  /** RssAnon + RssShmem before the first prompt, and the most seen until after the last. */
  readonly idleBytes: number;
  readonly anonymousBytes: number;
  readonly mappedBytes: number;
  readonly threads: number;
  /** Sums of the sizes that the log names, in bytes. */
  readonly logged: Readonly<Record<'mapped' | 'repack' | 'kv' | 'output' | 'compute' | 'checkpoints', number>>;
  readonly log: string;
}

const KEY = 'footprint-bench';
const READY_MS = 60_000;
const SAMPLE_EVERY_MS = 50;
const MiB = 2 ** 20;

/** What stands under an expert of a profile, as the program has it. */
export function asExpert(written: Readonly<Record<string, unknown>>): LlamaExpert {
  return {
    id: 'bench',
    ...llamaServer.settings.parse({ engine: 'llama-server', ...written }),
  } as unknown as LlamaExpert;
}

export async function realRun(options: RealRunOptions): Promise<RealRun> {
  const { program, files, expert, folder, cores } = options;
  const socket = join(folder, 'engine.sock');
  rmSync(socket, { force: true });
  const { command, args } = llamaServer.launch(expert, {
    program,
    files,
    listen: { kind: 'socket', path: socket },
    apiKey: KEY,
    cores,
  });
  const child = spawn(command, args, {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: '/usr/bin:/bin', HOME: folder, LANG: 'C.UTF-8', LLAMA_API_KEY: KEY },
  });
  const pid = child.pid;
  if (pid === undefined) throw new Error(`${command} cannot be executed`);
  // A session of its own: without this it would outlive an interrupted benchmark.
  const endWithUs = () => void process.kill(-pid, 'SIGKILL');
  process.once('exit', endWithUs);
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const ended = once(child, 'close');
  const client = clientOf(socket);
  const clients = Array.from({ length: expert.parallel }, () => clientOf(socket));
  let sampler: NodeJS.Timeout | undefined;
  const anonymous = () => findFamily(pid, undefined).reduce((sum, one) => sum + residentBytes(one), 0);
  try {
    await ready(client, () => child.exitCode !== null);
    const idleBytes = anonymous();
    let most = idleBytes;
    sampler = setInterval(() => (most = Math.max(most, anonymous())), SAMPLE_EVERY_MS);
    const turns = options.turns ?? 1;
    for (let turn = 1; turn <= turns; turn += 1) {
      const tokens = Math.floor((options.promptTokens * turn) / turns);
      await Promise.all(clients.map((one, slot) => fill(one, slot, tokens, options)));
    }
    if (files.mmproj !== undefined) await show(socket);
    most = Math.max(most, anonymous());
    const mappedBytes = mappedBytesOf(pid, files.model);
    const threads = Number(/^Threads:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
    return { idleBytes, anonymousBytes: most, mappedBytes, threads, logged: loggedSizes(log), log };
  } catch (error) {
    throw new Error(`${String(error)}\n${log.slice(-2_000)}`, { cause: error });
  } finally {
    clearInterval(sampler);
    await Promise.all([client, ...clients].map((one) => one.destroy()));
    process.off('exit', endWithUs);
    if (child.exitCode === null && child.signalCode === null) process.kill(-pid, 'SIGKILL');
    await ended;
    rmSync(socket, { force: true });
  }
}

const clientOf = (socketPath: string) => new Client('http://engine', { socketPath, headersTimeout: 0, bodyTimeout: 0 });

async function ready(client: Client, gone: () => boolean): Promise<void> {
  for (const start = performance.now(); performance.now() - start < READY_MS; await delay(20)) {
    if (gone()) throw new Error('the engine ended while it loaded');
    const status = await client.request({ path: '/health', method: 'GET' }).then(
      async ({ statusCode, body }) => (await body.dump(), statusCode),
      () => 0,
    );
    if (status === 200) return;
  }
  throw new Error('the engine was not ready in time');
}

async function fill(client: Client, slot: number, tokens: number, options: RealRunOptions): Promise<void> {
  const prompt = Array.from({ length: tokens }, (_, index) => (index * 7 + slot * 3) % options.promptVocabulary);
  if (options.expert.task === 'embed') await post(client, '/v1/embeddings', { input: prompt });
  else await post(client, '/completion', { prompt, n_predict: 1, id_slot: slot, cache_prompt: true });
}

/** Pixels of a side; as many images as the server of one slot has threads. */
const IMAGES = [640, 1_280, 720, 1_024, 900];

/**
 * Whichever thread of the server gets an image keeps its memory, and in time each of them does. All at once and each over a connection
 * of its own, so that it is now.
 */
async function show(socket: string): Promise<void> {
  await Promise.all(
    IMAGES.map(async (side) => {
      const client = clientOf(socket);
      const url = `data:image/png;base64,${picture(side).toString('base64')}`;
      const content = [
        { type: 'text', text: `${side}` },
        { type: 'image_url', image_url: { url } },
      ];
      await post(client, '/v1/chat/completions', { messages: [{ role: 'user', content }], max_tokens: 1 });
      await client.close();
    }),
  );
}

async function post(client: Client, path: string, body: unknown): Promise<void> {
  const answer = await client.request({
    path,
    method: 'POST',
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await answer.body.text();
  if (answer.statusCode !== 200) throw new Error(`the engine answered ${answer.statusCode}: ${text.slice(0, 300)}`);
}

/** Bytes of the address space that show the model file. */
function mappedBytesOf(pid: number, model: string): number {
  return readFileSync(`/proc/${pid}/maps`, 'utf8')
    .split('\n')
    .filter((line) => line.endsWith(model))
    .reduce((sum, line) => {
      const [from = '0', to = '0'] = (line.split(' ')[0] ?? '').split('-');
      return sum + Number.parseInt(to, 16) - Number.parseInt(from, 16);
    }, 0);
}

function loggedSizes(log: string): RealRun['logged'] {
  const sum = (pattern: RegExp) =>
    Math.round([...log.matchAll(pattern)].reduce((total, match) => total + Number(match[1]), 0) * MiB);
  return {
    mapped: sum(/CPU_Mapped model buffer size = +([\d.]+) MiB/g),
    repack: sum(/(?:CPU_REPACK|CPU_KLEIDIAI|AMX) model buffer size = +([\d.]+) MiB/g),
    kv: sum(/KV buffer size = +([\d.]+) MiB/g),
    output: sum(/output buffer size = +([\d.]+) MiB/g),
    compute: sum(/compute buffer size = +([\d.]+) MiB/g),
    checkpoints: sum(/created context checkpoint .*?size = ([\d.]+) MiB/g),
  };
}
