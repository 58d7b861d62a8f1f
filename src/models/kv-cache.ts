import type { GgufShape, LayerShape } from './gguf-shape.ts';

/** Bytes of 32 elements. */
const BLOCK_BYTES = {
  f32: 128,
  f16: 64,
  bf16: 64,
  q8_0: 34,
  q5_1: 24,
  q5_0: 22,
  q4_1: 20,
  q4_0: 18,
} as const;
export type CacheType = keyof typeof BLOCK_BYTES;
export const CACHE_TYPES: readonly CacheType[] = ['f32', 'f16', 'bf16', 'q8_0', 'q5_1', 'q5_0', 'q4_1', 'q4_0'];
const CELLS_STEP = 256;

export interface CacheSettings {
  /** Tokens of one slot. */
  readonly context: number;
  readonly parallel: number;
  readonly ubatch: number;
  readonly kvCacheK: CacheType;
  readonly kvCacheV: CacheType;
  /** `--swa-full`: sliding layers keep the whole context. */
  readonly slidingFull: boolean;
}

/**
 * Cells that each slot has in a layer. llama-server is given a context of `context × parallel` and slots of their own
 * (`--no-kv-unified`), so each slot has its own stream of cells, rounded up to 256. An encoder's cells are its batch: for the mask alone.
 */
export function cellsOf(shape: GgufShape, layer: LayerShape, settings: CacheSettings): number {
  if (!shape.causal) return settings.ubatch;
  const all = roundUp(settings.context);
  if (!layer.sliding || shape.slidingWindow === undefined || settings.slidingFull) return all;
  // A window and one physical batch: the batch is written before what fell out of the window is given up.
  return Math.min(all, roundUp(shape.slidingWindow + settings.ubatch));
}

/** Bytes that one token takes in the cache of one layer. */
export function cellBytes(shape: GgufShape, layer: LayerShape, settings: CacheSettings): number {
  const row = (elements: number, type: CacheType) => (layer.headsKv * elements * BLOCK_BYTES[type]) / 32;
  return row(shape.keyLength, settings.kvCacheK) + row(shape.valueLength, settings.kvCacheV);
}

/** Bytes of the cache of one layer, all slots. The engine writes all of it at the start, so all of it is resident at once. */
export function layerCacheBytes(shape: GgufShape, layer: LayerShape, settings: CacheSettings): number {
  if (!shape.causal) return 0;
  return cellsOf(shape, layer, settings) * cellBytes(shape, layer, settings) * settings.parallel;
}

/**
 * Bytes of one context checkpoint: the window's worth of every sliding layer of one slot, copied to host memory (measured: exactly
 * the window, not the cells), and the state of every recurrent one. Other models make none.
 */
export function checkpointBytes(shape: GgufShape, settings: CacheSettings): number {
  const tokens = settings.slidingFull ? 0 : Math.min(shape.slidingWindow ?? 0, settings.context);
  return shape.layers.reduce(
    (sum, layer) => sum + (layer.sliding ? tokens * cellBytes(shape, layer, settings) : 0) + (layer.stateBytes ?? 0),
    0,
  );
}

const roundUp = (cells: number) => Math.ceil(cells / CELLS_STEP) * CELLS_STEP;
