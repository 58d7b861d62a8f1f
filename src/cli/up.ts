import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { Command, InvalidArgumentError } from 'commander';

import { startApp } from '../app.ts';
import { missingModels } from '../models/missing.ts';
import { listProfiles, profileFolders } from '../profiles/find.ts';
import { loadProfile } from '../profiles/load.ts';
import type { ProfileChoice } from '../server/reload.ts';
import { delay } from '../shared/clock.ts';
import { CliError } from '../shared/errors.ts';
import { resolvePaths } from '../shared/paths.ts';
import { readRuntimeFile } from './runtime-file.ts';
import { saidIn } from './up-output.ts';

const DEFAULT_PORT = 8082;
const DETACH_DEADLINE_MS = 30_000;

interface UpOptions {
  profile: string;
  host: string;
  port: number;
  stateDir?: string;
  set: string[];
  pull: boolean;
  watch: boolean;
  detach: boolean;
  allowUnauthenticated: boolean;
  logLevel: 'debug' | 'info' | 'warn' | 'error';
}

export function upCommand(): Command {
  return new Command('up')
    .summary('start the orchestrator with a profile, in the foreground')
    .description(
      'Starts the proxy and supervises the experts of a profile. Experts are loaded at their first request.\n' +
        'Ctrl-C lets running requests finish and stops every engine; a second Ctrl-C does not wait.',
    )
    .option(
      '-p, --profile <name|file>',
      'profile to run (orchestrator profile list)',
      process.env['ORCHESTRATOR_PROFILE'] ?? 'demo',
    )
    .option('--host <address>', 'address to listen on; beyond loopback security.auth is keys or users', '127.0.0.1')
    .option('--port <number>', 'port to listen on; 0 takes any free one', parsePort, DEFAULT_PORT)
    .option('--state-dir <directory>', 'where this orchestrator keeps its state; one orchestrator each')
    .option(
      '--set <key=value>',
      'set a key of the profile, e.g. budget.maxLoadedExperts=1 (repeatable)',
      (value: string, all: string[]) => [...all, value],
      [],
    )
    .option('--pull', 'first bring the models of the profile that are not on this machine', false)
    .option('--watch', 'reload when a file that the profile comes from changes (in a profile: watch: true)', false)
    .option('--detach', 'start in the background and return when it listens', false)
    .option('--allow-unauthenticated', 'bind beyond loopback without keys: something in front authenticates', false)
    .option('--log-level <level>', 'debug, info, warn or error', parseLevel, 'info')
    .addHelpText(
      'after',
      '\nExamples:\n  orchestrator up --profile demo\n  orchestrator up --profile demo --set budget.maxLoadedExperts=1 --port 9000\n  orchestrator up --profile demo --detach && orchestrator status',
    )
    .argument('[profile]')
    .usage('[options]')
    .action(async (extra: string | undefined, options: UpOptions) => {
      // Who writes `up demo` is told what to write; nobody else hears of it.
      if (extra !== undefined)
        throw new CliError(`a profile is named by an option: orchestrator up --profile ${extra}`, 2);
      if (options.pull) await pullMissing(options);
      await (options.detach ? detach(options) : run(options));
    });
}

/** With progress, and before anything listens; what cannot be pulled ends the command. */
async function pullMissing({ profile: name, set, stateDir }: UpOptions): Promise<void> {
  const paths = resolvePaths(process.env, stateDir);
  const profile = await loadProfile(name, { environment: process.env, set });
  const missing = missingModels(profile, { paths, environment: process.env }).filter(({ pullable }) => pullable);
  if (missing.length === 0) return;
  // Not for every start to load.
  const { pullMany, withoutRepeats } = await import('./pull-many.ts');
  const wanted = withoutRepeats(
    missing.map((model) => ({ ...model, directory: profile.directory })),
    { paths },
  );
  await pullMany(wanted, { paths, environment: process.env }, (done) => {
    for (const { names } of done) process.stderr.write(`${names.join(', ')}: pulled\n`);
  });
}

async function run(options: UpOptions): Promise<void> {
  const paths = resolvePaths(process.env, options.stateDir);
  // A relative file name means the same at every reload, wherever the process goes meanwhile.
  const directory = process.cwd();
  const choice: ProfileChoice = { profile: options.profile, set: options.set };
  const readProfile = ({ profile, set }: ProfileChoice, onSource?: (file: string) => void) =>
    loadProfile(profile, { environment: process.env, set, directory, ...(onSource && { onSource }) });
  const profile = await readProfile(choice);
  const app = await startApp({
    profile,
    choice,
    readProfile,
    profileNames: async () => (await listProfiles(profileFolders(process.env))).map(({ name }) => name),
    watch: options.watch,
    paths,
    environment: process.env,
    host: options.host,
    port: options.port,
    allowUnauthenticated: options.allowUnauthenticated,
    log: {
      level: options.logLevel,
      format: process.stderr.isTTY ? 'text' : 'json',
      write: (line) => void process.stderr.write(line),
    },
  });
  process.stdout.write(`Listening on ${app.url} (profile ${profile.name}).\n`);

  let signals = 0;
  const onSignal = (signal: NodeJS.Signals) => {
    signals += 1;
    if (signals === 1)
      process.stdout.write('Stopping: running requests may finish; press Ctrl-C again to end them now.\n');
    void app.stop(signal);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  // A terminal that closes sends it too: a reload that finds nothing changed does no harm. What went wrong is in the log.
  process.on('SIGHUP', () => void app.reload().catch(() => undefined));
  // Nobody reads our output any more: no reason to drop requests.
  process.stdout.on('error', () => undefined);
  process.stderr.on('error', () => undefined);
  let defect: unknown;
  process.on('uncaughtException', (error) => {
    process.stderr.write(`orchestrator: a defect, stopping: ${error.stack ?? String(error)}\n`);
    defect = error;
    void app.stop('a defect', 0);
  });
  await app.stopped;
  // Anything that still holds the event loop now is not worth waiting for.
  process.exit(defect === undefined ? 0 : 1);
}

/** Starts the same command in a session of its own, and waits until it listens or has ended. */
async function detach(options: UpOptions): Promise<void> {
  const { stateDir } = resolvePaths(process.env, options.stateDir);
  const running = readRuntimeFile(stateDir);
  if (running)
    throw new CliError(
      `An orchestrator (pid ${running.pid}, ${running.url}) already uses this state directory. Stop it (${downOf(options)}), or give this one another with --state-dir.`,
    );
  const logs = join(stateDir, 'logs');
  mkdirSync(logs, { recursive: true, mode: 0o700 });
  const outputPath = join(logs, 'up.log');
  const output = openSync(outputPath, 'w', 0o600);
  const args = process.argv.slice(1).filter((arg) => arg !== '--detach' && arg !== '--pull');
  const child = spawn(process.execPath, [...process.execArgv, ...args], {
    detached: true,
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  let ended: number | null | undefined;
  child.once('exit', (code) => (ended = code));
  child.once('error', () => (ended = 1));
  for (const deadline = performance.now() + DETACH_DEADLINE_MS; performance.now() < deadline;) {
    if (ended !== undefined)
      throw new CliError(
        `It ended before it listened:\n${saidIn(readFileSync(outputPath, 'utf8')).join('\n') || `see ${outputPath}`}`,
        ended ?? 1,
      );
    const file = readRuntimeFile(stateDir);
    if (file?.pid === child.pid) {
      child.unref();
      for (const warning of saidIn(readFileSync(outputPath, 'utf8'))) process.stderr.write(`warning: ${warning}\n`);
      process.stdout.write(
        `Listening on ${file?.url} (profile ${file?.profile}, pid ${file?.pid}). Stop it with: ${downOf(options)}\n`,
      );
      return;
    }
    await delay(20);
  }
  child.kill('SIGTERM');
  throw new CliError(`It did not listen within ${DETACH_DEADLINE_MS / 1_000} s; its output is in ${outputPath}.`);
}

function downOf({ stateDir }: UpOptions): string {
  return `orchestrator down${stateDir === undefined ? '' : ` --state-dir ${stateDir}`}`;
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError('a port is a number from 0 to 65535');
  return port;
}

function parseLevel(text: string): UpOptions['logLevel'] {
  if (text === 'debug' || text === 'info' || text === 'warn' || text === 'error') return text;
  throw new InvalidArgumentError('one of debug, info, warn, error');
}
