import { Command } from 'commander';

import type { RuntimeFile, StatsView } from '../server/views.ts';
import { delay } from '../shared/clock.ts';
import { CliError } from '../shared/errors.ts';
import { resolvePaths } from '../shared/paths.ts';
import { formatDuration, parseDuration } from '../shared/units.ts';
import { connect, NO_ORCHESTRATOR, withConnectionOptions, type Client, type ConnectionOptions } from './client.ts';
import { isRunning, readRuntimeFile } from './runtime-file.ts';
import { StatusLine } from './terminal.ts';

interface Options extends ConnectionOptions {
  timeout: number;
}

const POLL_MS = 100;
/** An orchestrator that lives answers this at once. */
const ANSWER_MS = 5_000;

export function downCommand(): Command {
  return withConnectionOptions(
    new Command('down')
      .description(
        'Stops the orchestrator: takes no new requests, lets running ones finish, ends every engine, and waits until it is gone.',
      )
      .option('--timeout <duration>', 'how long to wait for the end', duration, 120_000),
  ).action(async (options: Options) => {
    const client = connect(options);
    const line = new StatusLine();
    try {
      await stop(client, options, line);
    } finally {
      line.clear();
    }
    process.stderr.write('the orchestrator has stopped.\n');
  });
}

async function stop(client: Client, options: Options, line: StatusLine): Promise<void> {
  await askToStop(client);
  const startedAt = Date.now();
  for (let last: StatsView | undefined; !(await isGone(client)); await delay(POLL_MS)) {
    if (Date.now() - startedAt > options.timeout) throw tooSlow(client.runtime, options.timeout);
    last = await client.json<StatsView>('/stats', { signal: AbortSignal.timeout(ANSWER_MS) }).catch(() => last);
    if (last) line.show(`${drainSentence(last)}, ${formatDuration(Date.now() - startedAt)}`);
  }
  // A new one may have taken the place within the same second; then the old one is gone all the same.
  const left = readRuntimeFile(resolvePaths(process.env, options.stateDir).stateDir);
  if (left && left.pid === client.runtime?.pid) throw tooSlow(left, options.timeout);
}

/** Over HTTP; and where that does not answer, by a signal to the very process that the runtime file names. */
async function askToStop(client: Client): Promise<void> {
  const { runtime } = client;
  try {
    await client.json<unknown>('/api/shutdown', { method: 'POST', signal: AbortSignal.timeout(ANSWER_MS) });
  } catch (error) {
    const silent = (error instanceof CliError && error.exitCode === NO_ORCHESTRATOR) || !(error instanceof CliError);
    if (!silent || runtime === undefined) throw error;
    if (!isRunning(runtime)) return;
    process.stderr.write(`it does not answer over HTTP; sending SIGTERM to process ${runtime.pid}.\n`);
    process.kill(runtime.pid, 'SIGTERM');
  }
}

/** One of this machine when its process has ended; one elsewhere when nothing answers any more. */
async function isGone(client: Client): Promise<boolean> {
  if (client.runtime) return !isRunning(client.runtime);
  try {
    (await client.open('/healthz', { signal: AbortSignal.timeout(ANSWER_MS) })).resume();
    return false;
  } catch (error) {
    return error instanceof CliError && error.exitCode === NO_ORCHESTRATOR;
  }
}

function drainSentence(stats: StatsView): string {
  const engines = Object.values(stats.experts).filter((state) => state !== 'stopped' && state !== 'failed').length;
  return `stopping: ${stats.requests.active} requests still running, ${engines} experts still loaded`;
}

function tooSlow(runtime: RuntimeFile | undefined, timeout: number): CliError {
  const hint = runtime
    ? ` It is process ${runtime.pid}: \`kill -9 ${runtime.pid}\` ends it, and its guardian ends the engines.`
    : '';
  return new CliError(
    `the orchestrator is still stopping after ${formatDuration(timeout)}; wait longer with --timeout.${hint}`,
  );
}

function duration(value: string): number {
  const ms = parseDuration(value) ?? parseDuration(`${value}s`);
  if (ms === undefined) throw new CliError(`--timeout takes a duration like 90s or 2m, not "${value}".`, 2);
  return ms;
}
