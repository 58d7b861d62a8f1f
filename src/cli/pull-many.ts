import type { Model } from '../engines/settings.ts';
import { SpaceKeeper } from '../models/disk-space.ts';
import { locateFolder } from '../models/folder.ts';
import { locateModel } from '../models/locate.ts';
import type { LocatedModel } from '../models/locate.ts';
import type { ModelForm } from '../models/missing.ts';
import { sumProgress } from '../models/progress.ts';
import type { OnProgress } from '../models/progress.ts';
import { pullFolder } from '../models/pull-folder.ts';
import { PARALLEL_DOWNLOADS, pullModel } from '../models/pull.ts';
import { filesOf } from '../models/sources.ts';
import { CliError, messageOf } from '../shared/errors.ts';
import { Limiter } from '../shared/limiter.ts';
import type { Paths } from '../shared/paths.ts';
import { showProgress } from './progress.ts';

/** One download, and everyone it is for. */
export interface WantedModel {
  readonly names: string[];
  readonly model: Model;
  readonly form: ModelForm;
  /** Folder of the profile file. */
  readonly directory: string;
}

export interface PulledModel extends LocatedModel {
  readonly names: readonly string[];
  /** False: it was there already. */
  readonly pulled: boolean;
}

interface ManyOptions {
  readonly paths: Paths;
  readonly environment: NodeJS.ProcessEnv;
}

/** Each model once, however many experts share it. */
export function withoutRepeats(
  models: readonly (Omit<WantedModel, 'names'> & { readonly id: string })[],
  { paths }: { readonly paths: Paths },
): WantedModel[] {
  const byPlace = new Map<string, WantedModel>();
  for (const { id, model, form, directory } of models) {
    const key = form === 'folder' ? JSON.stringify([directory, model]) : placeOf(model, directory, paths);
    const same = byPlace.get(key);
    if (same) same.names.push(id);
    else byPlace.set(key, { names: [id], model, form, directory });
  }
  return [...byPlace.values()];
}

function placeOf(model: Model, directory: string, paths: Paths): string {
  const { weights, mmproj } = filesOf(model, { paths, profileDirectory: directory });
  return `${weights[0].path}\n${mmproj?.path ?? ''}`;
}

/**
 * Pulls the models side by side, a few files at a time, with one progress display for all. Ctrl-C stops it; the next pull goes on
 * from there.
 * @throws CliError with what could not be pulled, when the others have been; `report` has told of those.
 */
export async function pullMany(
  wanted: readonly WantedModel[],
  options: ManyOptions,
  report: (done: readonly PulledModel[]) => void,
): Promise<void> {
  const stop = new AbortController();
  const interrupt = () => stop.abort(new CliError('Stopped. The next pull goes on where this one was.', 130));
  process.once('SIGINT', interrupt);
  try {
    const { done, failures } = await pullAll(wanted, options, stop.signal);
    stop.signal.throwIfAborted();
    report(done);
    if (failures.length === 1) throw failures[0];
    if (failures.length > 1)
      throw new CliError(`${failures.length} models could not be pulled:\n${failures.map(messageOf).join('\n')}`);
  } finally {
    process.off('SIGINT', interrupt);
  }
}

async function pullAll(
  wanted: readonly WantedModel[],
  options: ManyOptions,
  signal: AbortSignal,
): Promise<{ done: PulledModel[]; failures: unknown[] }> {
  const here = wanted.map((item) => locate(item, options));
  const missing = wanted.filter((_, index) => here[index] === undefined);
  const display = showProgress(missing.length > 1 ? `${missing.length} models` : missing.map(labelOf).join(''));
  const reporters = sumProgress(
    missing.map(({ model }) => model.size),
    (progress) => display.update(progress),
  );
  const shared = { limiter: new Limiter(PARALLEL_DOWNLOADS), space: new SpaceKeeper() };
  const failures: unknown[] = [];
  try {
    const results = await Promise.all(
      wanted.map(async (item, index): Promise<PulledModel | undefined> => {
        const present = here[index];
        if (present) return { names: item.names, ...present, pulled: false };
        const label = labelOf(item);
        const onProgress: OnProgress = reporters[missing.indexOf(item)] ?? (() => {});
        const log = (line: string) => display.log(`${label}: ${line}`);
        try {
          const pulled = await pullOne(item, { ...options, ...shared, signal, onProgress, log });
          if (missing.length > 1) log('here');
          return { names: item.names, ...pulled, pulled: true };
        } catch (error) {
          failures.push(error);
          return undefined;
        }
      }),
    );
    return { done: results.filter((result) => result !== undefined), failures };
  } finally {
    display.finish();
  }
}

const labelOf = ({ model, names }: WantedModel) => model.file ?? model.hf ?? names.join(', ');

function locate({ model, form, directory }: WantedModel, options: ManyOptions): LocatedModel | undefined {
  const places = { ...options, profileDirectory: directory };
  if (form === 'file') return locateModel(model, places);
  const folder = locateFolder(model, places);
  return folder && { path: folder.path };
}

async function pullOne(
  { model, form, directory }: WantedModel,
  options: Omit<Parameters<typeof pullModel>[1], 'profileDirectory'>,
): Promise<LocatedModel> {
  if (form === 'file') return pullModel(model, { ...options, profileDirectory: directory });
  const { path } = await pullFolder(model, { ...options, profileDirectory: directory });
  return { path };
}
