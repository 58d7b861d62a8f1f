import { Command } from 'commander';

import type { ExpertView } from '../server/views.ts';
import { delay } from '../shared/clock.ts';
import { CliError } from '../shared/errors.ts';
import { connect, withConnectionOptions, type Client, type ConnectionOptions } from './client.ts';
import { expertPath } from './experts.ts';
import { StatusLine } from './terminal.ts';

const POLL_MS = 150;

export function unloadCommand(): Command {
  return withConnectionOptions(
    new Command('unload')
      .description('Unloads an expert: lets its requests finish, then ends the engine, and waits until it is gone.')
      .argument('<expert>', 'its id, or an alias')
      .option('--force', 'break off its running requests')
      .option('--json', 'print the expert as JSON when it has stopped'),
  ).action(async (expert: string, options: ConnectionOptions & { force?: boolean; json?: boolean }) => {
    const view = await unload(connect(options), expert, options.force ?? false);
    if (options.json) process.stdout.write(`${JSON.stringify(view, null, 2)}\n`);
    else if (view.kind === 'remote')
      process.stdout.write(`${view.id} is served elsewhere; there is nothing to unload.\n`);
    else process.stdout.write(`${view.id} is stopped.\n`);
  });
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
