import { readdirSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

import type { Model } from '../engines/settings.ts';

export interface LocatedFolder {
  /** Absolute. */
  readonly path: string;
  /** Of the weights alone. */
  readonly bytes: number;
}

interface Places {
  readonly profileDirectory: string;
  readonly environment: NodeJS.ProcessEnv;
}

const INDEX = 'model.safetensors.index.json';

/** A model folder that is whole on this machine: config, and every file of weights that its index names; undefined otherwise. */
export function locateFolder(model: Model, places: Places): LocatedFolder | undefined {
  const path = folderOf(model, places);
  if (path === undefined || !sizeOf(join(path, 'config.json'))) return undefined;
  const weights = weightFiles(path).map((name) => sizeOf(join(path, name)));
  if (weights.length === 0 || weights.includes(0)) return undefined;
  return { path, bytes: weights.reduce((sum, size) => sum + size, 0) };
}

/** How a person gets the folder, as a sentence. */
export function howToGetFolder(model: Model, places: Places): string {
  if (model.hf === undefined) {
    return `${folderOf(model, places) ?? 'The folder'} lacks config.json or weights in safetensors. Correct \`model.path\` in the profile.`;
  }
  const revision = model.revision === undefined ? '' : ` --revision ${model.revision}`;
  return `Fetch it with: HF_HUB_CACHE=${hubCache(places.environment)} hf download ${model.hf}${revision}`;
}

function folderOf(model: Model, { profileDirectory, environment }: Places): string | undefined {
  if (model.path !== undefined) return resolve(profileDirectory, model.path);
  if (model.hf === undefined) return undefined;
  const repository = join(hubCache(environment), `models--${model.hf.replaceAll('/', '--')}`);
  const revision = model.revision ?? 'main';
  const commit = readText(join(repository, 'refs', revision))?.trim() ?? revision;
  return join(repository, 'snapshots', commit);
}

/** Where the hub's own tools keep repositories. */
function hubCache(environment: NodeJS.ProcessEnv): string {
  const home = environment['HOME'] ?? homedir();
  const cache = environment['XDG_CACHE_HOME'] || join(home, '.cache');
  return environment['HF_HUB_CACHE'] || join(environment['HF_HOME'] || join(cache, 'huggingface'), 'hub');
}

function weightFiles(folder: string): string[] {
  const index = readText(join(folder, INDEX));
  if (index === undefined) return namesIn(folder).filter((name) => name.endsWith('.safetensors'));
  try {
    const { weight_map: map } = JSON.parse(index) as { weight_map?: Record<string, string> };
    return [...new Set(Object.values(map ?? {}))];
  } catch {
    return [];
  }
}

/** 0 where there is no file, or nothing in it; a link of the hub's cache leads to its blob. */
function sizeOf(path: string): number {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat?.isFile() ? stat.size : 0;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
