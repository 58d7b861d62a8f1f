/** What happens to the tree between reading and validation. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

import { ENGINES } from '../engines/registry.ts';
import { DEFAULT_ENGINE } from './schema.ts';
import type { Mapping, Path, Tree } from './tree.ts';
import { mapScalars, mergeTrees, treeAt, withEntry } from './tree.ts';

/** Gives every expert its engine, and the defaults that this engine knows. */
export function applyDefaults(profile: Mapping): Mapping {
  const defaults = profile.entries.get('defaults')?.value;
  return mapExperts(profile, (expert) => {
    const inherited = defaults?.kind === 'mapping' ? defaults : withoutEntries(expert);
    const fallback: Tree = { kind: 'scalar', value: DEFAULT_ENGINE, place: expert.place };
    const engine = expert.entries.get('engine')?.value ?? inherited.entries.get('engine')?.value ?? fallback;
    const known = engine.kind === 'scalar' ? keysOf(String(engine.value)) : [];
    const fitting = new Map([...inherited.entries].filter(([key]) => key !== 'engine' && known.includes(key)));
    const complete = mergeTrees({ ...inherited, entries: fitting }, expert) as Mapping;
    return withEntry(complete, 'engine', expert.entries.get('engine') ?? { key: expert.place, value: engine });
  });
}

function withoutEntries(mapping: Mapping): Mapping {
  return { ...mapping, entries: new Map() };
}

function keysOf(engine: string): string[] {
  return Object.hasOwn(ENGINES, engine) ? Object.keys(ENGINES[engine as keyof typeof ENGINES].settings.shape) : [];
}

/**
 * Makes file names absolute: relative to the file that says them, `~/` to the home directory. Besides the neutral keys
 * these are `binary`, `venv` and `cwd` of an engine's own.
 */
export function resolvePaths(profile: Mapping, environment: NodeJS.ProcessEnv): Mapping {
  return mapExperts(profile, (expert) => {
    const isLocal = treeAt(expert, ['model', 'path']) !== undefined;
    const isFile = (path: Path) =>
      /^(?:chatTemplate|(?:draft\.)?model\.path|[a-z-]+\.(?:binary|cwd|venv))$/.test(path.join('.')) ||
      isAdapter(path[0] === 'variants' ? path.slice(2) : path) ||
      (isLocal && path.join('.') === 'model.mmproj');
    return mapScalars(expert, (scalar, path) => {
      const { value, place } = scalar;
      if (typeof value !== 'string' || value === '' || !isFile(path)) return scalar;
      return { ...scalar, value: absolutePath(value, place.directory, environment) };
    }) as Mapping;
  });
}

/** `~/` is the home directory. */
export function absolutePath(path: string, directory: string, environment: NodeJS.ProcessEnv): string {
  if (!path.startsWith('~/')) return resolve(directory, path);
  return join(environment['HOME'] ?? homedir(), path.slice(2));
}

/** `lora.path`, or of a list `lora.0.path`. */
const isAdapter = (path: Path) => /^lora(?:\.\d+)?\.path$/.test(path.join('.'));

function mapExperts(profile: Mapping, change: (expert: Mapping) => Mapping): Mapping {
  const experts = profile.entries.get('experts');
  if (experts?.value.kind !== 'mapping') return profile;
  const entries = [...experts.value.entries].map(([id, entry]) => {
    return [id, entry.value.kind === 'mapping' ? { ...entry, value: change(entry.value) } : entry] as const;
  });
  return withEntry(profile, 'experts', { ...experts, value: { ...experts.value, entries: new Map(entries) } });
}
