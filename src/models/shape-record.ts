/** Shapes of known models for as long as their file is not on this machine (`profiles/shapes.json`). Everything from them is an estimate. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { z } from 'zod';

import type { Model } from '../engines/settings.ts';
import { packageRoot } from '../shared/package-root.ts';
import type { GgufShape, WeightGroup } from './gguf-shape.ts';
import { TENSOR_TYPES } from './gguf-types.ts';
import type { SafetensorsShape } from './vllm-footprint.ts';

const Count = z.int().positive();
export const ShapeRecord = z.strictObject({
  /** Regular expression for the repository or file name, without regard to case. */
  match: z.string(),
  architecture: z.string(),
  layers: Count,
  heads: Count,
  headsKv: Count,
  headLength: Count,
  embedding: Count,
  /** Of a mixture without dense layers: as `mixture.feedForward`. */
  feedForward: Count,
  /** How many experts each layer has, how many take part in one token, and the width of one. */
  mixture: z.strictObject({ experts: Count, used: Count, feedForward: Count }).optional(),
  vocabulary: Count,
  merges: z.int().nonnegative(),
  tied: z.boolean(),
  /** Sees the whole text at once and makes a vector of it: no output matrix, no cache. */
  encoder: z.boolean().optional(),
  contextTrained: Count,
  slidingWindow: Count.optional(),
  /** Of so many layers the last one sees everything. */
  slidingGroup: Count.optional(),
  /** Bytes of the multimodal projector. */
  mmproj: Count.optional(),
  /** Bytes of the model file by quantisation. */
  files: z.record(z.string(), Count),
});
export type ShapeRecord = z.output<typeof ShapeRecord>;

/** Weights as a folder of safetensors. */
const FolderRecord = z.strictObject({
  /** Regular expression for the repository or the name of the folder, without regard to case. */
  match: z.string(),
  weightBytes: Count,
  layers: Count,
  headsKv: Count,
  headLength: Count,
  contextTrained: Count,
  slidingLayers: Count.optional(),
  slidingWindow: Count.optional(),
});
const Records = z.object({
  models: z.record(z.string(), ShapeRecord),
  folders: z.record(z.string(), FolderRecord),
});

export interface RecordedShape {
  readonly name: string;
  readonly quantisation: string;
  readonly shape: GgufShape;
  readonly mmproj: number | undefined;
}

/** The shape of a model by what a profile says of it; undefined when no record speaks of it, or not of this quantisation. */
export function recordedShape(model: Model, records = readShapeRecords()): RecordedShape | undefined {
  const file = model.file ?? model.path?.split('/').at(-1) ?? '';
  const names = `${model.hf ?? ''} ${file}`;
  const found = [...records].find(([, { match }]) => new RegExp(match, 'i').test(names));
  if (!found) return undefined;
  const [name, record] = found;
  // The longest name first: Q4_K_M is not Q4_K.
  const quantisation = Object.keys(record.files)
    .toSorted((one, other) => other.length - one.length)
    .find((type) => new RegExp(`(?:^|[^a-z0-9])${type}(?:[^a-z0-9_]|$)`, 'i').test(file));
  if (quantisation === undefined) return undefined;
  return {
    name,
    quantisation,
    shape: shapeFromRecord(record, quantisation),
    mmproj: model.mmproj === undefined ? undefined : record.mmproj,
  };
}

/** The same of a folder of safetensors; undefined when no record speaks of it. */
export function recordedFolder(model: Model, records = readRecords().folders): SafetensorsShape | undefined {
  const name = model.hf ?? model.path?.split('/').findLast(Boolean) ?? '';
  const found = Object.values(records).find(({ match }) => new RegExp(match, 'i').test(name));
  if (!found) return undefined;
  const { match: _match, slidingLayers = 0, slidingWindow, ...shape } = found;
  return { ...shape, slidingLayers, slidingWindow, estimated: true };
}

/** Spreads the bytes of the file over embedding, output and layers as `llama-quantize` does, nearly. */
export function shapeFromRecord(record: ShapeRecord, quantisation: string): GgufShape {
  const fileBytes = record.files[quantisation] ?? 0;
  const table = record.vocabulary * record.embedding;
  const types = typesOf(quantisation);
  // A tied embedding is kept as precise as an output matrix would be.
  const embedding = table * bytesEach(record.tied ? types.output : types.dense);
  const hasOutput = !record.tied && !record.encoder;
  const output = hasOutput ? table * bytesEach(types.output) : 0;
  const layerBytes = Math.max(0, fileBytes - embedding - output) / record.layers;
  const expertBytes = Math.min(layerBytes, expertElements(record) * bytesEach(types.main));
  const group = (place: WeightGroup['place'], type: string, bytes: number, expert = false): WeightGroup => ({
    place,
    type,
    bytes: Math.round(bytes),
    expert,
    repackable: true,
  });
  const layers = Array.from({ length: record.layers }, (_, index) => index);
  const slidingGroup = record.slidingGroup ?? 1;
  return {
    architecture: record.architecture,
    estimated: true,
    layers: layers.map((index) => ({
      headsKv: record.headsKv,
      sliding: record.slidingWindow !== undefined && index % slidingGroup < slidingGroup - 1,
    })),
    embedding: record.embedding,
    feedForward: record.feedForward,
    gated: !record.encoder,
    heads: record.heads,
    keyLength: record.headLength,
    valueLength: record.headLength,
    vocabulary: record.vocabulary,
    merges: record.merges,
    slidingWindow: record.slidingWindow,
    mixture: record.mixture && { used: record.mixture.used, feedForward: record.mixture.feedForward },
    causal: !record.encoder,
    tied: record.tied,
    weights: [
      group('embedding', record.tied ? types.output : types.dense, embedding),
      ...(hasOutput ? [group('output', types.output, output)] : []),
      ...layers.map((index) => group(index, types.dense, layerBytes - expertBytes)),
      ...(expertBytes > 0 ? layers.map((index) => group(index, types.main, expertBytes, true)) : []),
    ],
    fileBytes,
    contextTrained: record.contextTrained,
  };
}

export function readShapeRecords(
  path: string = join(packageRoot(), 'profiles', 'shapes.json'),
): ReadonlyMap<string, ShapeRecord> {
  return new Map(Object.entries(readRecords(path).models));
}

function readRecords(path = join(packageRoot(), 'profiles', 'shapes.json')): z.output<typeof Records> {
  return Records.parse(JSON.parse(readFileSync(path, 'utf8')));
}

/** Gate, up and down of all experts of one layer. */
function expertElements({ mixture, embedding }: ShapeRecord): number {
  return mixture ? 3 * mixture.experts * mixture.feedForward * embedding : 0;
}

interface Types {
  /** Of most matrices; of a mixture those of the experts. */
  readonly main: string;
  /** Of the other matrices of a layer, and of an embedding that is not the output too. */
  readonly dense: string;
  readonly output: string;
}

function typesOf(quantisation: string): Types {
  const all = (main: string, output: string) => ({ main, dense: main, output });
  if (/^(?:F16|BF16|F32|Q8_0)$/.test(quantisation)) return all(quantisation, quantisation);
  if (quantisation === 'I2_S') return all('I2_S', 'F16');
  // Only experts are ever of this type.
  if (quantisation === 'MXFP4') return { main: 'MXFP4', dense: 'Q8_0', output: 'Q8_0' };
  return all(quantisation.replace(/_[SML]$/, ''), 'Q6_K');
}

function bytesEach(type: string): number {
  const known = Object.values(TENSOR_TYPES).find(({ name }) => name === type);
  return known ? known.bytes / known.elements : 2;
}
