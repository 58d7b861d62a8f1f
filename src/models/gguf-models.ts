import type { ExpertBase, ProcessSettings } from '../engines/contract.ts';
import type { ExpertFiles } from './expert-files.ts';
import type { GgufModels } from './footprint.ts';
import type { GgufShape } from './gguf-shape.ts';
import { readProjector } from './projector.ts';
import { readShape, readTensorBytes } from './read-shape.ts';
import { recordedShape } from './shape-record.ts';

type ShapeReader = (path: string) => Promise<GgufShape>;

/**
 * What a llama-server loads for an expert, as its prediction wants it: from the headers of the files that are here, else from shape
 * records; undefined where neither speaks of its model.
 * @throws AppError `model_unavailable` when a file is malformed.
 */
export async function readGgufModels(
  expert: ExpertBase & Partial<ProcessSettings>,
  files: ExpertFiles,
  shapeOf: ShapeReader = readShape,
): Promise<GgufModels | undefined> {
  const recorded = files.model === undefined && expert.model ? recordedShape(expert.model) : undefined;
  const shape = files.model === undefined ? recorded?.shape : await shapeOf(files.model);
  if (!shape) return undefined;
  const projector = files.mmproj === undefined ? undefined : await readProjector(files.mmproj);
  const recordedProjector = recorded?.mmproj === undefined ? undefined : { bytes: recorded.mmproj };
  return {
    shape,
    mmproj: recorded ? recordedProjector : projector,
    loras: await Promise.all((files.loras ?? []).map(({ path }) => readTensorBytes(path))),
    draft: await readDraft(expert, files, shapeOf),
  };
}

async function readDraft(
  { draft }: Partial<ProcessSettings>,
  files: ExpertFiles,
  shapeOf: ShapeReader,
): Promise<GgufModels['draft']> {
  if (!draft) return undefined;
  const shape = files.draft === undefined ? recordedShape(draft.model)?.shape : await shapeOf(files.draft);
  return shape && { shape, settings: draft.gpuLayers === 'auto' ? {} : { gpuLayers: draft.gpuLayers } };
}
