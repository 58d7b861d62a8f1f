/** `modelsDir`: each GGUF file in a folder becomes an expert. What a file is, its name alone says here. */
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { adapterOf, ENGINES } from '../engines/registry.ts';
import { isEmbedderName, isRerankerName, modelsAmong, parseGgufName } from '../shared/gguf-names.ts';
import type { GgufFiles } from '../shared/gguf-names.ts';
import { freeId, idFrom } from './expert-ids.ts';
import { absolutePath } from './prepare.ts';
import type { Place, Problem } from './problems.ts';
import { problemAt } from './problems.ts';
import { DEFAULT_ENGINE } from './schema.ts';
import type { Mapping, Scalar, Tree } from './tree.ts';
import { toPlain, treeAt, withEntry } from './tree.ts';

/** What is in the folder by mistake. */
const MOST_FILES = 1_000;
/** Inputs longer than an encoder was trained on crash it, and its name does not say how long that is. */
const EMBEDDING_CONTEXT = 512;

/**
 * Lays the experts of the folder below those of the file: an expert that is written out wins over a file of its name, and over the file
 * that it uses. Folders in the folder are looked into too, one level down, as publishers put a split model or one with its projector.
 */
export async function addModelsDir(
  profile: Mapping,
  environment: NodeJS.ProcessEnv,
  problems: Problem[],
  onSource?: (path: string) => void,
): Promise<Mapping> {
  const entry = profile.entries.get('modelsDir');
  if (entry?.value.kind !== 'scalar' || typeof entry.value.value !== 'string' || entry.value.value === '')
    return profile;
  const { place } = entry.value;
  const folder = absolutePath(entry.value.value, place.directory, environment);
  const found = await findModels(folder, onSource).catch((error: NodeJS.ErrnoException) => {
    const why =
      error.code === 'ENOENT' || error.code === 'ENOTDIR'
        ? 'there is no such folder'
        : `it cannot be read (${error.code})`;
    problems.push(problemAt(place, ['modelsDir'], why));
    return [];
  });
  if (found.length > MOST_FILES) problems.push(problemAt(place, ['modelsDir'], `more than ${MOST_FILES} model files`));
  const located = withEntry(profile, 'modelsDir', { key: entry.key, value: scalar(folder, place) });
  const written = profile.entries.get('experts');
  const experts = written?.value.kind === 'mapping' ? written.value.entries : new Map();
  if (written && written.value.kind !== 'mapping' && toPlain(written.value) !== null) return located;
  const taken = takenBy(profile, environment);
  const entries = new Map(experts);
  for (const model of found.slice(0, MOST_FILES)) {
    const wanted = idFrom(parseGgufName(model.path)?.stem ?? '');
    if (taken.files.has(model.path) || taken.names.has(wanted)) continue;
    const id = freeId(wanted, entries);
    entries.set(id, { key: place, value: expertOf(model, profile, place) });
  }
  return withEntry(located, 'experts', {
    key: written?.key ?? entry.key,
    value: { kind: 'mapping', entries, place: written?.value.place ?? place },
  });
}

async function findModels(folder: string, onSource?: (path: string) => void): Promise<GgufFiles[]> {
  onSource?.(folder);
  const names = (await readdir(folder)).toSorted();
  const here: string[] = [];
  const below: GgufFiles[] = [];
  for (const name of names.filter((name) => !name.startsWith('.'))) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    // Empty ones too: they may be the beginning of a copy.
    if (found?.isDirectory() || parseGgufName(path)) onSource?.(path);
    if (found?.isFile() && found.size > 0) here.push(path);
    else if (found?.isDirectory()) below.push(...modelsAmong(await filesIn(path, onSource)));
  }
  return [...modelsAmong(here), ...below];
}

async function filesIn(folder: string, onSource?: (path: string) => void): Promise<string[]> {
  const names: string[] = await readdir(folder).catch(() => []);
  const paths = names.toSorted().map((name) => join(folder, name));
  if (onSource) for (const path of paths.filter((path) => parseGgufName(path))) onSource(path);
  const sizes = await Promise.all(paths.map((path) => stat(path).catch(() => undefined)));
  return paths.filter((_, index) => sizes[index]?.isFile() && (sizes[index]?.size ?? 0) > 0);
}

/** Names and model files of the experts that are written out. */
function takenBy(profile: Mapping, environment: NodeJS.ProcessEnv): { names: Set<string>; files: Set<string> } {
  const names = new Set<string>();
  const files = new Set<string>();
  const experts = profile.entries.get('experts')?.value;
  if (experts?.kind !== 'mapping') return { names, files };
  for (const [id, { value }] of experts.entries) {
    names.add(id);
    const variants = treeAt(value, ['variants']);
    if (variants?.kind === 'mapping') for (const name of variants.entries.keys()) names.add(name);
    const aliases = treeAt(value, ['aliases']);
    if (aliases?.kind === 'sequence') for (const alias of aliases.items) names.add(String(toPlain(alias)));
    const path = treeAt(value, ['model', 'path']);
    if (path?.kind === 'scalar' && typeof path.value === 'string')
      files.add(absolutePath(path.value, path.place.directory, environment));
  }
  return { names, files };
}

function expertOf({ path, mmproj }: GgufFiles, profile: Mapping, place: Place): Mapping {
  const name = basename(path);
  const task = isRerankerName(name) ? 'rerank' : isEmbedderName(name) ? 'embed' : undefined;
  const values: [string, Tree][] = [
    [
      'model',
      mapping([['path', scalar(path, place)], ...(mmproj ? [['mmproj', scalar(mmproj, place)] as const] : [])], place),
    ],
  ];
  if (!readsFiles(profile)) values.push(['engine', scalar(DEFAULT_ENGINE, place)]);
  if (task) values.push(['task', scalar(task, place)], ['context', scalar(EMBEDDING_CONTEXT, place)]);
  if (mmproj) values.push(['vision', scalar(true, place)]);
  return mapping(values, place);
}

/** Whether the engine that experts have by default takes a GGUF file. */
function readsFiles(profile: Mapping): boolean {
  const engine = treeAt(profile, ['defaults', 'engine']);
  if (engine?.kind !== 'scalar' || !Object.hasOwn(ENGINES, String(engine.value))) return true;
  const adapter = adapterOf(String(engine.value));
  return adapter.kind === 'process' && adapter.modelForm !== 'folder' && adapter.program !== undefined;
}

const scalar = (value: string | number | boolean, place: Place): Scalar => ({ kind: 'scalar', value, place });

function mapping(values: readonly (readonly [string, Tree])[], place: Place): Mapping {
  return { kind: 'mapping', entries: new Map(values.map(([key, value]) => [key, { key: place, value }])), place };
}
