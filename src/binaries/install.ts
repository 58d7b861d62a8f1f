import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import type { ProgramProbe } from '../engines/contract.ts';
import { withFileLock } from '../models/file-lock.ts';
import { AppError, messageOf } from '../shared/errors.ts';
import type { Paths } from '../shared/paths.ts';
import { type BackendChoice, chooseBackend } from './backend.ts';
import { type BuildFile, writeBuildFile } from './build-file.ts';
import { findOnPath, type InstalledBuild, listBuilds } from './builds.ts';
import { buildHint, stageFromSource } from './compile.ts';
import { stageFromDebian } from './debian.ts';
import { stageFromGithub } from './github.ts';
import { backendOf, versionSlug } from './parse.ts';
import { inspectProgram, probeProgram } from './probe.ts';
import { type Backend, type Recipe, readRecipe } from './recipe.ts';
import { type InstallProgress, type SourceContext, SourceUnavailable, type StagedBuild } from './source.ts';

export type SourceName = 'path' | 'debian' | 'github';
export const SOURCE_NAMES = ['path', 'debian', 'github'] as const satisfies readonly SourceName[];

export interface InstallOptions {
  readonly backend: BackendChoice;
  readonly paths: Paths;
  /** Only this source, instead of one after the other. */
  readonly source?: SourceName | undefined;
  /** From source code, by the recipe of `engines/<engine>/`. */
  readonly compile?: boolean | undefined;
  /** Install again what is there, and fetch it again. */
  readonly force?: boolean | undefined;
  readonly onProgress?: (progress: InstallProgress) => void;
  /** One sentence at a time for the person who waits. */
  readonly log?: (sentence: string) => void;
  readonly signal?: AbortSignal | undefined;
  readonly environment: NodeJS.ProcessEnv;
  /** Where the engine comes from; by default `engines/<engine>/`. */
  readonly recipe?: Recipe | undefined;
}

type Kind = Exclude<BuildFile['source'], 'pypi'>;
const STAGES: Record<Exclude<Kind, 'path'>, (context: SourceContext) => Promise<StagedBuild>> = {
  debian: stageFromDebian,
  github: stageFromGithub,
  compiled: stageFromSource,
};

/**
 * A build of the engine that answers its probe: one that is installed already, else from the first source that can deliver.
 * Whole or not at all, however it is interrupted; a second call at the same time waits for the first and takes its result.
 * Throws `engine_missing` with each source's reason, `storage_full`, and the signal's reason.
 */
export async function installEngine(engine: string, options: InstallOptions): Promise<InstalledBuild> {
  const recipe = options.recipe ?? readRecipe(engine);
  const { backend, reason } = await chooseBackend(possibleBackend(recipe, options.backend), options);
  options.log?.(reason);
  const kinds: readonly Kind[] = options.compile
    ? ['compiled']
    : options.source
      ? [options.source]
      : recipe.sources.installs;
  const present = await presentBuild(recipe, backend, kinds, options);
  if (present) return present;

  const home = join(options.paths.enginesDir, engine);
  let told = false;
  const onWait = () => {
    if (!told) options.log?.('another installation is under way; waiting for it');
    told = true;
  };
  return withFileLock(join(home, '.lock'), { signal: options.signal, onWait }, async () => {
    removeLeftovers(home);
    const meanwhile = await presentBuild(recipe, backend, kinds, options);
    if (meanwhile) return meanwhile;
    try {
      return await installFrom(kinds, recipe, backend, options);
    } catch (error) {
      // Asked for what the machine seems to have, not for this backend: slower is better than nothing.
      if (options.backend !== 'auto' || backend === 'cpu' || options.signal?.aborted) throw error;
      options.log?.(`${messageOf(error)} Going on without the GPU.`);
      return (await presentBuild(recipe, 'cpu', kinds, options)) ?? installFrom(kinds, recipe, 'cpu', options);
    }
  });
}

function possibleBackend({ engine, sources: { backends } }: Recipe, choice: BackendChoice): BackendChoice {
  if (choice === 'auto') return backends.length === 1 ? (backends[0] ?? choice) : choice;
  if (backends.includes(choice)) return choice;
  throw new AppError('engine_missing', `${engine} computes with ${backends.join(', ')} alone, not with ${choice}.`);
}

async function presentBuild(
  recipe: Recipe,
  backend: Backend,
  kinds: readonly Kind[],
  options: InstallOptions,
): Promise<InstalledBuild | undefined> {
  if (options.force) return undefined;
  const builds = listBuilds(recipe.engine, options.paths);
  for (const build of builds.filter((one) => one.backend === backend && kinds.some((kind) => kind === one.source))) {
    try {
      await probeProgram(build.program, { paths: options.paths, signal: options.signal });
      options.log?.(`${build.name} is installed already`);
      return build;
    } catch (error) {
      options.signal?.throwIfAborted();
      options.log?.(`${build.name} is installed but does not work: ${messageOf(error)}`);
    }
  }
  return undefined;
}

async function installFrom(
  kinds: readonly Kind[],
  recipe: Recipe,
  backend: Backend,
  options: InstallOptions,
): Promise<InstalledBuild> {
  const reasons: string[] = [];
  for (const kind of kinds) {
    try {
      if (kind === 'path') return await referToPath(recipe, backend, options);
      return await installStaged(kind, recipe, backend, options);
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!(error instanceof SourceUnavailable) && !(error instanceof AppError && error.code === 'engine_missing'))
        throw error;
      reasons.push(`${kind}: ${error.message.replace(/\.$/, '')}`);
      if (kinds.length > 1) options.log?.(`not from ${reasons.at(-1)}`);
    }
  }
  const hint = kinds.includes('compiled')
    ? 'Correct that and try again.'
    : `You can put a ${recipe.sources.program} on PATH, or ${buildHint(recipe, backend)}.`;
  throw new AppError(
    'engine_missing',
    `${recipe.engine} (${backend}) could not be installed. ${reasons.join('. ')}. ${hint}`,
  );
}

/** A program that the machine already has: recorded where it lies, not copied. */
async function referToPath(recipe: Recipe, backend: Backend, options: InstallOptions): Promise<InstalledBuild> {
  const { program } = recipe.sources;
  const found = findOnPath(program, options.environment);
  if (!found) throw new SourceUnavailable(`no ${program} is on PATH`);
  if (found.startsWith(`${options.paths.enginesDir}/`))
    throw new SourceUnavailable(`${found} is one of our own builds`);
  const probe = await probeProgram(found, { paths: options.paths, signal: options.signal });
  const has = backendOf(probe.devices);
  if (backend !== 'cpu' && has !== backend) throw new SourceUnavailable(`${found} lists no ${backend} device`);
  const directory = stagingFolder(recipe.engine, options.paths);
  const build: BuildFile = {
    ...recordOf(recipe, 'path', backend, probe),
    program: found,
    parts: [],
    contents: [],
  };
  return putInPlace(directory, 'path', build, recipe.engine, options.paths);
}

async function installStaged(
  kind: Exclude<Kind, 'path'>,
  recipe: Recipe,
  backend: Backend,
  options: InstallOptions,
): Promise<InstalledBuild> {
  const { paths, signal, environment } = options;
  if (/[:"$`\\\n]/.test(paths.enginesDir)) {
    throw new SourceUnavailable(`the folder ${paths.enginesDir} has a character that a library path cannot carry`);
  }
  const staging = stagingFolder(recipe.engine, paths);
  try {
    const staged = await STAGES[kind]({
      recipe,
      backend,
      paths,
      staging,
      environment,
      signal,
      fresh: options.force ?? false,
      onProgress: options.onProgress ?? (() => {}),
      log: options.log ?? (() => {}),
    });
    const { label, ...made } = staged;
    options.onProgress?.({ stage: 'asking the program what it can do' });
    const probe = await inspectProgram(join(staging, staged.program), { paths, signal });
    const name = `${kind}-${label ?? `${versionSlug(probe.version)}-${backend}`}`;
    const build = putInPlace(
      staging,
      name,
      { ...recordOf(recipe, kind, backend, probe), ...made },
      recipe.engine,
      paths,
    );
    await probeProgram(build.program, { paths, signal });
    if (backend !== 'cpu' && backendOf(probe.devices) !== backend) {
      options.log?.(
        `${name} is installed, but lists no ${backend} device: see that the GPU’s driver is installed and works`,
      );
    }
    return build;
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

function recordOf(recipe: Recipe, source: Kind, backend: Backend, { version }: ProgramProbe) {
  return { engine: recipe.engine, source, backend, version, installedAt: new Date().toISOString() };
}

function putInPlace(staging: string, name: string, file: BuildFile, engine: string, paths: Paths): InstalledBuild {
  writeBuildFile(staging, file);
  // A service may run the engine as another user than the one who installed it.
  chmodSync(staging, 0o755);
  const home = join(paths.enginesDir, engine);
  const directory = join(home, name);
  // A running engine keeps the files it has open; only the name goes to the new build.
  if (existsSync(directory)) renameSync(directory, mkdtempSync(join(home, '.old-')));
  renameSync(staging, directory);
  removeLeftovers(home);
  const build = listBuilds(engine, paths).find((one) => one.name === name);
  if (!build) throw new Error(`the build ${directory} is not readable after it was written`);
  return build;
}

function stagingFolder(engine: string, paths: Paths): string {
  const home = join(paths.enginesDir, engine);
  mkdirSync(home, { recursive: true });
  return mkdtempSync(join(home, '.install-'));
}

/** What an installation that was killed left behind; called only by whoever holds the lock. */
function removeLeftovers(home: string): void {
  for (const name of readdirSync(home)) {
    if (name.startsWith('.old-') || name.startsWith('.install-'))
      rmSync(join(home, name), { recursive: true, force: true });
  }
}
