import { Command } from 'commander';

import type { ExpertView } from '../server/views.ts';
import { delay } from '../shared/clock.ts';
import { CliError } from '../shared/errors.ts';
import { connect, withConnectionOptions, type Client, type ConnectionOptions } from './client.ts';
import { expertPath, listExperts } from './experts.ts';
import { StatusLine } from './terminal.ts';

interface Options extends ConnectionOptions {
  all?: boolean;
  force?: boolean;
  json?: boolean;
}

const POLL_MS = 150;

export function unloadCommand(): Command {
  return withConnectionOptions(
    new Command('unload')
      .description('Unloads an expert: lets its requests finish, then ends the engine, and waits until it is gone.')
      .argument('[expert]', 'its id, or an alias')
      .option('--all', 'every expert that is loaded, pinned ones too')
      .option('--force', 'break off its running requests')
      .option('--json', 'print the expert as JSON when it has stopped')
      .addHelpText(
        'after',
        `
Examples:
  orchestrator unload coder
  orchestrator unload --all --force    every engine ends at once

An expert that is asked for is loaded again. To keep the GPUs for yourself: \`orchestrator pause\`.`,
      ),
  ).action(async (expert: string | undefined, options: Options) => {
    if ((expert === undefined) === (options.all !== true))
      throw new CliError('name one expert, or say --all for every one that is loaded.', 2);
    if (expert === undefined) return unloadAll(connect(options), options);
    const view = await unload(connect(options), expert, options.force ?? false);
    if (options.json) process.stdout.write(`${JSON.stringify(view, null, 2)}\n`);
    else if (view.kind === 'remote')
      process.stdout.write(`${view.id} is served elsewhere; there is nothing to unload.\n`);
    else process.stdout.write(`${view.id} is stopped.\n`);
  });
}

async function unloadAll(client: Client, options: Options): Promise<void> {
  const line = new StatusLine();
  const answered = new AbortController();
  const progress = showLoaded(client, line, answered.signal);
  let experts: ExpertView[];
  try {
    ({ experts } = await client.json<{ experts: ExpertView[] }>(`/api/unload${options.force ? '?force=1' : ''}`, {
      method: 'POST',
    }));
  } finally {
    answered.abort();
    await progress;
    line.clear();
  }
  if (options.json) return void process.stdout.write(`${JSON.stringify({ experts }, null, 2)}\n`);
  const again = experts.filter(({ state }) => state !== 'stopped' && state !== 'failed').map(({ id }) => id);
  const names = experts.map(({ id }) => id).join(', ');
  process.stdout.write(experts.length === 0 ? 'nothing was loaded.\n' : `unloaded: ${names}.\n`);
  if (again.length > 0) process.stderr.write(`asked for again meanwhile: ${again.join(', ')}.\n`);
}

async function showLoaded(client: Client, line: StatusLine, signal: AbortSignal): Promise<void> {
  while (process.stderr.isTTY && !signal.aborted) {
    await delay(POLL_MS, signal);
    if (signal.aborted) return;
    const experts = await listExperts(client, signal).catch(() => []);
    const left = experts.filter(({ kind, state }) => kind === 'process' && state !== 'stopped' && state !== 'failed');
    if (left.length > 0) line.show(`still unloading: ${left.map(({ id }) => id).join(', ')}`);
  }
}

async function unload(client: Client, expert: string, force: boolean): Promise<ExpertView> {
  const line = new StatusLine();
  const answered = new AbortController();
  const progress = showProgress(client, expert, line, answered.signal);
  try {
    await client.json<unknown>(expertPath(expert, `/unload${force ? '?force=1' : ''}`), { method: 'POST' });
    return await untilStopped(client, expert);
  } finally {
    answered.abort();
    await progress;
    line.clear();
  }
}

async function showProgress(client: Client, expert: string, line: StatusLine, signal: AbortSignal): Promise<void> {
  while (process.stderr.isTTY && !signal.aborted) {
    await delay(POLL_MS, signal);
    if (signal.aborted) return;
    const view = await client.json<ExpertView>(expertPath(expert), { signal }).catch(() => undefined);
    if (view) line.show(`${view.id}: ${view.state}, ${view.inFlight} requests still running`);
  }
}

async function untilStopped(client: Client, expert: string): Promise<ExpertView> {
  for (;;) {
    const view = await client.json<ExpertView>(expertPath(expert));
    if (view.kind === 'remote' || view.state === 'stopped' || view.state === 'failed') return view;
    // Somebody asked for it meanwhile, and it was started again.
    if (view.state === 'starting' || view.state === 'ready') {
      throw new CliError(`${view.id} was unloaded, and another request has started it again.`);
    }
    await delay(POLL_MS);
  }
}
