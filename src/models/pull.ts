import { readdir, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import type { Model } from '../engines/settings.ts';
import { AppError } from '../shared/errors.ts';
import { forEachLimited, Limiter } from '../shared/limiter.ts';
import type { Paths } from '../shared/paths.ts';
import { ensureSpace, SpaceKeeper } from './disk-space.ts';
import type { FreeBytes } from './disk-space.ts';
import { withFileLock } from './file-lock.ts';
import { openDispatcher } from './http.ts';
import { HubFacts } from './hub-info.ts';
import { isPresent, locateModel } from './locate.ts';
import type { LocatedModel } from './locate.ts';
import { digestOfFile } from './part-file.ts';
import { sumProgress } from './progress.ts';
import type { OnProgress } from './progress.ts';
import { pullFile } from './pull-file.ts';
import type { PullContext } from './pull-file.ts';
import { PIP_FOLDER_PREFIX } from './pypi.ts';
import { allOf, filesOf } from './sources.ts';
import type { ModelFile, ModelFiles } from './sources.ts';

/** Files that come at the same time. */
export const PARALLEL_DOWNLOADS = 4;

export interface PullOptions {
  readonly paths: Pick<Paths, 'modelsDir'>;
  readonly environment: NodeJS.ProcessEnv;
  readonly profileDirectory?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress;
  /** One line for a person: the licence, which source is tried, and why one failed. */
  readonly log?: (line: string) => void;
  /** Shared by pulls that go on side by side: how many files come at once, and who has a claim on the disk. */
  readonly limiter?: Limiter;
  readonly space?: SpaceKeeper;
  /** For tests. */
  readonly freeBytes?: FreeBytes;
}

/**
 * Brings all files of a model onto this machine and verifies them; at once when they are there already. Of several processes that
 * pull the same model one does the work.
 * @throws AppError `model_unavailable` naming what failed at each source, `storage_full`; or the signal's reason.
 */
export async function pullModel(model: Model, options: PullOptions): Promise<LocatedModel> {
  const present = locateModel(model, options);
  const files = filesOf(model, options);
  if (!present || (model.path !== undefined && model.sha256 !== undefined)) {
    for (const file of allOf(files).filter((file) => file.sources.length === 0)) await checkOwnFile(file, options);
    const remote = allOf(files).filter((file) => file.sources.length > 0);
    if (remote.length > 0) await pullAll(remote, model, files, options);
  }
  return { path: files.weights[0].path, ...(files.mmproj && { mmproj: files.mmproj.path }) };
}

async function checkOwnFile(file: ModelFile, { signal, onProgress }: PullOptions): Promise<void> {
  const found = await stat(file.path).catch(() => undefined);
  if (!found?.isFile())
    throw new AppError('model_unavailable', `${file.path} is not a file. Correct the path in the profile.`);
  const wrong = (what: string, expected: string | number, got: string | number) =>
    new AppError(
      'model_unavailable',
      `${file.path} is not what the profile pins: ${what} ${got} instead of ${expected}.`,
    );
  if (file.bytes !== undefined && found.size !== file.bytes) throw wrong('size', file.bytes, found.size);
  if (file.sha256 === undefined) return;
  const sha256 = await digestOfFile(file.path, {
    signal,
    onBytes: (bytesDone) => onProgress?.({ stage: 'verifying', bytesDone, bytesTotal: found.size }),
  });
  if (sha256 !== file.sha256) throw wrong('sha256', file.sha256, sha256);
}

async function pullAll(
  files: readonly ModelFile[],
  model: Model,
  { directory }: ModelFiles,
  options: PullOptions,
): Promise<void> {
  const { environment, signal, freeBytes, limiter = new Limiter(PARALLEL_DOWNLOADS) } = options;
  const dispatcher = openDispatcher(environment);
  const onWait = () => options.onProgress?.({ stage: 'waiting', bytesDone: 0, bytesTotal: undefined });
  try {
    await ensureSpace(directory, 0, freeBytes);
    await withFileLock(join(directory, '.lock'), { signal, onWait }, async () => {
      await removeLeftovers(directory);
      // Another process may have brought some of them while this one waited.
      const missing = files.filter((file) => !isPresent(file));
      const hub = new HubFacts({ environment, dispatcher, signal });
      const context: PullContext = {
        environment,
        directory,
        dispatcher,
        hub,
        space: options.space ?? new SpaceKeeper(freeBytes),
        licence: licenceTeller(model, options.log),
        log: options.log ?? (() => {}),
      };
      const totals = await claimAll(missing, context);
      const reporters = sumProgress(totals, options.onProgress ?? (() => {}));
      const jobs = missing.map((file, index) => ({ file, onProgress: reporters[index] ?? (() => {}) }));
      try {
        await forEachLimited(jobs, { limiter, signal }, ({ file, onProgress }, stop) =>
          pullFile(file, { ...context, signal: stop, onProgress }),
        );
      } finally {
        for (const { path } of missing) context.space.release(path);
      }
    });
  } finally {
    await dispatcher.destroy();
    // Only an empty folder goes: of a source that never answered nothing shall stay.
    await rmdir(directory).catch(() => {});
  }
}

/** What a killed pull left behind; the lock is held, so it is nobody's. */
async function removeLeftovers(directory: string): Promise<void> {
  const names = await readdir(directory);
  const left = names.filter((name) => name.startsWith(PIP_FOLDER_PREFIX));
  await Promise.all(left.map((name) => rm(join(directory, name), { recursive: true, force: true })));
}

/** The sizes of several files, as far as the hub states them, and room for all of them before the first byte of one. */
async function claimAll(files: readonly ModelFile[], context: PullContext): Promise<(number | undefined)[]> {
  if (files.length < 2) return files.map(({ bytes }) => bytes);
  const totals: (number | undefined)[] = [];
  for (const { path, bytes, sources } of files) {
    const [source] = sources;
    const stated = source && 'hf' in source ? await context.hub.file(source).catch(() => undefined) : undefined;
    const total = bytes ?? stated?.bytes;
    totals.push(total);
    if (total === undefined) continue;
    const begun = await stat(`${path}.part`).then(
      ({ size }) => size,
      () => 0,
    );
    await context.space.claim(path, context.directory, Math.max(0, total - begun));
  }
  return totals;
}

/** Says once under which licence a model comes, before its first byte; the profile's word goes before the hub's. */
function licenceTeller(model: Model, log: PullOptions['log']): PullContext['licence'] {
  let told = false;
  return (byHub) => {
    const licence = model.licence ?? byHub;
    if (licence && !told) log?.(`comes under: ${licence.name}${licence.url ? ` (${licence.url})` : ''}`);
    told ||= licence !== undefined;
    return licence;
  };
}
