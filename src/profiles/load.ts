import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, dirname, extname } from 'node:path';

import { adapterOf } from '../engines/registry.ts';
import { CHECKS } from './checks.ts';
import { substituteEnvironment } from './environment.ts';
import { explainIssues, textPaths } from './explain.ts';
import { readLayers } from './extends.ts';
import { findProfile, profileFolders } from './find.ts';
import { addModelsDir } from './models-dir.ts';
import { applyOverrides } from './overrides.ts';
import { applyDefaults, resolvePaths } from './prepare.ts';
import type { Problem } from './problems.ts';
import { ProfileError } from './problems.ts';
import type { Budget, Expert, Profile } from './profile.ts';
import { ProfileFile } from './schema.ts';
import type { Mapping, Path, Tree } from './tree.ts';
import { keyPlaceOf, mapScalars, toPlain, treeAt } from './tree.ts';

export interface LoadOptions {
  readonly environment: NodeJS.ProcessEnv;
  /** `key.path=value`, laid upon the file. */
  readonly set?: readonly string[];
  /** The shipped profiles; default: those of this package. */
  readonly profilesDirectory?: string;
  /** What relative file names on the command line are relative to; default: the working directory. */
  readonly directory?: string;
  /** Told of each file and folder that the profile comes from before it is read, so also of what makes it invalid. Absolute. */
  readonly onSource?: (path: string) => void;
}

/** A profile with what it was made from, for `profile show`. */
export interface ResolvedProfile {
  readonly profile: Profile;
  /** After `extends`, environment, `--set` and `defaults`. */
  readonly tree: Mapping;
  readonly parsed: ProfileFile;
}

/**
 * Finds, reads, merges, validates and freezes a profile.
 * @throws ProfileError (exit code 78) with everything that is wrong with it.
 */
export async function loadProfile(nameOrFile: string, options: LoadOptions): Promise<Profile> {
  return (await resolveProfile(nameOrFile, options)).profile;
}

/** As `loadProfile`. */
export async function resolveProfile(nameOrFile: string, options: LoadOptions): Promise<ResolvedProfile> {
  const { environment, set = [], directory = process.cwd(), onSource } = options;
  const problems: Problem[] = [];
  const folders = profileFolders(environment, options.profilesDirectory);
  const file = await findProfile(nameOrFile, folders, directory);
  const layered = await readLayers(file, folders, environment, problems, onSource);
  const overridden = applyOverrides(
    substituteEnvironment(layered, environment, problems),
    set,
    directory,
    problems,
  ) as Mapping;
  const populated = await addModelsDir(overridden, environment, problems, onSource);
  const tree = resolvePaths(applyDefaults(populated), environment);
  if (onSource) for (const template of templatesOf(tree)) onSource(template);
  const parsed = validate(tree, problems);
  return { profile: freeze(assemble(parsed.value, parsed.tree, file)), tree: parsed.tree, parsed: parsed.value };
}

function templatesOf(tree: Mapping): string[] {
  const experts = treeAt(tree, ['experts']);
  if (experts?.kind !== 'mapping') return [];
  return [...experts.entries.keys()].flatMap((id) => {
    const template = treeAt(tree, ['experts', id, 'chatTemplate']);
    return template?.kind === 'scalar' && typeof template.value === 'string' ? [template.value] : [];
  });
}

/** All problems come together, those of the steps before included. */
function validate(tree: Mapping, problems: readonly Problem[]): { value: ProfileFile; tree: Mapping } {
  let current = tree;
  let result = ProfileFile.safeParse(toPlain(current));
  const asText = result.success ? [] : textPaths(result.error.issues, current);
  if (asText.length > 0) {
    current = withTextAt(current, asText);
    result = ProfileFile.safeParse(toPlain(current));
  }
  if (!result.success)
    throw new ProfileError([...problems, ...explainIssues(ProfileFile, result.error.issues, current)]);
  const value = result.data;
  const found = [...problems, ...CHECKS.flatMap((check) => check(value, current))];
  if (found.length > 0) throw new ProfileError(found);
  return { value, tree: current };
}

/** A build called 11669 is a name: what the environment says is text where the setting takes text. */
function withTextAt(tree: Mapping, paths: readonly Path[]): Mapping {
  const wanted = new Set(paths.map((path) => JSON.stringify(path)));
  return mapScalars(tree, (scalar, path) =>
    scalar.origin && wanted.has(JSON.stringify(path)) ? { ...scalar, value: scalar.origin.text } : scalar,
  ) as Mapping;
}

function assemble(parsed: ProfileFile, tree: Tree, file: string): Profile {
  const experts = Object.entries(parsed.experts).map(
    ([id, settings]) =>
      ({ ...settings, ...digestOf(settings.chatTemplate), id, kind: adapterOf(settings.engine).kind }) as Expert,
  );
  const {
    watch,
    router,
    knowledge,
    memory,
    conversations,
    feedback,
    security,
    timeouts,
    queue,
    limits,
    logs,
    compatibility,
  } = parsed;
  return {
    name: parsed.name ?? basename(file, extname(file)),
    description: parsed.description,
    file,
    directory: dirname(file),
    places: Object.fromEntries(experts.map(({ id }) => [id, keyPlaceOf(tree, ['experts', id])])),
    experts,
    budget: budgetOf(parsed.budget),
    defaultExpert: router.default ?? experts.find(({ task }) => task === 'generate')?.id,
    watch,
    router,
    knowledge,
    memory,
    conversations,
    feedback,
    security,
    timeouts,
    queue,
    limits,
    logs,
    compatibility,
  };
}

function budgetOf({ spillToCpu, minResidency, maxLoadedExperts, ...pools }: ProfileFile['budget']): Budget {
  const named = Object.entries(pools).flatMap(([id, pool]) => (pool ? [[id, pool] as const] : []));
  return { pools: Object.fromEntries(named), spillToCpu, minResidency, maxLoadedExperts };
}

/** A template that says something else is another launch, although its name is the same. */
function digestOf(template: string | undefined): { chatTemplateDigest?: string } {
  if (template === undefined) return {};
  try {
    return { chatTemplateDigest: createHash('sha256').update(readFileSync(template)).digest('hex') };
  } catch {
    // Gone since it was checked, or not ours to read: the launch says so.
    return {};
  }
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) freeze(part);
  }
  return value;
}
