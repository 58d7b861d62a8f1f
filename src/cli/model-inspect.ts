import { existsSync, readdirSync, statSync } from 'node:fs';

import { listCache } from '../models/cache.ts';
import { CONFIGS, locateFolder } from '../models/folder.ts';
import { locateModel } from '../models/locate.ts';
import type { PredictedPlacement } from '../models/placements.ts';
import { readHeaders } from '../models/read-shape.ts';
import { recordedFolder } from '../models/shape-record.ts';
import { readSafetensorsShape } from '../models/vllm-footprint.ts';
import { CliError } from '../shared/errors.ts';
import { resolvePaths } from '../shared/paths.ts';
import { formatBytes } from '../shared/units.ts';
import { folderFootprint, footprintLines, footprintToJson, ggufFootprint } from './model-footprint.ts';
import type { FootprintOptions, NamedExpert } from './model-footprint.ts';
import { folderLines, headerLines, headersToJson, isModel } from './model-lines.ts';
import { DEFAULT_PROFILE, modelsOfProfile } from './model-names.ts';

interface InspectOptions extends FootprintOptions {
  readonly profile?: string;
  readonly tensors?: boolean;
  readonly json?: boolean;
}

interface Report {
  readonly lines: readonly string[];
  readonly json: Readonly<Record<string, unknown>>;
  readonly placement: PredictedPlacement | undefined;
}

/** `model inspect`: what a model is and what it takes to run it, in a few lines or as JSON. */
export async function inspectModel(target: string, options: InspectOptions): Promise<void> {
  const found = await find(target, options.profile);
  const { lines, json, placement } = found.isFolder
    ? await folderReport(found, options)
    : await fileReport(found, options);
  if (found.path === undefined) {
    if (!placement) throw new CliError(notHere(target, options.profile));
    console.error(notHere(target, options.profile));
  }
  const shown = options.json
    ? [toJson({ ...json, footprint: placement ? footprintToJson(placement) : null })]
    : [...lines, ...(lines.length > 0 && placement ? [''] : []), ...(placement ? footprintLines(placement) : [])];
  process.stdout.write(`${shown.join('\n')}\n`);
}

interface Found {
  /** Undefined for an expert whose model is not on this machine yet. */
  readonly path: string | undefined;
  /** Safetensors, in place of a GGUF file. */
  readonly isFolder: boolean;
  readonly expert?: NamedExpert;
}

async function fileReport({ path, expert }: Found, options: InspectOptions): Promise<Report> {
  const headers = path === undefined ? undefined : await readHeaders(path);
  const isPart = headers !== undefined && !isModel(headers[0]);
  return {
    lines: headers ? headerLines(headers, options.tensors ?? false) : [],
    json: headers ? headersToJson(headers, options.tensors ?? false) : {},
    placement: isPart ? undefined : await ggufFootprint({ path, expert }, options),
  };
}

async function folderReport({ path, expert }: Found, options: InspectOptions): Promise<Report> {
  const located = path === undefined ? undefined : locateFolder({ path }, { profileDirectory: '', environment: {} });
  if (path !== undefined && located?.rank !== undefined) {
    const [rank, size] = [`rank          ${located.rank}`, `size          ${formatBytes(located.bytes)}`];
    const kind = 'kind          LoRA adapter: takes memory beside the model of an expert on vLLM';
    return { lines: [`folder        ${path}`, kind, rank, size], json: { ...located }, placement: undefined };
  }
  const shape = path === undefined ? expert && recordedFolder(expert.model) : await readSafetensorsShape(path);
  return {
    lines: path !== undefined && shape ? folderLines(path, shape) : [],
    json: path !== undefined && shape ? { path, ...shape } : {},
    placement: shape && (await folderFootprint({ shape, expert }, options)),
  };
}

/** A file or a folder; else a file of the cache by its name; else an expert's. */
async function find(target: string, profile: string | undefined): Promise<Found> {
  if (profile === undefined) {
    if (existsSync(target)) return { path: target, isFolder: isModelFolder(target) };
    const cached = (await listCache(resolvePaths(process.env))).find(
      ({ file, key, state }) => state !== 'partial' && [file, key, `${key}/${file}`].includes(target),
    );
    if (cached) return { path: cached.path, isFolder: statSync(cached.path).isDirectory() };
    if (/[/\\]|\.gguf$/.test(target))
      throw new CliError(`There is no file ${target}, neither here nor in the model cache (orchestrator model list).`);
  }
  const name = profile ?? DEFAULT_PROFILE;
  const [own] = await modelsOfProfile(name, [target]);
  if (!own) return { path: undefined, isFolder: false };
  const expert = { id: own.id, profile: name, model: own.model, directory: own.directory };
  const places = { paths: resolvePaths(process.env), profileDirectory: own.directory, environment: process.env };
  const isFolder = own.form === 'folder';
  const path = isFolder ? locateFolder(own.model, places)?.path : locateModel(own.model, places)?.path;
  return { path, isFolder, expert };
}

/** @throws CliError of a folder that is no model. */
function isModelFolder(path: string): boolean {
  if (!statSync(path).isDirectory()) return false;
  const names = readdirSync(path);
  if (CONFIGS.some((name) => names.includes(name))) return true;
  const files = names.filter((name) => name.endsWith('.gguf'));
  const instead =
    files.length > 0 ? `Name one of its files: ${files.slice(0, 5).join(', ')}.` : 'It has no GGUF files.';
  throw new CliError(`${path} is a folder without config.json, so not a model in safetensors. ${instead}`);
}

const notHere = (target: string, profile: string | undefined) =>
  `The model of ${target} is not on this machine. Get it: orchestrator model pull ${target} --profile ${profile ?? DEFAULT_PROFILE}`;

const toJson = (value: unknown) =>
  JSON.stringify(value, (_key, entry: unknown) => (typeof entry === 'bigint' ? String(entry) : entry), 2);
