import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { readFile, rename, rm } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

import type { Dispatcher } from 'undici';

import type { Model } from '../engines/settings.ts';
import { writeFileAtomic } from '../shared/atomic-file.ts';
import { AppError, messageOf } from '../shared/errors.ts';
import { forEachLimited, Limiter } from '../shared/limiter.ts';
import { statOf } from '../shared/stat.ts';
import { ensureSpace, SpaceKeeper } from './disk-space.ts';
import { discardPart, download } from './download.ts';
import { withFileLock } from './file-lock.ts';
import { CONFIGS, folderProblem, locateFolder } from './folder.ts';
import type { LocatedFolder } from './folder.ts';
import { openDispatcher, SourceError } from './http.ts';
import { fetchedCommit, repositoryFolder } from './hub-cache.ts';
import { readRepository } from './hub-info.ts';
import type { HubFile, HubRepository } from './hub-info.ts';
import { hubRequest, hubSentence, statedByHub } from './hub.ts';
import { sumProgress } from './progress.ts';
import type { OnProgress } from './progress.ts';
import { PARALLEL_DOWNLOADS } from './pull.ts';
import type { PullOptions } from './pull.ts';

type FolderOptions = Omit<PullOptions, 'paths' | 'profileDirectory'> & { readonly profileDirectory: string };

/**
 * Brings a repository of safetensors into the cache of the hub's own tools, which then find it as theirs; at once when it is there.
 * What was fetched stays at its commit: the branch is asked for again when the repository was removed.
 * @throws AppError `model_unavailable`, `storage_full`; or the signal's reason.
 */
export async function pullFolder(model: Model, options: FolderOptions): Promise<LocatedFolder> {
  const present = locateFolder(model, options);
  if (present) return present;
  if (model.hf === undefined) throw new AppError('model_unavailable', folderProblem(model, options));
  const { environment, signal } = options;
  const folder = repositoryFolder(model.hf, environment);
  const dispatcher = openDispatcher(environment);
  const onWait = () => options.onProgress?.({ stage: 'waiting', bytesDone: 0, bytesTotal: undefined });
  try {
    await ensureSpace(folder, 0, options.freeBytes);
    return await withFileLock(join(folder, '.orchestrator.lock'), { signal, onWait }, async () => {
      const found = locateFolder(model, options);
      if (found) return found;
      const context = { ...options, dispatcher, folder, licence: model.licence };
      await fetchAll(model.hf ?? '', model.revision ?? 'main', context);
      const whole = locateFolder(model, options);
      if (whole) return whole;
      throw new AppError('model_unavailable', `${model.hf} came whole, and lacks weights that its index names.`);
    });
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof SourceError)) throw error;
    throw new AppError(
      'model_unavailable',
      `${model.hf} could not be fetched: ${messageOf(error)}. Try again: what has come is kept.`,
      { cause: error },
    );
  } finally {
    await dispatcher.destroy();
    removeEmpty(folder);
  }
}

interface Context extends FolderOptions {
  readonly dispatcher: Dispatcher;
  /** Of the repository in the cache. */
  readonly folder: string;
  /** The profile's word, which goes before the hub's. */
  readonly licence: Model['licence'];
}

async function fetchAll(repository: string, revision: string, context: Context): Promise<void> {
  const { folder, log = () => {}, limiter = new Limiter(PARALLEL_DOWNLOADS), signal, freeBytes } = context;
  const locked = fetchedCommit(folder, revision);
  log(`trying hub ${repository}${locked ? ` at ${locked}, as it was begun` : ''}`);
  const { commit, files, licence: byHub } = await ask(repository, locked ?? revision, context, locked !== undefined);
  const licence = context.licence ?? byHub;
  if (licence) log(`comes under: ${licence.name}${licence.url ? ` (${licence.url})` : ''}`);
  const wanted = neededFiles(files);
  if (!wanted.some(isWeights) || !wanted.some(isConfig)) throw noFolder(repository, files);
  if (commit !== revision) writeRef(folder, revision, commit);
  const snapshot = join(folder, 'snapshots', commit);
  const missing = wanted.filter((file) => !isHere(snapshot, file));
  const space = context.space ?? new SpaceKeeper(freeBytes);
  const claim = (file: HubFile) => join(snapshot, file.path);
  const reporters = sumProgress(
    missing.map(({ bytes }) => bytes),
    context.onProgress ?? (() => {}),
  );
  const jobs = missing.map((file, index) => ({ file, onProgress: reporters[index] ?? (() => {}) }));
  // Files of the same content are one blob.
  const blobs = new Map<string, Promise<string>>();
  try {
    for (const file of missing) if (file.bytes !== undefined) await space.claim(claim(file), folder, file.bytes);
    await forEachLimited(jobs, { limiter, signal }, async ({ file, onProgress }, stop) => {
      const key = claim(file);
      const fetch = () =>
        fetchBlob({ hf: repository, file: file.path, revision: commit }, file, {
          ...context,
          signal: stop,
          onProgress: (progress) => {
            const { stage, bytesDone, bytesTotal } = progress;
            if (stage === 'downloading' && bytesTotal !== undefined) space.left(key, bytesTotal - bytesDone);
            onProgress(progress);
          },
          ensureSpace: (bytes) => space.claim(key, folder, bytes),
        });
      const name = file.sha256 ?? file.gitBlob ?? file.path;
      const blob = blobs.get(name) ?? fetch();
      blobs.set(name, blob);
      link(await blob, join(snapshot, file.path));
    });
  } finally {
    for (const file of missing) space.release(claim(file));
  }
}

async function ask(
  repository: string,
  revision: string,
  context: Context,
  isLocked: boolean,
): Promise<HubRepository & { readonly commit: string }> {
  const { status, repository: found } = await readRepository(repository, revision, context);
  if (found?.commit !== undefined) return { ...found, commit: found.commit };
  const forget = isLocked ? ` (locked by an earlier pull; orchestrator model rm ${repository} forgets it)` : '';
  const sentence = hubSentence(status, { hf: repository, revision }, Boolean(context.environment['HF_TOKEN']));
  throw new SourceError(
    `${sentence ?? `the hub's answer (status ${status}) is no list of its files at a commit`}${forget}`,
  );
}

/** Files of other frameworks and formats, pictures, and the second copy that some publishers add in their own form. */
const NOT_NEEDED =
  /(?:^|\/)(?:\.[^/]*|README[^/]*|LICEN[CS]E[^/]*|consolidated[^/]*|params\.json)$|^(?:original|metal|onnx|openvino|coreml)\/|\.(?:bin|pth?|ckpt|h5|msgpack|onnx(?:_data)?|gguf|tflite|ot|mlmodel|nemo|pdf|md|png|jpe?g|gif|webp|svg|mp4|wav|zip|tar|gz)$/i;

/** What an engine that reads safetensors needs of a repository: weights, configuration, tokenizer, templates, code. */
function neededFiles(files: readonly HubFile[]): readonly HubFile[] {
  const needed = files.filter(({ path }) => !NOT_NEEDED.test(path));
  // Configuration comes last: a folder counts as whole when it has one.
  const order = ({ path }: HubFile) => (CONFIGS.includes(path) ? 2 : path.endsWith('.safetensors') ? 1 : 0);
  return needed.toSorted((one, other) => order(one) - order(other));
}

const isConfig = ({ path }: HubFile) => CONFIGS.includes(path);
const isWeights = ({ path }: HubFile) => path.endsWith('.safetensors');

function noFolder(repository: string, files: readonly HubFile[]): AppError {
  const ggufs = files.filter(({ path }) => path.endsWith('.gguf')).map(({ path }) => path);
  const hint =
    ggufs.length > 0
      ? `It has GGUF files, which llama-server reads: ${ggufs.slice(0, 8).join(', ')}${ggufs.length > 8 ? ', …' : ''}.`
      : 'Take a repository that has them.';
  return new AppError('model_unavailable', `${repository} has no config.json with weights in safetensors. ${hint}`);
}

interface BlobContext extends Context {
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
  readonly ensureSpace: (bytes: number) => Promise<void>;
}

/** The path of the blob: named by the digest that the hub states, as its own tools do; verified by it, whole or not at all. */
async function fetchBlob(
  source: { readonly hf: string; readonly file: string; readonly revision: string },
  { path, bytes, sha256, gitBlob }: HubFile,
  context: BlobContext,
): Promise<string> {
  const { folder, environment, dispatcher, signal, onProgress } = context;
  const blobs = join(folder, 'blobs');
  mkdirSync(blobs, { recursive: true });
  const name = sha256 ?? gitBlob;
  if (name !== undefined && bytes !== undefined && sizeOf(join(blobs, name)) === bytes) return join(blobs, name);
  const part = join(blobs, `${name ?? createHash('sha256').update(path).digest('hex')}.part`);
  const { url, secret } = hubRequest(source, environment);
  const fetched = await download(part, {
    url,
    secret,
    identity: `hub ${source.hf}/${path} at ${source.revision}`,
    pinned: sha256 !== undefined,
    expectedBytes: bytes,
    dispatcher,
    signal,
    onProgress,
    ensureSpace: context.ensureSpace,
    statusSentence: (status) => hubSentence(status, source, secret['authorization'] !== undefined),
  });
  const stated = sha256 ?? statedByHub(fetched.originHeader).sha256;
  const wrongSha = stated !== undefined && stated !== fetched.sha256;
  if (wrongSha || (gitBlob !== undefined && gitBlob !== (await gitDigest(part)))) {
    discardPart(part);
    throw new SourceError(
      wrongSha
        ? `${path} came with sha256 ${fetched.sha256}, but the hub states ${stated}; it was deleted`
        : `${path} is not the file that the hub states (git blob ${gitBlob}); it was deleted`,
    );
  }
  const blob = join(blobs, name ?? fetched.sha256);
  await rename(part, blob);
  await rm(`${part}.json`, { force: true });
  return blob;
}

/** Git's name for the content of a file; of small files alone. */
async function gitDigest(path: string): Promise<string> {
  const content = await readFile(path);
  return createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
}

function isHere(snapshot: string, { path, bytes }: HubFile): boolean {
  const size = sizeOf(join(snapshot, path));
  return size !== undefined && (bytes === undefined || size === bytes);
}

/** The hub's tools link relatively, so that the cache can be moved. */
function link(blob: string, path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  rmSync(path, { force: true });
  symlinkSync(relative(dirname(path), blob), path);
}

function writeRef(folder: string, revision: string, commit: string): void {
  const file = join(folder, 'refs', revision);
  mkdirSync(dirname(file), { recursive: true });
  writeFileAtomic(file, commit, 0o644);
}

function sizeOf(path: string): number | undefined {
  const stat = statOf(path);
  return stat?.isFile() ? stat.size : undefined;
}

/** Of a repository that never answered nothing shall stay. */
function removeEmpty(folder: string): void {
  try {
    if (readdirSync(folder).length === 0) rmSync(folder, { recursive: true });
  } catch {
    // It is not there, or another pull has begun in it.
  }
}
