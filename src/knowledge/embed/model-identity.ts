import { createHash } from 'node:crypto';
import { basename, resolve } from 'node:path';

import type { Expert } from '../../profiles/profile.ts';
import type { Model } from '../../engines/settings.ts';
import { statOf } from '../../shared/stat.ts';
import { type Prefixes, prefixesOf } from './prefixes.ts';

/** All that the vectors of an expert depend on, but for their dimension, which the first of them shows. */
export interface ModelIdentity {
  /** For a person. */
  readonly name: string;
  /** Of the file (or endpoint) with the settings that change what comes out of it. */
  readonly digest: string;
  readonly prefixes: Prefixes;
}

/**
 * A file is known by its sha256, else by where it comes from, a file of the user's own by path and size: another file under the same
 * name and of the same size is not noticed (pin its sha256).
 */
export function identityOf(
  expert: Expert,
  directory: string,
  configured: Prefixes | undefined,
  sizeOf: (path: string) => number | undefined = (path) => statOf(path)?.size,
): ModelIdentity {
  const { model } = expert as { model?: Model };
  const { remoteModel, url, command, pooling } = ownSettings(expert);
  const file = model?.path ?? model?.file;
  const name = file === undefined ? textOf(remoteModel) || expert.id : basename(file).replace(/\.gguf$/i, '');
  const prefixes = configured ?? prefixesOf([name, textOf(model?.hf), textOf(remoteModel), expert.id]);
  const made = model ? bytesOf(model, directory, sizeOf) : [url, remoteModel, command];
  const content = JSON.stringify([expert.engine, made, pooling ?? null, prefixes.query, prefixes.passage]);
  return { name, digest: createHash('sha256').update(content).digest('hex').slice(0, 12), prefixes };
}

/** What the store and the index know a model by. */
export function keyOf({ name, digest }: ModelIdentity, dimension: number): string {
  return `${name}/${dimension}/${digest}`;
}

function bytesOf(model: Model, directory: string, sizeOf: (path: string) => number | undefined): unknown {
  if (model.sha256 !== undefined) return model.sha256;
  if (model.path === undefined) return [model.hf, model.file, model.revision, model.sources];
  const path = resolve(directory, model.path);
  return [basename(path), model.size ?? sizeOf(path)];
}

function ownSettings(expert: Expert): Readonly<Record<'remoteModel' | 'url' | 'command' | 'pooling', unknown>> {
  const own = expert as Readonly<Record<string, unknown>>;
  const engine = own[expert.engine] as Readonly<Record<string, unknown>> | undefined;
  return { remoteModel: own['remoteModel'], url: own['url'], command: own['command'], pooling: engine?.['pooling'] };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
