/** GGUF files that other programs have brought onto this machine, to be used where they lie. */
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, join, resolve } from 'node:path';

import { z } from 'zod';

import { parseGgufName } from '../shared/gguf-names.ts';
import type { GgufFiles } from '../shared/gguf-names.ts';
import type { Paths } from '../shared/paths.ts';
import { modelsBelow } from './gguf-tree.ts';
import { fetchedCommit, hubCache, repositoryOf } from './hub-cache.ts';
import { readOllamaStore } from './ollama-store.ts';

export interface FoundModel extends GgufFiles {
  /** What it is called where it was found: the name of the file, or Ollama's. */
  readonly name: string;
  /** Further names of the same file in the same store: Ollama's tags. */
  readonly alsoCalled: readonly string[];
  /** Whose store it lies in, for a person. */
  readonly store: string;
}

export interface FindOptions {
  readonly environment: NodeJS.ProcessEnv;
  readonly paths: Pick<Paths, 'modelsDir'>;
  /** Folders that the person named; absolute. */
  readonly folders: readonly string[];
  /** Where Ollama keeps its models as a service. */
  readonly systemStores?: readonly string[];
}

const OLLAMA_SYSTEM_STORES = [
  '/usr/share/ollama/.ollama/models',
  '/var/lib/ollama/.ollama/models',
  '/var/lib/ollama/models',
];

/** Every model once, however many stores have it: those of the folders named first, then our cache, the hub's, and the others. */
export async function findModels(options: FindOptions): Promise<FoundModel[]> {
  const { environment, paths, folders } = options;
  const all = [
    ...(await inFolders(folders, 'named folder')),
    ...(await inFolders([paths.modelsDir], 'our cache')),
    ...(await inHubCache(environment)),
    ...(await inFolders(await lmStudioFolders(environment), 'LM Studio')),
    ...(await inFolders([llamaCache(environment)], 'llama.cpp cache')),
    ...(await inOllama(options)),
  ];
  const known = new Map<string, { model: FoundModel; others: string[] }>();
  for (const model of all) {
    const keys = await identities(model);
    const same = keys.map((key) => known.get(key)).find((entry) => entry !== undefined);
    if (same?.model.store === model.store && same.model.name !== model.name) same.others.push(model.name);
    const entry = same ?? { model, others: [] };
    for (const key of keys) known.set(key, entry);
  }
  return [...new Set(known.values())].map(({ model, others }) => ({ ...model, alsoCalled: others }));
}

/** The same file by another path, or a copy of it under its name. */
async function identities({ path, name }: FoundModel): Promise<string[]> {
  const { size } = await stat(path);
  return [await realpath(path), `${name} ${size}`];
}

async function inFolders(folders: readonly string[], store: string): Promise<FoundModel[]> {
  const found = await Promise.all(folders.map((folder) => modelsBelow(folder)));
  return found.flat().map((files) => ({
    ...files,
    name: parseGgufName(files.path)?.stem ?? basename(files.path),
    alsoCalled: [],
    store,
  }));
}

/** Of each repository what its branch stands for, before older commits. */
async function inHubCache(environment: NodeJS.ProcessEnv): Promise<FoundModel[]> {
  const cache = hubCache(environment);
  const found: FoundModel[] = [];
  for (const name of (await namesIn(cache)).filter((name) => repositoryOf(name) !== undefined)) {
    const head = fetchedCommit(join(cache, name), 'main');
    const commits = (await namesIn(join(cache, name, 'snapshots'))).toSorted(
      (one, other) => Number(other === head) - Number(one === head),
    );
    found.push(
      ...(await inFolders(
        commits.map((commit) => join(cache, name, 'snapshots', commit)),
        'hub cache',
      )),
    );
  }
  return found;
}

const LmStudioSettings = z.object({ downloadsFolder: z.string().min(1) });

async function lmStudioFolders(environment: NodeJS.ProcessEnv): Promise<string[]> {
  const home = environment['HOME'] ?? homedir();
  const pointed = (await textOf(join(home, '.lmstudio-home-pointer')))?.trim();
  const own = pointed ? resolve(home, pointed) : join(home, '.lmstudio');
  const settings = LmStudioSettings.safeParse(parse(await textOf(join(own, 'settings.json'))));
  return [
    ...new Set([
      ...(settings.success ? [resolve(home, settings.data.downloadsFolder)] : []),
      join(own, 'models'),
      join(home, '.cache', 'lm-studio', 'models'),
    ]),
  ];
}

/** Where `llama-server -hf` keeps what it fetches. */
export function llamaCache(environment: NodeJS.ProcessEnv): string {
  const home = environment['HOME'] ?? homedir();
  return environment['LLAMA_CACHE'] || join(environment['XDG_CACHE_HOME'] || join(home, '.cache'), 'llama.cpp');
}

async function inOllama({ environment, systemStores = OLLAMA_SYSTEM_STORES }: FindOptions): Promise<FoundModel[]> {
  const own = environment['OLLAMA_MODELS'] || join(environment['HOME'] ?? homedir(), '.ollama', 'models');
  const models = await Promise.all([own, ...systemStores].map((store) => readOllamaStore(store)));
  return models.flat().map((model) => ({ ...model, alsoCalled: [], store: 'Ollama' }));
}

async function namesIn(directory: string): Promise<string[]> {
  const names: string[] = await readdir(directory).catch(() => []);
  return names.toSorted();
}

async function textOf(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}

function parse(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}
