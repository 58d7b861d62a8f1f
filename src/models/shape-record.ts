/** Shapes of known models for as long as their file is not on this machine (`profiles/shapes.json`). Everything from them is an estimate. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { z } from 'zod';

import type { Model } from '../engines/settings.ts';
import { packageRoot } from '../shared/package-root.ts';
import type { GgufShape, WeightGroup } from './gguf-shape.ts';
import { TENSOR_TYPES } from './gguf-types.ts';

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
  feedForward: Count,
  vocabulary: Count,
  merges: z.int().nonnegative(),
  tied: z.boolean(),
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
const Records = z.object({ models: z.record(z.string(), ShapeRecord) });

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

/** Spreads the bytes of the file over embedding, output and layers as `llama-quantize` does, nearly. */
export function shapeFromRecord(record: ShapeRecord, quantisation: string): GgufShape {
  const fileBytes = record.files[quantisation] ?? 0;
  const table = record.vocabulary * record.embedding;
  const types = typesOf(quantisation);
  // A tied embedding is kept as precise as an output matrix would be.
  const embedding = table * bytesEach(record.tied ? types.output : types.main);
  const output = record.tied ? 0 : table * bytesEach(types.output);
  const layerBytes = Math.max(0, fileBytes - embedding - output) / record.layers;
  const group = (place: WeightGroup['place'], type: string, bytes: number): WeightGroup => ({
    place,
    type,
    bytes: Math.round(bytes),
    expert: false,
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
    gated: true,
    heads: record.heads,
    keyLength: record.headLength,
    valueLength: record.headLength,
    vocabulary: record.vocabulary,
    merges: record.merges,
    slidingWindow: record.slidingWindow,
    mixture: undefined,
    causal: true,
    tied: record.tied,
    weights: [
      group('embedding', record.tied ? types.output : types.main, embedding),
      ...(record.tied ? [] : [group('output', types.output, output)]),
      ...layers.map((index) => group(index, types.main, layerBytes)),
    ],
    fileBytes,
    contextTrained: record.contextTrained,
  };
}

export function readShapeRecords(
  path: string = join(packageRoot(), 'profiles', 'shapes.json'),
): ReadonlyMap<string, ShapeRecord> {
  return new Map(Object.entries(Records.parse(JSON.parse(readFileSync(path, 'utf8'))).models));
}

/** The type of most matrices, and of the one that gives the output. */
function typesOf(quantisation: string): { readonly main: string; readonly output: string } {
  if (/^(?:F16|BF16|F32|Q8_0)$/.test(quantisation)) return { main: quantisation, output: quantisation };
  if (quantisation === 'I2_S') return { main: 'I2_S', output: 'F16' };
  return { main: quantisation.replace(/_[SML]$/, ''), output: 'Q6_K' };
}

function bytesEach(type: string): number {
  const known = Object.values(TENSOR_TYPES).find(({ name }) => name === type);
  return known ? known.bytes / known.elements : 2;
}
