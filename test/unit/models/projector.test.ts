import { join } from 'node:path';

import { expect, it } from 'vitest';

import { buildGguf } from '../../../scripts/build-gguf.ts';
import { buildProjector } from '../../../scripts/build-projector.ts';
import { writeGguf } from '../../../src/models/gguf-writer.ts';
import type { WritableValue } from '../../../src/models/gguf-writer.ts';
import { projectorParts, readProjector } from '../../../src/models/projector.ts';
import { temporaryFolder } from './support.ts';

const MiB = 2 ** 20;
const settings = { flashAttention: true, parallel: 1, threads: 2 };
const u32 = (value: number) => ({ type: 'u32', value }) as const;

it('is read from the header of a projector', async () => {
  const [base, path] = [join(temporaryFolder(), 'model.gguf'), join(temporaryFolder(), 'mmproj.gguf')];
  await buildGguf({ path: base, architecture: 'gemma3' });
  await buildProjector({ path, base, imageSize: 896, embeddingLength: 128, feedForwardLength: 320, headCount: 2 });
  const { bytes, tower } = await readProjector(path);
  expect(tower).toEqual({ patches: 4_096, patchSize: 14, embedding: 128, feedForward: 320, heads: 2 });
  expect(bytes).toBeGreaterThan(2 * MiB);
});

it.each<[string, Record<string, WritableValue>, number | undefined]>([
  [
    'takes images as large as they are up to a number of tokens',
    { 'clip.projector_type': { type: 'string', value: 'qwen2.5vl_merger' } },
    16_384,
  ],
  [
    'says how many patches are a token',
    { 'clip.projector_type': { type: 'string', value: 'pixtral' }, 'clip.vision.spatial_merge_size': u32(2) },
    4_096,
  ],
  ['is of an unknown kind', {}, 1_600],
])('is counted where it %s', async (_name, metadata, patches) => {
  const path = join(temporaryFolder(), 'mmproj.gguf');
  const numbers = { image_size: u32(560), patch_size: u32(14), embedding_length: u32(64) };
  await writeGguf(path, {
    metadata: {
      'general.architecture': { type: 'string', value: 'clip' },
      ...Object.fromEntries(Object.entries(numbers).map(([key, value]) => [`clip.vision.${key}`, value])),
      ...metadata,
    },
    tensors: [],
  });
  expect((await readProjector(path)).tower?.patches).toBe(patches);
});

it('of one that hears, or of a record, is a rule of thumb', () => {
  const parts = projectorParts({ bytes: 5 * MiB }, 'gpu0', settings);
  expect(parts.map(({ pool, bytes }) => [pool, bytes / MiB])).toEqual([
    ['gpu0', 5],
    ['gpu0', 300],
  ]);
});

it('has the scores of all pairs of patches without flash attention, and makes images ready in RAM', () => {
  const tower = { patches: 1_024, patchSize: 14, embedding: 256, feedForward: 1_024, heads: 4 };
  const of = (name: string, flashAttention: boolean) =>
    projectorParts({ bytes: MiB, tower }, 'gpu0', { ...settings, flashAttention }).find((part) => part.name === name);
  // Measured: 10.5 MiB with it, and 15.3 more without.
  expect((of('projector compute', true)?.bytes ?? 0) / MiB).toBe(9);
  expect((of('projector compute', false)?.bytes ?? 0) / MiB).toBe(9 + 16);
  expect(of('images', true)?.pool).toBe('ram');
});
