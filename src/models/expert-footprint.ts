/** The settings of a llama-server expert as its prediction wants them. */
import { availableParallelism } from 'node:os';

import type { ExpertBase } from '../engines/contract.ts';
import { LLAMA_DEFAULTS } from '../engines/llama-defaults.ts';
import { DEFAULT_SETTINGS } from './footprint.ts';
import type { GgufSettings } from './footprint.ts';
import { CACHE_TYPES } from './kv-cache.ts';
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
        readonly contextCheckpoints?: number | undefined;
        readonly batch?: number | undefined;
        readonly ubatch?: number | undefined;
        readonly flashAttention?: 'on' | 'off' | 'auto' | undefined;
        readonly flags?: readonly string[] | undefined;
      }
    | undefined;
  readonly bitnet?:
    | { readonly flashAttention?: 'on' | 'off' | undefined; readonly flags?: readonly string[] | undefined }
    | undefined;
}

/** Devices are those that the engine build may use, none on a CPU build. `flags` are read as far as they change memory. */
export function settingsOfExpert(expert: GgufExpert, devices: readonly Device[] = []): GgufSettings {
  const own = expert['llama-server'] ?? {};
  const type = expert.kvCache ?? 'f16';
  const gpuLayers = expert.gpuLayers ?? 'auto';
  const batch = own.batch ?? LLAMA_DEFAULTS.batch;
  const ubatch = own.ubatch ?? LLAMA_DEFAULTS.ubatch;
  const settings: GgufSettings = {
    ...DEFAULT_SETTINGS,
    context: expert.context,
    parallel: expert.parallel,
    // As the adapter does: an input to embed must fit one physical batch. The engine takes no physical batch above the logical one.
    ubatch: expert.task === 'generate' ? Math.min(ubatch, batch) : Math.max(ubatch, Math.min(expert.context, batch)),
    kvCacheK: type,
    kvCacheV: type,
    flashAttention: own.flashAttention !== 'off',
    gpuLayers: gpuLayers === 'auto' ? 'all' : gpuLayers,
    devices,
    cpuMoe: expert.cpuMoe ?? false,
    cacheRamBytes: own.cacheRam ?? DEFAULT_SETTINGS.cacheRamBytes,
    contextCheckpoints: own.contextCheckpoints ?? LLAMA_DEFAULTS.contextCheckpoints,
    repacked: repackedHere(),
    threads: expert.threads ?? availableParallelism(),
  };
  if (expert.engine !== 'bitnet') return withFlags(settings, own.flags ?? []);
  return withFlags({ ...settings, ...asOf2024(expert) }, expert.bitnet?.flags ?? []);
}

/** bitnet.cpp's server is one of 2024, whatever today's does by default. */
function asOf2024({ kvCache, bitnet }: GgufExpert): Partial<GgufSettings> {
  return {
    ubatch: LLAMA_DEFAULTS.ubatch,
    // As its adapter does: only flash attention takes quantised values.
    flashAttention: bitnet?.flashAttention === 'on' || kvCache?.startsWith('q') === true,
    gpuLayers: 0,
    devices: [],
    contextCheckpoints: 0,
    // It serves every type from the mapped file; and the logits of whole batches that it reserves it never writes.
    repacked: new Set(),
  };
}

type Changes = Partial<GgufSettings> | undefined;

/** What each flag changes, by its value; nothing where the value is not what the flag takes. */
const FLAGS: readonly (readonly [names: readonly string[], read: (value: string) => Changes])[] = [
  [['--ubatch-size', '-ub'], (value) => counted(value, (ubatch) => ({ ubatch }))],
  [['--cache-type-k', '-ctk'], (value) => typed(value, (kvCacheK) => ({ kvCacheK }))],
  [['--cache-type-v', '-ctv'], (value) => typed(value, (kvCacheV) => ({ kvCacheV }))],
  [['--cache-ram', '-cram'], (value) => counted(value, (count) => ({ cacheRamBytes: count * 2 ** 20 }))],
  [
    ['--ctx-checkpoints', '-ctxcp', '--swa-checkpoints'],
    (value) => counted(value, (contextCheckpoints) => ({ contextCheckpoints })),
  ],
  [['--checkpoint-min-step', '-cms'], (value) => counted(value, (checkpointSpacing) => ({ checkpointSpacing }))],
  [['--flash-attn', '-fa'], (value) => ({ flashAttention: value !== 'off' })],
  [['--threads', '-t'], (value) => counted(value, (threads) => ({ threads }))],
  [['--n-cpu-moe', '-ncmoe'], (value) => counted(value, (cpuMoe) => ({ cpuMoe }))],
  [['--cpu-moe', '-cmoe'], () => ({ cpuMoe: true })],
  [['--swa-full'], () => ({ slidingFull: true })],
  [['--no-mmap'], () => ({ mmap: false })],
  [['--load-mode', '-lm'], (value) => ({ mmap: !['none', 'dio'].includes(value) })],
  [['--no-repack', '-nr'], () => ({ repacked: new Set() })],
  [['--no-mmproj-offload'], () => ({ mmprojOnGpu: false })],
];

/** Of a flag that is there twice the engine takes the last. */
function withFlags(settings: GgufSettings, flags: readonly string[]): GgufSettings {
  return flags.reduce((changed, flag, index) => {
    const read = FLAGS.find(([names]) => names.includes(flag))?.[1];
    return { ...changed, ...read?.(flags[index + 1] ?? '') };
  }, settings);
}

function counted(value: string, change: (count: number) => Changes): Changes {
  return /^\d{1,9}$/.test(value) ? change(Number(value)) : undefined;
}

function typed(value: string, change: (type: CacheType) => Changes): Changes {
  const type = CACHE_TYPES.find((known) => known === value);
  return type && change(type);
}
