import { InvalidArgumentError } from 'commander';

import type { ExpertBase } from '../engines/contract.ts';
import type { Model } from '../engines/settings.ts';
import { locateExpert } from '../models/expert-files.ts';
import type { GgufExpert } from '../models/expert-footprint.ts';
import { readGgufModels } from '../models/gguf-models.ts';
import { CACHE_TYPES } from '../models/kv-cache.ts';
import type { CacheType } from '../models/kv-cache.ts';
import { placeGguf, placeVllm } from '../models/placements.ts';
import type { GpuPool, PlaceableGguf, PredictedPlacement } from '../models/placements.ts';
import { predictVllm } from '../models/vllm-footprint.ts';
import type { SafetensorsShape } from '../models/vllm-footprint.ts';
import { loadProfile } from '../profiles/load.ts';
import type { ProcessExpert } from '../profiles/profile.ts';
import { CliError } from '../shared/errors.ts';
import { resolvePaths } from '../shared/paths.ts';
import { formatBytes } from '../shared/units.ts';
import { tableLines } from './table.ts';

export interface FootprintOptions {
  readonly context?: number;
  readonly parallel?: number;
  readonly kvCache?: CacheType;
  readonly ubatch?: number;
  readonly gpuLayers?: number | 'all';
}

/** An expert by name, with the profile that has it. */
export interface NamedExpert {
  readonly id: string;
  readonly profile: string;
  /** Its own model, without adapters and the like. */
  readonly model: Model;
  /** Of the profile file. */
  readonly directory: string;
}

/**
 * What a GGUF file takes, or an expert where its profile would rather have it; from a shape record where the file is not here.
 * Undefined where neither speaks of the model.
 */
export async function ggufFootprint(
  { path, expert: named }: { readonly path: string | undefined; readonly expert?: NamedExpert | undefined },
  options: FootprintOptions,
): Promise<PredictedPlacement | undefined> {
  const { expert, gpus } = named ? await inProfile(named) : { expert: undefined, gpus: [] };
  const places = {
    paths: resolvePaths(process.env),
    profileDirectory: named?.directory ?? '',
    environment: process.env,
  };
  const files = expert ? locateExpert(expert, {}, places).files : { ...(path !== undefined && { model: path }) };
  const models = await readGgufModels(expert ?? PLAIN_EXPERT, files);
  const wanted = withOptions(expert ?? { ...PLAIN_EXPERT, gpuLayers: 0 }, options);
  // Where no GPU is counted the arithmetic is shown for one.
  const shown = gpus.length === 0 && options.gpuLayers !== undefined ? [{ id: 'gpu0', capacity: 1 }] : gpus;
  return models && placeGguf(wanted, models, shown)[0];
}

/** What a folder of safetensors takes on vLLM: without an expert on one GPU, or with no layers on it on the CPU. */
export async function folderFootprint(
  { shape, expert: named }: { readonly shape: SafetensorsShape; readonly expert?: NamedExpert | undefined },
  options: FootprintOptions,
): Promise<PredictedPlacement | undefined> {
  if (options.kvCache !== undefined || options.ubatch !== undefined)
    throw new CliError('--kv-cache and --ubatch are settings of llama-server; vLLM runs a folder of safetensors.', 2);
  const { context, parallel } = { ...PLAIN_EXPERT, ...options };
  if (named) {
    const { expert, gpus } = await inProfile(named);
    return placeVllm({ ...expert, ...numbersOf(options) }, shape, gpus)[0];
  }
  const pools = options.gpuLayers === 0 ? [] : ['gpu0'];
  const { footprint, parts } = predictVllm(shape, { context, parallel, kvElementBytes: 2, pools });
  return {
    name: pools[0] ?? 'cpu',
    footprint,
    parts,
    mapped: { main: 0, draft: 0 },
    estimated: false,
    spill: false,
    launch: { gpus: [], gpuLayers: 'all' },
  };
}

/** Pools with their sums, then each part with its arithmetic. */
export function footprintLines({ name, footprint, mapped, parts, estimated, problem }: PredictedPlacement): string[] {
  const sums = Object.entries(footprint).map(([pool, bytes]) => `${pool} ${formatBytes(bytes)}`);
  const mappedBytes = mapped.main + mapped.draft;
  if (mappedBytes > 0) sums.push(`mapped file ${formatBytes(mappedBytes)}`);
  const title = `footprint on ${name}${estimated ? ' (estimated: the model file is not here)' : ''}`;
  return [
    `${title}: ${sums.join(', ')}`,
    ...tableLines(
      parts.map(({ pool, name: part, bytes, how }) => [`  ${pool}`, part, formatBytes(bytes), how]),
      [2],
    ),
    ...(problem === undefined ? [] : [`It would not start: ${problem}.`]),
  ];
}

export function footprintToJson(placement: PredictedPlacement): Readonly<Record<string, unknown>> {
  const { name, footprint, mapped, parts, estimated, problem } = placement;
  const mappedFileBytes = mapped.main + mapped.draft;
  return { placement: name, pools: footprint, mappedFileBytes, estimated, parts, problem: problem ?? null };
}

/** For an option that takes a number from 1 on. */
export function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It is a whole number from 1 on.');
  return Number(text);
}

export function cacheType(text: string): CacheType {
  const type = CACHE_TYPES.find((known) => known === text);
  if (!type) throw new InvalidArgumentError(`It is one of ${CACHE_TYPES.join(', ')}.`);
  return type;
}

export function layers(text: string): number | 'all' {
  if (text === 'all') return text;
  if (!/^\d{1,5}$/.test(text)) throw new InvalidArgumentError('It is a number of layers, or all.');
  return Number(text);
}

/** The expert as its profile has it, and the GPUs that the profile counts. */
async function inProfile({
  id,
  profile,
}: NamedExpert): Promise<{ readonly expert: ProcessExpert & PlaceableGguf; readonly gpus: readonly GpuPool[] }> {
  const { experts, budget } = await loadProfile(profile, { environment: process.env });
  const expert = experts.find((one): one is ProcessExpert => one.kind === 'process' && one.id === id);
  if (!expert) throw new CliError(`The profile ${profile} has no expert ${id} with a model.`);
  const gpus = Object.entries(budget.pools).flatMap(([pool, { capacity }]) =>
    pool === 'ram' ? [] : [{ id: pool, capacity: capacity === 'auto' ? 1 : capacity }],
  );
  return { expert, gpus };
}

function withOptions(expert: PlaceableGguf, options: FootprintOptions): PlaceableGguf {
  const { kvCache, ubatch, gpuLayers } = options;
  return {
    ...expert,
    ...numbersOf(options),
    ...(kvCache !== undefined && { kvCache }),
    ...(gpuLayers !== undefined && { gpuLayers }),
    ...(ubatch !== undefined && { 'llama-server': { ...expert['llama-server'], ubatch } }),
  };
}

const numbersOf = ({ context, parallel }: FootprintOptions): Partial<ExpertBase> => ({
  ...(context !== undefined && { context }),
  ...(parallel !== undefined && { parallel }),
});

/** What a profile that sets nothing would say. */
const PLAIN_EXPERT: GgufExpert = {
  id: 'file',
  engine: 'llama-server',
  aliases: [],
  variants: {},
  task: 'generate',
  vision: false,
  audio: false,
  tools: false,
  context: 8_192,
  parallel: 2,
  request: {},
  strip: [],
  fit: {},
  languages: [],
};
