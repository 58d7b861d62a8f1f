import { chmodSync, existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';

import { fetchFromPypi } from '../models/pypi.ts';
import { AppError, messageOf } from '../shared/errors.ts';
import type { Paths } from '../shared/paths.ts';
import { findOnPath } from './builds.ts';
import { requireSpace } from './disk.ts';
import type { InstallProgress } from './source.ts';

interface UvOptions {
  readonly paths: Pick<Paths, 'cacheDir'>;
  readonly environment: NodeJS.ProcessEnv;
  readonly onProgress?: (progress: InstallProgress) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Bytes of the program, about. */
const UV_SIZE = 70_000_000;

/** The `uv` on PATH, else the pinned one: a single program out of its PyPI wheel, kept in the cache. Throws `engine_missing`. */
export async function findUv(version: string, options: UvOptions): Promise<string> {
  const found = findOnPath('uv', options.environment);
  if (found) return found;
  const folder = join(options.paths.cacheDir, 'tools');
  const path = join(folder, `uv-${version}`);
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  const part = `${path}.part`;
  try {
    await fetchFromPypi({ pypi: [`uv==${version}`], member: '/scripts/uv' }, part, {
      environment: options.environment,
      expectedBytes: undefined,
      signal: options.signal,
      onProgress: ({ stage, bytesDone }) => options.onProgress?.({ stage: `uv: ${stage}`, bytesDone }),
      ensureSpace: async () => requireSpace(folder, UV_SIZE),
    });
  } catch (error) {
    options.signal?.throwIfAborted();
    if (error instanceof AppError) throw error;
    throw new AppError(
      'engine_missing',
      `uv ${version} could not be got from PyPI: ${messageOf(error)}. Put a uv on PATH, or correct that, and try again.`,
      { cause: error },
    );
  }
  chmodSync(part, 0o755);
  renameSync(part, path);
  return path;
}
