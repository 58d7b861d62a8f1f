/**
 * llama.cpp's own answer: `llama-fit-params --fit-print on` builds the real context with allocation disabled and prints what each
 * device would hold. It comes with builds from source and with the project's releases; Debian's packages (0.7.0) leave it out. It takes
 * no projector, draft model or adapter, and knows nothing of the process around the buffers.
 */
import { createHash } from 'node:crypto';
import { accessSync, constants, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { z } from 'zod';

import type { Launch, ProgramProbe } from '../engines/contract.ts';
import { writeFileAtomic } from '../shared/atomic-file.ts';
import type { Paths } from '../shared/paths.ts';
import { runTimeBoxed } from '../shared/time-boxed.ts';
import type { Footprint, FootprintPart } from './footprint.ts';

/** Bytes as the engine's allocator counts them, of one slot. */
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
  /** The server; the oracle lies beside it. */
  readonly program: Pick<ProgramProbe, 'path' | 'version' | 'devices'>;
  /** As the server would be started. */
  readonly launch: Pick<Launch, 'args' | 'env'>;
  readonly parallel: number;
  /** Identity of the model file, as `fileIdentity` gives it: with version and settings the key under which the answer is kept. */
  readonly fileId: string;
  readonly paths: Pick<Paths, 'cacheDir'>;
  readonly environment: NodeJS.ProcessEnv;
  /** Only what is kept from an earlier question; nothing is run. */
  readonly keptOnly?: boolean | undefined;
  /** Milliseconds; default 10,000. */
  readonly timeoutMs?: number | undefined;
}

/** Of predictions what an answer changes. */
interface Correctable {
  readonly footprint: Footprint;
  readonly parts: readonly FootprintPart[];
}

const TIMEOUT_MS = 10_000;
const MiB = 2 ** 20;
/** Of the server's flags those that the oracle takes and that change its answer, with their values. */
const ASKED = new Set(
  (
    '--model -m --ctx-size -c --batch-size -b --ubatch-size -ub --flash-attn -fa --cache-type-k -ctk --cache-type-v -ctv ' +
    '--n-gpu-layers -ngl --device -dev --tensor-split -ts --split-mode -sm --main-gpu -mg --n-cpu-moe -ncmoe --override-tensor -ot'
  ).split(' '),
);
const SWITCHES = new Set('--swa-full --cpu-moe -cmoe --no-repack -nr --no-kv-offload -nkvo'.split(' '));

/**
 * The prediction with the buffers as the engine itself counts them, where its build has the oracle and the oracle answers in time;
 * else the prediction as it is. An answer is kept by engine version, file and settings. Never rejects.
 */
export async function correctByOracle<P extends Correctable>(prediction: P, question: OracleQuestion): Promise<P> {
  const devices = await askOracle(question);
  if (!devices) return prediction;
  const pools = devices.map((device) => ({ ...device, pool: poolOf(device.name, question) }));
  return { ...prediction, ...correctPrediction(prediction, pools, question.parallel) };
}

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

/**
 * The part of the server's arguments that the oracle is asked with: those of one slot. It does not take the switch that keeps slots
 * apart, and what slots have of their own multiplies exactly.
 */
export function oracleArgs(serverArgs: readonly string[], parallel: number): string[] {
  return serverArgs.flatMap((argument, index) => {
    if (SWITCHES.has(argument)) return [argument];
    if (!ASKED.has(argument)) return [];
    const value = serverArgs[index + 1] ?? '';
    return [argument, argument === '--ctx-size' || argument === '-c' ? String(Number(value) / parallel) : value];
  });
}

/** Asks, or remembers the answer to the same question. Undefined when there is none to be had; it never rejects. */
export async function askOracle(question: OracleQuestion): Promise<readonly OracleDevice[] | undefined> {
  const { fileId, program, launch, parallel, paths, keptOnly } = question;
  const oracle = oracleBeside(program.path);
  if (oracle === undefined) return undefined;
  const args = oracleArgs(launch.args, parallel);
  const visible = launch.env['CUDA_VISIBLE_DEVICES'];
  const key = createHash('sha256')
    .update(JSON.stringify([fileId, program.path, program.version, args, visible]))
    .digest('hex')
    .slice(0, 32);
  const file = join(paths.cacheDir, 'oracle', `${key}.json`);
  const kept = readKept(file);
  if (kept || keptOnly || unanswered.has(key)) return kept;
  const answer = await inTurn(() => run(oracle, args, question));
  const devices = answer === undefined ? undefined : parseOracle(answer);
  if (!devices) unanswered.add(key);
  else {
    try {
      mkdirSync(dirname(file), { recursive: true });
      writeFileAtomic(file, JSON.stringify(devices));
    } catch {
      // A full disk costs a second question, not the answer.
    }
  }
  return devices;
}

/** Asked again by the next process, not by this one: each time would cost the whole time limit. */
const unanswered = new Set<string>();
let last: Promise<unknown> = Promise.resolve();

/** One at a time: each makes a context on its devices for a moment, which is hundreds of megabytes. */
function inTurn<T>(task: () => Promise<T>): Promise<T> {
  const turn = last.then(task);
  last = turn.catch(() => undefined);
  return turn;
}

/** The lines `NAME model context compute` in whole MiB, rounded down; undefined when there are none. Log lines are passed over. */
export function parseOracle(text: string): readonly OracleDevice[] | undefined {
  const bytes = (field: string | undefined) => (field === '0' ? 0 : (Number(field) + 1) * MiB);
  const devices = [...text.matchAll(/^([A-Za-z][\w.]*)[ \t]+(\d+)[ \t]+(\d+)[ \t]+(\d+)[ \t]*$/gm)].map(
    ([, name = '', model, context, compute]) => ({
      name,
      model: bytes(model),
      context: bytes(context),
      compute: bytes(compute),
    }),
  );
  return devices.length > 0 ? devices : undefined;
}

/**
 * The oracle's buffers in place of our own: weights, cache and compute of each GPU, cache and compute of the host. Host weights stay
 * ours (the oracle does not tell mapped from private), and so does what it does not know of.
 */
export function correctPrediction(
  prediction: Correctable,
  devices: readonly (OracleDevice & { readonly pool: string })[],
  parallel: number,
): Correctable {
  const answered = new Set(devices.map(({ pool }) => pool));
  const isBuffer = ({ name, pool }: FootprintPart) => {
    if (!answered.has(pool) || /^draft |projector|adapter/.test(name)) return false;
    return /^KV cache|^recurrent state|^compute buffer/.test(name) || (pool !== 'ram' && name === 'weights');
  };
  const counted = devices.flatMap(({ pool, model, context, compute }): FootprintPart[] => {
    const how = 'as llama-fit-params counts it';
    const slots = parallel === 1 ? how : `${how}, × ${parallel} slots`;
    return [
      ...(pool === 'ram' ? [] : [{ name: 'weights', pool, bytes: model, how }]),
      { name: 'KV cache', pool, bytes: context * parallel, how: slots },
      { name: 'compute buffer', pool, bytes: compute, how },
    ];
  });
  const parts = [...prediction.parts.filter((part) => !isBuffer(part)), ...counted.filter(({ bytes }) => bytes > 0)];
  const footprint: Record<string, number> = { ram: 0 };
  for (const { pool, bytes } of parts) if (pool !== 'mapped') footprint[pool] = (footprint[pool] ?? 0) + bytes;
  return { parts, footprint };
}

/** `CUDA1` is the second of what CUDA may see; elsewhere devices count as the program lists them. The host and the CPU are `ram`. */
function poolOf(device: string, { program, launch }: OracleQuestion): string {
  if (/^(?:Host|CPU)/i.test(device)) return 'ram';
  const number = Number(/(\d+)$/.exec(device)?.[1] ?? 0);
  const visible = launch.env['CUDA_VISIBLE_DEVICES']?.split(',')[number];
  if (visible !== undefined && device.startsWith('CUDA')) return `gpu${visible}`;
  const listed = program.devices.findIndex(({ name }) => name === device);
  return `gpu${listed < 0 ? number : listed}`;
}

function readKept(file: string): readonly OracleDevice[] | undefined {
  try {
    return Kept.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}

/** Standard output of the oracle; undefined when it failed or took too long. */
async function run(
  oracle: string,
  args: readonly string[],
  { launch, environment, timeoutMs }: OracleQuestion,
): Promise<string | undefined> {
  const shown = Object.entries(launch.env).filter(([name]) => name.startsWith('CUDA_'));
  const outcome = await runTimeBoxed(oracle, [...args, '--fit', 'off', '--fit-print', 'on'], {
    env: { PATH: environment['PATH'], HOME: environment['HOME'], LANG: 'C.UTF-8', ...Object.fromEntries(shown) },
    timeoutMs: timeoutMs ?? TIMEOUT_MS,
  });
  return outcome.kind === 'ended' && outcome.code === 0 ? outcome.text : undefined;
}
