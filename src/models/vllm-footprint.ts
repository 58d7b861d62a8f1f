/** What a vLLM takes: it reserves a part of the device at the start, and that reservation is what counts. Pure but for the reader. */
import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { z } from 'zod';

import { AppError, messageOf } from '../shared/errors.ts';
import { formatBytes } from '../shared/units.ts';
import type { Footprint, FootprintPart } from './footprint.ts';
import { readSafetensors } from './safetensors.ts';

const TextConfig = z.object({
  num_hidden_layers: z.int().positive(),
  num_attention_heads: z.int().positive(),
  num_key_value_heads: z.int().positive().nullish(),
  head_dim: z.int().positive().nullish(),
  hidden_size: z.int().positive(),
  max_position_embeddings: z.int().positive().nullish(),
  sliding_window: z.int().positive().nullish(),
  layer_types: z.array(z.string()).nullish(),
});
/** Of multimodal models the numbers stand under `text_config`. */
const Config = z.union([z.object({ text_config: TextConfig }).transform((config) => config.text_config), TextConfig]);
const Facts = z.object({
  architectures: z.array(z.string()).nullish(),
  model_type: z.string().nullish(),
  torch_dtype: z.string().nullish(),
  dtype: z.string().nullish(),
});
const Index = z.object({ metadata: z.object({ total_size: z.number().nonnegative() }) });

export interface SafetensorsShape {
  readonly weightBytes: number;
  readonly layers: number;
  /** Of these, layers that look back on the window alone. */
  readonly slidingLayers: number;
  readonly slidingWindow: number | undefined;
  readonly headsKv: number;
  readonly headLength: number;
  readonly contextTrained: number | undefined;
  /** `Qwen2ForCausalLM`, as the folder says. */
  readonly architecture?: string | undefined;
  /** `bfloat16`, as the folder says. */
  readonly elementType?: string | undefined;
  /** From a shape record: the folder is not here yet. */
  readonly estimated?: boolean;
}

export interface VllmSettings {
  /** Tokens of one request (`--max-model-len`). */
  readonly context: number;
  readonly parallel: number;
  /** Bytes of one element of the cache: 2, or 1 for fp8. */
  readonly kvElementBytes: 1 | 2;
  /** Pools of the devices that share the model by tensor parallelism; empty: the CPU back end, in `ram`. */
  readonly pools: readonly string[];
  /** Bytes reserved on each device (on a CPU: for the cache); undefined: what the model needs. */
  readonly reservation?: number | undefined;
}

export interface VllmPrediction {
  readonly footprint: Footprint;
  readonly parts: readonly FootprintPart[];
  /** Least reservation of one device with which this context can start. */
  readonly neededPerDevice: number;
  /** Why the reservation is too small; undefined when it is not. */
  readonly problem: string | undefined;
}

const GiB = 2 ** 30;
/** Activations while profiling, CUDA graphs, and what is not torch's: the middle of the ranges that vLLM logs on 16 GB cards. */
const ACTIVATION_BYTES = 1.0 * GiB;
const GRAPH_BYTES = 0.5 * GiB;
const RUNTIME_BYTES = 0.4 * GiB;
/** Host memory of API server, engine core and one worker: Python and torch, three times. */
const HOST_PROCESS_BYTES = 1.2 * GiB;
const HOST_WORKER_BYTES = 1.0 * GiB;

/**
 * The shape of a folder of safetensors with its config.json. The index is believed; without one the headers of the files are summed.
 * @throws AppError `model_unavailable` when something is missing or malformed.
 */
export async function readSafetensorsShape(directory: string): Promise<SafetensorsShape> {
  const config = await parseJson(join(directory, 'config.json'), Config);
  const facts = await parseJson(join(directory, 'config.json'), Facts);
  const headsKv = config.num_key_value_heads ?? config.num_attention_heads;
  const slidingLayers = (config.layer_types ?? []).filter((type) => /sliding/.test(type)).length;
  return {
    weightBytes: await weightBytes(directory),
    layers: config.num_hidden_layers,
    slidingLayers: config.sliding_window ? slidingLayers : 0,
    slidingWindow: config.sliding_window ?? undefined,
    headsKv,
    headLength: config.head_dim ?? Math.floor(config.hidden_size / config.num_attention_heads),
    contextTrained: config.max_position_embeddings ?? undefined,
    architecture: facts.architectures?.[0] ?? facts.model_type ?? undefined,
    elementType: facts.torch_dtype ?? facts.dtype ?? undefined,
  };
}

/** Bytes of the cache for one request of this many tokens, over all devices. */
export function vllmCacheBytes(shape: SafetensorsShape, tokens: number, elementBytes: number): number {
  const token = 2 * shape.headsKv * shape.headLength * elementBytes;
  const sliding = Math.min(tokens, shape.slidingWindow ?? tokens);
  return token * ((shape.layers - shape.slidingLayers) * tokens + shape.slidingLayers * sliding);
}

/** Predicts the reservation of each device, and the host memory beside it. */
export function predictVllm(shape: SafetensorsShape, settings: VllmSettings): VllmPrediction {
  const { pools, context, parallel, kvElementBytes, reservation } = settings;
  const onCpu = pools.length === 0;
  const devices = Math.max(1, pools.length);
  const weights = Math.ceil(shape.weightBytes / devices);
  // Heads are dealt out; where there are fewer than devices each device keeps one.
  const cacheShare = Math.max(1 / devices, 1 / shape.headsKv);
  const oneRequest = Math.ceil(vllmCacheBytes(shape, context, kvElementBytes) * cacheShare);
  const fixed = onCpu ? 0 : ACTIVATION_BYTES + GRAPH_BYTES + RUNTIME_BYTES;
  const neededPerDevice = (onCpu ? 0 : weights) + fixed + oneRequest;
  const wanted = (onCpu ? 0 : weights) + fixed + oneRequest * parallel;
  const reserved = reservation ?? wanted;
  const problem =
    reserved < neededPerDevice
      ? `${formatBytes(reserved)} are reserved where weights, activations and the cache of one request of ${context} tokens take ${formatBytes(neededPerDevice)}`
      : undefined;
  const how = `weights ${formatBytes(weights)} + activations ${formatBytes(fixed)} + cache ${formatBytes(oneRequest)} for each request`;
  const parts: FootprintPart[] = onCpu
    ? [
        { name: 'weights', pool: 'ram', bytes: shape.weightBytes, how: 'all tensors, read into private memory' },
        {
          name: 'KV cache',
          pool: 'ram',
          bytes: reserved,
          how: `reserved; ${formatBytes(oneRequest)} for each request`,
        },
        {
          name: 'process',
          pool: 'ram',
          bytes: HOST_PROCESS_BYTES + ACTIVATION_BYTES,
          how: 'Python, torch and activations',
        },
      ]
    : [
        ...pools.map((pool) => ({ name: 'reservation', pool, bytes: reserved, how })),
        {
          name: 'process',
          pool: 'ram',
          bytes: HOST_PROCESS_BYTES + HOST_WORKER_BYTES * devices,
          how: `Python and torch: front end, engine core, ${devices} worker${devices === 1 ? '' : 's'}`,
        },
      ];
  const footprint: Record<string, number> = { ram: 0 };
  const rounded = parts.map((part) => ({ ...part, bytes: Math.round(part.bytes) }));
  for (const { pool, bytes } of rounded) footprint[pool] = (footprint[pool] ?? 0) + bytes;
  return { footprint, parts: rounded, neededPerDevice: Math.round(neededPerDevice), problem };
}

async function weightBytes(directory: string): Promise<number> {
  const names = await readdir(directory);
  if (names.includes('model.safetensors.index.json')) {
    const index = await parseJson(join(directory, 'model.safetensors.index.json'), Index);
    return index.metadata.total_size;
  }
  const files = names.filter((name) => name.endsWith('.safetensors'));
  if (files.length === 0) throw new AppError('model_unavailable', `${directory} has no safetensors files.`);
  let sum = 0;
  for (const name of files) {
    const file = await open(join(directory, name), 'r');
    try {
      for (const tensor of (await readSafetensors(file, join(directory, name))).values()) sum += tensor.bytes;
    } finally {
      await file.close();
    }
  }
  return sum;
}

async function parseJson<S extends z.ZodType>(path: string, schema: S): Promise<z.output<S>> {
  try {
    return schema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    const what = error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error);
    throw new AppError('model_unavailable', `${path} cannot be used: ${what}`, { cause: error });
  }
}
