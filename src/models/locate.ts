import type { Model } from '../engines/settings.ts';
import type { Paths } from '../shared/paths.ts';
import { statOf } from '../shared/stat.ts';
import { isIntact, readRecord } from './record.ts';
import { filesOf } from './sources.ts';
import type { ModelFile } from './sources.ts';

export interface LocatedModel {
  /** Absolute; the first part of a split file. */
  readonly path: string;
  readonly mmproj?: string;
}

/**
 * The files of a model when all of them are on this machine; undefined otherwise. Cheap: pulled files are known by the size and time
 * that were recorded when they were verified, files of the user's own by being there (and having the size that is pinned).
 */
export function locateModel(
  model: Model,
  places: { readonly paths: Pick<Paths, 'modelsDir'>; readonly profileDirectory?: string | undefined },
): LocatedModel | undefined {
  const { weights, mmproj } = filesOf(model, places);
  if (!weights.every(isPresent) || (mmproj && !isPresent(mmproj))) return undefined;
  return { path: weights[0].path, ...(mmproj && { mmproj: mmproj.path }) };
}

/** Whether a file is here and, as far as size and record tell, the one that is meant. */
export function isPresent(file: ModelFile): boolean {
  if (file.sources.length === 0) {
    const stat = statOf(file.path);
    return stat?.isFile() === true && (file.bytes === undefined || stat.size === file.bytes);
  }
  const record = readRecord(file.path);
  if (!isIntact(file.path, record)) return false;
  return (
    (file.sha256 === undefined || record?.sha256 === file.sha256) &&
    (file.bytes === undefined || record?.bytes === file.bytes)
  );
}
