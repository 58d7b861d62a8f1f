/** What a model remembers: its KV cache, its recurrent state, and the copies of both that each slot keeps. Pure. */
import { formatBytes } from '../shared/units.ts';
import type { FootprintPart, GgufSettings } from './footprint.ts';
import type { GgufShape } from './gguf-shape.ts';
import { cellBytes, cellsOf, checkpointBytes, layerCacheBytes } from './kv-cache.ts';
import type { Placement } from './placement.ts';

/** Of a checkpoint that was given up the C library keeps between nothing and everything for later. */
const HEAP_SHARE = 0.5;

export function cacheParts(shape: GgufShape, settings: GgufSettings, placement: Placement): FootprintPart[] {
  const slots = counted(settings.parallel, 'slot');
  const byPool = new Map<string, { bytes: number; how: Map<string, number> }>();
  for (const [index, layer] of shape.layers.entries()) {
    if (layer.headsKv === 0 || !shape.causal) continue;
    const pool = placement.layers[index] ?? 'ram';
    const entry = byPool.get(pool) ?? { bytes: 0, how: new Map<string, number>() };
    entry.bytes += layerCacheBytes(shape, layer, settings);
    const form = `${cellsOf(shape, layer, settings)} cells × ${slots} × ${cellBytes(shape, layer, settings)} B${layer.sliding ? ' (sliding)' : ''}`;
    entry.how.set(form, (entry.how.get(form) ?? 0) + 1);
    byPool.set(pool, entry);
  }
  const types =
    settings.kvCacheK === settings.kvCacheV ? settings.kvCacheK : `${settings.kvCacheK}/${settings.kvCacheV}`;
  const parts = [...byPool].map(([pool, { bytes, how }]) => ({
    name: `KV cache ${types}`,
    pool,
    bytes,
    how: [...how].map(([form, layers]) => `${counted(layers, 'layer')} × ${form}`).join(' + '),
  }));
  const states = new Map<string, number>();
  for (const [index, { stateBytes = 0 }] of shape.layers.entries()) {
    const pool = placement.layers[index] ?? 'ram';
    if (stateBytes > 0) states.set(pool, (states.get(pool) ?? 0) + stateBytes);
  }
  const recurrent = [...states].map(([pool, bytes]) => ({
    name: 'recurrent state',
    pool,
    bytes: bytes * settings.parallel,
    how: `${slots} × ${formatBytes(bytes)}`,
  }));
  const checkpoint = checkpointBytes(shape, settings);
  const kept = checkpointsKept(settings);
  return [
    ...parts,
    ...recurrent,
    {
      name: 'context checkpoints',
      pool: 'ram',
      bytes: kept === 0 ? 0 : checkpoint * (kept + HEAP_SHARE) * settings.parallel,
      how: `(${kept} + ${HEAP_SHARE} left in the heap) × ${slots} × ${formatBytes(checkpoint)} of ${recurrent.length > 0 ? 'recurrent state' : 'sliding window'}`,
    },
  ];
}

/**
 * The most that a growing conversation leaves in one slot (watched in Debian's 0.7.0): once one place is left, those closer than the
 * spacing to the one before are given up, but not the last; where there are none the last place is taken.
 */
function checkpointsKept({ context, contextCheckpoints, checkpointSpacing }: GgufSettings): number {
  const spaced = checkpointSpacing === 0 ? Infinity : 3 + Math.floor((context - 1) / checkpointSpacing);
  return contextCheckpoints > spaced ? contextCheckpoints - 1 : contextCheckpoints;
}

/** `1 slot`, `2 slots`. */
export const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;
