import { InvalidArgumentError } from 'commander';

import { locateExpert } from '../models/expert-files.ts';
import { settingsOfExpert } from '../models/expert-footprint.ts';
import type { GgufExpert } from '../models/expert-footprint.ts';
import { predictGguf } from '../models/footprint.ts';
import type { FootprintPart, GgufSettings, Prediction } from '../models/footprint.ts';
import { readGgufModels } from '../models/gguf-models.ts';
import { CACHE_TYPES } from '../models/kv-cache.ts';
import type { CacheType } from '../models/kv-cache.ts';
import { loadProfile } from '../profiles/load.ts';
import type { ProcessExpert } from '../profiles/profile.ts';
import { resolvePaths } from '../shared/paths.ts';
import { formatBytes } from '../shared/units.ts';
import type { NamedModel } from './model-names.ts';

export interface FootprintOptions {
  readonly context?: number;
  readonly parallel?: number;
  readonly kvCache?: CacheType;
  readonly ubatch?: number;
  readonly gpuLayers?: number | 'all';
}

/** The footprint of a file, or of an expert as its profile has it; from a shape record where the file is not here. */
export async function predictFor(
  found: {
    readonly path: string | undefined;
    readonly mmproj?: string | undefined;
    readonly named?: (NamedModel & { readonly profile: string }) | undefined;
  },
  options: FootprintOptions,
): Promise<Prediction | undefined> {
  const { named, path, mmproj } = found;
  const expert = named && (await expertOf(named.profile, named.id));
  const places = {
    paths: resolvePaths(process.env),
    profileDirectory: named?.directory ?? '',
    environment: process.env,
  };
  const files = expert
    ? locateExpert(expert, {}, places).files
    : { ...(path !== undefined && { model: path }), ...(mmproj !== undefined && { mmproj }) };
  const models = await readGgufModels(expert ?? PLAIN_EXPERT, files);
  return models && predictGguf({ ...models, settings: settingsFor(expert, options) });
}

/** Pools with their sums, then each part with its arithmetic. */
export function footprintLines(prediction: Prediction): string[] {
  const { footprint, mappedFileBytes, parts, estimated } = prediction;
  const sums = Object.entries(footprint).map(([pool, bytes]) => `${pool} ${formatBytes(bytes)}`);
  if (mappedFileBytes > 0) sums.push(`mapped file ${formatBytes(mappedFileBytes)}`);
  const title = `footprint${estimated ? ' (estimated: the model file is not here)' : ''}`;
  const width = (pick: (part: FootprintPart) => string) => Math.max(...parts.map((part) => pick(part).length));
  const widths = [width(({ pool }) => pool), width(({ name }) => name), width(({ bytes }) => formatBytes(bytes))];
  return [
    `${title}: ${sums.join(', ')}`,
    ...parts.map(({ pool, name, bytes, how }) => {
      const cells = [
        pool.padEnd(widths[0] ?? 0),
        name.padEnd(widths[1] ?? 0),
        formatBytes(bytes).padStart(widths[2] ?? 0),
      ];
      return `  ${cells.join('  ')}  ${how}`;
    }),
  ];
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

function settingsFor(expert: GgufExpert | undefined, options: FootprintOptions): GgufSettings {
  const gpuLayers =
    options.gpuLayers ?? (typeof expert?.gpuLayers === 'number' || expert?.gpuLayers === 'all' ? expert.gpuLayers : 0);
  // Which GPUs there are is the planner's question; the arithmetic is shown for one.
  const devices = gpuLayers === 0 ? [] : [{ pool: 'gpu0', share: 1 }];
  const base = settingsOfExpert(expert ?? PLAIN_EXPERT, devices);
  const { context, parallel, ubatch, kvCache } = options;
  return {
    ...base,
    gpuLayers,
    ...(context !== undefined && { context }),
    ...(parallel !== undefined && { parallel }),
    ...(ubatch !== undefined && { ubatch }),
    ...(kvCache !== undefined && { kvCacheK: kvCache, kvCacheV: kvCache }),
  };
}

async function expertOf(profile: string, id: string): Promise<(GgufExpert & ProcessExpert) | undefined> {
  const { experts } = await loadProfile(profile, { environment: process.env });
  return experts.find((expert) => expert.kind === 'process' && expert.id === id) as ProcessExpert | undefined;
}

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
