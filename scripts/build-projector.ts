// Writes a multimodal projector with seeded random weights, for a generated gemma3: it takes images, and sees nothing in them.
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

import { writeGguf } from '../src/models/gguf-writer.ts';
import type { WritableTensor, WritableValue } from '../src/models/gguf-writer.ts';
import { readGgufHeader } from '../src/models/gguf.ts';
import type { BuiltModel } from './build-gguf.ts';
import { constant, matrix } from './lib/seeded-weights.ts';

export interface ProjectorOptions {
  /** Where the file goes; one that is there is replaced. */
  readonly path: string;
  /** The GGUF file of the model that it is for. */
  readonly base: string;
  readonly seed?: number;
  /** Pixels of a side; default 448 (Gemma 3: 896). */
  readonly imageSize?: number;
  readonly embeddingLength?: number;
  readonly feedForwardLength?: number;
  readonly headCount?: number;
  readonly blockCount?: number;
}

const PATCH_SIZE = 14;
const COLOURS = 3;

/** As the vision tower of Gemma 3 (SigLIP), of any size. */
export async function buildProjector(options: ProjectorOptions): Promise<BuiltModel> {
  const { seed = 1, imageSize = 448, embeddingLength = 256, headCount = 4, blockCount = 2 } = options;
  const { feedForwardLength = 4 * embeddingLength } = options;
  const path = resolve(options.path);
  const { embeddingLength: text } = await readGgufHeader(options.base);
  if (!text) throw new Error(`${options.base} does not say how wide its embedding is`);
  const numbers = {
    image_size: imageSize,
    patch_size: PATCH_SIZE,
    embedding_length: embeddingLength,
    feed_forward_length: feedForwardLength,
    projection_dim: text,
    block_count: blockCount,
    'attention.head_count': headCount,
  };
  const metadata: Record<string, WritableValue> = {
    'general.architecture': { type: 'string', value: 'clip' },
    'clip.has_vision_encoder': { type: 'bool', value: true },
    'clip.projector_type': { type: 'string', value: 'gemma3' },
    'clip.use_gelu': { type: 'bool', value: true },
    'clip.vision.attention.layer_norm_epsilon': { type: 'f32', value: 1e-6 },
    'clip.vision.image_mean': { type: 'f32s', value: [0.5, 0.5, 0.5] },
    'clip.vision.image_std': { type: 'f32s', value: [0.5, 0.5, 0.5] },
    ...Object.fromEntries(
      Object.entries(numbers).map(([key, value]) => [`clip.vision.${key}`, { type: 'u32', value }] as const),
    ),
  };
  const tensors = tensorsOf({ seed, imageSize, embeddingLength, feedForwardLength, blockCount, text });
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.${process.hrtime.bigint()}.part`;
  try {
    const written = await writeGguf(temporary, { metadata, tensors });
    await rename(temporary, path);
    return { path, ...written };
  } finally {
    await rm(temporary, { force: true });
  }
}

interface Sizes {
  readonly seed: number;
  readonly imageSize: number;
  readonly embeddingLength: number;
  readonly feedForwardLength: number;
  readonly blockCount: number;
  /** Width of the model that reads what was seen. */
  readonly text: number;
}

function tensorsOf(sizes: Sizes): WritableTensor[] {
  const { seed, imageSize, embeddingLength: width, feedForwardLength, blockCount, text } = sizes;
  const weights = (name: string, columns: number, rows: number, single = false) =>
    matrix({ name, columns, rows, seed, single, spread: 1 / Math.sqrt(columns) });
  const dense = (name: string, columns: number, rows: number) => [
    weights(`${name}.weight`, columns, rows),
    constant(`${name}.bias`, rows, 0),
  ];
  const norm = (name: string) => [constant(`${name}.weight`, width, 1), constant(`${name}.bias`, width, 0)];
  const patch = weights('v.patch_embd.weight', PATCH_SIZE * PATCH_SIZE * COLOURS, width);
  const tensors = [
    { ...patch, dims: [PATCH_SIZE, PATCH_SIZE, COLOURS, width] },
    constant('v.patch_embd.bias', width, 0),
    weights('v.position_embd.weight', width, (imageSize / PATCH_SIZE) ** 2, true),
  ];
  for (let block = 0; block < blockCount; block += 1) {
    const at = (name: string) => `v.blk.${block}.${name}`;
    tensors.push(
      ...['attn_q', 'attn_k', 'attn_v', 'attn_out'].flatMap((name) => dense(at(name), width, width)),
      ...norm(at('ln1')),
      ...norm(at('ln2')),
      ...dense(at('ffn_up'), width, feedForwardLength),
      ...dense(at('ffn_down'), feedForwardLength, width),
    );
  }
  tensors.push(
    ...norm('v.post_ln'),
    weights('mm.input_projection.weight', text, width),
    constant('mm.soft_emb_norm.weight', width, 1),
  );
  return tensors;
}
