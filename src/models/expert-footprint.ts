/** The settings of a llama-server expert as its prediction wants them. */
import { availableParallelism } from 'node:os';

import type { ExpertBase } from '../engines/contract.ts';
import { DEFAULT_SETTINGS } from './footprint.ts';
import type { GgufSettings } from './footprint.ts';
import type { CacheType } from './kv-cache.ts';
import type { Device } from './placement.ts';
import { repackedHere } from './repack.ts';

/** What of an expert decides its memory; experts of llama-server and of its relatives have it. */
export interface GgufExpert extends ExpertBase {
  readonly gpuLayers?: 'all' | 'auto' | number | undefined;
  readonly kvCache?: CacheType | undefined;
  readonly threads?: number | undefined;
  readonly cpuMoe?: boolean | number | undefined;
  readonly 'llama-server'?:
    | {
        readonly cacheRam?: number | undefined;
        readonly batch?: number | undefined;
        readonly ubatch?: number | undefined;
        readonly flashAttention?: 'on' | 'off' | 'auto' | undefined;
        readonly flags?: readonly string[] | undefined;
      }
    | undefined;
}

/** Devices are those that the engine build may use, none on a CPU build. `flags` are read as far as they change memory. */
export function settingsOfExpert(expert: GgufExpert, devices: readonly Device[] = []): GgufSettings {
  const own = expert['llama-server'] ?? {};
  const flags = own.flags ?? [];
  const has = (...names: readonly string[]) => names.some((name) => flags.includes(name));
  const after = (...names: readonly string[]) => {
    const index = flags.findIndex((flag) => names.includes(flag));
    return index < 0 ? undefined : flags[index + 1];
  };
  const count = (...names: readonly string[]) => {
    const value = Number(after(...names) ?? Number.NaN);
    return Number.isInteger(value) && value >= 0 ? value : undefined;
  };
  const ubatch = own.ubatch ?? DEFAULT_SETTINGS.ubatch;
  const batch = own.batch ?? 2_048;
  const type = expert.kvCache ?? 'f16';
  const gpuLayers = expert.gpuLayers ?? 'auto';
  return {
    ...DEFAULT_SETTINGS,
    context: expert.context,
    parallel: expert.parallel,
    // As the adapter does: an input to embed must fit one physical batch.
    ubatch: expert.task === 'generate' ? ubatch : Math.max(ubatch, Math.min(expert.context, batch)),
    kvCacheK: type,
    kvCacheV: type,
    slidingFull: has('--swa-full'),
    flashAttention: own.flashAttention !== 'off',
    gpuLayers: gpuLayers === 'auto' ? 'all' : gpuLayers,
    devices,
    cpuMoe: expert.cpuMoe || has('--cpu-moe', '-cmoe') || (count('--n-cpu-moe', '-ncmoe') ?? false),
    cacheRamBytes: own.cacheRam ?? 0,
    contextCheckpoints:
      count('--ctx-checkpoints', '-ctxcp', '--swa-checkpoints') ?? DEFAULT_SETTINGS.contextCheckpoints,
    mmap: !has('--no-mmap') && !['none', 'dio'].includes(after('--load-mode', '-lm') ?? 'auto'),
    repacked: has('--no-repack', '-nr') ? new Set() : repackedHere(),
    threads: expert.threads ?? availableParallelism(),
    mmprojOnGpu: !has('--no-mmproj-offload'),
  };
}
