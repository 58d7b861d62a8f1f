/**
 * llama.cpp's own answer: `llama-fit-params --fit-print on` builds the real context with allocation disabled and prints what each
 * device would hold. It comes with builds from source and with the project's releases; Debian's packages (0.7.0) leave it out. It takes
 * no projector and knows nothing of the process around the buffers.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { z } from 'zod';

import { writeFileAtomic } from '../shared/atomic-file.ts';
import type { Paths } from '../shared/paths.ts';
import type { Footprint, FootprintPart, Prediction } from './footprint.ts';

/** Bytes as the engine's allocator counts them. */
const Device = z.object({
  /** `CUDA0`, `Vulkan1`, `Host`. */
  name: z.string(),
  model: z.int().nonnegative(),
  context: z.int().nonnegative(),
  compute: z.int().nonnegative(),
});
export type OracleDevice = z.output<typeof Device>;
const Kept = z.array(Device).min(1);

export interface OracleQuestion {
  /** The oracle itself, as `oracleBeside` finds it. */
  readonly program: string;
  /** Version of the build: part of the key under which the answer is kept. */
  readonly version: string;
  readonly model: string;
  /** Identity of the file, as `fileIdentity` gives it. */
  readonly fileId: string;
  /** What changes memory, as the server gets it: `['--ctx-size', '8192', …]`. */
  readonly args: readonly string[];
  readonly paths: Pick<Paths, 'cacheDir'>;
  readonly environment: NodeJS.ProcessEnv;
  /** Milliseconds; default 10,000. */
  readonly timeoutMs?: number | undefined;
}

const TIMEOUT_MS = 10_000;
const OUTPUT_CHARACTERS = 1 << 20;
const MiB = 2 ** 20;
/** Of the server's flags those that the oracle takes and that change its answer, with their values. */
const ASKED = new Set([
  '--ctx-size',
  '--parallel',
  '--batch-size',
  '--ubatch-size',
  '--n-gpu-layers',
  '--device',
  '--tensor-split',
  '--split-mode',
  '--main-gpu',
  '--flash-attn',
  '--cache-type-k',
  '--cache-type-v',
  '--n-cpu-moe',
  '--override-tensor',
]);
const SWITCHES = new Set(['--no-kv-unified', '--swa-full', '--cpu-moe', '--no-repack', '--no-kv-offload']);

/** The oracle beside a server program, if the build has one. */
export function oracleBeside(program: string): string | undefined {
  const path = join(dirname(program), 'llama-fit-params');
  try {
    accessSync(path, constants.X_OK);
    return path;
  } catch {
    return undefined;
  }
}

/** The part of the server's arguments that the oracle is asked with. */
export function oracleArgs(serverArgs: readonly string[]): string[] {
  return serverArgs.flatMap((argument, index) => {
    if (SWITCHES.has(argument)) return [argument];
    return ASKED.has(argument) ? [argument, serverArgs[index + 1] ?? ''] : [];
  });
}

/** Asks, or remembers the answer to the same question. Undefined when there is none to be had; it never rejects. */
export async function askOracle(question: OracleQuestion): Promise<readonly OracleDevice[] | undefined> {
  const { fileId, version, args, paths } = question;
  const key = createHash('sha256')
    .update(JSON.stringify([fileId, version, args]))
    .digest('hex')
    .slice(0, 32);
  const file = join(paths.cacheDir, 'oracle', `${key}.json`);
  const kept = readKept(file);
  if (kept) return kept;
  const answer = await run(question);
  const devices = answer === undefined ? undefined : parseOracle(answer);
  if (devices) {
    try {
      mkdirSync(dirname(file), { recursive: true });
      writeFileAtomic(file, JSON.stringify(devices));
    } catch {
      // A full disk costs a second question, not the answer.
    }
  }
  return devices;
}

/** The lines `NAME model context compute` in MiB; undefined when there are none. Log lines in between are passed over. */
export function parseOracle(text: string): readonly OracleDevice[] | undefined {
  const devices = [...text.matchAll(/^([A-Za-z][\w.]*)[ \t]+(\d+)[ \t]+(\d+)[ \t]+(\d+)[ \t]*$/gm)].map(
    ([, name = '', model, context, compute]) => ({
      name,
      model: Number(model) * MiB,
      context: Number(context) * MiB,
      compute: Number(compute) * MiB,
    }),
  );
  return devices.length > 0 ? devices : undefined;
}

/**
 * The prediction with the oracle's buffers in place of our own: weights, cache and compute of each GPU, cache and compute of the host.
 * Host weights stay ours (the oracle does not tell mapped from private), and so does what it does not know of.
 */
export function correctPrediction(prediction: Prediction, devices: readonly OracleDevice[]): Prediction {
  const answers = new Map(devices.map((device) => [poolOf(device.name), device]));
  const isBuffer = ({ name, pool }: FootprintPart) => {
    const answer = answers.get(pool);
    if (!answer || /^draft |projector|adapter/.test(name)) return false;
    return /^KV cache|^compute buffer/.test(name) || (pool !== 'ram' && name === 'weights');
  };
  const parts: FootprintPart[] = prediction.parts.filter((part) => !isBuffer(part));
  for (const [pool, { model, context, compute }] of answers) {
    const how = 'as llama-fit-params counts it';
    if (pool !== 'ram') parts.push({ name: 'weights', pool, bytes: model, how });
    parts.push({ name: 'KV cache', pool, bytes: context, how }, { name: 'compute buffer', pool, bytes: compute, how });
  }
  const kept = parts.filter(({ bytes }) => bytes > 0);
  const footprint: Record<string, number> = { ram: 0 };
  for (const { pool, bytes } of kept) if (pool !== 'mapped') footprint[pool] = (footprint[pool] ?? 0) + bytes;
  return { ...prediction, parts: kept, footprint: footprint satisfies Footprint };
}

/** `CUDA1` → `gpu1`; the host and the CPU are `ram`. */
function poolOf(device: string): string {
  if (/^(?:Host|CPU)/i.test(device)) return 'ram';
  return `gpu${/(\d+)$/.exec(device)?.[1] ?? 0}`;
}

function readKept(file: string): readonly OracleDevice[] | undefined {
  try {
    return Kept.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}

/** Standard output of the oracle; undefined when it failed or took too long. */
function run({ program, model, args, environment, timeoutMs }: OracleQuestion): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(program, ['--model', model, ...args, '--fit', 'off', '--fit-print', 'on'], {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { PATH: environment['PATH'], HOME: environment['HOME'], LANG: 'C.UTF-8' },
      detached: true,
    });
    let text = '';
    const finish = (answer: string | undefined) => {
      clearTimeout(timer);
      child.stdout.destroy();
      child.unref();
      resolve(answer);
    };
    const timer = setTimeout(() => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It ended by itself in this moment.
      }
      finish(undefined);
    }, timeoutMs ?? TIMEOUT_MS);
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      if (text.length < OUTPUT_CHARACTERS) text += chunk;
    });
    child.once('error', () => finish(undefined));
    child.once('close', (code) => finish(code === 0 ? text : undefined));
  });
}
