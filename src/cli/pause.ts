import { Command } from 'commander';

import type { BudgetView } from '../server/views.ts';
import { delay } from '../shared/clock.ts';
import { CliError } from '../shared/errors.ts';
import { formatDuration, parseDuration } from '../shared/units.ts';
import { wholeSeconds } from './budget-table.ts';
import { connect, withConnectionOptions, type Client, type ConnectionOptions } from './client.ts';
import { StatusLine } from './terminal.ts';

type Options = ConnectionOptions & { json?: boolean };

const POLL_MS = 150;

export function pauseCommand(): Command {
  return withConnectionOptions(
    new Command('pause')
      .description(
        'Gives every GPU back to the person at the desk: experts on it finish what runs and are unloaded, pinned ones too, and ' +
          'none is loaded there until `resume`. Experts on the CPU and on remote endpoints go on. Waits until the GPUs are free.',
      )
      .option('--for <duration>', 'take the GPUs again by itself after this long, e.g. 2h (default: not before resume)')
      .option('--json', 'print the budget as JSON when the GPUs are free')
      .addHelpText(
        'after',
        `
Examples:
  orchestrator pause               until \`orchestrator resume\`
  orchestrator pause --for 2h      for a game`,
      ),
  ).action(async (options: Options & { for?: string }) => {
    if (options.for !== undefined && !parseDuration(options.for))
      throw new CliError(`--for takes a duration like 45m or 2h, not "${options.for}".`, 2);
    const client = connect(options);
    await client.json<BudgetView>('/api/pause', { body: options.for === undefined ? {} : { for: options.for } });
    const view = await untilFree(client);
    process.stdout.write(`${options.json ? JSON.stringify(view, null, 2) : pausedSentence(view, Date.now())}\n`);
  });
}

export function resumeCommand(): Command {
  return withConnectionOptions(
    new Command('resume')
      .description('Takes the GPUs again after `pause`: experts are loaded there when they are asked for.')
      .option('--json', 'print the budget as JSON')
      .addHelpText('after', '\nExample:\n  orchestrator resume'),
  ).action(async (options: Options) => {
    const client = connect(options);
    const { pausedUntil } = await client.json<BudgetView>('/api/budget');
    const view = await client.json<BudgetView>('/api/resume', { method: 'POST' });
    const sentence =
      pausedUntil === null ? 'nothing was paused.' : `${gpusOf(view)} can be used again; experts load when asked for.`;
    process.stdout.write(`${options.json ? JSON.stringify(view, null, 2) : sentence}\n`);
  });
}

/** Until nobody holds anything there, or somebody has resumed meanwhile. */
async function untilFree(client: Client): Promise<BudgetView> {
  const line = new StatusLine();
  const startedAt = Date.now();
  try {
    for (;;) {
      const view = await client.json<BudgetView>('/api/budget');
      const holders = new Set(
        view.pools.filter(({ paused }) => paused).flatMap((pool) => pool.holders.map(({ expert }) => expert)),
      );
      if (view.pausedUntil === null || holders.size === 0) return view;
      line.show(`${[...holders].join(', ')}: still unloading, ${formatDuration(Date.now() - startedAt)}`);
      await delay(POLL_MS);
    }
  } finally {
    line.clear();
  }
}

function pausedSentence(view: BudgetView, now: number): string {
  const { pausedUntil } = view;
  if (pausedUntil === null) return 'somebody has resumed meanwhile.';
  const until =
    pausedUntil === 'for ever'
      ? 'until `orchestrator resume`'
      : `for ${formatDuration(wholeSeconds(Date.parse(pausedUntil) - now))}, or until \`orchestrator resume\``;
  return `${gpusOf(view)} is free ${until}. Experts on the CPU and elsewhere go on.`;
}

const gpusOf = ({ pools }: BudgetView) =>
  pools
    .map(({ id }) => id)
    .filter((id) => id !== 'ram')
    .join(' and ');
