import { createHash } from 'node:crypto';
import { basename, isAbsolute, join, resolve } from 'node:path';

import type { Model, ModelSource } from '../engines/settings.ts';
import { AppError } from '../shared/errors.ts';
import { partNames } from '../shared/gguf-names.ts';
import type { Paths } from '../shared/paths.ts';

/** One file of a model, where it lives here and where it can be had. */
export interface ModelFile {
  readonly path: string;
  /** In order; empty for a file that the user keeps himself. */
  readonly sources: readonly ModelSource[];
  readonly bytes: number | undefined;
  readonly sha256: string | undefined;
}

/** The files of a model: the weights first (all parts of a split file), a projector last. */
export interface ModelFiles {
  readonly directory: string;
  readonly weights: readonly [ModelFile, ...ModelFile[]];
  readonly mmproj: ModelFile | undefined;
}

interface Places {
  readonly paths: Pick<Paths, 'modelsDir'>;
  /** Folder of the profile file: what `path` and a local `mmproj` are relative to. */
  readonly profileDirectory?: string | undefined;
}

/** Works out where the files of a model are, or shall be. No I/O. */
export function filesOf(model: Model, { paths, profileDirectory = process.cwd() }: Places): ModelFiles {
  const local = (path: string): ModelFile => ({
    path: resolve(profileDirectory, path),
    sources: [],
    bytes: undefined,
    sha256: undefined,
  });
  if (model.path !== undefined) {
    const [first, ...others] = partNames(model.path);
    const file = { ...local(first), bytes: model.size, sha256: model.sha256 };
    return {
      directory: resolve(file.path, '..'),
      weights: [file, ...others.map(local)],
      mmproj: model.mmproj ? local(model.mmproj) : undefined,
    };
  }
  const sources = sourcesOf(model);
  const directory = join(paths.modelsDir, storageKey(model, sources));
  const hub = sources.find((source) => 'hf' in source);
  const cached = (from: readonly ModelSource[], name: string): ModelFile => ({
    path: join(directory, safeName(name)),
    sources: from,
    bytes: undefined,
    sha256: undefined,
  });
  const [first, ...others] = partNames(model.file ?? fileNameOf(sources[0]));
  const pinned = others.length === 0 ? { bytes: model.size, sha256: model.sha256 } : {};
  const part =
    (name: string) =>
    (source: ModelSource): ModelSource => {
      if (others.length === 0 || 'pypi' in source) return source;
      return 'hf' in source ? { ...source, file: name } : { url: source.url.replace(basename(first), basename(name)) };
    };
  return {
    directory,
    weights: [
      { ...cached(sources.map(part(first)), first), ...pinned },
      ...others.map((name) => cached(sources.map(part(name)), name)),
    ],
    mmproj: projector(model.mmproj),
  };

  function projector(name: string | undefined): ModelFile | undefined {
    if (name === undefined) return undefined;
    if (!hub || isAbsolute(name) || /^\.\.?\//.test(name)) return local(name);
    return cached([{ ...hub, file: name }], name);
  }
}

/** The places a model can be had from, in order; the short form of one hub source is one of them. */
function sourcesOf(model: Model): [ModelSource, ...ModelSource[]] {
  const [first, ...others] = model.sources ?? [];
  if (first) return [first, ...others];
  if (model.hf !== undefined && model.file !== undefined)
    return [{ hf: model.hf, file: model.file, revision: model.revision ?? 'main' }];
  throw new AppError('model_unavailable', 'The model names neither path, nor hf with file, nor sources.');
}

/** The names of all files: parts of the weights, and the projector. */
export const allOf = ({ weights, mmproj }: ModelFiles): readonly ModelFile[] =>
  mmproj ? [...weights, mmproj] : weights;

/** A source in a few words, for messages and records. */
export function describeSource(source: ModelSource): string {
  if ('hf' in source)
    return `hub ${source.hf}/${source.file}${source.revision === 'main' ? '' : ` at ${source.revision}`}`;
  if ('url' in source) return withoutSecrets(source.url);
  const [first, ...others] = source.pypi;
  return `PyPI ${first}${others.length > 0 ? ` and ${others.length} more` : ''}`;
}

/** An address without the parts that may carry a key. */
export function withoutSecrets(address: string): string {
  const url = new URL(address);
  return `${url.origin}${url.pathname}`;
}

/** Pinned bytes are known by their digest wherever they came from; others by the place they come from. */
function storageKey(model: Model, [first]: readonly [ModelSource, ...ModelSource[]]): string {
  return (model.sha256 ?? createHash('sha256').update(JSON.stringify(first)).digest('hex')).slice(0, 16);
}

function fileNameOf(source: ModelSource): string {
  if ('hf' in source) return source.file;
  if ('url' in source) return decodeURIComponent(new URL(source.url).pathname);
  return source.member.replaceAll('*', '');
}

/** A name from a profile or an address becomes one file name, never a path. */
function safeName(name: string): string {
  const base = basename(name)
    .replace(/[^\w.+@-]/g, '_')
    .replace(/^\.+/, '');
  if (base === '') throw new AppError('model_unavailable', `${JSON.stringify(name)} is no name for a model file.`);
  return base;
}
