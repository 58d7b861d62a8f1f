import { Command } from 'commander';

import type { ExpertView } from '../server/views.ts';
import { delay } from '../shared/clock.ts';
import { CliError } from '../shared/errors.ts';
import { formatBytes, formatDuration } from '../shared/units.ts';
import { connect, withConnectionOptions, type Client, type ConnectionOptions } from './client.ts';
import { expertPath } from './experts.ts';
import { StatusLine } from './terminal.ts';

/** Often enough that a fast load is not slowed down by the look at it. */
const POLL_MS = 150;

export function loadCommand(): Command {
  return withConnectionOptions(
    new Command('load')
      .description('Loads an expert and waits until it has generated a first token.')
      .argument('<expert>', 'its id, or an alias')
      .option('--json', 'print the expert as JSON when it is ready'),
  ).action(async (expert: string, options: ConnectionOptions & { json?: boolean }) => {
    const view = await load(connect(options), expert);
    if (options.json) process.stdout.write(`${JSON.stringify(view, null, 2)}\n`);
    else process.stdout.write(`${readySentence(view)}\n`);
  });
}

async function load(client: Client, expert: string): Promise<ExpertView> {
  const line = new StatusLine();
  const answered = new AbortController();
  const startedAt = Date.now();
  const request = client.json<unknown>(expertPath(expert, '/load'), { method: 'POST' });
  const progress = showProgress(client, expert, line, startedAt, answered.signal);
  try {
    await request;
    return await untilSettled(client, expert);
  } finally {
    answered.abort();
    await progress;
    line.clear();
  }
}

/** The load itself says nothing until it is done; the expert's own sentence shows how far it is. */
async function showProgress(client: Client, expert: string, line: StatusLine, startedAt: number, signal: AbortSignal) {
  while (process.stderr.isTTY && !signal.aborted) {
    await delay(POLL_MS, signal);
    if (signal.aborted) return;
    const view = await client.json<ExpertView>(expertPath(expert), { signal }).catch(() => undefined);
    if (view) line.show(`${view.id}: ${view.progress ?? view.state}, ${formatDuration(Date.now() - startedAt)}`);
  }
}

/** An answer that came before the end of the load is waited out. */
async function untilSettled(client: Client, expert: string): Promise<ExpertView> {
  for (;;) {
    const view = await client.json<ExpertView>(expertPath(expert));
    if (view.state === 'ready') return view;
    if (!['starting', 'sleeping', 'draining', 'stopping'].includes(view.state)) throw notLoaded(view);
    await delay(POLL_MS);
  }
}

function notLoaded(view: ExpertView): CliError {
  const why = view.lastFailure?.sentence ?? `it is ${view.state}.`;
  return new CliError(`${view.id} was not loaded: ${why} \`orchestrator logs ${view.id}\` shows what it wrote.`);
}

function readySentence(view: ExpertView): string {
  if (view.kind === 'remote') return `${view.id} is served elsewhere; there is nothing to load.`;
  const took = view.loadMs === null ? '' : `, loaded in ${formatDuration(view.loadMs)}`;
  const memory = view.memoryBytes === null ? '' : `, ${formatBytes(view.memoryBytes)} of memory`;
  return `${view.id} is ready${took}${memory}.`;
}
