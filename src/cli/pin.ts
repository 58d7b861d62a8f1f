import { Command } from 'commander';

import type { ExpertView } from '../server/views.ts';
import { connect, withConnectionOptions, type ConnectionOptions } from './client.ts';
import { expertPath } from './experts.ts';

export function pinCommand(): Command {
  return command(
    'pin',
    'Keeps an expert loaded, idle or not, and never unloads it for another one: until the orchestrator ends, whatever the profile ' +
      'says. It is not loaded by that.',
    `
Examples:
  orchestrator pin phi4_fast && orchestrator load phi4_fast
  orchestrator unpin phi4_fast

For good: \`pin: true\` in the profile.`,
    ({ id, state }) =>
      `${id} is pinned: it is not unloaded, neither when idle nor for others.` +
      (state === 'stopped' ? ` It is not loaded; \`orchestrator load ${id}\` loads it.` : ''),
  );
}

export function unpinCommand(): Command {
  return command(
    'unpin',
    'Lets an expert be unloaded again, when idle or for another one: until the orchestrator ends, whatever the profile says.',
    `
Example:
  orchestrator unpin phi4_fast`,
    ({ id }) => `${id} is not pinned: it is unloaded when idle, or for others.`,
  );
}

function command(
  action: 'pin' | 'unpin',
  description: string,
  help: string,
  sentence: (view: ExpertView) => string,
): Command {
  return withConnectionOptions(
    new Command(action)
      .description(description)
      .argument('<expert>', 'its id, or an alias')
      .option('--json', 'print the expert as JSON')
      .addHelpText('after', help),
  ).action(async (expert: string, options: ConnectionOptions & { json?: boolean }) => {
    const view = await connect(options).json<ExpertView>(expertPath(expert, `/${action}`), { method: 'POST' });
    process.stdout.write(`${options.json ? JSON.stringify(view, null, 2) : sentence(view)}\n`);
  });
}
