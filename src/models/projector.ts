/** What a multimodal projector takes: its tensors, the graph of one image, and the images that are being made ready for it. */
import type { FootprintPart } from './footprint.ts';
import { readGgufHeader } from './gguf.ts';
import type { GgufHeader } from './gguf.ts';
import { readTensorBytes } from './read-shape.ts';

export interface Projector {
  /** Of its tensors. */
  readonly bytes: number;
  /** Undefined for one that hears, or of which the size alone is known. */
  readonly tower?: VisionTower | undefined;
}

export interface VisionTower {
  /** The most that one image is cut into. */
  readonly patches: number;
  /** Pixels of a side. */
  readonly patchSize: number;
  readonly embedding: number;
  readonly feedForward: number;
  readonly heads: number;
}

interface ProjectorSettings {
  readonly flashAttention: boolean;
  readonly parallel: number;
  readonly threads: number;
}

const MiB = 2 ** 20;
/** For one image, where the shape of the tower is not known: what Gemma 3's takes with flash attention. */
const UNKNOWN_BYTES = 300 * MiB;
/** Of a picture as it came, decoded: a megapixel. */
const PICTURE_BYTES = 4 * MiB;
/** Projectors that take an image as large as it is, and the tokens at which llama-server makes it smaller; one token is a square of patches. */
const MOST_TOKENS: Readonly<Record<string, readonly [tokens: number, side: number]>> = {
  qwen2vl_merger: [4_096, 2],
  'qwen2.5vl_merger': [4_096, 2],
  qwen3vl_merger: [4_096, 2],
  glm4v: [4_096, 2],
  gemma4v: [1_120, 3],
  pixtral: [1_024, 1],
  kimivl: [1_024, 2],
};

/** @throws AppError `model_unavailable` when the file cannot be read or is no GGUF file. */
export async function readProjector(path: string): Promise<Projector> {
  return { bytes: await readTensorBytes(path), tower: towerOf(await readGgufHeader(path)) };
}

/**
 * Measured with towers of Gemma 3's kind on Debian's 0.7.0: each patch has six bytes for each element of the feed-forward layer and
 * twelve for each of its embedding; without flash attention every head has the scores of all pairs besides. Images are decoded and
 * scaled in the threads of the HTTP server, and each keeps the memory of the largest that it had.
 */
export function projectorParts(
  { bytes, tower }: Projector,
  pool: string,
  { flashAttention, parallel, threads }: ProjectorSettings,
): FootprintPart[] {
  const own = { name: 'projector', pool, bytes, how: 'tensors of the projector, read into private memory' };
  if (!tower) {
    const how = 'one image, a rule of thumb';
    return [own, { name: 'projector compute', pool, bytes: UNKNOWN_BYTES, how }];
  }
  const { patches, patchSize, embedding, feedForward, heads } = tower;
  const scores = flashAttention ? 0 : 4 * heads * patches ** 2;
  const elements = 6 * feedForward + 12 * embedding;
  const servers = Math.max(parallel + 4, threads - 1) + 1;
  const image = 12 * patches * patchSize ** 2;
  return [
    own,
    {
      name: 'projector compute',
      pool,
      bytes: patches * elements + scores,
      how: `${patches} patches × ${elements} B${scores > 0 ? ` + scores of ${heads} heads` : ''}`,
    },
    {
      name: 'images',
      pool: 'ram',
      bytes: servers * (2.5 * image + PICTURE_BYTES),
      how: `${servers} threads × (2.5 × ${image} B scaled + ${PICTURE_BYTES / MiB} MiB decoded)`,
    },
  ];
}

function towerOf({ metadata }: GgufHeader): VisionTower | undefined {
  const number = (key: string) => {
    const value = metadata.get(`clip.vision.${key}`);
    return typeof value === 'number' ? value : undefined;
  };
  const [imageSize, patchSize, embedding] = [number('image_size'), number('patch_size'), number('embedding_length')];
  if (!imageSize || !patchSize || !embedding) return undefined;
  const type = metadata.get('clip.vision.projector_type') ?? metadata.get('clip.projector_type');
  const [tokens, usualSide] = (typeof type === 'string' ? MOST_TOKENS[type] : undefined) ?? [0, 1];
  const side = number('spatial_merge_size') ?? number('projector.scale_factor') ?? usualSide;
  return {
    patches: Math.max(Math.ceil(imageSize / patchSize) ** 2, tokens * side ** 2),
    patchSize,
    embedding,
    feedForward: number('feed_forward_length') ?? 4 * embedding,
    heads: number('attention.head_count') ?? 16,
  };
}
