/**
 * What a llama-server takes from each pool, from the shape of its model and its settings. Pure.
 *
 * `ram` is the private memory alone (RssAnon + RssShmem). Weights that are read from the mapped file are not in it: they are
 * `mapped`, and the planner charges each mapped file once for as long as anyone maps it. Weights that the CPU back end repacks move
 * from the mapped part to the private one: the pages of the file that they came from are never read again.
 */
import { LLAMA_DEFAULTS } from '../engines/llama-defaults.ts';
import { formatBytes } from '../shared/units.ts';
import { cacheParts, counted } from './cache-parts.ts';
import { computeBuffer, expertsWidth, workBufferBytes } from './compute-buffer.ts';
import type { ComputeSettings } from './compute-buffer.ts';
import type { GgufShape, WeightGroup } from './gguf-shape.ts';
import { placeLayers } from './placement.ts';
import type { Device, Placement } from './placement.ts';
import { projectorParts } from './projector.ts';
import type { Projector } from './projector.ts';
import type { RepackedTypes } from './repack.ts';

/** Bytes by pool: `ram`, `gpu0`, `gpu1`, … */
export type Footprint = Readonly<Record<string, number>>;

export interface FootprintPart {
  readonly name: string;
  /** `mapped`: pages of the model file, charged once per file. */
  readonly pool: string;
  readonly bytes: number;
  /** The arithmetic, for a person. */
  readonly how: string;
}

export interface GgufSettings extends ComputeSettings {
  readonly gpuLayers: number | 'all';
  /** Empty: everything is in `ram`. */
  readonly devices: readonly Device[];
  /** Expert matrices in host memory: of every layer, or of the first so many. */
  readonly cpuMoe: boolean | number;
  readonly cacheRamBytes: number;
  /** `--ctx-checkpoints`: the most that one slot keeps. */
  readonly contextCheckpoints: number;
  /** `--checkpoint-min-step`, tokens; 0: none. */
  readonly checkpointSpacing: number;
  /** Off: the file is read into private memory. */
  readonly mmap: boolean;
  /** Types that this machine repacks; empty with `--no-repack`. */
  readonly repacked: RepackedTypes;
  readonly threads: number;
  readonly mmprojOnGpu: boolean;
}

export interface GgufModels {
  readonly shape: GgufShape;
  readonly mmproj?: Projector | undefined;
  /** Bytes of each adapter. */
  readonly loras?: readonly number[] | undefined;
  readonly draft?: { readonly shape: GgufShape; readonly settings?: Partial<GgufSettings> } | undefined;
}

export interface Prediction {
  readonly footprint: Footprint;
  readonly parts: readonly FootprintPart[];
  readonly mappedFileBytes: number;
  /** The same by file. */
  readonly mapped: { readonly main: number; readonly draft: number };
  /** Some of it rests on a shape record in place of a header. */
  readonly estimated: boolean;
}

const MiB = 2 ** 20;

/**
 * Of Debian's 0.7.0 CPU build, measured: private memory of a server with a 0.2 MB model at rest. The C library's arenas, the stacks of
 * its threads, the HTTP server, the parsed templates.
 */
const PROCESS_BYTES = 7.25 * MiB;
const THREAD_BYTES = 48 * 1_024;
const SLOT_BYTES = 0.6 * MiB;
/** Token texts with their hash table; one candidate list of the sampler for each slot; a pair of a byte-pair tokenizer. */
const WORD_BYTES = 160;
const CANDIDATE_BYTES = 12;
const MERGE_BYTES = 128;
/** The request itself, parsed, templated and tokenised, while it runs. */
const PROMPT_TOKEN_BYTES = 240;
const DRAFT_BYTES = 2 * MiB;
/** CUDA context, cuBLAS and kernels: on the device, and pinned and private memory on the host. Of an RTX 40; learned values replace it. */
const GPU_PROCESS_BYTES = 450 * MiB;
const GPU_HOST_BYTES = 300 * MiB;
/** What a profile that sets nothing gets, on a CPU. */
export const DEFAULT_SETTINGS: GgufSettings = {
  context: 8_192,
  parallel: 2,
  ubatch: LLAMA_DEFAULTS.ubatch,
  kvCacheK: 'f16',
  kvCacheV: 'f16',
  slidingFull: false,
  flashAttention: true,
  logitsPerToken: false,
  gpuLayers: 0,
  devices: [],
  cpuMoe: false,
  cacheRamBytes: 0,
  contextCheckpoints: LLAMA_DEFAULTS.contextCheckpoints,
  checkpointSpacing: LLAMA_DEFAULTS.checkpointSpacing,
  mmap: true,
  repacked: new Set(),
  threads: 2,
  mmprojOnGpu: true,
};

/** Predicts private bytes for each pool, and the mapped bytes beside them. */
export function predictGguf(input: GgufModels & { readonly settings: GgufSettings }): Prediction {
  const { settings } = input;
  const parts = modelParts(input.shape, settings);
  const main = mappedIn(parts);
  const firstGpu = settings.gpuLayers === 0 ? undefined : settings.devices[0]?.pool;
  if (input.mmproj)
    parts.push(...projectorParts(input.mmproj, (settings.mmprojOnGpu ? firstGpu : undefined) ?? 'ram', settings));
  for (const bytes of input.loras ?? [])
    parts.push({ name: 'adapter', pool: firstGpu ?? 'ram', bytes, how: 'tensors of the adapter' });
  if (input.draft) {
    const own = { ...settings, contextCheckpoints: 0, ...input.draft.settings };
    const draft = [...modelParts(input.draft.shape, own), draftProcess(input.draft.shape, own)];
    for (const part of draft) parts.push({ ...part, name: `draft ${part.name}` });
  }
  parts.push(...processParts(input.shape, settings));
  const kept = parts.filter(({ bytes }) => bytes > 0).map((part) => ({ ...part, bytes: Math.round(part.bytes) }));
  const footprint: Record<string, number> = { ram: 0 };
  for (const { pool, bytes } of kept) if (pool !== 'mapped') footprint[pool] = (footprint[pool] ?? 0) + bytes;
  const mappedFileBytes = mappedIn(kept);
  return {
    footprint,
    parts: kept,
    mappedFileBytes,
    mapped: { main, draft: mappedFileBytes - main },
    estimated: input.shape.estimated || input.draft?.shape.estimated === true,
  };
}

/** Weights, cache, compute buffers: what a second model in the same process has too. */
function modelParts(shape: GgufShape, settings: GgufSettings): FootprintPart[] {
  const placement = placeLayers(shape.layers.length, settings);
  return [
    ...weightParts(shape, settings, placement),
    ...cacheParts(shape, settings, placement),
    ...computeParts(shape, settings, placement),
  ];
}

function weightParts(shape: GgufShape, settings: GgufSettings, placement: Placement): FootprintPart[] {
  const pools = new Map<string, Map<string, number>>();
  const add = (pool: string, what: string, bytes: number) => {
    const kinds = pools.get(pool) ?? new Map<string, number>();
    pools.set(pool, kinds.set(what, (kinds.get(what) ?? 0) + bytes));
  };
  for (const group of shape.weights) {
    const pool = poolOf(group, settings, placement);
    if (pool === 'ram') add(...inHost(group, settings));
    else add(pool, `${group.type ?? 'unknown'}${group.expert ? ' experts' : ''}`, group.bytes);
    // The same tensor once more as the output matrix: another device needs a copy, a repacked layout too.
    if (shape.tied && group.place === 'embedding') {
      if (placement.output !== 'ram') add(placement.output, `${group.type ?? 'unknown'} (tied embedding)`, group.bytes);
      else if (repacks(group, settings)) add('ram', `${group.type} repacked (tied embedding)`, group.bytes);
    }
  }
  return [...pools].flatMap(([pool, kinds]) => [
    {
      name: 'weights',
      pool,
      bytes: [...kinds.values()].reduce((sum, bytes) => sum + bytes, 0),
      how: [...kinds].map(([what, bytes]) => `${what} ${formatBytes(bytes)}`).join(' + '),
    },
  ]);
}

function poolOf(group: WeightGroup, { cpuMoe }: GgufSettings, placement: Placement): string {
  if (group.place === 'input' || group.place === 'embedding') return 'ram';
  if (group.place === 'output') return placement.output;
  if (group.expert && (cpuMoe === true || (typeof cpuMoe === 'number' && group.place < cpuMoe))) return 'ram';
  return placement.layers[group.place] ?? 'ram';
}

function inHost(group: WeightGroup, settings: GgufSettings): [pool: string, what: string, bytes: number] {
  const type = group.type ?? 'unknown';
  // Only what is multiplied is repacked; rows of an embedding are looked up.
  if (group.place !== 'embedding' && group.place !== 'input' && repacks(group, settings))
    return ['ram', `${type} repacked`, group.bytes];
  return settings.mmap ? ['mapped', type, group.bytes] : ['ram', type, group.bytes];
}

/** With a GPU in the build, host weights go to its pinned buffers or stay mapped; only a build without one repacks them. */
const repacks = ({ type, repackable }: WeightGroup, { repacked, devices }: GgufSettings) =>
  devices.length === 0 && repackable && type !== undefined && repacked.has(type);

function computeParts(shape: GgufShape, settings: GgufSettings, placement: Placement): FootprintPart[] {
  const { bytes, maskBytes, how } = computeBuffer(shape, settings);
  const pools = new Set([...placement.layers, placement.output]);
  const parts = [...pools].map((pool) => ({ name: 'compute buffer', pool, bytes, how }));
  if (!pools.has('ram')) {
    const experts = settings.cpuMoe === false || !shape.mixture ? 0 : expertsWidth(shape.mixture, shape.embedding);
    parts.push({
      name: 'compute buffer',
      pool: 'ram',
      bytes: maskBytes + 4 * (shape.embedding + experts) * settings.ubatch,
      how: `masks and embedded batch, handed to the GPU${experts > 0 ? `; experts ${experts} elements × ${settings.ubatch} × 4 B` : ''}`,
    });
  } else {
    const work = workBufferBytes(shape, settings);
    parts.push({
      name: 'work buffer',
      pool: 'ram',
      bytes: work,
      how: 'input of the largest multiplication, converted',
    });
  }
  const output = 4 * shape.vocabulary * settings.parallel;
  parts.push({
    name: 'output',
    pool: 'ram',
    bytes: output,
    how: `${shape.vocabulary} words × ${counted(settings.parallel, 'slot')} × 4 B`,
  });
  const words = shape.vocabulary * WORD_BYTES + shape.merges * MERGE_BYTES;
  parts.push({
    name: 'vocabulary',
    pool: 'ram',
    bytes: words,
    how: `${shape.vocabulary} words × ${WORD_BYTES} B + ${shape.merges} merges × ${MERGE_BYTES} B`,
  });
  return parts;
}

function processParts(shape: GgufShape, settings: GgufSettings): FootprintPart[] {
  const { threads, parallel, context, cacheRamBytes } = settings;
  const slot = SLOT_BYTES + shape.vocabulary * CANDIDATE_BYTES + context * PROMPT_TOKEN_BYTES;
  const used = settings.gpuLayers === 0 ? [] : settings.devices;
  return [
    {
      name: 'process',
      pool: 'ram',
      bytes: PROCESS_BYTES + threads * THREAD_BYTES,
      how: `${formatBytes(PROCESS_BYTES)} + ${threads} threads × ${formatBytes(THREAD_BYTES)}`,
    },
    {
      name: 'slots',
      pool: 'ram',
      bytes: parallel * slot,
      how: `${parallel} × (${formatBytes(SLOT_BYTES)} + ${shape.vocabulary} words × ${CANDIDATE_BYTES} B + ${context} tokens × ${PROMPT_TOKEN_BYTES} B)`,
    },
    { name: 'prompt cache', pool: 'ram', bytes: cacheRamBytes, how: '--cache-ram, as far as it may grow' },
    ...used.map(({ pool }) => ({
      name: 'GPU context',
      pool,
      bytes: GPU_PROCESS_BYTES,
      how: 'driver context and kernels',
    })),
    ...(used.length > 0
      ? [{ name: 'GPU host memory', pool: 'ram', bytes: GPU_HOST_BYTES, how: 'driver and pinned staging' }]
      : []),
  ];
}

/** The second context, and a sampler for each slot. Measured: 2.1 MiB with one slot. */
function draftProcess(shape: GgufShape, { parallel }: GgufSettings): FootprintPart {
  const bytes = DRAFT_BYTES + parallel * shape.vocabulary * CANDIDATE_BYTES;
  const how = `${formatBytes(DRAFT_BYTES)} + ${counted(parallel, 'slot')} × ${shape.vocabulary} words × ${CANDIDATE_BYTES} B`;
  return { name: 'process', pool: 'ram', bytes, how };
}

const mappedIn = (parts: readonly FootprintPart[]) =>
  Math.round(parts.filter(({ pool }) => pool === 'mapped').reduce((sum, { bytes }) => sum + bytes, 0));
