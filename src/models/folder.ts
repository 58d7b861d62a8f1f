import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { textOfFile } from '../shared/text-of-file.ts';
import type { Model } from '../engines/settings.ts';
import { statOf } from '../shared/stat.ts';
import { fetchedCommit, repositoryFolder } from './hub-cache.ts';

export interface LocatedFolder {
  /** Absolute. */
  readonly path: string;
  /** Of the weights alone. */
  readonly bytes: number;
  /** Of a LoRA adapter: the largest of its matrices. */
  readonly rank?: number;
}

interface Places {
  readonly profileDirectory: string;
  readonly environment: NodeJS.ProcessEnv;
}

const INDEX = 'model.safetensors.index.json';
const ADAPTER_CONFIG = 'adapter_config.json';
/** One of these is in every folder of weights; it says what the weights are. */
export const CONFIGS: readonly string[] = ['config.json', ADAPTER_CONFIG];

/**
 * A folder of a model or an adapter that is whole on this machine: config, and every file of weights that its index names; undefined
 * otherwise.
 */
export function locateFolder(model: Model, places: Places): LocatedFolder | undefined {
  const path = folderOf(model, places);
  if (path === undefined || !CONFIGS.some((name) => sizeOf(join(path, name)))) return undefined;
  const weights = weightFiles(path).map((name) => sizeOf(join(path, name)));
  if (weights.length === 0 || weights.includes(0)) return undefined;
  const rank = rankIn(textOfFile(join(path, ADAPTER_CONFIG)) ?? '');
  return { path, bytes: weights.reduce((sum, size) => sum + size, 0), ...(rank !== undefined && { rank }) };
}

/** What is wrong with a folder of the user's own, as a sentence. */
export function folderProblem(model: Model, places: Places): string {
  const path = folderOf(model, places) ?? 'The folder';
  return `${path} lacks config.json (of a LoRA adapter: adapter_config.json with \`r\`) or weights in safetensors. Correct its \`path\` in the profile.`;
}

function folderOf(model: Model, { profileDirectory, environment }: Places): string | undefined {
  if (model.path !== undefined) return resolve(profileDirectory, model.path);
  if (model.hf === undefined) return undefined;
  const repository = repositoryFolder(model.hf, environment);
  const revision = model.revision ?? 'main';
  return join(repository, 'snapshots', fetchedCommit(repository, revision) ?? revision);
}

function weightFiles(folder: string): string[] {
  const index = textOfFile(join(folder, INDEX));
  if (index === undefined) return namesIn(folder).filter((name) => name.endsWith('.safetensors'));
  try {
    const { weight_map: map } = JSON.parse(index) as { weight_map?: Record<string, string> };
    return [...new Set(Object.values(map ?? {}))];
  } catch {
    return [];
  }
}

/** `rank_pattern` may give some matrices more than `r`. */
function rankIn(config: string): number | undefined {
  try {
    const { r, rank_pattern: pattern } = JSON.parse(config) as { r?: unknown; rank_pattern?: Record<string, unknown> };
    const ranks = [r, ...Object.values(pattern ?? {})].filter((rank) => typeof rank === 'number');
    return typeof r === 'number' && r > 0 ? Math.max(...ranks) : undefined;
  } catch {
    return undefined;
  }
}

/** 0 where there is no file, or nothing in it; a link of the hub's cache leads to its blob. */
function sizeOf(path: string): number {
  const stat = statOf(path);
  return stat?.isFile() ? stat.size : 0;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
