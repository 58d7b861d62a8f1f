import type { BuildOptions } from '../build-gguf.ts';
import type { ProjectorOptions } from '../build-projector.ts';

export interface FootprintCase {
  readonly name: string;
  readonly model: Omit<BuildOptions, 'path'>;
  /** As in a profile. */
  readonly settings: {
    readonly task?: 'embed';
    readonly vision?: boolean;
    readonly context: number;
    readonly parallel: number;
    readonly kvCache?: 'f16' | 'q8_0' | 'q4_0';
    readonly 'llama-server'?: Readonly<Record<string, unknown>>;
  };
  /** A second model that drafts for the first. */
  readonly draft?: Omit<BuildOptions, 'path'> | undefined;
  /** Rank of an adapter. */
  readonly adapter?: number | undefined;
  /** The model gets eyes, and is shown images of many sizes. */
  readonly projector?: Omit<ProjectorOptions, 'path' | 'base'> | undefined;
  /** Requests in which the prompt grows to the whole context; default 1. */
  readonly turns?: number | undefined;
}

/** Shapes of the families, at a size that a small machine fills in seconds. */
const dense = { embeddingLength: 512, headCount: 8, headCountKv: 8, blockCount: 8 } as const;
const grouped = { embeddingLength: 1_024, headCount: 16, headCountKv: 4, blockCount: 8 } as const;
const sliding = { architecture: 'gemma3', embeddingLength: 768, headCount: 8, headCountKv: 4, blockCount: 12 } as const;
const tied = {
  embeddingLength: 896,
  headCount: 14,
  headCountKv: 2,
  blockCount: 12,
  vocabularySize: 32_000,
  tied: true,
} as const;
const MB = 1e6;

const of = (
  name: string,
  model: FootprintCase['model'],
  settings: FootprintCase['settings'],
  more: Pick<FootprintCase, 'draft' | 'adapter' | 'projector' | 'turns'> = {},
): FootprintCase => ({ name, model, settings, ...more });
const own = (settings: Readonly<Record<string, unknown>>) => ({ 'llama-server': settings });
const small = { context: 2_048, parallel: 1 } as const;
const short = { context: 512, parallel: 1 } as const;
/** One prompt leaves two checkpoints; a conversation that grows leaves as many as are kept. */
const growing = { turns: 4 } as const;

/** From 50 MB to 2 GB; what is large in weights is short in context, so that the whole takes minutes. */
export const CASES: readonly FootprintCase[] = [
  of('dense f16 50 MB', { ...dense, targetBytes: 50 * MB }, { context: 4_096, parallel: 1 }),
  of('dense f16 50 MB, batch of 128', { ...dense, targetBytes: 50 * MB }, { ...small, ...own({ ubatch: 128 }) }),
  of(
    'dense f16 100 MB, no flash',
    { ...dense, targetBytes: 100 * MB },
    { ...small, ...own({ flashAttention: 'off' }) },
  ),
  of('dense q8_0 100 MB', { ...dense, weights: 'q8_0', targetBytes: 100 * MB }, { context: 2_048, parallel: 2 }),
  of('dense q4_0 100 MB', { ...dense, weights: 'q4_0', targetBytes: 100 * MB }, { ...small, kvCache: 'q8_0' }),
  of('grouped f16 400 MB', { ...grouped, targetBytes: 400 * MB }, { context: 1_024, parallel: 1 }),
  of('grouped q8_0 200 MB', { ...grouped, weights: 'q8_0', targetBytes: 200 * MB }, { ...small, kvCache: 'q8_0' }),
  of(
    'grouped q4_0 80 MB, long',
    { ...grouped, weights: 'q4_0', targetBytes: 80 * MB },
    { context: 6_144, parallel: 1, kvCache: 'q4_0' },
  ),
  of('grouped f16 1 GB', { ...grouped, vocabularySize: 64_000, targetBytes: 1_000 * MB }, short),
  of('grouped q4_0 500 MB', { ...grouped, weights: 'q4_0', vocabularySize: 64_000, targetBytes: 500 * MB }, short),
  of('grouped f16 2 GB', { ...grouped, vocabularySize: 128_000, targetBytes: 2_000 * MB }, short),
  of('sliding f16 100 MB', { ...sliding, targetBytes: 100 * MB }, { context: 4_096, parallel: 1 }, growing),
  of(
    'sliding q4_0 100 MB',
    { ...sliding, weights: 'q4_0', targetBytes: 100 * MB },
    { context: 1_536, parallel: 2 },
    growing,
  ),
  of(
    'sliding q8_0 200 MB, wide',
    { ...sliding, slidingWindow: 1_024, weights: 'q8_0', vocabularySize: 64_000, targetBytes: 200 * MB },
    { ...small, kvCache: 'q8_0' },
    growing,
  ),
  of('tied f16 150 MB', { ...tied, targetBytes: 150 * MB }, { context: 2_048, parallel: 1 }),
  of(
    'tied q4_0 80 MB, four slots',
    { ...tied, weights: 'q4_0', targetBytes: 80 * MB },
    { context: 1_024, parallel: 4 },
  ),
  of(
    'tied q8_0 300 MB',
    { ...tied, weights: 'q8_0', vocabularySize: 128_000, targetBytes: 300 * MB },
    { context: 1_024, parallel: 2 },
  ),
  of('grouped q8_0 2 GB', { ...grouped, weights: 'q8_0', vocabularySize: 64_000, targetBytes: 2_000 * MB }, short),
  of(
    'sliding q4_0 60 MB, long',
    { ...sliding, weights: 'q4_0', targetBytes: 60 * MB },
    { context: 12_288, parallel: 1, kvCache: 'q8_0' },
    growing,
  ),
  of(
    'tied q4_0 1 GB, 128,000 merges',
    { ...tied, weights: 'q4_0', vocabularySize: 128_000, merges: 128_000, targetBytes: 1_000 * MB },
    short,
  ),
  of(
    'mixture q4_0 300 MB',
    { ...grouped, experts: 8, weights: 'q4_0', targetBytes: 300 * MB },
    { context: 2_048, parallel: 2 },
  ),
  of(
    'mixture f16 400 MB, small experts',
    { ...grouped, experts: 32, expertsUsed: 8, targetBytes: 400 * MB },
    { context: 1_024, parallel: 1 },
  ),
  of('split in three, q8_0 150 MB', { ...dense, weights: 'q8_0', parts: 3, targetBytes: 150 * MB }, small),
  of(
    'draft model f16 50 MB beside q8_0 200 MB',
    { ...grouped, weights: 'q8_0', targetBytes: 200 * MB },
    { context: 1_024, parallel: 2 },
    { draft: { ...dense, seed: 2, targetBytes: 50 * MB } },
  ),
  of('adapter of rank 64, f16 150 MB', { ...dense, targetBytes: 150 * MB }, small, { adapter: 64 }),
  of(
    'projector f16 30 MB beside sliding q8_0 200 MB',
    { ...sliding, weights: 'q8_0', targetBytes: 200 * MB },
    { ...small, vision: true },
    { projector: { imageSize: 896, embeddingLength: 512, headCount: 8, blockCount: 4 } },
  ),
  of(
    'encoder f16 100 MB',
    { architecture: 'bert', embeddingLength: 768, blockCount: 8, targetBytes: 100 * MB },
    { task: 'embed', context: 512, parallel: 2 },
  ),
];
