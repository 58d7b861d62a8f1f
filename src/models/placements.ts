/** The ways of placing an expert on the pools of a machine, each with its predicted footprint. Pure. */
import type { ExpertBase, LaunchPlacement } from '../engines/contract.ts';
import { settingsOfExpert } from './expert-footprint.ts';
import type { GgufExpert } from './expert-footprint.ts';
import { predictGguf } from './footprint.ts';
import type { Footprint, FootprintPart, GgufModels } from './footprint.ts';
import { predictVllm } from './vllm-footprint.ts';
import type { SafetensorsShape } from './vllm-footprint.ts';

/** A GPU that the budget counts. */
export interface GpuPool {
  /** `gpu0`, `gpu1`, … */
  readonly id: string;
  /** Bytes; layers are split in this proportion. */
  readonly capacity: number;
}

export interface PredictedPlacement {
  /** `cpu`, `gpu0`, `gpu0+gpu1`, `gpu0 (16 of 32 layers)`. */
  readonly name: string;
  /** Private bytes by pool. */
  readonly footprint: Footprint;
  /** Bytes of the model file, and of the draft's, that stay mapped. */
  readonly mapped: { readonly main: number; readonly draft: number };
  readonly parts: readonly FootprintPart[];
  readonly estimated: boolean;
  /** Layers meant for a GPU run on the CPU. */
  readonly spill: boolean;
  readonly launch: LaunchPlacement;
  /** Why its engine could not start with it. */
  readonly problem?: string | undefined;
}

/** An expert on llama-server or one of its relatives. */
export type PlaceableGguf = GgufExpert & { readonly gpus?: AllowedGpus };

type AllowedGpus = 'auto' | readonly string[] | undefined;

/** Parts of the layers that a spilling placement keeps on the GPU; none of them, last. */
const SPILLS = [0.75, 0.5, 0.25, 0];

/**
 * In order of preference: one device, then all of them with the layers split, then fewer layers than were wanted. `gpus` are those of the
 * budget; none, or an expert that wants none: the CPU alone.
 */
export function placeGguf(expert: PlaceableGguf, models: GgufModels, gpus: readonly GpuPool[]): PredictedPlacement[] {
  const layers = models.shape.layers.length + 1;
  // An engine that has no such setting (bitnet.cpp) computes on the CPU alone.
  const wanted = expert.gpuLayers ?? 0;
  const onGpu = typeof wanted === 'number' ? Math.min(wanted, layers) : layers;
  const allowed = allowedTo(expert, gpus);
  const predict = (
    devices: readonly GpuPool[],
    gpuLayers: number,
    name: string,
    spill: boolean,
  ): PredictedPlacement => {
    const shares = devices.map(({ id, capacity }) => ({ pool: id, share: Math.max(1, capacity) }));
    const settings = {
      ...settingsOfExpert(expert, shares),
      gpuLayers: gpuLayers >= layers ? ('all' as const) : gpuLayers,
    };
    const prediction = predictGguf({ ...models, settings });
    return {
      name,
      footprint: prediction.footprint,
      mapped: prediction.mapped,
      parts: prediction.parts,
      estimated: prediction.estimated,
      spill,
      launch: { gpus: gpuLayers === 0 ? [] : launchShares(devices), gpuLayers: settings.gpuLayers },
    };
  };
  if (onGpu === 0 || allowed.length === 0) return [predict([], 0, 'cpu', false)];
  const whole = combinations(allowed);
  const proper = whole.map((devices) => predict(devices, onGpu, nameOf(devices), false));
  const spilling = SPILLS.map((share) => Math.floor(onGpu * share)).flatMap((count) => {
    if (count === 0) return wanted === 'auto' ? [predict([], 0, 'cpu', true)] : [];
    return whole.map((devices) => predict(devices, count, `${nameOf(devices)} (${count} of ${layers} layers)`, true));
  });
  return [...proper, ...spilling];
}

/** An expert on vLLM, as far as its memory goes. */
export interface PlaceableVllm extends ExpertBase {
  readonly gpus?: AllowedGpus;
  readonly gpuMemory?: number | undefined;
  readonly sleep?: 'level1' | 'level2' | 'off' | undefined;
  readonly vllm?:
    | {
        readonly tensorParallel?: number | undefined;
        readonly kvCacheDtype?: string | undefined;
        readonly cpuKvCache?: number | undefined;
        readonly devices?: string | undefined;
      }
    | undefined;
}

/** Without `gpuMemory` it computes on the CPU. What it reserves on a device is what counts there. */
export function placeVllm(
  expert: PlaceableVllm,
  shape: SafetensorsShape,
  gpus: readonly GpuPool[],
): PredictedPlacement[] {
  const own = expert.vllm ?? {};
  const named = own.devices?.split(',').map((name) => `gpu${name}`);
  const allowed = allowedTo(expert, gpus).filter(({ id }) => !named || named.includes(id));
  const degree = own.tensorParallel ?? 1;
  const groups =
    expert.gpuMemory === undefined || allowed.length < degree
      ? [[]]
      : allowed.slice(0, allowed.length - degree + 1).map((_, index) => allowed.slice(index, index + degree));
  return groups.map((devices) => {
    const prediction = predictVllm(shape, {
      context: expert.context,
      parallel: expert.parallel,
      kvElementBytes: own.kvCacheDtype?.startsWith('fp8') ? 1 : 2,
      pools: devices.map(({ id }) => id),
      reservation: devices.length > 0 ? expert.gpuMemory : own.cpuKvCache,
    });
    return {
      name: devices.length > 0 ? nameOf(devices) : 'cpu',
      footprint: prediction.footprint,
      mapped: { main: 0, draft: 0 },
      parts: prediction.parts,
      estimated: shape.estimated ?? false,
      spill: false,
      launch: { gpus: launchShares(devices), gpuLayers: 'all' },
      problem: prediction.problem,
    };
  });
}

/** Of the memory on a device about a tenth stays when a vLLM sleeps; level 1 keeps the weights in RAM (engines.md 3.7). */
const ASLEEP_SHARE = 0.1;

export function asleepFootprint(expert: PlaceableVllm, shape: SafetensorsShape, awake: Footprint): Footprint {
  return Object.fromEntries(
    Object.entries(awake).map(([pool, bytes]) => {
      if (pool !== 'ram') return [pool, Math.ceil(bytes * ASLEEP_SHARE)];
      return [pool, bytes + (expert.sleep === 'level1' ? shape.weightBytes : 0)];
    }),
  );
}

function allowedTo({ gpus: own }: { readonly gpus?: AllowedGpus }, gpus: readonly GpuPool[]): readonly GpuPool[] {
  return own === undefined || own === 'auto' ? gpus : gpus.filter(({ id }) => own.includes(id));
}

/** Each device alone, then all together. */
function combinations(gpus: readonly GpuPool[]): (readonly GpuPool[])[] {
  const single = gpus.map((gpu) => [gpu]);
  return gpus.length > 1 ? [...single, gpus] : single;
}

const nameOf = (gpus: readonly GpuPool[]) => gpus.map(({ id }) => id).join('+');

const launchShares = (gpus: readonly GpuPool[]) =>
  gpus.map(({ id, capacity }) => ({ index: Number(id.slice('gpu'.length)), share: capacity / 2 ** 30 }));
