import { readdir, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import type { Paths } from '../shared/paths.ts';
import { isIntact, readRecord, recordPath } from './record.ts';
import type { ModelRecord } from './record.ts';

/** A model file in the cache, or what was begun of one. */
export interface CachedFile {
  /** Folder in the cache: the beginning of the digest, or of the digest of the source. */
  readonly key: string;
  readonly file: string;
  readonly path: string;
  readonly bytes: number;
  /** `verified`: as recorded; `changed`: not as recorded; `partial`: a pull was cut; `unknown`: nothing is recorded of it. */
  readonly state: 'verified' | 'changed' | 'partial' | 'unknown';
  readonly record: ModelRecord | undefined;
}

/** Everything in the model cache, by folder and name. */
export async function listCache({ modelsDir }: Pick<Paths, 'modelsDir'>): Promise<CachedFile[]> {
  const files: CachedFile[] = [];
  for (const key of (await namesIn(modelsDir)).toSorted()) {
    const directory = join(modelsDir, key);
    for (const name of (await namesIn(directory)).toSorted()) {
      const found = await describe(directory, key, name);
      if (found) files.push(found);
    }
  }
  return files;
}

/** Removes a file with its record and whatever was begun of it, and the folder when it is the last one there. */
export async function removeFromCache({ path }: Pick<CachedFile, 'path'>): Promise<void> {
  for (const name of [path, recordPath(path), `${path}.part`, `${path}.part.json`]) await rm(name, { force: true });
  await rmdir(join(path, '..')).catch(() => {});
}

async function describe(directory: string, key: string, name: string): Promise<CachedFile | undefined> {
  if (name.startsWith('.') || name.endsWith('.json')) return undefined;
  const path = join(directory, name);
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) return undefined;
  if (name.endsWith('.part')) {
    const file = name.slice(0, -'.part'.length);
    return { key, file, path: join(directory, file), bytes: found.size, state: 'partial', record: undefined };
  }
  const record = readRecord(path);
  const recorded = isIntact(path, record) ? 'verified' : 'changed';
  return { key, file: name, path, bytes: found.size, state: record ? recorded : 'unknown', record };
}

async function namesIn(directory: string): Promise<string[]> {
  return readdir(directory).catch(() => []);
}
