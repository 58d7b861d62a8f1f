/**
 * `npm start`: from nothing to a first true answer. Gets the engine and the models of the profile where they are missing, starts
 * `orchestrator up` in the foreground, asks one question through the proxy, and says what to try next. Arguments go to `up`.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { findProgram } from '../src/binaries/builds.ts';
import { installEngine } from '../src/binaries/install.ts';
import { streamAnswer } from '../src/cli/answer-stream.ts';
import { Client } from '../src/cli/client.ts';
import { bindError } from '../src/cli/doctor/bind.ts';
import { holderOfPort } from '../src/cli/doctor/port-holder.ts';
import { showProgress } from '../src/cli/progress.ts';
import { reportError } from '../src/cli/report-error.ts';
import { readRuntimeFile } from '../src/cli/runtime-file.ts';
import { adapterOf } from '../src/engines/registry.ts';
import { loadProfile } from '../src/profiles/load.ts';
import type { Profile } from '../src/profiles/profile.ts';
import type { RuntimeFile } from '../src/server/views.ts';
import { delay } from '../src/shared/clock.ts';
import { AppError, CliError, messageOf } from '../src/shared/errors.ts';
import { packageRoot } from '../src/shared/package-root.ts';
import { resolvePaths } from '../src/shared/paths.ts';
import { formatDuration } from '../src/shared/units.ts';
import { ensureModels } from './lib/ensure-models.ts';

const QUESTION = 'What is the capital of France?';
const DEFAULT_PORT = 8082;
const LISTEN_DEADLINE_MS = 60_000;
/** npm passes on the Ctrl-C that the terminal has sent to all of us already: within this time it is one. */
const SAME_SIGNAL_MS = 500;

const args = process.argv.slice(2);
const options = parseArgs({
  args,
  strict: false,
  options: {
    profile: { type: 'string', short: 'p' },
    port: { type: 'string' },
    host: { type: 'string' },
    'state-dir': { type: 'string' },
    set: { type: 'string', multiple: true },
  },
}).values as { profile?: string; port?: string; host?: string; 'state-dir'?: string; set?: string[] };
const stateDir = options['state-dir'];
const paths = resolvePaths(process.env, stateDir);
const say = (line: string) => process.stderr.write(`${line}\n`);

try {
  process.exitCode = await start();
} catch (error) {
  process.exitCode = reportError(error);
}

async function start(): Promise<number> {
  const running = readRuntimeFile(paths.stateDir);
  if (running) {
    say(
      `An orchestrator runs already at ${running.url} (profile ${running.profile}, process ${running.pid}); asking it.`,
    );
    await ask(running, true);
    showNext(running.url);
    return 0;
  }
  const port = Number(options.port ?? DEFAULT_PORT);
  await ensurePort(port);
  const name = options.profile ?? 'demo';
  const profile = await loadProfile(name, { environment: process.env, set: options.set });
  await ensureEngines(profile);
  const models = await ensureModels(profile, { paths, environment: process.env, say });
  return up([...args, ...(options.profile ? [] : ['--profile', name]), ...models.settings], models.real);
}

async function ensurePort(port: number): Promise<void> {
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new CliError(`--port takes a number from 0 to 65535, not "${options.port}".`, 2);
  const error = port === 0 ? undefined : await bindError(port, options.host);
  if (error?.code !== 'EADDRINUSE') return;
  const holder = holderOfPort(port);
  const who = holder ? `${holder.name} (process ${holder.pid})` : 'another program';
  throw new CliError(`Port ${port} is taken by ${who}. Choose another: npm start -- --port ${port + 1}`);
}

/** Every engine program that the profile's experts run on, installed where it is missing. */
async function ensureEngines(profile: Profile): Promise<void> {
  const seen = new Set<string>();
  for (const expert of profile.experts) {
    const adapter = adapterOf(expert.engine);
    if (adapter.kind !== 'process' || adapter.program === undefined || expert.kind !== 'process') continue;
    if (adapter.binary(expert) !== undefined || seen.has(adapter.program)) continue;
    seen.add(adapter.program);
    try {
      await findProgram(adapter.program, { build: adapter.build(expert), paths, environment: process.env });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      await install(adapter.program);
    }
  }
}

async function install(engine: string): Promise<void> {
  say(`Installing ${engine} into ${paths.enginesDir} …`);
  const startedAt = performance.now();
  const display = showProgress(engine);
  try {
    const build = await installEngine(engine, {
      backend: 'auto',
      paths,
      environment: process.env,
      log: (sentence) => display.log(`  ${sentence}`),
      onProgress: ({ stage, bytesDone = 0, bytesTotal }) => display.update({ stage, bytesDone, bytesTotal }),
    });
    display.finish(
      `${build.name} (${build.version}) is installed after ${formatDuration(performance.now() - startedAt)}.`,
    );
  } catch (error) {
    display.finish();
    throw error;
  }
}

/** Runs `orchestrator up` until it ends; its exit code is ours. */
async function up(upArguments: readonly string[], real: boolean): Promise<number> {
  say('Starting: orchestrator up');
  // In a process group of its own: a Ctrl-C reaches it once, through us, and not once from each process in between.
  const child = spawn(process.execPath, [join(packageRoot(), 'bin', 'orchestrator.mjs'), 'up', ...upArguments], {
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: true,
  });
  const ended = new Promise<number>((resolve) => {
    child.once('error', () => resolve(1));
    child.once('exit', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 143)));
  });
  const stopping = passSignals(child);
  const failed = (async () => {
    const runtime = await untilListening(child, stopping);
    if (runtime === undefined) return undefined;
    await ask(runtime, real, stopping);
    showNext(runtime.url);
    say('Ctrl-C stops it and every engine.');
    return undefined;
  })().catch((error: unknown) => (stopping.aborted ? undefined : { error }));
  const failure = await Promise.race([failed, ended.then(() => undefined)]);
  if (failure) {
    child.kill('SIGTERM');
    await ended;
    throw failure.error;
  }
  return ended;
}

/** Passes Ctrl-C and the like on; the signal that it returns is aborted with the first. */
function passSignals(child: ChildProcess): AbortSignal {
  const controller = new AbortController();
  let lastAt = -Infinity;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      const now = performance.now();
      if (now - lastAt > SAME_SIGNAL_MS) child.kill(name === 'SIGHUP' ? 'SIGTERM' : name);
      lastAt = now;
      controller.abort();
    });
  }
  child.once('exit', () => controller.abort());
  return controller.signal;
}

async function untilListening(child: ChildProcess, stopping: AbortSignal): Promise<RuntimeFile | undefined> {
  for (
    const deadline = performance.now() + LISTEN_DEADLINE_MS;
    performance.now() < deadline;
    await delay(20, stopping)
  ) {
    if (stopping.aborted) return undefined;
    const runtime = readRuntimeFile(paths.stateDir);
    if (runtime?.pid === child.pid) return runtime;
  }
  throw new CliError(`It did not listen within ${LISTEN_DEADLINE_MS / 1_000} s.`);
}

async function ask(runtime: RuntimeFile, real: boolean, signal?: AbortSignal): Promise<void> {
  const client = new Client(new URL(runtime.url), runtime.token, runtime);
  const model = runtime.profile === 'demo' ? 'general' : 'auto';
  say(`\nAsking ${model} through the proxy: ${QUESTION}`);
  const startedAt = performance.now();
  try {
    await streamAnswer(
      client,
      { model, messages: [{ role: 'user', content: QUESTION }], maxTokens: 60 },
      { onText: (text) => void process.stdout.write(text) },
      signal,
    );
  } catch (error) {
    throw new CliError(
      `There was no answer: ${messageOf(error)} \`npx orchestrator doctor\` says what is missing.`,
      1,
      {
        cause: error,
      },
    );
  }
  process.stdout.write('\n');
  say(`(${formatDuration(performance.now() - startedAt)}, loading included)`);
  if (!real)
    say('These words mean nothing: the model is a generated one, as no source of the real one could be reached.');
}

function showNext(url: string): void {
  const where = stateDir === undefined ? '' : ` --state-dir ${stateDir}`;
  say(`
What to try next, in another terminal:
  curl ${url}/v1/chat/completions -H 'content-type: application/json' \\
    -d '{"messages": [{"role": "user", "content": "${QUESTION}"}]}'
  npx orchestrator chat${where}
  npx orchestrator status --watch${where}
`);
}
