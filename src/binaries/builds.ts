import { accessSync, constants, readdirSync, statSync } from 'node:fs';
import { delimiter, dirname, isAbsolute, join, resolve } from 'node:path';

import { AppError } from '../shared/errors.ts';
import { type Paths, resolvePaths } from '../shared/paths.ts';
import { type BuildFile, readBuildFile } from './build-file.ts';

/** An engine program that is ready to be probed and launched. */
export interface InstalledBuild extends Omit<BuildFile, 'program' | 'parts'> {
  /** As an expert names it: `debian-0.7.0-11669-cpu`, `github-b11541-vulkan`, `path`. */
  readonly name: string;
  readonly directory: string;
  /** Absolute path of the executable. */
  readonly program: string;
}

export interface FindOptions {
  /** An installed build by name. */
  readonly build?: string | undefined;
  /** A program by path; wins over everything. */
  readonly binary?: string | undefined;
  readonly paths: Pick<Paths, 'enginesDir'>;
  readonly environment: NodeJS.ProcessEnv;
}

/** The builds of an engine whose program is there, newest first; the first one is the default. */
export function listBuilds(engine: string, paths: Pick<Paths, 'enginesDir'>): InstalledBuild[] {
  const root = join(paths.enginesDir, engine);
  return namesIn(root)
    .map((name) => buildAt(join(root, name), name))
    .filter((build) => build !== undefined)
    .sort((one, other) => other.installedAt.localeCompare(one.installedAt) || one.name.localeCompare(other.name));
}

/**
 * The program of an engine: the path given, else the build named, else the newest installed build, else what is on PATH. Only
 * looks whether it is there and may be executed; whether it runs is the probe's question. Throws `engine_missing`.
 */
export async function findProgram(engine: string, options: FindOptions): Promise<string> {
  return programOf(engine, options);
}

/** The same at once: it looks at a few small files. */
export function programOf(engine: string, options: FindOptions): string {
  const builds = listBuilds(engine, options.paths);
  const install = installCommand(engine, options);
  if (options.binary !== undefined) {
    const program = resolve(options.binary);
    if (isExecutable(program)) return program;
    throw new AppError(
      'engine_missing',
      `The program given for ${engine}, ${program}, is not there or may not be executed. Correct \`binary\` in the profile, or take it out: then an installed build is used. ${known(builds, install)}`,
    );
  }
  if (options.build !== undefined) {
    const build = builds.find(({ name }) => name === options.build);
    if (build) return build.program;
    throw new AppError(
      'engine_missing',
      `There is no build ${options.build} of ${engine} here. Correct \`build\` in the profile. ${known(builds, install)}`,
    );
  }
  const program = builds[0]?.program ?? findOnPath(engine, options.environment);
  if (program !== undefined) return program;
  throw new AppError('engine_missing', `${engine} is not installed. Install it with: ${install}`);
}

/** The first executable of this name on the environment's PATH; absolute entries only. */
export function findOnPath(program: string, environment: NodeJS.ProcessEnv): string | undefined {
  return (environment['PATH'] ?? '')
    .split(delimiter)
    .filter((directory) => isAbsolute(directory))
    .map((directory) => join(directory, program))
    .find((path) => isExecutable(path));
}

/** Where the program that a profile names itself is; undefined where there is none that may be executed. */
export function findOwnProgram(
  { name, cwd, path }: { readonly name: string; readonly cwd?: string; readonly path?: string },
  environment: NodeJS.ProcessEnv,
): string | undefined {
  if (!name.includes('/')) return findOnPath(name, path === undefined ? environment : { PATH: path });
  const program = resolve(cwd ?? '.', name);
  return isExecutable(program) ? program : undefined;
}

/** Where builds are looked for, not where they lie by default. */
function installCommand(engine: string, { paths: { enginesDir }, environment }: FindOptions): string {
  const isUsual = enginesDir === resolvePaths(environment).enginesDir;
  return `orchestrator engine install ${engine}${isUsual ? '' : ` --state-dir ${dirname(enginesDir)}`}`;
}

function known(builds: readonly InstalledBuild[], install: string): string {
  const list = builds.length > 0 ? `Installed: ${builds.map(({ name }) => name).join(', ')}` : 'None is installed';
  return `${list}. To install one: ${install}`;
}

function buildAt(directory: string, name: string): InstalledBuild | undefined {
  const file = readBuildFile(directory);
  if (!file) return undefined;
  const { program: relative, parts: _parts, ...rest } = file;
  const program = resolve(directory, relative);
  return isExecutable(program) ? { ...rest, name, directory, program } : undefined;
}

function namesIn(root: string): string[] {
  try {
    return readdirSync(root).filter((name) => !name.startsWith('.'));
  } catch {
    return [];
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
