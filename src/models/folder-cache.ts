import { lstat, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { locateFolder } from './folder.ts';
import { hubCache, repositoryOf } from './hub-cache.ts';

/** A repository of safetensors in the cache of the hub's own tools, whoever fetched it. */
export interface CachedFolder {
  /** `owner/name`. */
  readonly repository: string;
  /** Of the whole repository in the cache: every revision, and what was begun. */
  readonly path: string;
  readonly bytes: number;
  /** `partial`: a fetch was cut, or weights are missing. */
  readonly state: 'whole' | 'partial';
  /** The snapshot that an expert would use; the newest of several. */
  readonly snapshot: string | undefined;
}

/** Every repository with safetensors, or with a fetch that was begun; those of GGUF files and data are not shown. */
export async function listFolders(environment: NodeJS.ProcessEnv): Promise<CachedFolder[]> {
  const cache = hubCache(environment);
  const found: CachedFolder[] = [];
  for (const name of (await namesIn(cache)).toSorted()) {
    const repository = repositoryOf(name);
    const folder = repository && (await describe(repository, join(cache, name), environment));
    if (folder) found.push(folder);
  }
  return found;
}

/** Removes it with all its revisions. */
export async function removeFolder({ path }: Pick<CachedFolder, 'path'>): Promise<void> {
  await rm(path, { recursive: true, force: true });
}

async function describe(
  repository: string,
  path: string,
  environment: NodeJS.ProcessEnv,
): Promise<CachedFolder | undefined> {
  const places = { environment, profileDirectory: path };
  const commits = await namesIn(join(path, 'snapshots'));
  const named = await namesIn(join(path, 'refs'));
  const whole = [...named, ...commits].map((revision) => locateFolder({ hf: repository, revision }, places));
  const snapshot = whole.find((folder) => folder !== undefined)?.path;
  const begun = (await namesIn(join(path, 'blobs'))).some((name) => name.endsWith('.part'));
  const hasWeights = (await Promise.all(commits.map((commit) => namesIn(join(path, 'snapshots', commit))))).some(
    (names) => names.some((name) => /\.safetensors(?:\.index\.json)?$/.test(name)),
  );
  if (snapshot === undefined && !begun && !hasWeights) return undefined;
  return {
    repository,
    path,
    bytes: await bytesIn(path),
    state: snapshot === undefined ? 'partial' : 'whole',
    snapshot,
  };
}

/** Blobs, and files that lie in a snapshot itself; a link takes nothing. */
async function bytesIn(folder: string): Promise<number> {
  let sum = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])) {
    if (entry.isFile()) sum += (await lstat(join(entry.parentPath, entry.name)).catch(() => undefined))?.size ?? 0;
  }
  return sum;
}

async function namesIn(directory: string): Promise<string[]> {
  const isFolder = (await stat(directory).catch(() => undefined))?.isDirectory() ?? false;
  return isFolder ? readdir(directory) : [];
}
