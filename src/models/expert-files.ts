import type { ExpertBase, ProcessAdapter, ProcessSettings } from '../engines/contract.ts';
import { modelsOf } from '../engines/expert-models.ts';
import type { ExpertModel } from '../engines/expert-models.ts';
import type { LaunchFiles } from '../engines/model-parts.ts';
import type { Paths } from '../shared/paths.ts';
import { locateFolder } from './folder.ts';
import { locateModel } from './locate.ts';

/** Where everything with weights of an expert is. */
export type ExpertFiles = Omit<LaunchFiles, 'chatTemplate'>;

export interface FilePlaces {
  readonly paths: Pick<Paths, 'modelsDir'>;
  readonly profileDirectory: string;
  readonly environment: NodeJS.ProcessEnv;
}

/** What of an expert is on this machine, and the first thing that is not. Cheap, as `locateModel`. */
export function locateExpert(
  expert: ExpertBase & Partial<ProcessSettings>,
  { modelForm }: Pick<ProcessAdapter, 'modelForm'>,
  places: FilePlaces,
): { readonly files: ExpertFiles; readonly missing: ExpertModel | undefined } {
  const found = modelsOf(expert).map((part) => ({ part, located: locatePart(part, modelForm, places) }));
  const of = (role: ExpertModel['role']) =>
    found.flatMap(({ part, located }) => (part.role === role && located ? [located] : []));
  const [own] = of('model');
  const [draft] = of('draft model');
  const loras = of('LoRA adapter');
  return {
    files: {
      ...(own && { model: own.path, ...(own.mmproj !== undefined && { mmproj: own.mmproj }) }),
      ...(draft && { draft: draft.path }),
      ...(loras.length > 0 && { loras: loras.map(({ path, rank }) => ({ path, rank })) }),
    },
    missing: found.find(({ located }) => !located)?.part,
  };
}

interface LocatedPart {
  /** Absolute. */
  readonly path: string;
  readonly mmproj?: string;
  /** Of the weights in a folder. */
  readonly bytes?: number;
  /** Of an adapter's matrices, where a folder says it. */
  readonly rank?: number;
}

/** Undefined where it is not on this machine, or not whole. */
export function locatePart(
  { role, model }: ExpertModel,
  form: ProcessAdapter['modelForm'] | 'file',
  places: FilePlaces,
): LocatedPart | undefined {
  if (form !== 'folder') return locateModel(model, places);
  const folder = locateFolder(model, places);
  return role === 'LoRA adapter' && folder?.rank === undefined ? undefined : folder;
}
